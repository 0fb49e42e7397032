"""Destroying keys once the database has let go of what they opened, and again what a restore brought back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, and_, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.ledger import leaf
from gateway.ledger.keystore import KeyStore
from gateway.ledger.keytree import Range, all_but, days_range, leaf_index
from gateway.ledger.rows import LeafDraft
from gateway.ledger.scribe import now
from gateway.ledger.sealing import REQUEST_FILE, TREE, day_of, today, unit_slot
from gateway.model.disposal import Shred
from gateway.store import keeping, tables
from gateway.store.admin import Admin
from gateway.store.committer import writing
from gateway.store.destruction import (
    case_leaves,
    case_tables,
    destroy_matters,
    destroy_units,
    open_days,
    unit_shreds,
    write_shreds,
)
from gateway.store.disposed_log import DisposedLog
from gateway.store.engine import is_sqlite
from gateway.store.fulltext import merge_step
from gateway.store.holds import pieces
from gateway.store.locking import alone
from gateway.store.runs import row_hash
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)
SETTLED_DAYS = 7
"""Of days older than this only the leaves of what is left are kept: nothing is sealed on them any more. Of younger ones
only the leaves that go are taken."""
NODES_A_LEAF = 48
"""About as many nodes come in the place of a leaf that is taken; where fewer leaves are left, naming those is less."""
_EMPTIED = ("part", "node", "search", "trace", "blind", "journal", "matter", "matter_event")
"""Tables, beside those of cases, from which something was destroyed."""
_TREE = bytes([TREE])
_TRIES = 20
_Place = tuple[str, str]


class Shredder:
    """Destroys the keys that `shred` notes. Safe to run again, and at once with another."""

    def __init__(self, engine: Engine, keystore: KeyStore, disposed: DisposedLog) -> None:
        self._engine = engine
        self._keystore = keystore
        self._log = disposed

    def finish(self) -> int:
        """Destroy every key that is noted, then forget the notes; how many leaves were noted."""
        with self._engine.connect() as connection:
            shreds = _shreds(connection)
            if not shreds:
                return 0
            missing = _unlogged(connection, self._log)
            cuts = {place: _ranges(connection, place, mine) for place, mine in _by_place(shreds).items()}
        self._log.append(missing)  # before the keys: a backup must never be restored without being told
        for (controller, retention_class), ranges in cuts.items():
            self._keystore.puncture(controller, retention_class, ranges)
        with writing(self._engine) as connection:
            _forget(connection, shreds)
        return len(shreds)

    def again(self) -> int:
        """Destroy the keys of everything that was ever disposed of, once more: for a key store that was put back from a
        backup. How many leaves were noted."""
        record, matter = tables.record, keeping.matter
        with writing(self._engine) as connection:
            alone(connection)
            gone = connection.execute(select(record).where(record.c.disposed_at.is_not(None))).all()
            wanted = {
                (row.controller, row.retention_class, day, unit_slot(row.unit))
                for row in gone
                if row.conversation is not None
                for day in open_days(row.opened_at, row.closed_at)
            }
            cases = connection.execute(select(matter).where(matter.c.disposed_at.is_not(None))).all()
            for case in cases:
                wanted |= case_leaves(connection, case)
            write_shreds(connection, wanted)
        self.finish()
        return len(wanted)

    def scrub(self) -> bool:
        """Leave nothing of what was destroyed in the database's files: rewrite the full-text index, fold and empty
        SQLite's log; have PostgreSQL clean its tables. False where a reader kept the log from being emptied."""
        if not is_sqlite(self._engine):
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for name in (*_EMPTIED, *(table.name for table in case_tables())):
                    connection.exec_driver_sql(f"VACUUM {name}")
            return True
        first, more = True, True
        while more:
            with writing(self._engine) as connection:
                more = merge_step(self._engine, connection, first=first) or first
            first = False
        with self._engine.connect() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        return not busy


def replay(engine: Engine, admin: Admin, disposed: DisposedLog) -> int:
    """Destroy again what `disposed.log` says was destroyed and this database holds: it is an old backup. How many
    records and cases. The keys are gone already; what was readable goes now, each record with a new leaf."""
    with engine.connect() as connection:
        lines = {str(line["ref"]): line for line in disposed.lines() if "ref" in line}
        back = _returned(connection, lines)
        cases = _returned_matters(connection, disposed)
    for chunk in pieces(sorted(back)):
        for _ in range(_TRIES):
            with engine.connect() as connection:
                still = set(_returned(connection, dict.fromkeys(chunk), every=True))
            try:
                _destroy_again(admin, {ref: lines[ref] for ref in chunk if ref in still})
                break
            except IntegrityError:  # another worker that starts was quicker with some of them
                continue
    for matter, at in cases.items():

        def change(connection: Connection, one: str = matter, moment: str = at) -> None:
            destroy_matters(connection, [one], moment)

        admin.act("matter_dispose", matter, "", b"", change)
    _certificates(engine, admin, disposed)
    if back or cases:
        log.warning("ledger_disposals_replayed", count=len(back) + len(cases))
    return len(back) + len(cases)


def _destroy_again(admin: Admin, lines: Mapping[str, Mapping[str, Any]]) -> None:
    at, table = now(), tables.record
    leaves = [
        LeafDraft(
            "disposed", ref,
            leaf.disposed(ref=ref, at=at, run=str(line["run"]), retention_class=str(line["class"]), actor=""),
        )
        for ref, line in lines.items()
    ]  # fmt: skip

    def change(connection: Connection) -> None:
        rows = connection.execute(select(table).where(table.c.ref.in_(list(lines)))).all()
        write_shreds(connection, unit_shreds(connection, rows))
        destroy_units(connection, sorted({row.unit for row in rows}), [row.ref for row in rows])

    if leaves:
        admin.record(leaves, change, alone)


def _returned(connection: Connection, lines: Mapping[str, object], *, every: bool = False) -> list[str]:
    """Of the references that were disposed of, those whose records are here and whole. Unless `every` is looked at, as
    many leaves as lines are taken to mean that there are none."""
    table = tables.leaf
    known = connection.scalar(select(func.count()).select_from(table).where(table.c.kind == "disposed"))
    if not lines or (known == len(lines) and not every):
        return []
    record = tables.record
    found: list[str] = []
    for chunk in pieces(sorted(lines)):
        query = select(record.c.ref).where(record.c.ref.in_(chunk), record.c.disposed_at.is_(None))
        found.extend(connection.scalars(query))
    return found


def _returned_matters(connection: Connection, disposed: DisposedLog) -> dict[str, str]:
    gone = {str(line["matter"]): str(line["at"]) for line in disposed.lines() if "matter" in line}
    matter = keeping.matter
    found: list[str] = []
    for chunk in pieces(sorted(gone)):
        query = select(matter.c.id).where(matter.c.id.in_(chunk), matter.c.disposed_at.is_(None))
        found.extend(connection.scalars(query))
    return {one: gone[one] for one in found}


def _certificates(engine: Engine, admin: Admin, disposed: DisposedLog) -> None:
    """Write the runs and certificates that a backup lacks, each with a new leaf."""
    rows = {str(line["run"]): line["row"] for line in disposed.lines() if "row" in line}
    table = keeping.disposal
    with engine.connect() as connection:
        known = set(connection.scalars(select(table.c.id).where(table.c.finished_at.is_not(None))))
    for run, row in rows.items():
        if run in known:
            continue

        def change(connection: Connection, one: str = run, values: Mapping[str, Any] = row) -> None:
            connection.execute(delete(table).where(table.c.id == one))
            connection.execute(insert(table).values(**values))

        admin.act("disposal_finish", run, "", row_hash(table, row), change)


def _shreds(connection: Connection) -> list[Shred]:
    table = keeping.shred
    rows = connection.execute(select(table.c.controller, table.c.retention_class, table.c.day, table.c.slot))
    return [Shred(*row) for row in rows]


def _by_place(shreds: Iterable[Shred]) -> dict[_Place, list[Shred]]:
    found: dict[_Place, list[Shred]] = defaultdict(list)
    for each in shreds:
        found[each.controller, each.retention_class].append(each)
    return found


def _ranges(connection: Connection, place: _Place, shreds: Sequence[Shred]) -> list[Range]:
    """The leaves to destroy, as few ranges as may be, and never one that something left needs."""
    days = sorted({each.day for each in shreds})
    alive, oldest = _survivors(connection, place, frozenset(days))
    settled = today() - SETTLED_DAYS
    case = keeping.matter
    used = select(case.c.id).where(case.c.controller == place[0], case.c.retention_class == place[1]).limit(1)
    if place[1] == REQUEST_FILE or connection.scalar(used) is not None:
        settled = -1  # more than conversations is sealed in this class, so only what goes is named
    ranges: list[Range] = []
    going: dict[int, set[int]] = defaultdict(set)
    for each in shreds:
        going[each.day].add(each.slot)
    for day in days:
        mine = going[day] - alive[day]
        if day < settled and len(alive[day]) < NODES_A_LEAF * len(mine):
            ranges.extend(all_but(day, alive[day]))
        else:
            ranges.extend((leaf_index(day, slot), leaf_index(day, slot) + 1) for slot in mine)
    if settled > 0:
        ranges.append(days_range(0, min(oldest, settled)))
    return ranges


def _survivors(connection: Connection, place: _Place, days: frozenset[int]) -> tuple[dict[int, set[int]], int]:
    """By day, of `days`, the slots that something left is or may be sealed under; and the first day of any.

    Records say on which days they were open, and texts on which day they were sealed. Both are asked: a worker whose
    clock was wrong by days must not cost a text its key.
    """
    record = tables.record
    query = select(record.c.unit, record.c.opened_at, record.c.closed_at).where(
        record.c.controller == place[0], record.c.retention_class == place[1], record.c.disposed_at.is_(None)
    )
    alive: dict[int, set[int]] = {day: set() for day in days}
    oldest = today()
    for row in connection.execution_options(yield_per=5000).execute(query):
        span = open_days(row.opened_at, row.closed_at)
        oldest = min(oldest, span.start)
        for day in days.intersection(span):
            alive[day].add(unit_slot(row.unit))
    part = tables.part
    texts = select(part.c.conversation, func.substr(part.c.wrapped, 1, 5).label("head")).where(
        part.c.controller == place[0], part.c.retention_class == place[1], part.c.wrapped.is_not(None)
    )
    for text in connection.execution_options(yield_per=5000).execute(texts):
        if text.head[:1] != _TREE:
            continue
        day = day_of(text.head)
        oldest = min(oldest, day)
        if day in days:
            alive[day].add(unit_slot(text.conversation))
    return alive, oldest


def _unlogged(connection: Connection, disposed: DisposedLog) -> list[dict[str, Any]]:
    """Lines that a crash kept from `disposed.log`."""
    lines = list(disposed.lines())
    logged = {str(line.get("ref", line.get("matter"))) for line in lines}
    table, matter = tables.leaf, keeping.matter
    rows = connection.execute(select(table.c.ref, table.c.body).where(table.c.kind == "disposed"))
    bodies = [orjson.loads(row.body) for row in rows if row.ref not in logged]
    found = [{"run": body["run"], "ref": body["ref"], "class": body["class"]} for body in bodies]
    cases = connection.execute(select(matter).where(matter.c.disposed_at.is_not(None)))
    found += [
        {"run": "", "matter": row.id, "controller": row.controller, "at": row.disposed_at}
        for row in cases
        if row.id not in logged
    ]
    return found


def _forget(connection: Connection, shreds: Sequence[Shred]) -> None:
    table = keeping.shred
    for place, mine in _by_place(shreds).items():
        for day in {each.day for each in mine}:
            slots = sorted(each.slot for each in mine if each.day == day)
            for chunk in pieces(slots):
                connection.execute(
                    delete(table).where(
                        and_(
                            table.c.controller == place[0],
                            table.c.retention_class == place[1],
                            table.c.day == day,
                            table.c.slot.in_(chunk),
                        )
                    )
                )
