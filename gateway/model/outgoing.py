"""What leaves: the transformed body, and what the record keeps of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.call import Call
from gateway.model.knob import Limits


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """A call ready to be sent.

    `body` is what goes upstream (the deployment's model name is set by `forward`). For each part of
    `call.parts`, in order: `sent` is its text as it leaves, `kept` its original text with values under a
    secret label removed, which is what the record seals. `counts` are findings by label.
    `shown` is `sent` with the personal data that policy let out taken out as well, for the record's searchable text,
    which is not sealed; empty where that changes nothing. `hidden` are those values, each with what stands for it.
    `covered` are the places, by address, that must be black in a picture: start and end in the words on it.
    `values` are the pseudonyms issued, each with the value that restoring puts in its place.
    `named` are the values found in each part, by label and without secrets: what the record can be searched for by.
    `bridged` are the bodies said in other dialects, by their names: worked out once, for whichever attempt is first.
    `caps` are the most that parameters may be; `limits` those that first leave otherwise than asked for.
    """

    call: Call
    body: Mapping[str, Any]
    sent: tuple[str, ...]
    kept: tuple[str, ...]
    counts: Mapping[str, int]
    values: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    covered: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    caps: Mapping[str, float] = field(default_factory=dict)
    limits: Limits = field(default_factory=dict)
    bridged: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    named: tuple[tuple[tuple[str, str], ...], ...] = ()

    @property
    def searchable(self) -> tuple[str, ...]:
        """Each part's text as the record shows it."""
        return self.shown or self.sent
