"""Units: the short texts that the model of names reads. A growing text keeps its earlier units, so they stay cached."""

import re

from detectors.segments import segments

_LINE_CASE = re.compile(r"[A-Z]{2,}")
_TITLED = re.compile(r"[A-Z][A-Z'’\-]*")


def units(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of `text[start:end]` that hold something to read: its segments, as a reply is cut too.

    So a sentence that comes back in a reply, or in the next message, has been read before.
    """
    spans: list[tuple[int, int]] = []
    for segment in segments(text[start:end]):
        if segment.strip():
            spans.append((start, start + len(segment)))
        start += len(segment)
    return spans


def recased(unit: str) -> str:
    """Lines in capitals as capitalised words, of the same length: the model has hardly seen capitals."""
    if not _LINE_CASE.search(unit):
        return unit
    return "\n".join(_recase_line(line) for line in unit.split("\n"))


def _recase_line(line: str) -> str:
    letters = [c for c in line if c.isalpha()]
    if len(letters) < 6 or sum(c.isupper() for c in letters) < 0.85 * len(letters):
        return line
    return _TITLED.sub(lambda m: m.group()[0] + m.group()[1:].lower(), line)
