"""`disposed.log`: what was disposed of, one JSON object a line, outside the database.

An old backup of the database knows nothing of a disposal that came later; this file does. Lines name records by
reference, cases by id, and hold certificates; no content, no person.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from gateway.store.outside import append


class DisposedLog:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines, on disk when this returns; all of them or none."""
        data = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        if data:
            append(self.path, data)

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
