"""What people may see of a record without opening sealed content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.model.knob import Limits
from gateway.model.search import Filter


@dataclass(frozen=True, slots=True)
class LeafView:
    """One leaf of a record. `index` is its place in the tree, None while it waits for the sequencer."""

    kind: str
    at: str
    index: int | None
    hash: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TextView:
    """A text in its redacted form; None where only the sealed original exists. `new` marks this record's own turn."""

    role: str
    text: str | None = field(repr=False)
    new: bool = True


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One line of a list of records."""

    ref: str
    controller: str
    opened_at: str
    outcome: str | None
    service: str
    person_class: str
    actor: str
    tool: str
    rule: str
    findings: Mapping[str, int]
    conversation: str | None
    excerpt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecordView:
    """A whole record. `inclusion` says in words how far its leaves are proved by a signed checkpoint. `hosted` are the
    provider's own features that were asked for, `limits` the parameters that last left otherwise than asked for.
    `disposed_at` is when its texts were destroyed."""

    row: RecordRow
    tool_name: str
    deployment: str
    attempts: int
    effect: str
    clause: str
    policy: str
    error: str
    closed_at: str | None
    reply_findings: Mapping[str, int]
    note_delivered: bool
    retention_class: str
    dispose_after: str
    leaves: tuple[LeafView, ...]
    request: tuple[TextView, ...]
    reply: tuple[TextView, ...]
    conversation_refs: tuple[str, ...]
    inclusion: str
    hosted: tuple[str, ...] = ()
    limits: Limits = field(default_factory=dict)
    disposed_at: str | None = None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What anybody who holds a reference may know: which tool, when, with what outcome. No content and no person."""

    ref: str
    controller: str
    tool: str
    tool_name: str
    at: str
    outcome: str
    note_delivered: bool


class Reader(Protocol):
    """Reads records. Every method is synchronous and may be called from any thread."""

    def show(self, ref: str) -> RecordView | None:
        """One record, or None."""
        ...

    def search(
        self,
        query: str = "",
        *,
        controller: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        outcome: str | None = None,
        tool: str | None = None,
        service: str | None = None,
        label: str | None = None,
        limit: int = 50,
        within: Filter | None = None,
    ) -> Sequence[RecordRow]:
        """Records newest first whose redacted text has every word of `query` and whose facts fit. `within` are more
        conditions: facts and people of the record, values found anywhere in its conversation."""
        ...

    def disclosure(self, ref: str) -> Disclosure | None:
        """The public facts of a record whose reply was handed to somebody, or None."""
        ...
