"""What is destroyed of a conversation or a case, statement by statement, in the caller's transaction.

A conversation: sealed texts with their wrapped keys and salts, places, redacted texts with their full-text rows, blind
digests, keyed digests by which texts and conversations are found again, journals. What stays is what its leaves say,
commitments that open no more, and rows that say that something was there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from gateway.ledger import sealing
from gateway.ledger.matter import key_name
from gateway.ledger.sealing import REQUEST_FILE, unit_slot
from gateway.model.hold import hold_name
from gateway.store import keeping, tables
from gateway.store.fulltext import forget_texts
from gateway.store.holds import pieces

SEALED_AS = {"hold": "hold", "saved_search": "search", "scan_run": "scan"}
"""By table, the kind that begins the name under which a row's key is wrapped (`search/ID`)."""
_SEALED_AT = ("at", "placed_at", "released_at", "started_at", "finished_at")
"""Columns that say when a row may have been sealed."""
EPOCH = date(1970, 1, 1)
_EARLY = "00:10"
"""A record opened before this time of day may have been sealed the day before."""
_EMPTY_PART: Mapping[str, None] = dict.fromkeys(
    ("digest", "sent_digest", "box", "wrapped", "kept_root", "text", "salt", "sent_root")
)


def destroy_units(connection: Connection, units: Sequence[int], refs: Sequence[str]) -> None:
    """Destroy the content of whole conversations; `refs` are all of their records."""
    part, node, blind = tables.part, tables.node, keeping.blind
    for chunk in pieces(units):
        mine = part.c.conversation.in_(chunk)
        texts = connection.execute(select(part.c.id, part.c.text).where(mine, part.c.text.is_not(None))).all()
        forget_texts(connection, [(row.id, row.text) for row in texts if row.text])
        connection.execute(delete(blind).where(blind.c.part.in_(select(part.c.id).where(mine))))
        connection.execute(update(part).where(mine).values(**_EMPTY_PART))
    for chunk in pieces(refs):
        connection.execute(update(node).where(node.c.ref.in_(chunk)).values(place=b"", digest=b""))
        connection.execute(delete(tables.trace).where(tables.trace.c.ref.in_(chunk)))
        connection.execute(delete(tables.journal).where(tables.journal.c.ref.in_(chunk)))


def destroy_matters(connection: Connection, matters: Sequence[str], at: str) -> None:
    """Destroy what was written in cases: their events' texts, and whatever else was sealed for them."""
    event, matter = keeping.matter_event, keeping.matter
    for chunk in pieces(matters):
        connection.execute(update(event).where(event.c.matter.in_(chunk)).values(box=None))
        for table in case_tables():
            connection.execute(update(table).where(table.c.matter.in_(chunk)).values(wrapped=None, box=None))
        connection.execute(update(matter).where(matter.c.id.in_(chunk)).values(wrapped=None, disposed_at=at))


def write_shreds(connection: Connection, rows: Iterable[tuple[str, str, int, int]]) -> None:
    """Note leaves that are to be destroyed: controller, class, day, slot. Noted twice is noted once."""
    table = keeping.shred
    wanted = sorted(set(rows))
    for chunk in pieces(wanted):
        query = select(table.c.controller, table.c.retention_class, table.c.day, table.c.slot)
        query = query.where(table.c.version == 0, table.c.slot.in_([row[3] for row in chunk]))
        known = {tuple(row) for row in connection.execute(query)}
        names = ("controller", "retention_class", "day", "slot")
        fresh = [{"version": 0, **dict(zip(names, row, strict=True))} for row in chunk if row not in known]
        if fresh:
            connection.execute(insert(table), fresh)


def unit_shreds(connection: Connection, records: Sequence[Row[Any]]) -> set[tuple[str, str, int, int]]:
    """The leaves under which the content of these records may be sealed: one for each day that they were open, and
    those that their texts' wrapped keys name."""
    found = {
        (row.controller, row.retention_class, day, unit_slot(row.unit))
        for row in records
        if row.conversation is not None
        for day in open_days(row.opened_at, row.closed_at)
    }
    part = tables.part
    for chunk in pieces(sorted({row.unit for row in records})):
        query = select(part.c.controller, part.c.retention_class, part.c.conversation, part.c.wrapped)
        for row in connection.execute(query.where(part.c.conversation.in_(chunk), part.c.wrapped.is_not(None))):
            if row.wrapped[:1] == bytes([sealing.TREE]):
                day = sealing.day_of(row.wrapped)
                found.add((row.controller, row.retention_class, day, unit_slot(row.conversation)))
    return found


def case_tables() -> list[Table]:
    """Every table of rows that are sealed for a case, under a key of their own: saved searches, holds ..."""
    return [table for table in tables.metadata.sorted_tables if {"matter", "wrapped", "box"} <= set(table.c.keys())]


def case_shreds(connection: Connection, matter: str) -> set[tuple[str, str, int, int]]:
    """The leaves under which anything of a case is or was sealed: those that its wrapped keys name, and those of the
    times that its rows name, since the release of a hold seals it anew."""
    table = keeping.matter
    case = connection.execute(select(table).where(table.c.id == matter)).one()
    found = case_leaves(connection, case) | _shred(table, case.retention_class, case)
    for each in case_tables():
        for row in connection.execute(select(each).where(each.c.matter == matter)):
            found |= _shred(each, REQUEST_FILE, row)
    return found


def _shred(table: Table, retention_class: str, row: Row[Any]) -> set[tuple[str, str, int, int]]:
    if row.wrapped is None or row.wrapped[:1] != bytes([sealing.TREE]):
        return set()
    slot = sealing.slot_for(sealed_name(table, row))
    return {(row.controller, retention_class, sealing.day_of(row.wrapped), slot)}


def sealed_name(table: Table, row: Row[Any]) -> bytes:
    """The name under which the key of a case, or of a row of `case_tables`, is wrapped."""
    if table is keeping.matter:
        return key_name(row.id)
    return hold_name(row.id, row.controller) if table is keeping.hold else f"{SEALED_AS[table.name]}/{row.id}".encode()


def sealed_on(table: Table, row: Row[Any]) -> list[int]:
    """The days on which the key of such a row may have been wrapped, from the times that it names."""
    names = ["opened_at"] if table is keeping.matter else [name for name in _SEALED_AT if name in table.c]
    times = [row._mapping[name] for name in names if row._mapping[name] is not None]
    return sorted({day for at in times for day in open_days(at, at)})


def case_leaves(connection: Connection, case: Row[Any]) -> set[tuple[str, str, int, int]]:
    """The leaves of a case from the times that its rows name: its wrapped keys may be gone already."""
    found = _leaves_of(keeping.matter, case.retention_class, case)
    for table in case_tables():
        for row in connection.execute(select(table).where(table.c.matter == case.id)):
            found |= _leaves_of(table, REQUEST_FILE, row)
    return found


def _leaves_of(table: Table, retention_class: str, row: Row[Any]) -> set[tuple[str, str, int, int]]:
    slot = sealing.slot_for(sealed_name(table, row))
    return {(row.controller, retention_class, day, slot) for day in sealed_on(table, row)}


def open_days(opened_at: str, closed_at: str | None) -> range:
    """The days on which a record's content may have been sealed."""
    first = day_number(opened_at) - (opened_at[11:16] < _EARLY)
    last = day_number(closed_at) if closed_at is not None else day_number(datetime.now(UTC).isoformat())
    return range(first, max(first, last) + 1)


def day_number(at: str) -> int:
    """Days since 1970-01-01 of an ISO date or time."""
    return (date.fromisoformat(at[:10]) - EPOCH) // timedelta(days=1)
