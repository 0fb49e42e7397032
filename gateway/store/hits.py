"""Finding conversations, newest first: by whichever condition is rarest, never by reading sealed content.

A hit's place is the time of its newest record that fits. A page is a walk over records in that order which stops when
it is full; where a text, a value, a person or a reference is rare, its conversations are collected and sorted instead.
"""

import base64
import binascii
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Row,
    Select,
    Table,
    and_,
    any_,
    case,
    exists,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
)

from gateway.model.search import Coverage, Filter, Hit, Page
from gateway.store import finding, tables
from gateway.store.engine import is_sqlite
from gateway.store.keeping import hold, hold_unit
from gateway.store.search import passages
from gateway.store.snapshot import units_below

COUNTED = 10_000
"""Hits that are counted exactly; beyond, the total is a lower bound."""
COUNT_SECONDS = 0.4
"""A page is not held up longer for the sake of its total."""
RARE = 30_000
"""Texts or values up to this many are collected; more are walked through. A sixth of it for PostgreSQL, where
collecting costs more and asking about one text less."""
FEW = 2_000
"""Conversations that are asked about one by one, or in one statement."""
_SHOWN = re.findall(r"\w+", "ref unit controller opened_at service tool outcome findings reply_findings dispose_after")
_TEMPORARY = MetaData()
_COLLECTED = [
    Table(
        f"collected_{number}",
        _TEMPORARY,
        Column("unit", BigInteger, primary_key=True, autoincrement=False),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,
    )
    for number in range(16)
]
"""For sets that are asked for again and again. A search with more common conditions asks for the rest anew."""

Place = tuple[str, int]
"""A hit's place in the order: time of its newest record that fits, conversation."""


class BadCursor(ValueError):
    """`after` is not something that a page gave."""


@dataclass(frozen=True, slots=True)
class _Cursor:
    place: Place
    total: int
    whole: bool

    def text(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([*self.place, self.total, self.whole])).decode().rstrip("=")


def _cursor(after: str) -> _Cursor | None:
    if not after:
        return None
    try:
        at, unit, total, whole = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        return _Cursor((str(at), int(unit)), int(total), bool(whole))
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor("this page mark is not one that a search gave") from error


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a search is run: `collect` its fits and sort them, or walk; the conditions of one record; the conversations
    that rare texts and values leave (None: all)."""

    collect: bool
    where: list[ColumnElement[bool]]
    units: list[int] | None = None


class DatabaseHits:
    """Implements `gateway.records.search.Hits`. May be used from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = is_sqlite(engine)

    def search(self, wanted: Filter, after: str = "", limit: int = 50) -> Page:
        """One page of the conversations that fit, newest first. Raises BadCursor."""
        cursor = _cursor(after)
        with self._engine.connect() as connection, self._planned(connection, wanted) as plan:
            if plan is None:
                return Page((), "", 0)
            places, total, whole = self._places(connection, wanted, plan, cursor, limit)
            shown = places[:limit]
            hits = self._hits(connection, wanted, [unit for _, unit in shown])
            more = _Cursor(shown[-1], total, whole).text() if len(places) > limit else ""
            return Page(hits, more, total, whole)

    def coverage(self, wanted: Filter) -> Coverage:
        """What of the records that fit by their facts (words and values left aside) can't be searched."""
        record = tables.record
        gone = record.c.disposed_at.is_not(None)
        refused = and_(record.c.disposed_at.is_(None), record.c.outcome == "refused")
        query = select(func.count(), _sum(refused), _sum(gone))
        where = [*finding.people(wanted, record), *finding.facts(wanted, record, gone=True)]
        with self._engine.connect() as connection:
            records, nothing_kept, disposed = connection.execute(query.where(*where)).one()
            return Coverage(records - disposed, nothing_kept, disposed)

    def count(self, wanted: Filter) -> int:
        """How many conversations fit, however many they are."""
        with self._engine.connect() as connection:
            counted = select(func.count()).select_from(self.units(wanted).subquery())
            return connection.scalar(counted) or 0

    def every(self, wanted: Filter, most: int) -> list[int] | None:
        """All conversations that fit, in ascending order; None where they are more than `most`."""
        with self._engine.connect() as connection:
            found = [unit for (unit,) in connection.execute(self.units(wanted).limit(most + 1))]
        return sorted(found) if len(found) <= most else None

    def records_of(self, unit: int) -> tuple[str, ...]:
        """The references of a conversation's records, oldest first."""
        record = tables.record
        query = select(record.c.ref).where(record.c.unit == unit).order_by(record.c.opened_at, record.c.ref)
        with self._engine.connect() as connection:
            return tuple(connection.scalars(query))

    def units(self, wanted: Filter) -> Select[int]:
        """The query for the conversations that fit."""
        if wanted.below is not None:
            return units_below(wanted, wanted.below, sqlite=self._sqlite)
        return finding.units(wanted, sqlite=self._sqlite)

    @contextmanager
    def _planned(self, connection: Connection, wanted: Filter) -> Iterator[_Plan | None]:
        """How to run a search, with its conditions on a record. What is common is collected once, for as long as the
        search lasts."""
        record, lite = tables.record, self._sqlite
        if wanted.below is not None:
            yield _Plan(True, [record.c.unit.in_(self.units(wanted)), *finding.facts(wanted, record, loose=lite)])
            return
        found = finding.sets(wanted, sqlite=lite)
        if found is None:
            yield None
            return
        units, common = _rare(connection, found, RARE if lite else RARE // 6)
        if units is not None and not units:
            yield None
            return
        named = finding.people(wanted, record)
        collect = bool(named) or units is not None
        where = [*named, *finding.facts(wanted, record, loose=lite and collect)]
        unit = literal_column("+record.unit", BigInteger) if lite else record.c.unit
        made: list[Table] = []
        try:
            for each in common:
                if lite and len(made) < len(_COLLECTED):
                    made.append(_collected(connection, each, len(made)))
                    where.append(unit.in_(select(made[-1].c.unit)))
                else:
                    where.append(unit.in_(each) if lite or len(units or ()) > FEW else _holds(each))
            yield _Plan(collect, where, units)
        finally:
            for table in made:
                table.drop(connection)
            connection.rollback()

    def _places(
        self, connection: Connection, wanted: Filter, plan: _Plan, cursor: _Cursor | None, limit: int
    ) -> tuple[list[Place], int, bool]:
        """The places of a page and one more, the total and whether it is exact."""
        record = tables.record
        query = select(record.c.opened_at, record.c.unit).where(*plan.where)
        if plan.collect:
            newest: dict[int, str] = {}
            for each in self._among(query, plan.units):
                for at, unit in connection.execute(each):
                    if newest.get(unit, "") < at:
                        newest[unit] = at
            places = sorted(((at, unit) for unit, at in newest.items()), reverse=True)
            page = places if cursor is None else [place for place in places if place < cursor.place]
            return page[: limit + 1], len(places), True
        walk = query.order_by(record.c.opened_at.desc(), record.c.unit.desc())
        if cursor is None:
            return _counted(connection, walk, limit)
        at, unit = cursor.place
        onwards = or_(record.c.opened_at < at, and_(record.c.opened_at == at, record.c.unit < unit))
        walk = walk.where(record.c.opened_at <= at, onwards, not_(finding.newer(wanted, record)))
        seen = _walked(connection, walk, limit + 1)
        return seen, cursor.total, cursor.whole

    def _among(self, query: Select[Any], units: list[int] | None) -> Iterator[Select[Any]]:
        """A query for records, about some conversations only: one for PostgreSQL, which takes lists, else several."""
        unit = tables.record.c.unit
        if units is None:
            yield query
        elif not self._sqlite:
            yield query.where(unit == any_(literal(units, ARRAY(BigInteger))))
        else:
            for start in range(0, len(units), FEW):
                yield query.where(unit.in_(units[start : start + FEW]))

    def _hits(self, connection: Connection, wanted: Filter, found: Sequence[int]) -> tuple[Hit, ...]:
        """What is shown of conversations, in the order given."""
        record = tables.record
        rows: dict[int, list[Row[Any]]] = defaultdict(list)
        shown = select(*(record.c[name] for name in _SHOWN)).where(record.c.unit.in_(found))
        for row in sorted(connection.execute(shown), key=lambda row: (row.opened_at, row.ref)):
            if row.controller == wanted.controller:  # not asked in SQL: SQLite would look for it in a longer index
                rows[row.unit].append(row)
        kept = select(hold_unit.c.unit).join(hold, hold.c.id == hold_unit.c.hold)
        held = set(connection.scalars(kept.where(hold_unit.c.unit.in_(found), hold.c.released_at.is_(None))))
        words = wanted.words or ""
        texts = passages(connection, found, words) if words.strip() else {}
        return tuple(_hit(unit, rows[unit], unit in held, texts.get(unit, "")) for unit in found if rows[unit])


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _rare(connection: Connection, found: list[Select[int]], most: int) -> tuple[list[int] | None, list[Select[int]]]:
    """The conversations that all rare sets (of at most `most` texts) have in common, None where no set is rare; and the
    sets that are not."""
    units: set[int] | None = None
    common: list[Select[int]] = []
    for each in found:
        rows = connection.execute(each.limit(most + 1)).all()
        if len(rows) > most:
            common.append(each)
        else:
            mine = {row[0] for row in rows}
            units = mine if units is None else units & mine
    return (None if units is None else sorted(units)), common


def _collected(connection: Connection, found: Select[int], number: int) -> Table:
    """A set that is asked for again and again, as a temporary table. For SQLite, whose full text is quick to read
    through and slow to ask about one text at a time."""
    table = _COLLECTED[number]
    table.create(connection)
    connection.execute(insert(table).prefix_with("OR IGNORE").from_select(["unit"], found))
    return table


def _holds(found: Select[int]) -> ColumnElement[bool]:
    """Whether a record's conversation is in a set, asked for each record by itself: OFFSET keeps PostgreSQL from
    collecting the whole set first."""
    units = found.subquery()
    same = select(1).select_from(units).where(units.c[0] == tables.record.c.unit)
    return exists(same.correlate(tables.record).offset(0))


def _counted(connection: Connection, walk: Select[Any], limit: int) -> tuple[list[Place], int, bool]:
    """The first page of a walk, going on for a while to count."""
    started = time.monotonic()
    seen: dict[int, None] = {}
    places: list[Place] = []
    with connection.execute(walk.execution_options(yield_per=500)) as rows:
        for number, (at, unit) in enumerate(rows):
            if unit not in seen:
                seen[unit] = None
                if len(places) <= limit:
                    places.append((at, unit))
                if len(seen) > COUNTED:
                    return places, COUNTED, False
            late = number % 500 == 0 and time.monotonic() - started > COUNT_SECONDS
            if late and len(places) > limit:
                return places, len(seen), False
    return places, len(seen), True


def _walked(connection: Connection, walk: Select[Any], most: int) -> list[Place]:
    places: list[Place] = []
    seen: set[int] = set()
    with connection.execute(walk.execution_options(yield_per=100)) as rows:
        for at, unit in rows:
            if unit not in seen:
                seen.add(unit)
                places.append((at, unit))
                if len(places) == most:
                    break
    return places


def _hit(unit: int, rows: Sequence[Row[Any]], held: bool, excerpt: str) -> Hit:
    findings: Counter[str] = Counter()
    for row in rows:
        for counts in (row.findings, row.reply_findings):
            findings.update(orjson.loads(counts) if counts else {})
    return Hit(
        unit=unit,
        controller=rows[0].controller,
        refs=tuple(row.ref for row in rows),
        first_at=rows[0].opened_at,
        last_at=rows[-1].opened_at,
        services=_distinct(row.service for row in rows),
        tools=_distinct(row.tool for row in rows),
        outcomes=_distinct(row.outcome or "open" for row in rows),
        findings=dict(sorted(findings.items())),
        dispose_after=max(row.dispose_after for row in rows),
        held=held,
        excerpt=excerpt,
    )


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
