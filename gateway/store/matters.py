"""Request cases and incidents as rows: sealed events in a chain, each durable together with its leaf.

Knows no case logic: what an event means is in `gateway.records.cases`. Two officers at once are told apart by the
number of events that each had read: the second one's event is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.ledger import leaf, sealing
from gateway.ledger import matter as matters
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.matter import Changed, Draft, HitChange, Matter, MatterRow, StoredEvent
from gateway.ledger.rows import LeafDraft
from gateway.model.errors import Unavailable
from gateway.store import keeping
from gateway.store.admin import Admin

Change = Callable[[Connection], object]
RESTRICTED = "restricted"
"""The decision of a hit whose conversation nobody may find outside a case (UK GDPR Art 18, 21)."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Written:
    """An event ready to be inserted."""

    values: dict[str, Any]
    hits: tuple[HitChange, ...]
    leaf: LeafDraft
    stored: StoredEvent


class DatabaseMatters:
    """Implements `gateway.records.cases.ports.Matters`. Every method raises Unavailable where the store fails."""

    def __init__(self, admin: Admin, keystore: KeyStore) -> None:
        self._admin = admin
        self._keystore = keystore

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        expected: int,
        at: str,
        who: str,
        change: Change | None = None,
        leaves: Sequence[LeafDraft] = (),
    ) -> tuple[StoredEvent, ...]:
        """Write events of one matter, their leaves and `change` in one transaction.

        `expected` is how many events the matter had when the drafts were made; 0 makes a new matter. `leaves` are
        further leaves that belong to `change`. Raises Changed where the matter has others (or the number is taken),
        and whatever `change` raises; then nothing was written.
        """
        row = drafts[-1].row
        key, wrapped, head = self._key(row, expected)
        written = self._written(drafts, expected, head, at, who, key)
        last = written[-1]

        def write(connection: Connection) -> None:
            _put(connection, row, expected, head, last.stored, wrapped)
            connection.execute(insert(keeping.matter_event), [each.values for each in written])
            for each in written:
                _put_hits(connection, row.id, each.hits, each.stored.seq)
            if change is not None:
                change(connection)

        try:
            self._admin.record([*(each.leaf for each in written), *leaves], write)
        except IntegrityError as error:
            raise Changed from error
        return tuple(each.stored for each in written)

    def read(self, matter: str, after: int = 0) -> tuple[Matter, tuple[StoredEvent, ...]] | None:
        """A matter and its events beyond number `after`, opened; None where there is none. Raises Unavailable where a
        box can't be opened."""
        table, event = keeping.matter, keeping.matter_event

        def ask(connection: Connection) -> tuple[Any, Sequence[Any]]:
            row = connection.execute(select(table).where(table.c.id == matter)).mappings().first()
            later = select(event).where(event.c.matter == matter, event.c.seq > after).order_by(event.c.seq)
            return row, connection.execute(later).mappings().all()

        row, events = self._admin.read(ask)
        if row is None:
            return None
        # An event that came between the two statements belongs to a later reading.
        events = [each for each in events if each["seq"] <= row["seq"]]
        return _matter(row), self._opened(row, events)

    def next_number(self, controller: str, year: int) -> int:
        """The number that a new matter of this controller and year would have."""
        table = keeping.matter
        query = select(func.max(table.c.number)).where(table.c.controller == controller, table.c.year == year)
        return (self._admin.read(lambda connection: connection.scalar(query)) or 0) + 1

    def find(
        self,
        controllers: Sequence[str],
        *,
        state: str | None = None,
        kinds: Sequence[str] = (),
        due_by: str | None = None,
        after: str = "",
        limit: int = 50,
    ) -> tuple[Matter, ...]:
        """Matters of some controllers by their id: `due_by` asks for what is due by then and not closed. `after` is the
        last id of the page before."""
        table = keeping.matter
        query = select(table).where(table.c.controller.in_(controllers), table.c.id > after)
        if state is not None:
            query = query.where(table.c.state == state)
        if kinds:
            query = query.where(table.c.kind.in_(kinds))
        if due_by is not None:
            query = query.where(table.c.due_on <= due_by, table.c.closed_at.is_(None))
        query = query.order_by(table.c.id).limit(limit)
        rows = self._admin.read(lambda connection: connection.execute(query).mappings().all())
        return tuple(_matter(row) for row in rows)

    def hits(
        self, matter: str, *, decision: str | None = None, second: str | None = None, after: int = -1, limit: int = 50
    ) -> tuple[HitChange, ...]:
        """The hits of a matter in the order of their units, by decision (empty: none yet) and second reading."""
        table = keeping.matter_hit
        query = select(table).where(table.c.matter == matter, table.c.unit > after)
        if decision is not None:
            query = query.where(table.c.decision == decision)
        if second is not None:
            query = query.where(table.c.second == second)
        query = query.order_by(table.c.unit).limit(limit)
        rows = self._admin.read(lambda connection: connection.execute(query).all())
        return tuple(HitChange(row.unit, row.search, row.decision, row.second) for row in rows)

    def matters_of(self, unit: int, kind: str | None = None) -> tuple[str, ...]:
        """The matters in which a conversation is a hit."""
        hit, table = keeping.matter_hit, keeping.matter
        query = select(hit.c.matter).join(table, table.c.id == hit.c.matter).where(hit.c.unit == unit)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        return tuple(self._admin.read(lambda connection: connection.scalars(query.order_by(hit.c.matter)).all()))

    def _key(self, row: MatterRow, expected: int) -> tuple[bytes, bytes | None, bytes]:
        """The matter's data key, the wrapped key where the matter is new, and the hash of its last event."""
        if not expected:
            key, wrapped = matters.new_key(self._keystore, row)
            return key, wrapped, b""
        table = keeping.matter
        query = select(table).where(table.c.id == row.id)
        found = self._admin.read(lambda connection: connection.execute(query).first())
        if found is None or found.seq != expected or found.wrapped is None:
            raise Changed
        return self._unwrapped(found.id, found.controller, found.retention_class, found.wrapped), None, found.head

    def _unwrapped(self, *matter: Any) -> bytes:
        try:
            return matters.matter_key(self._keystore, *matter)
        except (sealing.Unsealable, KeyGone) as error:
            raise _shut() from error

    def _written(
        self, drafts: Sequence[Draft], expected: int, head: bytes, at: str, who: str, key: bytes
    ) -> list[_Written]:
        written: list[_Written] = []
        for seq, draft in enumerate(drafts, expected + 1):
            each = self._write(draft, seq, head, at, who, key)
            head = each.stored.hash
            written.append(each)
        return written

    def _write(self, draft: Draft, seq: int, head: bytes, at: str, who: str, key: bytes) -> _Written:
        actor = self._admin.pseudonym(who)
        box = matters.seal(key, draft, seq)
        box_hash = matters.box_hash(box)
        row = draft.row.text()
        digest = matters.event_hash(
            head,
            matter=draft.row.id,
            seq=seq,
            at=at,
            actor=actor,
            kind=draft.kind,
            row=row,
            box_hash=box_hash,
        )
        values = {
            "matter": draft.row.id, "seq": seq, "at": at, "actor": actor, "kind": draft.kind, "row": row, "box": box,
            "box_hash": box_hash,
            "hash": digest,
        }  # fmt: skip
        body = leaf.matter(
            at=datetime.fromisoformat(at), matter=draft.row.id, controller=draft.row.controller, seq=seq,
            act=draft.kind, actor=actor, row=digest,
        )  # fmt: skip
        stored = StoredEvent(seq, at, actor, draft.kind, digest, draft.body)
        return _Written(values, draft.hits, LeafDraft("matter", "", body), stored)

    def _opened(self, row: Any, events: Sequence[Any]) -> tuple[StoredEvent, ...]:
        if row["wrapped"] is None:
            return tuple(StoredEvent(e["seq"], e["at"], e["actor"], e["kind"], e["hash"]) for e in events)
        key = self._unwrapped(row["id"], row["controller"], row["retention_class"], row["wrapped"])
        try:
            return tuple(
                StoredEvent(
                    e["seq"], e["at"], e["actor"], e["kind"], e["hash"],
                    matters.open_box(key, row["id"], e["seq"], e["kind"], e["box"] or b"")[0],
                )
                for e in events
            )  # fmt: skip
        except sealing.Unsealable as error:
            raise _shut() from error


def restricted(controller: str) -> Select[Any]:
    """The conversations of a controller that only a case may find, for searches to leave out."""
    hit, table = keeping.matter_hit, keeping.matter
    query = select(hit.c.unit).join(table, table.c.id == hit.c.matter)
    return query.where(table.c.controller == controller, hit.c.decision == RESTRICTED)


def _put(
    connection: Connection, row: MatterRow, expected: int, head: bytes, last: StoredEvent, wrapped: bytes | None
) -> None:
    """Make the matter's row what the newest event leaves, if nothing has happened since `expected` events."""
    table = keeping.matter
    values = {**asdict(row), "seq": last.seq, "head": last.hash}
    if not expected:
        connection.execute(insert(table).values(**values, wrapped=wrapped))
        return
    same = (table.c.id == row.id, table.c.seq == expected, table.c.head == head)
    if connection.execute(update(table).where(*same).values(**values)).rowcount != 1:
        raise Changed


def _put_hits(connection: Connection, matter: str, hits: Sequence[HitChange], seq: int) -> None:
    table = keeping.matter_hit
    for start in range(0, len(hits), _BATCH):
        batch = hits[start : start + _BATCH]
        units = [hit.unit for hit in batch]
        connection.execute(delete(table).where(table.c.matter == matter, table.c.unit.in_(units)))
        rows = [{"matter": matter, "seq": seq, **asdict(hit)} for hit in batch]
        connection.execute(insert(table), rows)


def _matter(row: Any) -> Matter:
    return Matter(matters.row_of(row), row["seq"], row["head"], row["disposed_at"] or "")


def _shut() -> Unavailable:
    return Unavailable(
        "This case can't be opened with the keys of this gateway. Check the key store, and run `ai-gateway "
        "ledger verify`."
    )
