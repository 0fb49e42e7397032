"""Holds in the database: what they name, what fits their query later, and which units they keep from disposal."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, literal, select, update

from gateway.ledger.canonical import canonical
from gateway.model.disposal import UnreadableHold
from gateway.model.hold import CaseOpen, HoldRow
from gateway.model.search import Filter
from gateway.store import keeping
from gateway.store.admin import Admin, Meanwhile
from gateway.store.engine import is_sqlite
from gateway.store.locking import alone

Units = Callable[..., Select[Any]]
"""`units(filter, *, sqlite, within=None)`: the distinct units of records that fit a filter; with `within`, of these."""
Opener = Callable[[HoldRow], Filter]
"""Opens the sealed filter of a hold. Raises what sealing raises."""
CHUNK = 500


def hold_hash(row: Any) -> bytes:
    """What the ledger holds of a hold's row: all but its wrapped key, which changes when keys are rotated."""
    names = ("id", "controller", "matter", "placed_at", "placed_by", "released_at", "released_by")
    box = "" if row["box"] is None else hashlib.sha256(row["box"]).hexdigest()
    return hashlib.sha256(canonical({**{name: row[name] for name in names}, "box": box})).digest()


def insert_hold(connection: Connection, row: HoldRow, found: Filter, units: Units) -> int:
    """Write a hold and the units that fit now, in the caller's transaction; how many. `hold_hash` is for the leaf."""
    alone(connection)
    connection.execute(insert(keeping.hold).values(**row.values()))
    fitting = units(found, sqlite=is_sqlite(connection.engine)).subquery()
    rows = select(literal(row.id), next(iter(fitting.c))).distinct()
    connection.execute(insert(keeping.hold_unit).from_select(["hold", "unit"], rows))
    named = keeping.hold_unit
    return connection.scalar(select(func.count()).select_from(named).where(named.c.hold == row.id)) or 0


def held(connection: Connection, controller: str, units: Collection[int], opener: Opener, fitting: Units) -> set[int]:
    """Those of `units` that a hold in force keeps: named when it was placed, or fitting its query now.

    For use under the lock of the disposal. Raises UnreadableHold.
    """
    hold, named = keeping.hold, keeping.hold_unit
    found: set[int] = set()
    in_force = connection.execute(
        select(hold).where(hold.c.controller == controller, hold.c.released_at.is_(None))
    ).all()
    if not in_force:
        return found
    ids = [row.id for row in in_force]
    for chunk in pieces(sorted(units)):
        query = select(named.c.unit).where(named.c.unit.in_(chunk), named.c.hold.in_(ids))
        found.update(connection.scalars(query))
    for row in in_force:
        try:
            wanted = opener(hold_row(row))
        except Exception as error:  # whatever it is, what the hold keeps is not known
            raise UnreadableHold(row.id) from error
        for chunk in pieces(sorted(set(units) - found)):
            found.update(connection.scalars(fitting(wanted, sqlite=is_sqlite(connection.engine), within=chunk)))
    return found


def pieces(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut a list into what one statement takes."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def hold_row(row: Row[Any]) -> HoldRow:
    """A row of `hold` as a value."""
    return HoldRow(**{name: getattr(row, name) for name in HoldRow.names()})


def _open_case(matter: str | None) -> Select[Any]:
    case = keeping.matter
    return select(case.c.id).where(case.c.id == matter, case.c.closed_at.is_(None), case.c.disposed_at.is_(None))


class DatabaseHolds:
    """Implements `gateway.records.holds.HoldStore`."""

    def __init__(self, admin: Admin, units: Units) -> None:
        self._admin = admin
        self._units = units

    def place(self, row: HoldRow, found: Filter, who: str) -> int:
        """Make a hold durable with its leaf; how many units fit now."""
        fitting = 0

        def change(connection: Connection) -> None:
            nonlocal fitting
            fitting = insert_hold(connection, row, found, self._units)

        self._admin.act("hold_place", row.id, who, hold_hash(row.values()), change)
        return fitting

    def release(self, row: HoldRow, who: str) -> bool:
        """Write a released hold's row in the place of the one in force, with its leaf; False where none is in force.

        Raises CaseOpen where the case that it belongs to is not closed.
        """
        table = keeping.hold
        current = self.get(row.id)
        if current is None or current.released_at is not None:
            return False
        statement = update(table).where(table.c.id == bindparam("hold"), table.c.released_at.is_(None))
        values = {name: value for name, value in row.values().items() if name != "id"}

        def change(connection: Connection) -> None:
            alone(connection)
            if connection.scalar(_open_case(row.matter)) is not None:
                raise CaseOpen
            if connection.execute(statement.values(**values), {"hold": row.id}).rowcount != 1:
                raise Meanwhile

        try:
            self._admin.act("hold_release", row.id, who, hold_hash(row.values()), change)
        except Meanwhile:
            return False
        return True

    def get(self, hold: str) -> HoldRow | None:
        """One hold."""
        table = keeping.hold
        row = self._admin.read(lambda connection: connection.execute(select(table).where(table.c.id == hold)).first())
        return None if row is None else hold_row(row)

    def list(self, controller: str, *, released: bool = False) -> Sequence[tuple[HoldRow, int]]:
        """The holds of a controller, oldest first, with how many units each named when it was placed."""
        table, named = keeping.hold, keeping.hold_unit
        counted = select(func.count()).select_from(named).where(named.c.hold == table.c.id).scalar_subquery()
        query = select(table, counted.label("units")).where(table.c.controller == controller)
        if not released:
            query = query.where(table.c.released_at.is_(None))
        rows = self._admin.read(
            lambda connection: connection.execute(query.order_by(table.c.placed_at, table.c.id)).all()
        )
        return [(hold_row(row), row.units) for row in rows]

    def pseudonym(self, who: str) -> str:
        """How rows and leaves name somebody who acted."""
        return self._admin.pseudonym(who)
