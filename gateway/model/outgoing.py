"""What leaves: the transformed body, and what the record keeps of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.call import Call


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """A call ready to be sent.

    `body` is what goes upstream (the deployment's model name is set by `forward`). For each part of
    `call.parts`, in order: `sent` is its text as it leaves, `kept` its original text with values under a
    secret label removed, which is what the record seals. `counts` are findings by label.
    `values` are the pseudonyms issued, each with the value that restoring puts in its place.
    """

    call: Call
    body: Mapping[str, Any]
    sent: tuple[str, ...]
    kept: tuple[str, ...]
    counts: Mapping[str, int]
    values: Mapping[str, str] = field(default_factory=dict)
