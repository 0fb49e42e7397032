"""Full checks of the ledger that were kept: each a row, and an `admin` leaf that holds the row's hash."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Row, func, insert, select

from gateway.ledger.canonical import canonical
from gateway.ledger.leaf import timestamp
from gateway.ledger.report import CheckRun, Report
from gateway.store.admin import Admin
from gateway.store.keeping import check_run
from gateway.store.runs import row_hash
from gateway.store.tables import replica

ACT: Final = "check_run"
MAX_LINES: Final = 100
_MAX_LINE: Final = 300


class DatabaseChecks:
    """Keeps and lists check runs. Every method raises Unavailable when the database can't be reached."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    def keep(self, report: Report, started: datetime, finished: datetime, who: str = "") -> CheckRun:
        """Keep what a check found: row and leaf, durable when this returns."""
        values: dict[str, Any] = {
            "id": secrets.token_hex(8),
            "started_at": timestamp(started),
            "finished_at": timestamp(finished),
            "ok": 1 if report.ok else 0,
            "tree_size": report.size,
            "problems": len(report.problems) + report.dropped,
            "report": canonical({"lines": [_clean(line) for line in report.lines()[:MAX_LINES]]}).decode(),
        }
        statement = insert(check_run).values(**values)
        self._admin.act(
            ACT, values["id"], who, row_hash(check_run, values), lambda connection: connection.execute(statement)
        )
        return _run(values)

    def since(self) -> datetime | None:
        """When a worker first recorded here; None where none ever did."""
        query = select(func.min(replica.c.started_at))
        first = self._admin.read(lambda connection: connection.scalar(query))
        return None if first is None else datetime.fromisoformat(first)

    def newest(self) -> CheckRun | None:
        """The last one; None where there was none."""
        runs = self.list(1)
        return runs[0] if runs else None

    def list(self, limit: int = 100) -> Sequence[CheckRun]:
        """Check runs, the newest first."""
        query = select(check_run).order_by(check_run.c.started_at.desc(), check_run.c.id).limit(limit)
        rows = self._admin.read(lambda connection: connection.execute(query).all())
        return [_of(row) for row in rows]


def _of(row: Row[Any]) -> CheckRun:
    return _run(row._mapping)


def _run(row: Any) -> CheckRun:
    try:
        lines = tuple(str(line) for line in orjson.loads(row["report"])["lines"])
    except (ValueError, KeyError, TypeError):  # a changed byte; `ledger verify` says so
        lines = ()
    return CheckRun(
        row["id"], row["started_at"], row["finished_at"], bool(row["ok"]), row["tree_size"], row["problems"], lines
    )


def _clean(line: str) -> str:
    """A line of bounded length that JSON can hold, whatever a tampered row had in it."""
    return line.encode("utf-8", "replace").decode()[:_MAX_LINE]
