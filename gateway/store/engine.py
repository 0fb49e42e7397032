"""One engine a process: SQLite set up for durability, PostgreSQL as it is."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

_BUSY_MS = 10_000
_WAL_PAGES = 16_384
"""64 MB: the log is folded in by a running ledger (`fold_wal`); this is for those that only write now and then."""

_PATIENCE = {"connect_timeout": 10, "tcp_user_timeout": 20_000, "application_name": "ai-gateway"}
"""For PostgreSQL, seconds and milliseconds: a server that went without a word must fail calls, not hold them for the
many minutes of TCP's own timers. The URL's query may say otherwise."""
_FORM = (
    "It should look like postgresql://USER:PASSWORD@HOST:5432/DATABASE (@ : / % in a password are written %40 %3A %2F "
    "%25) or sqlite:////var/lib/ai-gateway/ledger.db."
)


class LedgerError(Exception):
    """The ledger can't be opened as configured; the message says what to do. It never holds a password."""


def normal_url(url: str) -> URL:
    """The URL with our drivers: `postgresql://` means psycopg 3. Raises LedgerError, which repeats nothing of it."""
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):  # the error of a bad port holds whatever stands in its place
        raise LedgerError(f"The database URL can't be read. {_FORM}") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise LedgerError(f"The database URL names neither SQLite nor PostgreSQL by psycopg. {_FORM}")
    if parsed.get_backend_name() == "postgresql" and url.count("@") > 1:
        raise LedgerError(f"The database URL has more than one @, so where the password ends is not sure. {_FORM}")
    return parsed


def unusable(url: URL, error: SQLAlchemyError) -> LedgerError:
    """What to tell people when the database can't be reached or used: where it is and the driver's reason.

    The reason is left out where it repeats a password.
    """
    said = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
    reason = " ".join(line.rstrip() for line in said.splitlines() if not line[:1].isspace())[:300]  # without its hints
    query = url.normalized_query.items()
    secrets = [url.password, *(value for name, values in query if "pass" in name for value in values)]
    if any(value and str(value) in reason for value in secrets):
        reason = type(error).__name__
    if url.get_backend_name() == "sqlite":
        return LedgerError(f"The database file {url.database} can't be used: {reason}. Check the file and its folder.")
    host = f"{url.host}:{url.port or 5432}" if url.host else "the local socket"
    return LedgerError(
        f"The database {url.database or url.username!r} on {host} can't be used: {reason.rstrip('.')}. "
        "Check that the server runs and can be reached from here, and the URL's user, password and database."
    )


def make_engine(url: str) -> Engine:
    """An engine for the ledger. Raises LedgerError for a URL that names none.

    For SQLite: WAL, synchronous=FULL (a commit is on disk when it returns), foreign keys on, what is deleted is
    overwritten, and transactions begun by us (`BEGIN IMMEDIATE` when writing), never by the driver.
    """
    parsed = normal_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise LedgerError("The ledger must outlive its process: name a file, not a database in memory.")
        path = Path(parsed.database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # redacted texts are for nobody else
        options = {
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": _BUSY_MS / 1000,
            "cached_statements": 1024,
        }
        engine = create_engine(parsed, poolclass=QueuePool, pool_size=8, connect_args=options)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    limits = {name: value for name, value in _PATIENCE.items() if name not in parsed.query}
    return create_engine(parsed, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args=limits)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    pragmas = (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"busy_timeout={_BUSY_MS}",
    )
    for pragma in (*pragmas, f"wal_autocheckpoint={_WAL_PAGES}"):
        connection.execute(f"PRAGMA {pragma}").close()


def fold_wal(engine: Engine) -> None:
    """Move what is in SQLite's write-ahead log into the database, so that no commit has to; blocks nobody."""
    if is_sqlite(engine):
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()


def is_sqlite(engine: Engine) -> bool:
    """Whether this is the embedded database."""
    return engine.dialect.name == "sqlite"


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Wait for, hold and release an exclusive lock between processes and threads (each call opens the file anew)."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sqlite_path(engine: Engine) -> Path | None:
    """The database file, or None for PostgreSQL."""
    return Path(str(engine.url.database)) if is_sqlite(engine) else None
