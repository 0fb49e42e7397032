"""Which candidates become findings where they overlap.

Rules, in order:
1. Candidates of one label that overlap are one finding.
2. A secret beats everything, since its value is never kept; then what identifies somebody directly; then what is
   said about somebody (special category, offence, confidence). Within a rank the better score, then the longer span.
3. What a winner leaves of a loser stays a finding: no letter of it is forgotten.
4. CHILD and HIDDEN_TEXT are marks: they lie over other findings and neither win nor lose.

So findings never overlap, apart from marks.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from detectors.labels import LABELS, DataClass

MARKS = frozenset({"CHILD", "HIDDEN_TEXT"})
_LEAST_LEFT = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """`text[start:end]` is of `label`, says `detector`."""

    start: int
    end: int
    label: str
    score: float
    detector: str


def _rank(candidate: Candidate) -> tuple[int, float, int, int]:
    data_class = LABELS[candidate.label].data_class
    order = 0 if data_class is DataClass.SECRET else 1 if data_class is DataClass.PERSONAL else 2
    length = candidate.end - candidate.start
    return order, -round(candidate.score + 0.004 * min(length, 40), 4), candidate.start, -length


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same ground in spans that neither overlap nor touch, in order of place."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made


def resolve(candidates: Iterable[Candidate], text: str) -> list[Candidate]:
    """The findings among candidates, in order of place. A pure function of its arguments."""
    united = _unite(candidates)
    marks = [c for c in united if c.label in MARKS]
    won: list[Candidate] = []
    starts: list[tuple[int, int]] = []
    for candidate in sorted((c for c in united if c.label not in MARKS), key=_rank):
        for piece in _remaining(candidate, starts, text):
            won.append(piece)
            insort(starts, (piece.start, piece.end))
    return sorted(won + marks, key=lambda c: (c.start, c.end, c.label))


def _unite(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Overlapping candidates of one label become one, with the best score and its detector."""
    united: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (c.label, c.start, -c.end, -c.score, c.detector)):
        last = united[-1] if united else None
        if last is not None and last.label == candidate.label and candidate.start < last.end:
            best = candidate if candidate.score > last.score else last
            united[-1] = replace(best, start=last.start, end=max(last.end, candidate.end))
        else:
            united.append(candidate)
    return united


def _remaining(candidate: Candidate, taken: list[tuple[int, int]], text: str) -> Iterator[Candidate]:
    """What no winner has taken yet of a candidate, as pieces with something in them."""
    first = bisect_left(taken, (candidate.start, 0))
    if first and taken[first - 1][1] > candidate.start:
        first -= 1
    last = bisect_right(taken, (candidate.end, -1))
    position = candidate.start
    free: list[tuple[int, int]] = []
    for start, end in taken[first:last]:
        if start > position:
            free.append((position, start))
        position = max(position, end)
    if position < candidate.end:
        free.append((position, candidate.end))
    for start, end in free:
        whole = (start, end) == (candidate.start, candidate.end)
        while start < end and not text[start].isalnum() and not whole:
            start += 1
        while end > start and not text[end - 1].isalnum() and not whole:
            end -= 1
        if whole or sum(c.isalnum() for c in text[start:end]) >= _LEAST_LEFT:
            yield replace(candidate, start=start, end=end)
