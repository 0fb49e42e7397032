"""What the ledger asks a store to write and to find: plain values, no SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

TracePurpose = Literal["prefix", "turn", "reply", "refused"]


@dataclass(frozen=True, slots=True)
class LeafDraft:
    """A leaf before the writer gives it its place in the replica's chain. `ref` is empty for gap and admin leaves."""

    kind: str
    ref: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class PartRow:
    """A text of a conversation: sealed original (`box`, `wrapped`, `kept_root`) and redacted text, or one of them.

    `text` with `salt` opens `sent_root`; facts about the caller have no redacted text. Digests are keyed.
    """

    id: int
    conversation: int
    controller: str
    retention_class: str
    digest: bytes | None
    sent_digest: bytes | None
    box: bytes | None
    wrapped: bytes | None
    kept_root: bytes | None
    text: bytes | None
    salt: bytes | None
    sent_root: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class NodeRow:
    """One link of a manifest: which text stood where. `root` binds everything before it."""

    root: bytes
    prev: bytes
    position: int
    ref: str
    role: str
    kept_id: int
    sent_id: int | None
    kept_root: bytes
    sent_root: bytes | None
    box_hash: bytes
    place_root: bytes
    place: bytes
    digest: bytes


@dataclass(frozen=True, slots=True, repr=False)
class TraceRow:
    """A keyed digest by which a later call finds this conversation, or a refused text is known again."""

    digest: bytes
    purpose: TracePurpose
    conversation: int
    ref: str
    at: str


@dataclass(frozen=True, slots=True, repr=False)
class BlindRow:
    """A keyed digest of a value that was found in a text (`gateway.ledger.blind`)."""

    digest: bytes
    part: int


@dataclass(frozen=True, slots=True, repr=False)
class JournalRow:
    """Reply text already handed on, sealed; row 0 holds the wrapped key of the others."""

    ref: str
    seq: int
    box: bytes


@dataclass(slots=True, repr=False)
class Job:
    """Everything of one step of a call: durable together, or not at all."""

    leaves: list[LeafDraft] = field(default_factory=list)
    parts: list[PartRow] = field(default_factory=list)
    nodes: list[NodeRow] = field(default_factory=list)
    traces: list[TraceRow] = field(default_factory=list)
    journal: list[JournalRow] = field(default_factory=list)
    blind: list[BlindRow] = field(default_factory=list)
    forgiven: list[bytes] = field(default_factory=list)
    """Digests that are no longer refused: the same text has since been let through."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How to end a call whose `opened` leaf may or may not have become durable."""

    ref: str
    if_open: Job
    if_absent: Job


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace that was found."""

    purpose: TracePurpose
    conversation: int
    ref: str
    at: str


@dataclass(frozen=True, slots=True, repr=False)
class KnownPart:
    """A part that is already sealed in this conversation."""

    id: int
    wrapped: bytes
    kept_root: bytes
    box_hash: bytes
    sent_digest: bytes | None
    sent_root: bytes | None


@dataclass(frozen=True, slots=True)
class Link:
    """One position of a manifest to be written: the keyed digests of the chain so far and of the original text."""

    chain: bytes
    kept: bytes


@dataclass(frozen=True, slots=True)
class Base:
    """The end of the longest manifest on record that ours begins with."""

    root: bytes
    count: int


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What of a call is on record already: a base for each manifest asked for, and parts by keyed digest."""

    bases: tuple[Base | None, ...]
    parts: Mapping[bytes, KnownPart]


class AlreadyClosed(Exception):
    """A second outcome for a call; the first one stands."""


class ConversationGone(ValueError):
    """A call would go on in a conversation that was disposed of since the call looked it up."""


class Storage(Protocol):
    """A store of one worker. Every method raises Unavailable when the database can't be reached."""

    async def traces(self, digests: Sequence[bytes]) -> Mapping[bytes, Sequence[Trace]]:
        """The traces on record, by digest."""
        ...

    async def known(self, conversation: int, manifests: Sequence[Sequence[Link]]) -> Known:
        """What is on record of these manifests."""
        ...

    async def commit(self, job: Job) -> None:
        """Make a job durable. Raises AlreadyClosed for a second outcome, ConversationGone."""
        ...

    async def settle(self, settlement: Settlement) -> None:
        """End a call one way or the other, after every earlier job. If the store is down it is done on recovery,
        and Unavailable is raised now. Raises AlreadyClosed, ConversationGone."""
        ...
