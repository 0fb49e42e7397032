"""Finding conversations, newest first: by whichever condition is rarest, never by reading sealed content.

A hit's place is the time of its newest record that fits. A page is a walk over records in that order, asking the texts
of those it meets, which stops when the page is full; where a text, a value, a person or a reference is rare, its
conversations are collected and sorted instead.
"""

import base64
import binascii
import re
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import (
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
    case,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
)

from gateway.model.search import Coverage, Filter, Hit, Page
from gateway.store import finding, tables
from gateway.store.engine import is_sqlite
from gateway.store.finding import Condition
from gateway.store.keeping import hold, hold_unit
from gateway.store.reading import reading
from gateway.store.search import passages
from gateway.store.snapshot import units_below

COUNTED = 10_000
"""Hits that are counted exactly; beyond, the total is a lower bound."""
COUNT_SECONDS = 0.3
"""A page is not held up longer for the sake of its total."""
RARE = 30_000
"""Texts or values up to this many are collected; more are walked through. A sixth of it for PostgreSQL, where
collecting costs more."""
PATIENCE = 1_000
"""Conversations whose texts are asked one by one before all that fit a common word or value are collected after all:
about a quarter of a second."""
_BATCH = 500
"""Records of a walk, or conversations, that are looked at together; on later pages, where nothing is counted and each
record stands for its conversation, a fifth of it."""
_CHUNK = 2_000
"""Numbers in one statement to SQLite."""
_SHOWN = re.findall(r"\w+", "ref unit controller opened_at service tool outcome findings reply_findings dispose_after")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_UNITS = 2**63
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


class _Scarce(Exception):
    """A walk met too few that fit."""


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
        if [type(each) for each in (at, unit, total, whole)] != [str, int, int, bool] or not _TIME.fullmatch(at):
            raise ValueError("of other types")
        if not 0 <= unit < _UNITS or not 0 <= total < _UNITS:  # a database takes no larger number
            raise ValueError("out of range")
        return _Cursor((at, unit), total, whole)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor("this page mark is not one that a search gave") from error


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a search is run: `collect` its fits and sort them, or walk; the conditions of one record; those of a whole
    conversation that are common; the conversations that rare ones leave (None: all)."""

    collect: bool
    where: list[ColumnElement[bool]]
    common: Sequence[Condition] = ()
    units: list[int] | None = None


class DatabaseHits:
    """Implements `gateway.records.search.Hits`. May be used from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = is_sqlite(engine)

    def search(self, wanted: Filter, after: str = "", limit: int = 50) -> Page:
        """One page of the conversations that fit, newest first. Raises BadCursor, Unavailable."""
        cursor = _cursor(after)
        with self._reading() as connection:
            plan = self._planned(connection, wanted)
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
        with self._reading() as connection:
            records, nothing_kept, disposed = connection.execute(query.where(*where)).one()
            return Coverage(records - disposed, nothing_kept, disposed)

    def every(self, wanted: Filter, most: int) -> list[int] | None:
        """All conversations that fit, in ascending order; None where they are more than `most`."""
        with self._reading() as connection:
            found = [unit for (unit,) in connection.execute(self.units(wanted).limit(most + 1))]
        return sorted(found) if len(found) <= most else None

    def units(self, wanted: Filter) -> Select[int]:
        """The query for the conversations that fit."""
        if wanted.below is not None:
            return units_below(wanted, wanted.below, sqlite=self._sqlite)
        return finding.units(wanted, sqlite=self._sqlite)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection whose statements are planned for what they ask. After some searches PostgreSQL would settle for
        one plan for all words and values, rare or common: seconds instead of milliseconds. Raises Unavailable."""
        with reading(self._engine) as connection:
            if not self._sqlite:
                connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
            yield connection

    def _planned(self, connection: Connection, wanted: Filter) -> _Plan | None:
        """How to run a search; None where nothing fits."""
        record, lite = tables.record, self._sqlite
        if wanted.below is not None:
            return _Plan(True, [record.c.unit.in_(self.units(wanted)), *finding.facts(wanted, record, loose=lite)])
        conditions = finding.conditions(wanted, sqlite=lite)
        if conditions is None:
            return None
        units: set[int] | None = None
        common: list[Condition] = []
        for each in conditions:
            few = each.few(connection, RARE if lite else RARE // 6)
            if few is None:
                common.append(each)
            else:
                units = few if units is None else units & few
        if units is not None and not units:
            return None
        named = finding.people(wanted, record)
        collect = bool(named) or units is not None
        where = [*named, *finding.facts(wanted, record, loose=lite and collect)]
        return _Plan(collect, where, common, None if units is None else sorted(units))

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
            fits = self._left(connection, plan.common, list(newest))
            places = sorted(((newest[unit], unit) for unit in fits), reverse=True)
            page = places if cursor is None else [place for place in places if place < cursor.place]
            return page[: limit + 1], len(places), True
        walk = query.order_by(record.c.opened_at.desc(), record.c.unit.desc())
        if cursor is not None:
            at, unit = cursor.place
            onwards = or_(record.c.opened_at < at, and_(record.c.opened_at == at, record.c.unit < unit))
            walk = walk.where(record.c.opened_at <= at, onwards, not_(finding.newer(wanted, record)))
        page, total, whole = self._walk(connection, walk, plan.common, limit, count=cursor is None)
        return (page, total, whole) if cursor is None else (page, cursor.total, cursor.whole)

    def _walk(
        self, connection: Connection, walk: Select[Any], common: Sequence[Condition], limit: int, *, count: bool
    ) -> tuple[list[Place], int, bool]:
        """A page of a walk. What is common to many is met soon; where it isn't, it was rare among these."""
        walk = walk.execution_options(yield_per=_BATCH if count else max(1, _BATCH // 5))
        try:
            return _page(self._met(connection, walk, common), limit, count, PATIENCE if common else None)
        except _Scarce:
            with self._collected(connection, common) as where:
                return _page(self._met(connection, walk.where(*where), ()), limit, count)

    def _met(
        self, connection: Connection, walk: Select[Any], common: Sequence[Condition]
    ) -> Generator[tuple[int, list[Place]]]:
        """The conversations of a walk that fit, each at its first place, some at a time; with each lot how many were
        looked at."""
        seen: set[int] = set()
        with connection.execute(walk) as rows:
            for lot in rows.partitions():
                places = {unit: at for at, unit in reversed(lot) if unit not in seen}
                seen.update(places)
                fits = self._fitting(connection, common, list(places))
                yield len(places), sorted(((places[unit], unit) for unit in fits), reverse=True)

    def _left(self, connection: Connection, common: Sequence[Condition], units: list[int]) -> Collection[int]:
        """Those of conversations, few or many, of which common conditions hold."""
        if not common or not self._sqlite or len(units) <= PATIENCE:
            return self._fitting(connection, common, units)
        with self._collected(connection, common) as where:
            query = select(tables.record.c.unit).where(*where)
            return {unit for each in self._among(query, units) for unit in connection.scalars(each)}

    def _fitting(self, connection: Connection, common: Sequence[Condition], units: list[int]) -> list[int]:
        """Those of a few conversations of which common conditions hold, asked one by one."""
        for condition in common:
            lots = (units[start : start + _BATCH] for start in range(0, len(units), _BATCH))
            units = list({unit for lot in lots for unit in connection.scalars(condition.among(lot))})
        return units

    @contextmanager
    def _collected(self, connection: Connection, common: Sequence[Condition]) -> Iterator[list[ColumnElement[bool]]]:
        """Conditions on a record that ask sets which were collected. On SQLite in temporary tables, for as long as the
        search lasts: its full text is quick to read through, and slow to ask about one text at a time."""
        if not self._sqlite:
            yield [tables.record.c.unit.in_(each.every()) for each in common]
            return
        unit: ColumnElement[int] = literal_column("+record.unit", BigInteger)
        made: list[Table] = []
        try:
            for each, table in zip(common, _COLLECTED, strict=False):
                table.create(connection)
                made.append(table)
                connection.execute(insert(table).prefix_with("OR IGNORE").from_select(["unit"], each.every()))
            rest = common[len(made) :]
            yield [*(unit.in_(select(table.c.unit)) for table in made), *(unit.in_(each.every()) for each in rest)]
        finally:
            for table in made:
                table.drop(connection)
            connection.rollback()

    def _among(self, query: Select[Any], units: list[int] | None) -> Iterator[Select[Any]]:
        """A query for records, about some conversations only: one for PostgreSQL, which takes lists, else several."""
        unit = tables.record.c.unit
        if units is None:
            yield query
        else:
            step = _CHUNK if self._sqlite else max(1, len(units))
            for start in range(0, len(units), step):
                yield query.where(finding.listed(unit, units[start : start + step], sqlite=self._sqlite))

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


def _page(
    lots: Generator[tuple[int, list[Place]]], limit: int, count: bool, patience: int | None = None
) -> tuple[list[Place], int, bool]:
    """The places of a page and one more, how many were met, and whether that is all; going on for a while to `count`.
    Raises _Scarce where more than `patience` conversations were looked at before the page was full."""
    started = time.monotonic()
    places: list[Place] = []
    looked_at = met = 0
    with closing(lots):
        for number, fits in lots:
            places += fits[: limit + 1 - len(places)]
            looked_at, met = looked_at + number, met + len(fits)
            if len(places) > limit:
                if not count or met > COUNTED or time.monotonic() - started > COUNT_SECONDS:
                    return places, min(met, COUNTED), False
            elif patience is not None and looked_at > patience:
                raise _Scarce
    return places, met, True


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
