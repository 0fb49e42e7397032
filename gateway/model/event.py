"""The one vocabulary of a reply, whole or streamed. A whole reply is the same events, collected.

Order: Head, then for each address Started, Delta*, Ended; ChoiceEnded for each choice; Usage at most once;
Finished last. Several addresses may be interleaved (n > 1, tool calls). A reply that goes wrong raises a
GatewayError instead of Finished: there is one error path, and the HTTP room writes it in the dialect's own
shape (a JSON error before the first byte, the error event after it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Channel = Literal["text", "arguments", "reasoning", "refusal", "plain", "pieces", "file"]
"""`text` is prose for the person; `arguments` JSON for a tool; `plain` prose within a structured reply (a transcript, a
picture's revised prompt); `pieces` a JSON list of the pieces of one text (a transcript's words). All are guarded, only
`text` is stamped. `file` is a picture or sound in base64, its run's `name` being the media type: there is no text in it
to guard, and the record keeps it sealed."""


@dataclass(frozen=True, slots=True)
class Head:
    """The upstream accepted. `fields` are the reply's top-level vendor fields (id, created, model ...);
    `headers` are ours for the HTTP response, `note` and `ref` our note and the record's reference for what has no place
    for words (pictures, sound), added by `disclose`; `settings` the values of the parameters that left otherwise than
    asked for, by their name in the register, None where the model doesn't take one."""

    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    ref: str = ""
    settings: Mapping[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Started:
    """A run of text begins at `address` (opaque, the dialect's). `name` is the function of a tool call.
    `fields` are the structural vendor fields that open it (role, tool call id, index)."""

    address: str
    channel: Channel
    choice: int = 0
    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Delta:
    """More text at `address`. `note` marks our own disclosure note: delivered, but no part of the recorded reply."""

    address: str
    text: str = field(repr=False)
    note: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The run at `address` is complete."""

    address: str


@dataclass(frozen=True, slots=True)
class ChoiceEnded:
    """A choice is complete, with the dialect's own reason (`stop`, `tool_calls`, `length` ...)."""

    choice: int
    reason: str
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """The provider's token counts, never altered."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """Terminal: the reply is whole. The client gets it only after the `closed` leaf is durable.

    `findings` are label counts of personal data found in the reply beyond the values of the request; `values` are
    those, each with what stands for it in the record's searchable text, and `secrets` those that are not kept at all.
    `named` are the values by label, without secrets.
    """

    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    findings: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    named: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)


Event = Head | Started | Delta | Ended | ChoiceEnded | Usage | Finished
