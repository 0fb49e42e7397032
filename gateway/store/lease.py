"""One worker at a time for a chore, over all processes and hosts; a worker that dies lets go by itself."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from gateway.store.engine import sqlite_path


@contextmanager
def lease(engine: Engine, name: str) -> Iterator[bool]:
    """Whether this worker has the chore `name` to itself until the block ends; does not wait.

    SQLite has one host: a lock on a file beside the database. PostgreSQL: an advisory lock of the session, which the
    server frees when the connection is gone.
    """
    path = sqlite_path(engine)
    if path is None:
        with engine.connect() as connection:
            yield from _advisory(connection, int.from_bytes(hashlib.sha256(name.encode()).digest()[:7]))
        return
    lock = path.with_name(f"{path.name}.{name}-lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held = False
    else:
        held = True
    try:
        yield held
    finally:
        os.close(descriptor)


def _advisory(connection: Connection, number: int) -> Iterator[bool]:
    held = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}))
    connection.commit()  # the lock is the session's; no transaction stays open meanwhile
    try:
        yield held
    finally:
        if held:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
            connection.commit()
