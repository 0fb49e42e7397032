"""Which workers are alive. A worker holds a file lock for as long as it lives and stamps the time now and then.

On one host the lock decides at once; a worker elsewhere counts as dead when its stamp (the database's clock) is old.
"""

import fcntl
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, update

from gateway.ledger.leaf import timestamp
from gateway.store import tables
from gateway.store.committer import writing
from gateway.store.engine import is_sqlite

HEARTBEAT = timedelta(seconds=10)
SILENT = timedelta(seconds=90)
"""A worker on another host whose stamp is older is taken for dead."""


class Replica:
    """This worker's own entry in the list of workers."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.id = secrets.token_hex(8)
        self._engine = engine
        self._folder = folder
        self._descriptor: int | None = None
        self._stamped: datetime | None = None

    def register(self) -> None:
        """Take the lock, then appear in the list: nobody sees us without it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(_lock_file(self._folder, self.id), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with writing(self._engine) as connection:
            at = timestamp(clock(connection))
            connection.execute(insert(tables.replica).values(id=self.id, started_at=at, heartbeat_at=at))
        self._stamped = datetime.now(UTC)

    def beat(self) -> None:
        """Stamp the time if the last stamp is old enough."""
        if self._stamped is not None and datetime.now(UTC) - self._stamped < HEARTBEAT:
            return
        with writing(self._engine) as connection:
            change = update(tables.replica).where(tables.replica.c.id == self.id)
            connection.execute(change.values(heartbeat_at=timestamp(clock(connection))))
        self._stamped = datetime.now(UTC)

    def leave(self) -> None:
        """Say that we ended in order, and let the lock go."""
        bury(self._engine, self.id)
        self.release()

    def release(self) -> None:
        """Let the lock go and remove its file."""
        if self._descriptor is not None:
            _lock_file(self._folder, self.id).unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def dead(self) -> list[str]:
        """Workers that never said goodbye and are not alive."""
        table = tables.replica
        with self._engine.connect() as connection:
            oldest = timestamp(clock(connection) - SILENT)
            rows = connection.execute(select(table).where(table.c.stopped_at.is_(None), table.c.id != self.id)).all()
        return [row.id for row in rows if _is_dead(self._folder, row.id, row.heartbeat_at < oldest)]


def bury(engine: Engine, replica: str) -> None:
    """Mark a worker as ended."""
    with writing(engine) as connection:
        change = update(tables.replica).where(tables.replica.c.id == replica)
        connection.execute(change.values(stopped_at=timestamp(clock(connection))))


def clock(connection: Connection) -> datetime:
    """The database's clock where it has one of its own, so that hosts agree; in UTC."""
    if is_sqlite(connection.engine):
        return datetime.now(UTC)
    at = connection.scalar(select(func.clock_timestamp()))
    if not isinstance(at, datetime):
        raise TypeError("the database gave no time")
    return at.astimezone(UTC)


def workers_alive(folder: Path) -> bool:
    """Whether any worker of this host holds its lock in `folder`."""
    return any(not _is_dead(folder, path.stem, silent=False) for path in folder.glob("*.lock"))


def _is_dead(folder: Path, replica: str, silent: bool) -> bool:
    try:
        descriptor = os.open(_lock_file(folder, replica), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return silent
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _lock_file(folder: Path, replica: str) -> Path:
    return folder / f"{replica}.lock"
