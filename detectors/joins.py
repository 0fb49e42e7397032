"""Identifiers split over two neighbouring parts: the end of one and the start of the next, read together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detectors.identifiers.base import Identifier
from detectors.normalise import normalise
from detectors.view import View

REACH = 40
"""How many characters of each part are read."""
LEAST_SCORE = 0.9
"""Only what context or a check confirms counts: two parts beside each other are not one text."""


@dataclass(frozen=True, slots=True)
class Joined:
    """An identifier that begins in `tail` (a span of the first part) and ends in `head` (of the second)."""

    tail: tuple[int, int]
    head: tuple[int, int]
    label: str
    score: float
    detector: str
    value: str


def worth_joining(tail: str, head: str) -> bool:
    """Whether anything could be split here: every identifier that is looked for has digits or an at sign."""
    end, start = tail[-REACH:].rstrip(), head[:REACH].lstrip()
    if not end or not start or not _continues(end[-1]) or not _continues(start[0]):
        return False
    both = end[-24:] + start[:24]
    return any(c.isdigit() or c == "@" for c in both)


def _continues(character: str) -> bool:
    return character.isalnum() or character in "@-/(+"


def join(tail: str, head: str, identifiers: Sequence[Identifier], prefix: str = "") -> list[Joined]:
    """What is split between the two, by place. Offsets are those of the whole parts given."""
    cut = max(0, len(tail) - REACH)
    found: dict[tuple[tuple[int, int], tuple[int, int], str], Joined] = {}
    for joined in _joins(tail[cut:], head[:REACH], identifiers, prefix):
        moved = (joined.tail[0] + cut, joined.tail[1] + cut)
        key = (moved, joined.head, joined.label)
        if key not in found or found[key].score < joined.score:
            found[key] = Joined(moved, joined.head, joined.label, joined.score, joined.detector, joined.value)
    best: list[Joined] = []
    for joined in sorted(found.values(), key=lambda j: (-j.score, j.tail)):
        if all(joined.tail[1] <= b.tail[0] or b.tail[1] <= joined.tail[0] for b in best):
            best.append(joined)
    return sorted(best, key=lambda j: j.tail)


def _joins(tail: str, head: str, identifiers: Sequence[Identifier], prefix: str) -> Iterator[Joined]:
    if not worth_joining(tail, head):
        return
    first, second = normalise(tail), normalise(head)
    left, right = first.text.rstrip(), second.text.lstrip()
    skipped = len(second.text) - len(right)
    opening = f"{prefix}: " if prefix else ""
    for gap in ("", " "):
        view = View(opening + left + gap + right, first=len(opening), last=len(opening) + len(left))
        border = len(opening) + len(left)
        for identifier in identifiers:
            for hit in identifier.find(view):
                if hit.score < LEAST_SCORE or hit.start >= border or hit.end <= border + len(gap):
                    continue
                yield Joined(
                    first.original(hit.start - len(opening), len(left)),
                    second.original(skipped, hit.end - border - len(gap) + skipped),
                    hit.label,
                    hit.score,
                    identifier.name,
                    view.text[hit.start : hit.end],
                )
