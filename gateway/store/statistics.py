"""Counts of calls by month, straight from the records' rows."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, cast, func, select, text, true
from sqlalchemy.dialects.postgresql import JSONB

from gateway.model.statistic import Count, MonthCounts
from gateway.store import tables
from gateway.store.admin import Admin
from gateway.store.engine import is_sqlite

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
    counted = (func.count(), func.count(record.c.actor.distinct()))
    totals = {
        row[0]: Count(row[1], row[2])
        for row in connection.execute(select(month, *counted).where(*fits).group_by(text("1")))
    }
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
        query = select(month, column, *counted).select_from(source).where(*fits).group_by(text("1"), text("2"))
        for row in connection.execute(query):
            if row[0] in found:
                found[row[0]][name][row[1]] = Count(row[2], row[3])
    return [MonthCounts(each, total, found[each]) for each, total in totals.items()]


def _labels(connection: Connection) -> Any:
    """The labels of a record's findings, one row for each."""
    findings = tables.record.c.findings
    if is_sqlite(connection.engine):
        return func.json_each(findings).table_valued("key", name="label")
    keys = func.jsonb_object_keys(cast(findings, JSONB))
    return keys.table_valued("key", name="label").render_derived().lateral()
