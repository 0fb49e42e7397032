"""One engine a process: SQLite set up for durability, PostgreSQL as it is."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

_BUSY_MS = 10_000
_WAL_PAGES = 16_384
"""64 MB: the log is folded in by a running ledger (`fold_wal`); this is for those that only write now and then."""


def normal_url(url: str) -> URL:
    """The URL with our drivers: `postgresql://` means psycopg 3."""
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError(f"the ledger runs on SQLite or PostgreSQL, not on {parsed.get_backend_name()}")
    return parsed


def make_engine(url: str) -> Engine:
    """An engine for the ledger. For SQLite: WAL, synchronous=FULL (a commit is on disk when it returns), foreign
    keys on, and transactions begun by us (`BEGIN IMMEDIATE` when writing), never by the driver."""
    parsed = normal_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("the ledger must outlive its process: name a file, not a database in memory")
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
    return create_engine(parsed, pool_size=8, max_overflow=8, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}")
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
