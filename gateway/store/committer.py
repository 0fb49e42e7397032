"""One durable transaction for many jobs: leaves chained to this replica, pending rows, records, texts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from gateway.ledger.identifiers import Numbers
from gateway.ledger.leaf import finish
from gateway.ledger.projection import attempt_changes, closed_changes, opened_row
from gateway.ledger.rows import AlreadyClosed, Job, NodeRow, TraceRow
from gateway.store import tables
from gateway.store.engine import file_lock, is_sqlite, sqlite_path
from gateway.store.fulltext import index_texts

Rows = list[dict[str, Any]]


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
        self._replica = replica
        self._numbers = numbers
        self._seq = 0
        self._prev = b""
        self._unsure = True

    def commit(self, jobs: Sequence[Job], change: Callable[[Connection], object] | None = None) -> None:
        """Make all jobs and `change` durable, or none. Raises AlreadyClosed or a SQLAlchemyError."""
        seq, prev = self._seq, self._prev
        try:
            with writing(self._engine) as connection:
                if self._unsure:
                    self._seq, self._prev = self._read_place(connection)
                    seq, prev = self._seq, self._prev
                self._write(connection, jobs)
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

    def _read_place(self, connection: Connection) -> tuple[int, bytes]:
        leaf = tables.leaf
        query = select(leaf.c.replica_seq, leaf.c.hash).where(leaf.c.replica == self._replica)
        row = connection.execute(query.order_by(leaf.c.replica_seq.desc()).limit(1)).first()
        return (0, b"") if row is None else (row.replica_seq, row.hash)

    def _closed_before(self, job: Job) -> bool:
        refs = [draft.ref for draft in job.leaves if draft.kind == "closed"]
        with self._engine.connect() as connection:
            found = select(tables.record.c.ref).where(
                tables.record.c.ref.in_(refs), tables.record.c.outcome.is_not(None)
            )
            return bool(refs) and connection.scalar(found) is not None

    def _write(self, connection: Connection, jobs: Sequence[Job]) -> None:
        parts = [part for job in jobs for part in job.parts]
        nodes = {node.root: node for job in jobs for node in job.nodes}
        traces = {(row.digest, row.purpose): row for job in jobs for row in job.traces}
        forgiven = [digest for job in jobs for digest in job.forgiven]
        self._write_leaves(connection, jobs)
        _insert(connection, tables.part, [_plain(part) for part in parts])
        index_texts(connection, [(part.id, part.text) for part in parts if part.text])
        _insert_nodes(connection, list(nodes.values()))
        if forgiven:
            gone = delete(tables.trace).where(tables.trace.c.digest.in_(forgiven), tables.trace.c.purpose == "refused")
            connection.execute(gone)
        _insert_traces(connection, list(traces.values()))
        _insert(connection, tables.journal, [_plain(row) for job in jobs for row in job.journal])

    def _write_leaves(self, connection: Connection, jobs: Sequence[Job]) -> None:
        leaves: Rows = []
        opened: Rows = []
        attempts: Rows = []
        closed: Rows = []
        for draft in (draft for job in jobs for draft in job.leaves):
            self._seq += 1
            body, digest = finish(draft.body, self._replica, self._seq, self._prev)
            self._prev = digest
            number = self._numbers.new()
            leaves.append(
                {"id": number, "replica": self._replica, "replica_seq": self._seq, "ref": draft.ref,
                 "kind": draft.kind, "body": body, "hash": digest}
            )  # fmt: skip
            if draft.kind == "opened":
                opened.append(opened_row(draft.body))
            elif draft.kind == "attempt":
                attempts.append({"which": draft.ref, **attempt_changes(draft.body)})
            elif draft.kind == "closed":
                closed.append({"which": draft.ref, **closed_changes(draft.body)})
        _insert(connection, tables.leaf, leaves)
        _insert(connection, tables.pending, [{"leaf": row["id"]} for row in leaves])
        _insert(connection, tables.record, opened)
        _update(connection, attempts)
        _update(connection, closed)
        if closed:
            refs = [row["which"] for row in closed]
            connection.execute(delete(tables.journal).where(tables.journal.c.ref.in_(refs)))


def _plain(row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _insert(connection: Connection, table: Table, rows: Rows) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _update(connection: Connection, rows: Rows) -> None:
    """Change records; each row holds `which` and the columns to set (the same in every row)."""
    if rows:
        columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "which"}
        connection.execute(update(tables.record).where(tables.record.c.ref == bindparam("which")).values(columns), rows)


def _insert_nodes(connection: Connection, nodes: Sequence[NodeRow]) -> None:
    """Nodes are named by their content: two calls may write the same one."""
    if nodes:
        make = sqlite.insert if is_sqlite(connection.engine) else postgresql.insert
        connection.execute(make(tables.node).on_conflict_do_nothing(), [_plain(node) for node in nodes])


def _insert_traces(connection: Connection, traces: Sequence[TraceRow]) -> None:
    """The newest call with a digest is the one that is found."""
    if traces:
        make = sqlite.insert if is_sqlite(connection.engine) else postgresql.insert
        statement = make(tables.trace)
        newest = {name: statement.excluded[name] for name in ("conversation", "ref", "at")}
        upsert = statement.on_conflict_do_update(index_elements=["digest", "purpose"], set_=newest)
        connection.execute(upsert, [_plain(row) for row in sorted(traces, key=lambda row: row.digest)])
