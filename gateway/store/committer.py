"""One durable transaction for many jobs: leaves chained to this replica, pending rows, records, texts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from gateway.ledger.identifiers import Numbers
from gateway.ledger.leaf import finish
from gateway.ledger.projection import Row, changes, opened_row, unit_of
from gateway.ledger.rows import AlreadyClosed, Job
from gateway.store import tables
from gateway.store.bulk import Statement, Values, chunks, inserts, row_of, table_inserts
from gateway.store.engine import file_lock, is_sqlite, sqlite_path
from gateway.store.fulltext import index_texts
from gateway.store.locking import refuse_disposed


def write_lock(engine: Engine) -> Path | None:
    """The file that SQLite's writers queue at: its own busy handler polls with sleeps, this wakes the next in turn."""
    path = sqlite_path(engine)
    return None if path is None else path.with_name(path.name + ".write-lock")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction: committed and durable when the block ends, rolled back when it raises."""
    lock = write_lock(engine)
    with nullcontext() if lock is None else file_lock(lock), engine.connect() as connection:
        if lock is not None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


class Committer:
    """Writes the jobs of one replica, in order. Not for use by two threads at once."""

    def __init__(self, engine: Engine, replica: str, numbers: Numbers) -> None:
        self._engine = engine
        self._sqlite = is_sqlite(engine)
        self._replica = replica
        self._numbers = numbers
        self._seq = 0
        self._prev = b""
        self._unsure = True

    def commit(
        self,
        jobs: Sequence[Job],
        change: Callable[[Connection], object] | None = None,
        check: Callable[[Connection], object] | None = None,
    ) -> None:
        """Make all jobs and `change` durable, or none; `check` comes before both, in the same transaction.

        Raises AlreadyClosed, ConversationGone, a SQLAlchemyError, or what `check` or `change` raise.
        """
        seq, prev = self._seq, self._prev
        try:
            if self._unsure:
                self._seq, self._prev = seq, prev = self._read_place()
            statements = list(self._statements(jobs))  # before the lock: others wait while we hold it
            units = _units(jobs)
            with writing(self._engine) as connection:
                if check is not None:
                    check(connection)
                refuse_disposed(connection, units)
                for statement, values in statements:
                    connection.exec_driver_sql(statement, values)
                if change is not None:
                    change(connection)
        except IntegrityError as error:
            self._seq, self._prev = seq, prev
            if len(jobs) == 1 and self._closed_before(jobs[0]):
                raise AlreadyClosed from error
            raise
        except BaseException:
            self._unsure = True  # the commit may or may not have reached the disk: read our place again
            raise
        self._unsure = False

    def exists(self, ref: str) -> bool:
        """Whether a record was opened."""
        with self._engine.connect() as connection:
            return connection.scalar(select(tables.record.c.ref).where(tables.record.c.ref == ref)) is not None

    def _read_place(self) -> tuple[int, bytes]:
        leaf = tables.leaf
        query = select(leaf.c.replica_seq, leaf.c.hash).where(leaf.c.replica == self._replica)
        with self._engine.connect() as connection:
            row = connection.execute(query.order_by(leaf.c.replica_seq.desc()).limit(1)).first()
        return (0, b"") if row is None else (row.replica_seq, row.hash)

    def _closed_before(self, job: Job) -> bool:
        refs = [draft.ref for draft in job.leaves if draft.kind == "closed"]
        with self._engine.connect() as connection:
            found = select(tables.record.c.ref).where(
                tables.record.c.ref.in_(refs), tables.record.c.outcome.is_not(None)
            )
            return bool(refs) and connection.scalar(found) is not None

    def _statements(self, jobs: Sequence[Job]) -> Iterator[Statement]:
        lite = self._sqlite
        parts = [part for job in jobs for part in job.parts]
        nodes = {node.root: node for job in jobs for node in job.nodes}
        traces = {(row.digest, row.purpose): row for job in jobs for row in job.traces}
        yield from self._leaf_statements(jobs)
        yield from table_inserts(lite, tables.part, parts)
        yield from index_texts(lite, [(part.id, part.text) for part in parts if part.text])
        # Sorted, so that two workers that write the same rows can't deadlock.
        found = sorted({(row.digest, row.part) for job in jobs for row in job.blind})
        yield from inserts(lite, "blind", ("digest", "part"), found, " ON CONFLICT DO NOTHING")
        # A link is named by its content: two calls may write the same one.
        yield from table_inserts(lite, tables.node, list(nodes.values()), " ON CONFLICT DO NOTHING")
        for digest in sorted({digest for job in jobs for digest in job.forgiven}):
            yield _sql("DELETE FROM trace WHERE digest = ? AND purpose = 'refused'", lite), (digest,)
        newest = [traces[key] for key in sorted(traces)]  # always in one order, so that two workers can't deadlock
        yield from table_inserts(lite, tables.trace, newest, _NEWEST_TRACE)
        yield from table_inserts(lite, tables.journal, [row for job in jobs for row in job.journal])

    def _leaf_statements(self, jobs: Sequence[Job]) -> Iterator[Statement]:
        leaves: list[Values] = []
        opened: list[Values] = []
        changed: list[tuple[str, Row]] = []
        for draft in (draft for job in jobs for draft in job.leaves):
            self._seq += 1
            body, digest = finish(draft.body, self._replica, self._seq, self._prev)
            self._prev = digest
            leaves.append((self._numbers.new(), self._replica, self._seq, draft.ref, draft.kind, body, digest))
            if draft.kind == "opened":
                row = opened_row(draft.body)
                opened.append(tuple(row[name] for name in _RECORD))
            elif draft.ref:
                changed.append((draft.ref, changes(draft.body)))
        lite = self._sqlite
        yield from inserts(lite, "leaf", _LEAF, leaves)
        yield from inserts(lite, "pending", ("leaf",), [(row[0],) for row in leaves])
        yield from inserts(lite, "record", _RECORD, opened)
        for names in dict.fromkeys(tuple(values) for _, values in changed):
            yield from _updates(lite, names, [(ref, *row.values()) for ref, row in changed if tuple(row) == names])
        gone = [(row[3],) for row in leaves if row[4] == "closed"]
        for chunk in chunks(gone):
            marks = row_of(len(chunk), sqlite=lite)
            yield f"DELETE FROM journal WHERE ref IN {marks}", tuple(ref for (ref,) in chunk)  # noqa: S608 - marks only


def _units(jobs: Sequence[Job]) -> list[int]:
    """The units of the records that are opened."""
    opened = [draft.body for job in jobs for draft in job.leaves if draft.kind == "opened"]
    return [unit_of(body["ref"], body["conversation"]) for body in opened]


_LEAF = tuple(column.name for column in tables.leaf.columns)
_RECORD = tuple(column.name for column in tables.record.columns)
_NEWEST_TRACE = (
    " ON CONFLICT (digest, purpose) DO UPDATE SET"
    " conversation = excluded.conversation, ref = excluded.ref, at = excluded.at"
)


def _updates(sqlite: bool, names: tuple[str, ...], rows: Sequence[Values]) -> Iterator[Statement]:
    """Change records; each row holds the reference and the new values of `names`."""
    if sqlite:
        for chunk in chunks(rows):
            yield _update_many(names, len(chunk)), tuple(value for row in chunk for value in row)
    else:
        for ref, *values in rows:
            yield _update_one(names), (*values, ref)


@cache
def _update_many(names: tuple[str, ...], count: int) -> str:
    changes = ", ".join(f"{name} = new.column{number}" for number, name in enumerate(names, 2))
    rows = ", ".join([row_of(len(names) + 1, sqlite=True)] * count)
    return f"UPDATE record SET {changes} FROM (VALUES {rows}) AS new WHERE record.ref = new.column1"  # noqa: S608 - names are ours


@cache
def _update_one(names: tuple[str, ...]) -> str:
    return f"UPDATE record SET {', '.join(f'{name} = %s' for name in names)} WHERE ref = %s"  # noqa: S608 - names are ours


def _sql(statement: str, sqlite: bool) -> str:
    return statement if sqlite else statement.replace("?", "%s")
