"""Inserting many rows with few statements.

The database driver lets go of the interpreter's lock at every statement and waits for it again, so the writer thread
is as slow as the number of its statements. Rows therefore go many to a statement, and the SQL for each number of
rows is made, and prepared by the driver, once.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Table

MOST = 64
"""Rows in one statement, at most."""
Values = tuple[Any, ...]
Statement = tuple[str, Values]
"""SQL and its values, ready for the driver."""


def inserts(
    sqlite: bool, table: str, columns: tuple[str, ...], rows: Sequence[Values], suffix: str = ""
) -> Iterator[Statement]:
    """Statements that insert `rows` (values in the order of `columns`); `suffix` is an ON CONFLICT clause."""
    for chunk in chunks(rows):
        yield _insert_sql(table, columns, len(chunk), suffix, sqlite), tuple(value for row in chunk for value in row)


def table_inserts(sqlite: bool, table: Table, rows: Sequence[object], suffix: str = "") -> Iterator[Statement]:
    """The same for row objects whose fields are the table's columns."""
    columns, values = getter(table)
    return inserts(sqlite, table.name, columns, [values(row) for row in rows], suffix)


def chunks(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """Cut rows into pieces."""
    for start in range(0, len(rows), MOST):
        yield rows[start : start + MOST]


@cache
def getter(table: Table) -> tuple[tuple[str, ...], Callable[[object], Values]]:
    """The columns of a table and how to read them, in that order, from a row object with the same fields."""
    columns = tuple(column.name for column in table.columns)
    return columns, attrgetter(*columns)


def row_of(size: int, *, sqlite: bool) -> str:
    """`(?, ?, ...)` as the driver wants it."""
    return "(" + ", ".join(["?" if sqlite else "%s"] * size) + ")"


@cache
def _insert_sql(table: str, columns: tuple[str, ...], count: int, suffix: str, sqlite: bool) -> str:
    rows = ", ".join([row_of(len(columns), sqlite=sqlite)] * count)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows}{suffix}"  # noqa: S608 - names are ours, values are bound
