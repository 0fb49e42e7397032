"""The files that remember outside the database: a JSON object a line, added to for good."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.ledger.keyfiles import sync_folder

_PIECE = 65_536


def append(path: Path, data: bytes) -> None:
    """Add whole lines, on disk when this returns; all of them or none. Raises OSError."""
    fresh = not path.exists()
    with _locked(path, os.O_RDWR | os.O_CREAT) as descriptor:
        size = _drop_half_line(descriptor)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fdatasync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)  # a disk that is full: the next line must not join half of this one
            raise
    if fresh:
        sync_folder(path.parent)


def drop_half_line(path: Path) -> None:
    """Cut off what a crash left of a last line; what it was to say is in the database."""
    if path.exists():
        with _locked(path, os.O_RDWR) as descriptor:
            _drop_half_line(descriptor)


@contextmanager
def _locked(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _drop_half_line(descriptor: int) -> int:
    """The size of what is left."""
    end = size = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - _PIECE)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)
    return end
