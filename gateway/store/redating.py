"""Re-dating in the database: in batches, each one transaction with a `redated` leaf for each record.

Under the lock of holds and disposal: what is disposed of meanwhile keeps the date that it went by.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Engine, func, select

from gateway.ledger import leaf
from gateway.ledger.canonical import parse
from gateway.ledger.rows import LeafDraft
from gateway.ledger.scribe import now
from gateway.model.errors import Unavailable
from gateway.model.redating import Dated, Redate, RedatingRun
from gateway.store import keeping, tables
from gateway.store.admin import Admin, Meanwhile
from gateway.store.holds import Opener, Units, held, pieces
from gateway.store.locking import alone
from gateway.store.runs import Runs

_TRIES = 50


class DatabaseRedating(Runs[RedatingRun]):
    """Implements `gateway.records.redating.RedatingStore`."""

    def __init__(self, engine: Engine, admin: Admin, opener: Opener, units: Units) -> None:
        super().__init__(engine, admin, keeping.redating, RedatingRun)
        self._opener = opener
        self._fitting = units

    def page(self, controller: str, after: str, most: int) -> Sequence[Dated]:
        """Records that are there, by reference."""
        record = tables.record
        names = ("ref", "unit", "retention_class", "opened_at", "dispose_after")
        query = select(*(record.c[name] for name in names)).where(
            record.c.controller == controller, record.c.disposed_at.is_(None), record.c.ref > after
        )
        rows = self._admin.read(lambda connection: connection.execute(query.order_by(record.c.ref).limit(most)).all())
        return [Dated(*row) for row in rows]

    def held(self, controller: str, units: Collection[int]) -> frozenset[int]:
        """Those of `units` that a hold in force keeps. Raises UnreadableHold."""
        return frozenset(self._admin.read(lambda one: held(one, controller, units, self._opener, self._fitting)))

    def apply(self, run: str, changes: Sequence[Redate], who: str) -> Sequence[Redate]:
        """Give records their new dates, in one transaction; those that still had the old one, and now have the new."""
        wanted = {each.ref: each for each in changes}
        for _ in range(_TRIES):
            numbers = self._look(wanted)
            wanted = {ref: wanted[ref] for ref in numbers}
            if not wanted or self._try(run, wanted, numbers, who):
                return list(wanted.values())
        raise Unavailable("Records change too fast to be re-dated: try again when there is less going on.")

    def _look(self, wanted: Mapping[str, Redate]) -> dict[str, int]:
        return self._admin.read(lambda connection: _numbers(connection, wanted))

    def _try(self, run: str, wanted: Mapping[str, Redate], numbers: Mapping[str, int], who: str) -> bool:
        """Whether it was done; not, where something is not as it was when we looked."""
        at, actor = now(), self._admin.pseudonym(who)
        leaves = [
            LeafDraft(
                "redated", ref,
                leaf.redated(
                    ref=ref, at=at, number=numbers[ref] + 1, run=run, retention_class=each.retention_class,
                    before=each.before, until=each.until, actor=actor,
                ),
            )
            for ref, each in wanted.items()
        ]  # fmt: skip

        def check(connection: Connection) -> None:
            alone(connection)
            if _numbers(connection, wanted) != numbers:
                raise Meanwhile

        try:
            self._admin.record(leaves, lambda _: None, check)
        except Meanwhile:
            return False
        return True

    def changed(self, run: str) -> Sequence[Redate]:
        """What a run has changed so far, from its leaves."""
        table, record = tables.leaf, tables.record
        query = select(table.c.body, record.c.unit).join(record, record.c.ref == table.c.ref)
        rows = self._admin.read(lambda one: one.execute(query.where(table.c.kind == "redated")).all())
        bodies = [(parse(row.body), row.unit) for row in rows]
        return [
            Redate(body["ref"], unit, body["retention"]["class"], body["before"], body["retention"]["until"])
            for body, unit in bodies
            if body["run"] == run
        ]

    def schedules(self, controller: str) -> Sequence[str]:
        """The versions of the schedule that runs of disposal and re-dating went by, newest first."""
        found = []
        for table in (keeping.disposal, keeping.redating):
            query = select(table.c.started_at, table.c.certificate).where(table.c.controller == controller)
            found += self._admin.read(lambda one, asked=query: one.execute(asked).all())  # type: ignore[misc]
        found.sort(key=lambda row: str(row.started_at), reverse=True)
        said = [json.loads(row.certificate or "{}").get("schedule") for row in found]
        return [str(each) for each in said if each]


def _numbers(connection: Connection, wanted: Mapping[str, Redate]) -> dict[str, int]:
    """Of the records that still have the date that they are to lose: how often each was re-dated."""
    record, table = tables.record, tables.leaf
    found: dict[str, int] = {}
    for chunk in pieces(sorted(wanted)):
        there = select(record.c.ref, record.c.dispose_after).where(record.c.ref.in_(chunk))
        rows = connection.execute(there.where(record.c.disposed_at.is_(None))).all()
        counted = select(table.c.ref, func.count()).where(table.c.ref.in_(chunk), table.c.kind == "redated")
        before = Counter({row[0]: row[1] for row in connection.execute(counted.group_by(table.c.ref))})
        found.update((row.ref, before[row.ref]) for row in rows if row.dispose_after == wanted[row.ref].before)
    return found
