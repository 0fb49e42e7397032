"""Events of request cases and incidents as the ledger knows them: sealed, chained, each with a leaf.

Nothing here knows what a case is. An event's hash is SHA-256(hash of the one before || canonical JSON of `matter`,
`seq`, `at`, `actor`, `kind`, `row` || SHA-256(sealed bytes)): `row` are the matter's columns as the event left them,
so that they are proved without a key. The sealed bytes hold what people wrote, and what the event changed among the
hits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from gateway.ledger import sealing
from gateway.ledger.canonical import canonical
from gateway.ledger.identifiers import conversation_name
from gateway.ledger.keystore import KeyStore
from gateway.model.errors import GatewayError


class Changed(GatewayError):
    """The matter has had another event since it was read."""

    status = 409
    code = "case_changed"

    def __init__(self) -> None:
        super().__init__("Somebody changed this case meanwhile. Read it again, and repeat what still applies.")


@dataclass(frozen=True, slots=True)
class MatterRow:
    """The provable columns of a matter: codes and dates only. Text times are UTC ISO 8601."""

    id: str
    controller: str
    kind: str
    state: str
    year: int
    number: int
    opened_at: str
    received_on: str
    due_on: str | None
    closed_at: str | None
    retention_class: str
    dispose_after: str | None

    def text(self) -> str:
        """Canonical JSON, as `matter_event.row` holds it."""
        return canonical(asdict(self)).decode()


@dataclass(frozen=True, slots=True)
class HitChange:
    """A conversation found, or decided on: the columns of its row after the event."""

    unit: int
    search: str
    decision: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be written. `body` is sealed; `row` is the matter as the event leaves it."""

    kind: str
    body: bytes = field(repr=False)
    row: MatterRow
    hits: tuple[HitChange, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that was written, opened. `body` is empty once the matter's content was destroyed."""

    seq: int
    at: str
    actor: str
    kind: str
    hash: bytes
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter as stored: its row, how many events it has had, the hash of the last. `disposed_at` is when what people
    wrote in it was destroyed, its time being up; empty while it is there."""

    row: MatterRow
    seq: int
    head: bytes
    disposed_at: str = ""


def key_name(matter: str) -> bytes:
    """The name under which a matter's data key is wrapped: disposal destroys what wraps it by the same name."""
    return f"matter/{matter}".encode()


def box_name(matter: str, seq: int, kind: str) -> bytes:
    """The additional data that ties sealed bytes to their event."""
    return f"matter/{matter}/{seq}/{kind}".encode()


def seal(key: bytes, draft: Draft, seq: int) -> bytes:
    """The box of an event."""
    hits = [[conversation_name(hit.unit), hit.search, hit.decision, hit.second] for hit in draft.hits]
    said = orjson.dumps({"body": draft.body.decode(), "hits": hits})
    return sealing.seal_text(key, said, box_name(draft.row.id, seq, draft.kind))


def open_box(key: bytes, matter: str, seq: int, kind: str, box: bytes) -> tuple[bytes, tuple[HitChange, ...]]:
    """Body and changes among the hits. Raises Unsealable."""
    try:
        said = orjson.loads(sealing.open_text(key, box, box_name(matter, seq, kind)))
        hits = tuple(
            HitChange(int(unit, 16), search, decision, second) for unit, search, decision, second in said["hits"]
        )
        return said["body"].encode(), hits
    except (ValueError, KeyError, TypeError) as error:
        raise sealing.Unsealable("the sealed event is not of a known form") from error


def new_key(keystore: KeyStore, row: MatterRow) -> tuple[bytes, bytes]:
    """A matter's data key, and the same wrapped."""
    key = sealing.new_key()
    return key, sealing.wrap(keystore, row.controller, row.retention_class, key, key_name(row.id))


def matter_key(keystore: KeyStore, matter: str, controller: str, retention_class: str, wrapped: bytes) -> bytes:
    """The data key again. Raises Unsealable, KeyGone."""
    return sealing.unwrap(keystore, controller, retention_class, wrapped, key_name(matter))


def event_hash(
    prev: bytes, *, matter: str, seq: int, at: str, actor: str, kind: str, row: str, box_hash: bytes
) -> bytes:
    """See the module."""
    said = canonical({"matter": matter, "seq": seq, "at": at, "actor": actor, "kind": kind, "row": row})
    return hashlib.sha256(prev + said + box_hash).digest()


def box_hash(box: bytes) -> bytes:
    """SHA-256 of sealed bytes. It stays when the bytes are destroyed, so that the chain can still be checked."""
    return hashlib.sha256(box).digest()


def fold(hits: dict[int, tuple[HitChange, int]], changes: Sequence[HitChange], seq: int) -> None:
    """Apply the changes of event `seq` to the hits known so far."""
    for each in changes:
        hits[each.unit] = (each, seq)


def row_of(columns: Any) -> MatterRow:
    """The provable columns of a table's row."""
    return MatterRow(**{name: columns[name] for name in MatterRow.__dataclass_fields__})
