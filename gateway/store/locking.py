"""Disposal and holds, one at a time, and never beside a call that goes on in what is being disposed of.

On SQLite every write transaction is alone already. On PostgreSQL an advisory lock does it: disposal and holds take it
for themselves, a commit that opens records shares it.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, select, text

from gateway.ledger.rows import ConversationGone
from gateway.model.disposal import Busy
from gateway.store import tables
from gateway.store.engine import is_sqlite, sqlite_path

_LOCK = 0x484F4C44
_RUN_LOCK = 0x44495350
_CHUNK = 500


def alone(connection: Connection) -> None:
    """From here to the end of the transaction nobody else disposes, places a hold or opens a record."""
    if not is_sqlite(connection.engine):
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})


def beside(connection: Connection) -> None:
    """From here to the end of the transaction nobody disposes or places a hold; others may do what takes this too."""
    if not is_sqlite(connection.engine):
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:n)"), {"n": _LOCK})


def refuse_disposed(connection: Connection, units: Sequence[int]) -> None:
    """Raises ConversationGone where any of the units that records are opened in was disposed of."""
    if not units:
        return
    beside(connection)
    record = tables.record
    for start in range(0, len(units), _CHUNK):
        gone = select(record.c.ref).where(record.c.unit.in_(units[start : start + _CHUNK]))
        if connection.scalar(gone.where(record.c.disposed_at.is_not(None)).limit(1)) is not None:
            raise ConversationGone("this conversation was disposed of")


@contextmanager
def exclusive(engine: Engine) -> Iterator[None]:
    """No other run of disposal or re-dating while this lasts. Raises Busy. Batches are safe without it; certificates
    would be muddled."""
    with _run_lock(engine) as alone_here:
        if not alone_here:
            raise Busy("another run of disposal or re-dating is at work: wait until it has finished")
        yield


@contextmanager
def _run_lock(engine: Engine) -> Iterator[bool]:
    """Whether no other run is at work; none begins while this lasts. It goes with its process."""
    path = sqlite_path(engine)
    if path is None:
        with engine.connect() as connection:
            got = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:n)"), {"n": _RUN_LOCK}))
            connection.commit()
            try:
                yield got
            finally:
                if got:
                    connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _RUN_LOCK})
                    connection.commit()
        return
    descriptor = os.open(path.with_name(path.name + ".disposal-lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
