"""Reads a database for `gateway.ledger.verify`: one snapshot, tolerant of what a tampered file may hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Integer, LargeBinary, String, Table, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.ledger.keystore import KeyStore
from gateway.ledger.mac import mac
from gateway.ledger.report import Report
from gateway.ledger.scribe import DIGEST_SECRET
from gateway.ledger.verify import Row, verify_log
from gateway.ledger.verify_matters import verify_matters
from gateway.ledger.verify_outside import Outside, verify_outside
from gateway.ledger.verify_records import manifest_links, verify_admin, verify_contents, verify_records
from gateway.store import keeping, tables
from gateway.store.actor_keys import actor_key_hash
from gateway.store.admin import key_hash, suspension_hash
from gateway.store.engine import is_sqlite
from gateway.store.holds import hold_hash
from gateway.store.officers import officer_hash
from gateway.store.runs import row_hash
from gateway.store.saved import saved_hash
from gateway.store.scans import scan_hash
from gateway.store.sequencer import read_log

ROW_HASHES: Mapping[str, Callable[[Row], bytes]] = {
    "gateway_key": key_hash,
    "suspension": suspension_hash,
    "hold": hold_hash,
    "disposal": partial(row_hash, keeping.disposal),
    "redating": partial(row_hash, keeping.redating),
    "saved_search": saved_hash,
    "scan_run": scan_hash,
    "actor_key": actor_key_hash,
    "officer": officer_hash,
    "check_run": partial(row_hash, keeping.check_run),
}


def fingerprints(vkey: str, keystore: KeyStore | None) -> dict[str, str]:
    """What the database remembers of the keys it was written with, none of it secret."""
    known = {"checkpoint key": vkey}
    if keystore is not None:
        known["digest key"] = mac(keystore.secret(DIGEST_SECRET, 32), b"fingerprint").hex()
    return known


_TABLES: Mapping[str, Table] = keeping.check_run.metadata.tables


class DatabaseEvidence:
    """Implements `gateway.ledger.verify.Evidence` on one connection; `logged` are the lines of the checkpoint log."""

    def __init__(self, connection: Connection, logged: Sequence[Row] | None) -> None:
        self._connection = connection
        self._logged = logged

    def leaves(self) -> Iterable[Row]:
        """See `Evidence.leaves`."""
        leaf, sequenced, pending = tables.leaf, tables.sequenced, tables.pending
        query = (
            select(leaf, sequenced.c.idx, pending.c.leaf.is_not(None).label("pending"))
            .join(sequenced, sequenced.c.leaf == leaf.c.id, isouter=True)
            .join(pending, pending.c.leaf == leaf.c.id, isouter=True)
            .order_by(leaf.c.replica, leaf.c.replica_seq)
        )
        return self._stream(query)

    def leaves_by_record(self) -> Iterable[Row]:
        """See `Evidence.leaves_by_record`."""
        leaf = tables.leaf
        query = select(leaf.c.ref, leaf.c.body).where(leaf.c.ref != "")
        return self._stream(query.order_by(self._plain(leaf.c.ref), leaf.c.replica, leaf.c.replica_seq))

    def table(self, name: str) -> Iterable[Row]:
        """See `Evidence.table`."""
        table = _TABLES[name]
        query = select(table)
        if name == "pending":
            query = select(table, tables.leaf.c.id.is_not(None).label("known"))
            query = query.join(tables.leaf, tables.leaf.c.id == table.c.leaf, isouter=True)
        return self._stream(query.order_by(*(self._plain(column) for column in table.primary_key.columns)))

    def log_lines(self) -> Iterable[Row] | None:
        """See `Evidence.log_lines`."""
        return self._logged

    def _plain(self, column: Column[Any]) -> ColumnElement[Any]:
        """Text in code point order, whatever the database's language."""
        textual = isinstance(column.type, String) and not is_sqlite(self._connection.engine)
        return column.collate("C") if textual else column

    def _stream(self, query: Any) -> Iterator[Row]:
        result = self._connection.execution_options(yield_per=1000).execute(query)
        columns = list(result.keys())
        kinds = [column.type for column in query.selected_columns]
        try:
            for row in result:
                yield {name: _typed(kind, value) for name, kind, value in zip(columns, kinds, row, strict=True)}
        finally:
            result.close()  # also where the reader has seen enough


def _typed(kind: object, value: Any) -> Any:
    """A value in its column's own type: SQLite lets an intruder's statement turn bytes into text, and text into bytes.
    What does not fit at all becomes something that no proof agrees with."""
    if isinstance(kind, LargeBinary) and isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(kind, LargeBinary) and isinstance(value, int | float):
        return repr(value).encode()
    if isinstance(kind, String) and isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(kind, String) and isinstance(value, int | float):
        return repr(value)
    return -1 if isinstance(kind, Integer) and isinstance(value, str | bytes | float) else value


def verify_database(
    engine: Engine, vkey: str, keystore: KeyStore | None, log_file: Path | None, outside: Outside | None = None
) -> Report:
    """Check a whole ledger; `outside` are the witnesses and time-stamping authorities to trust.

    A database that can't even be read is a problem in the report, not an exception.
    """
    report = Report()
    try:
        # A line of the log comes after its commit. Read before the snapshot, the log can't be ahead of it, whatever is
        # sequenced meanwhile; read after it, a checkpoint signed in between would look like a rollback.
        logged = read_log(log_file) if log_file is not None and log_file.exists() else None
        with snapshot(engine) as connection:
            evidence = DatabaseEvidence(connection, logged)
            facts = verify_log(evidence, vkey, fingerprints(vkey, keystore), report)
            verify_outside(evidence, facts, outside or Outside(), report)
            links = manifest_links(evidence)
            verify_records(evidence, links, report)
            secret = b"" if keystore is None else keystore.secret(DIGEST_SECRET, 32)
            verify_contents(evidence, links, keystore, secret, report)
            verify_admin(evidence, facts, ROW_HASHES, report)
            verify_matters(evidence, facts, keystore, report)
    except SQLAlchemyError as error:
        report.add("database", engine.url.database or "", "", f"it can't be read ({type(error).__name__})")
    except ValueError as error:
        report.add("checkpoint log", log_file or "", "", f"it can't be read ({type(error).__name__})")
    return report


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database, whatever is written meanwhile."""
    with engine.connect() as connection:
        if not is_sqlite(engine):
            connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            return
        raw = connection.connection.dbapi_connection
        before = raw.text_factory  # type: ignore[union-attr]
        raw.text_factory = _readable  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN")
        try:
            yield connection
        finally:
            connection.rollback()
            raw.text_factory = before  # type: ignore[union-attr]


def _readable(data: bytes) -> str:
    """Text whose bytes were changed is still read, so that its row can be named."""
    return data.decode("utf-8", "surrogateescape")
