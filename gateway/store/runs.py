"""Runs that are kept: a row made durable when one begins and again when it ends, each time with an `admin` leaf."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, Table, insert, select, update

from gateway.ledger.canonical import canonical
from gateway.store.admin import Admin
from gateway.store.locking import exclusive

_Run = TypeVar("_Run")


class Runs(Generic[_Run]):
    """The rows of `table`, whose leaves are called after it. `made` makes a run of a row's columns."""

    def __init__(self, engine: Engine, admin: Admin, table: Table, made: Callable[..., _Run]) -> None:
        self._engine = engine
        self._admin = admin
        self._table = table
        self._made = made

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """No other run of any kind while this lasts. Raises Busy."""
        with exclusive(self._engine):
            yield

    def begin(self, run: _Run, who: str) -> None:
        """Make the beginning of a run durable."""
        values, table = self.values(run), self._table
        self._admin.act(
            f"{table.name}_begin", values["id"], who, row_hash(table, values),
            lambda connection: connection.execute(insert(table).values(**values)),
        )  # fmt: skip

    def finish(self, run: _Run, who: str) -> None:
        """Make the end of a run and its certificate durable."""
        values, table = self.values(run), self._table
        self._admin.act(
            f"{table.name}_finish", values["id"], who, row_hash(table, values),
            lambda connection: connection.execute(update(table).where(table.c.id == values["id"]).values(**values)),
        )  # fmt: skip

    def unfinished(self, controller: str) -> Sequence[_Run]:
        """Runs that began and did not end: they run now, or crashed. Oldest first."""
        table = self._table
        query = select(table).where(table.c.controller == controller, table.c.finished_at.is_(None))
        rows = self._admin.read(lambda connection: connection.execute(query.order_by(table.c.started_at)).all())
        return [self._made(**row._mapping) for row in rows]

    def runs(self, controller: str) -> Sequence[_Run]:
        """Every run, newest first."""
        table = self._table
        query = select(table).where(table.c.controller == controller).order_by(table.c.started_at.desc())
        rows = self._admin.read(lambda connection: connection.execute(query).all())
        return [self._made(**row._mapping) for row in rows]

    def values(self, run: _Run) -> dict[str, Any]:
        """A run as the columns of its row."""
        return {str(column.name): getattr(run, column.name) for column in self._table.columns}


def row_hash(table: Table, row: Any) -> bytes:
    """What the ledger holds of a row: a hash over every column."""
    return hashlib.sha256(canonical({str(column.name): row[column.name] for column in table.columns})).digest()
