"""Disposal in the database: what is due, and its destruction in batches, each one transaction with its leaves.

A batch is: under the lock, look again at what is held and due; `disposed` leaves; destruction; a note of the keys that
are still to be destroyed. Only then, outside the database, come the line in `disposed.log` and the keys themselves
(`gateway.store.shredding`), which the next run or start does where a crash came between.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, Select, false, or_, select
from sqlalchemy.exc import IntegrityError

from gateway.ledger import leaf
from gateway.ledger.rows import LeafDraft
from gateway.ledger.scribe import now
from gateway.ledger.sealing import REQUEST_FILE
from gateway.model.disposal import Batch, ClassCount, DisposalRun, Plan, Rule, UnreadableHold
from gateway.model.errors import Unavailable
from gateway.store import keeping, tables
from gateway.store.admin import Admin, Meanwhile
from gateway.store.destruction import (
    case_shreds,
    destroy_matters,
    destroy_units,
    unit_shreds,
    write_shreds,
)
from gateway.store.disposed_log import DisposedLog
from gateway.store.holds import Opener, Units, held, pieces
from gateway.store.locking import alone
from gateway.store.runs import Runs

_RECORD = (
    "ref", "unit", "conversation", "controller", "retention_class", "opened_at", "closed_at", "outcome",
    "dispose_after",
)  # fmt: skip
_TRIES = 50


class DatabaseDisposal(Runs[DisposalRun]):
    """Implements `gateway.records.disposal.DisposalStore`."""

    def __init__(self, engine: Engine, admin: Admin, log: DisposedLog, opener: Opener, units: Units) -> None:
        super().__init__(engine, admin, keeping.disposal, DisposalRun)
        self._log = log
        self._opener = opener
        self._fitting = units

    def plan(self, rule: Rule) -> Plan:
        """What is due by `rule`, and of other classes what waits for somebody to look at it. Changes nothing."""
        return self._admin.read(lambda connection: self._plan(connection, rule))

    def finish(self, run: DisposalRun, who: str) -> None:
        """Make the end of a run and its certificate durable, and outside the database too."""
        super().finish(run, who)
        self._log.append([{"run": run.id, "row": self.values(run)}])

    def destroyed(self, run: str) -> Batch:
        """What a run has destroyed so far: records from their leaves, cases from `disposed.log`."""
        table = tables.leaf
        query = select(table.c.body).where(table.c.kind == "disposed", table.c.ref != "")
        bodies = [_parsed(body) for body in self._admin.read(lambda connection: list(connection.scalars(query)))]
        mine = sorted((str(body["ref"]), str(body["class"])) for body in bodies if body.get("run") == run)
        refs = tuple(ref for ref, _ in mine)
        record = tables.record

        def count(connection: Connection) -> int:
            found: set[int] = set()
            for chunk in pieces(refs):
                found.update(connection.scalars(select(record.c.unit).where(record.c.ref.in_(chunk))))
            return len(found)

        matters = (str(line["matter"]) for line in self._log.lines() if line["run"] == run and "matter" in line)
        classes = Counter(name for _, name in mine)
        return Batch(refs, self._admin.read(count), 0, classes, tuple(dict.fromkeys(matters)))

    def destroy(self, run: str, rule: Rule, units: Sequence[int], who: str) -> Batch:
        """Destroy those of `units` that are still due and not held. What another run was quicker with is not counted.

        Raises UnreadableHold where a hold can't be read: then nothing is destroyed.
        """
        wanted, kept = set(units), 0
        for _ in range(_TRIES):
            due, held_now = self._look(rule, wanted)
            wanted, kept = set(due), kept + len(held_now)
            if not wanted:
                return Batch((), 0, kept, {})
            records = self._try(run, rule, wanted, who)
            if records is not None:
                self._log.append({"run": run, "ref": row.ref, "class": row.retention_class} for row in records)
                refs = tuple(row.ref for row in records)
                return Batch(refs, len(wanted), kept, Counter(row.retention_class for row in records))
        raise Unavailable("What is due changes too fast to be disposed of: try again when there is less going on.")

    def left(self, units: Sequence[int]) -> frozenset[int]:
        """Those of `units` that have a record which was not destroyed."""
        return frozenset(row.unit for row in self._admin.read(lambda connection: _records(connection, set(units))))

    def _look(self, rule: Rule, units: set[int]) -> tuple[list[int], set[int]]:
        return self._admin.read(lambda connection: self._still(connection, rule, units))

    def _try(self, run: str, rule: Rule, units: set[int], who: str) -> list[Row[Any]] | None:
        """Destroy exactly these units: their records, or None where something is not as it was when we looked."""
        records = self._admin.read(lambda connection: _records(connection, units))
        refs, at, actor = [row.ref for row in records], now(), self._admin.pseudonym(who)
        leaves = [
            LeafDraft(
                "disposed", row.ref,
                leaf.disposed(ref=row.ref, at=at, run=run, retention_class=row.retention_class, actor=actor),
            )
            for row in records
        ]  # fmt: skip

        def check(connection: Connection) -> None:
            alone(connection)
            still, _ = self._still(connection, rule, units)
            if set(still) != units or [row.ref for row in _records(connection, units)] != refs:
                raise Meanwhile

        def change(connection: Connection) -> None:
            write_shreds(connection, unit_shreds(connection, records))
            destroy_units(connection, sorted(units), refs)

        try:
            self._admin.record(leaves, change, check)
        except (Meanwhile, IntegrityError):
            return None
        return records

    def destroy_matters(self, run: str, rule: Rule, matters: Sequence[str], who: str) -> tuple[str, ...]:
        """Destroy what was written in cases that are due, closed and under no hold of their own; those destroyed."""
        done = []
        for matter in matters:
            at = leaf.timestamp(now())

            def change(connection: Connection, one: str = matter, moment: str = at) -> None:
                alone(connection)
                if connection.scalar(_due_matters(rule).where(keeping.matter.c.id == one)) is None:
                    raise Meanwhile
                write_shreds(connection, case_shreds(connection, one))
                destroy_matters(connection, [one], moment)

            try:
                self._admin.act("matter_dispose", matter, who, b"", change)
            except Meanwhile:
                continue
            self._log.append([{"run": run, "matter": matter, "controller": rule.controller, "at": at}])
            done.append(matter)
        return tuple(done)

    def _plan(self, connection: Connection, rule: Rule) -> Plan:
        record = tables.record
        columns = (record.c.unit, record.c.retention_class, record.c.opened_at, record.c.dispose_after)
        rows = connection.execute(_due(rule, columns)).all()
        classes: dict[int, Counter[str]] = {}
        for row in rows:
            classes.setdefault(row.unit, Counter())[row.retention_class] += 1
        try:
            kept, unreadable = held(connection, rule.controller, classes, self._opener, self._fitting), ""
        except UnreadableHold as error:
            kept, unreadable = set(classes), error.hold
        waiting = {unit for unit, names in classes.items() if not all(map(rule.takes, names))}
        units = tuple(sorted(set(classes) - kept - waiting))
        names = sorted({name for each in classes.values() for name in each})
        counts = tuple(
            ClassCount(
                name,
                sum(name in each for each in classes.values()),
                sum(each[name] for each in classes.values()),
                sum(name in classes[unit] for unit in kept),
            )
            for name in names
        )
        looked = Counter(name for unit in waiting - kept for name in classes[unit])
        matters = tuple(str(each) for each in connection.scalars(_due_matters(rule)))
        overdue = set(connection.scalars(_due_matters(rule, held=True)))
        if not rule.takes(REQUEST_FILE):
            looked[REQUEST_FILE] += len(connection.scalars(_due_matters(replace(rule, classes=None))).all())
        going = set(units)
        outdated = sum(row.unit in going and _outdated(rule, row) for row in rows)
        return Plan(units, len(kept), counts, looked, matters, len(overdue - set(matters)), outdated, unreadable)

    def _still(self, connection: Connection, rule: Rule, units: set[int]) -> tuple[list[int], set[int]]:
        """Of `units` those that are due now and not held, and those that are held."""
        due: dict[int, bool] = {}
        for row in _records(connection, units):
            ready = row.outcome is not None and row.dispose_after < rule.cutoff
            ready = ready and row.controller == rule.controller and rule.takes(row.retention_class)
            due[row.unit] = due.get(row.unit, True) and ready
        ready_units = {unit for unit, ready in due.items() if ready}
        kept = held(connection, rule.controller, ready_units, self._opener, self._fitting)
        return sorted(ready_units - kept), kept


def _outdated(rule: Rule, row: Row[Any]) -> bool:
    """Whether the schedule as it is now would keep a record for longer than its leaf says."""
    return rule.last_day is not None and rule.last_day(row.retention_class, row.opened_at) > row.dispose_after


def _due(rule: Rule, columns: Sequence[Any]) -> Select[Any]:
    """Records of units that are due, whatever their class: every record closed and past its date."""
    record, other = tables.record, tables.record.alias("other")
    alive = select(other.c.ref).where(
        other.c.unit == record.c.unit,
        other.c.disposed_at.is_(None),
        or_(other.c.outcome.is_(None), other.c.dispose_after >= rule.cutoff),
    )
    return select(*columns).where(
        record.c.controller == rule.controller,
        record.c.dispose_after < rule.cutoff,
        record.c.disposed_at.is_(None),
        ~alive.exists(),
    )


def _due_matters(rule: Rule, *, held: bool = False) -> Select[Any]:
    """Cases that are due, if their class may go; with `held` those too that a hold of their own keeps."""
    matter, hold = keeping.matter, keeping.hold
    query = select(matter.c.id).where(
        matter.c.controller == rule.controller,
        matter.c.dispose_after < rule.cutoff,
        matter.c.closed_at.is_not(None),
        matter.c.disposed_at.is_(None),
    )
    if not rule.takes(REQUEST_FILE):
        query = query.where(false())
    kept = select(hold.c.id).where(hold.c.matter == matter.c.id, hold.c.released_at.is_(None))
    return query if held else query.where(~kept.exists())


def _records(connection: Connection, units: set[int]) -> list[Row[Any]]:
    """Every record of these units."""
    record = tables.record
    found: list[Row[Any]] = []
    for chunk in pieces(sorted(units)):
        query = select(*(record.c[name] for name in _RECORD)).where(record.c.unit.in_(chunk))
        found.extend(connection.execute(query.where(record.c.disposed_at.is_(None)).order_by(record.c.ref)))
    return found


def _parsed(body: bytes) -> Mapping[str, Any]:
    return dict(orjson.loads(body))
