"""`disposed.log`: what was disposed of, one JSON object a line, outside the database.

An old backup of the database knows nothing of a disposal that came later; this file does. Lines name records by
reference, cases by id, and hold certificates; no content, no person.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson


class DisposedLog:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines, on disk when this returns. A half line that a crash left is ended first."""
        data = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        if not data:
            return
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            os.write(descriptor, data)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The lines in order; a half line is left out: its transaction is found again by its keys."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                try:
                    yield dict(orjson.loads(line))
                except (orjson.JSONDecodeError, TypeError, ValueError):
                    continue
