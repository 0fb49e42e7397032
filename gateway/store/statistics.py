"""Counts of calls by month, straight from the records' rows.

People are counted by pseudonym, and everybody gets a new one when those are rotated. So they are counted between the
rotations, and the highest of these counts: three people before and after are three, never six. In the seconds in which
workers follow a rotation both kinds are given; those count no people.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, cast, func, literal, select, text, true
from sqlalchemy.dialects.postgresql import JSONB

from gateway.ledger.leaf import timestamp
from gateway.model.statistic import Count, MonthCounts
from gateway.store import tables
from gateway.store.actor_keys import LAG
from gateway.store.admin import Admin
from gateway.store.engine import is_sqlite
from gateway.store.keeping import actor_key

OPEN = "open"
"""The outcome of a call that has none yet."""


class DatabaseCounts:
    """Implements `gateway.records.statistics.Counts`."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    def months(self, controller: str, since: str, until: str, services: Collection[str]) -> Sequence[MonthCounts]:
        """See `Counts.months`."""
        return self._admin.read(lambda connection: _months(connection, controller, since, until, services))


def _months(
    connection: Connection, controller: str, since: str, until: str, services: Collection[str]
) -> list[MonthCounts]:
    record = tables.record
    month = func.substr(record.c.opened_at, 1, 7)
    # Times are text that sorts: whatever stands behind a month's digits sorts before "~".
    fits = [record.c.controller == controller, record.c.opened_at >= since, record.c.opened_at < f"{until}~"]
    if services:
        fits.append(record.c.service.in_(sorted(services)))
    counted = (_period(connection, since, until), func.count(), func.count(record.c.actor.distinct()))
    query = select(month, *counted).where(*fits).group_by(text("1"), text("2"))
    totals = _added((row[0], *row[1:]) for row in connection.execute(query))
    found: dict[str, dict[str, dict[str, Count]]] = {
        each: {name: {} for name in ("service", "tool", "outcome", "label")} for each in totals
    }
    label = _labels(connection)
    columns: dict[str, Any] = {
        "service": record.c.service,
        "tool": record.c.tool,
        "outcome": func.coalesce(record.c.outcome, OPEN),
        "label": label.c.key,
    }
    for name, column in columns.items():
        source = record.join(label, onclause=true()) if name == "label" else record
        query = select(month, column, *counted).select_from(source).where(*fits)
        rows = connection.execute(query.group_by(text("1"), text("2"), text("3")))
        for (at, each), count in _added(((row[0], row[1]), *row[2:]) for row in rows).items():
            if at in found:
                found[at][name][each] = count
    return [MonthCounts(each, total, found[each]) for each, total in totals.items()]


def _period(connection: Connection, since: str, until: str) -> ColumnElement[int]:
    """Between which rotations a record was opened: an even number, an odd one while workers followed a rotation."""
    within = select(actor_key.c.made_at).where(actor_key.c.made_at >= since, actor_key.c.made_at < f"{until}~")
    made = connection.scalars(within.order_by(actor_key.c.made_at)).all()
    ends = [end for at in made for end in (at, timestamp(datetime.fromisoformat(at) + LAG))]
    opened = tables.record.c.opened_at
    return case(*((opened < end, n) for n, end in enumerate(ends)), else_=len(ends)) if ends else literal(0)


def _added(rows: Iterable[tuple[Any, int, int, int]]) -> dict[Any, Count]:
    """Calls and people by name, of rows of name, period, calls and people."""
    found: dict[Any, Count] = {}
    for name, period, calls, people in rows:
        before = found.get(name, Count(0, 0))
        found[name] = Count(before.calls + calls, max(before.people, 0 if period % 2 else people))
    return found


def _labels(connection: Connection) -> Any:
    """The labels of a record's findings, one row for each."""
    findings = tables.record.c.findings
    if is_sqlite(connection.engine):
        return func.json_each(findings).table_valued("key", name="label")
    keys = func.jsonb_object_keys(cast(findings, JSONB))
    return keys.table_valued("key", name="label").render_derived().lateral()
