"""What a release is made from: records of a conversation with leaves, proofs, manifests and texts, as plain values.

The store gives them (`gateway.store.release`), the export package is written from them (`gateway.records.export`).
Texts and identities are personal data: never logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.model.case import Form

ManifestName = Literal["facts", "request", "reply"]


@dataclass(frozen=True, slots=True)
class Attested:
    """A checkpoint that others vouch for: `cosignatures` are signature lines of witnesses, `time_stamps` RFC 3161
    tokens by authority. `path` is the consistency proof from it to the checkpoint that everything is proved against."""

    size: int
    note: str
    path: tuple[bytes, ...]
    cosignatures: tuple[str, ...] = ()
    time_stamps: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """The checkpoint that everything is proved against: `note` is a C2SP signed note. `attested` are earlier ones, or
    this one, by size: nobody outside sees every checkpoint."""

    size: int
    root: bytes
    note: str
    attested: tuple[Attested, ...] = ()


@dataclass(frozen=True, slots=True)
class ProvedLeaf:
    """A leaf with its audit path to the checkpoint. `index` is None while it waits to be sequenced."""

    kind: str
    body: bytes
    index: int | None
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of a manifest: which text stood where. `kept_id` and `sent_id` are rows of `part`; `sent_id` is None
    where only the sealed original exists."""

    position: int
    role: str
    kept: bytes
    sent: bytes | None
    box: bytes
    place: bytes
    kept_id: int
    sent_id: int | None


@dataclass(frozen=True, slots=True)
class ManifestOf:
    """What a record added to a manifest: entries `count - new + 1` to `count`, from root `base` to root `root`."""

    name: ManifestName
    base: bytes
    root: bytes
    count: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class RecordOf:
    """One call. A record that was disposed of has leaves only."""

    ref: str
    opened_at: str
    leaves: tuple[ProvedLeaf, ...]
    manifests: tuple[ManifestOf, ...]
    disposed_at: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class TextOf:
    """A text in one form with the salt that opens its commitment `root`. Salt and text are secret until released."""

    part: int
    form: Form
    text: str
    salt: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class UnitOf:
    """A conversation as a release needs it. `texts` by part and form: sent texts always, kept texts where an opener
    was given and their keys still exist. `identities` are the callers' sealed names, for the safety scan only."""

    unit: int
    controller: str
    records: tuple[RecordOf, ...]
    texts: Mapping[tuple[int, Form], TextOf] = field(repr=False)
    identities: tuple[str, ...] = field(default=(), repr=False)

    @property
    def disposed(self) -> bool:
        """Whether nothing of it is held any more."""
        return bool(self.records) and all(record.disposed_at for record in self.records)


@dataclass(frozen=True, slots=True)
class HoldOf:
    """A legal hold: which of the units asked about it covers. Times are UTC ISO 8601."""

    id: str
    controller: str
    placed_at: str
    placed_by: str
    released_at: str | None
    units: frozenset[int]


@dataclass(frozen=True, slots=True)
class Disposed:
    """A record that is not held any more: destroyed by which run, when, under which retention class."""

    ref: str
    unit: int
    at: str
    run: str
    retention_class: str
