"""Bounded label values, so that nobody outside can grow the metrics or write into them.

Two kinds of label exist. *Declared* values (controllers, services, tools, upstreams, detection labels,
dialects) come from configuration: whatever is not declared is folded to `other`, since a caller can choose
a model name or a service. *Codes* are written by our own modules (stage names, reasons, statuses): they are
admitted by form, up to a fixed number.
"""

import re
from collections.abc import Iterable

OTHER = "other"
MAX_CODES = 48
"""Distinct codes that one label admits; enough for every code in the source, small for Prometheus."""

_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)


class Declared:
    """A label whose values are named in configuration. Undeclared values fold to `other`."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()

    def declare(self, values: Iterable[str]) -> None:
        """Set the values that may appear, replacing those of before."""
        self._known = frozenset(values)

    def fold(self, value: str) -> str:
        """`value` where it was declared, else `other`."""
        return value if value in self._known else OTHER


class Codes:
    """A label whose values are codes in our own source; bounded by form and by number."""

    def __init__(self, limit: int = MAX_CODES) -> None:
        self._seen: set[str] = set()
        self._limit = limit

    def fold(self, value: str) -> str:
        """`value` where it looks like a code and the label is not full, else `other`."""
        if value in self._seen:
            return value
        if len(self._seen) >= self._limit or not _CODE.fullmatch(value):
            return OTHER
        self._seen.add(value)
        return value
