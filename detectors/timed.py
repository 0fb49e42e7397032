"""Patterns from configuration: they may be badly written, so they run against a clock and fail closed."""

from collections.abc import Iterator
from typing import Any

import regex  # type: ignore[import-untyped]  # no stubs are installed

from detectors.errors import DetectorError

LIMIT_S = 5.0
"""Longest time, in seconds, that one pattern may take over one slice of text."""


class PatternTimeoutError(DetectorError):
    """Not a `TimeoutError`: Presidio would catch that, warn, and skip the pattern."""


class TimedPattern:
    """A pattern with the interface of a compiled one, whose time-out can't be swallowed. `owner` names it."""

    def __init__(self, pattern: str, owner: str, *, flags: int = 0, limit_s: float = LIMIT_S) -> None:
        self._pattern: Any = regex.compile(pattern, flags)
        self._owner = owner
        self._limit = limit_s

    def finditer(self, text: str, timeout: float | None = None) -> Iterator[Any]:
        """Matches. A longer `timeout` than ours is not used."""
        limit = self._limit if timeout is None else min(timeout, self._limit)
        try:
            yield from self._pattern.finditer(text, timeout=limit)
        except TimeoutError:
            raise PatternTimeoutError(self._owner, "took too long") from None

    def fullmatch(self, text: str) -> bool:
        """Whether all of `text` matches."""
        try:
            return self._pattern.fullmatch(text, timeout=self._limit) is not None
        except TimeoutError:
            raise PatternTimeoutError(self._owner, "took too long") from None


IGNORECASE: int = regex.IGNORECASE


def fault(pattern: str) -> str | None:
    """What is wrong with a pattern; None where it can be used."""
    try:
        compiled = regex.compile(pattern)
    except regex.error as error:
        return f"not a regular expression: {error}"
    if compiled.fullmatch("") is not None:
        return "the pattern matches nothing at all: make it need at least one character"
    return None
