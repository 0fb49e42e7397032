"""Redaction by whole pieces of the commitment, so that what is shown can be proved and what is not stays hidden.

A span is widened to the pieces it touches (`gateway.ledger.words.split`): a released text is runs of pieces with
gaps between them. The text of a gap is in neither the released text nor its proof.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from detectors.labels import LABELS
from gateway.ledger.words import Opening, open_words, split

PSEUDONYM = re.compile(
    rf"(?<![A-Za-z0-9_])({'|'.join(sorted(LABELS, reverse=True))})_[0-9A-HJKMNP-TV-Z]{{8}}(?![0-9A-Z])"
)
"""What stood for a value when the text left the council (`gateway.stages.tokens` writes them)."""
_NAMES = {"PERSON": "name", "EMAIL": "e-mail address", "PHONE": "telephone number", "ADDRESS": "address"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A span that is not released: characters `start` to `end`. `row` is the line of the schedule that says why,
    `shown` what a reader sees in its place."""

    start: int
    end: int
    row: str
    shown: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Pieces `first` to `first + count - 1`, which are withheld. `after` is the white space that the layout needs,
    which is not proved."""

    first: int
    count: int
    rows: tuple[str, ...]
    shown: str
    after: str


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces from `first` on that are released, as one text."""

    first: int
    text: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text as it is released."""

    runs: tuple[Run | Gap, ...]
    count: int

    @property
    def text(self) -> str:
        """What a reader sees."""
        return "".join(run.text if isinstance(run, Run) else run.shown + run.after for run in self.runs)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps in order."""
        return tuple(run for run in self.runs if isinstance(run, Gap))

    def boxes(self) -> list[tuple[int, int]]:
        """Where in `text` a box stands for what is not released."""
        found, at = [], 0
        for run in self.runs:
            if isinstance(run, Gap):
                found.append((at, at + len(run.shown)))
                at += len(run.shown) + len(run.after)
            else:
                at += len(run.text)
        return found

    def released(self) -> list[int]:
        """The indexes of the pieces that are shown."""
        return [run.first + i for run in self.runs if isinstance(run, Run) for i in range(len(split(run.text)))]


class BadSpan(ValueError):
    """A redaction that does not lie in its text."""


def redact(text: str, marks: Sequence[Mark]) -> Redacted:
    """`text` without the marked spans, each widened to whole pieces. Raises BadSpan."""
    pieces = split(text)
    starts = [0, *accumulate(len(piece) for piece in pieces)]
    by_piece: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda each: (each.start, each.end, each.row)):
        if not 0 <= mark.start < mark.end <= len(text):
            raise BadSpan("a redaction lies outside its text or is empty")
        first, last = bisect_right(starts, mark.start) - 1, bisect_right(starts, mark.end - 1) - 1
        for index in range(first, last + 1):
            by_piece.setdefault(index, []).append(mark)
    runs: list[Run | Gap] = []
    index = 0
    while index < len(pieces):
        hidden = index in by_piece
        end = index
        while end < len(pieces) and (end in by_piece) == hidden:
            end += 1
        if hidden:
            runs.append(_gap(pieces, index, end, by_piece))
        else:
            runs.append(Run(index, "".join(pieces[index:end])))
        index = end
    return Redacted(tuple(runs), len(pieces))


def withhold(text: str, row: str, shown: str) -> Redacted:
    """A text of which nothing is released."""
    count = len(split(text))
    return Redacted((Gap(0, count, (row,), shown, ""),), count)


def proof(text: str, salt: bytes, redacted: Redacted) -> Opening:
    """The opening of the released pieces, and of nothing else."""
    return open_words(text, salt, redacted.released())


def pseudonyms(text: str) -> Iterable[tuple[int, int, str]]:
    """Where pseudonyms stand in a text: start, end, and what a reader sees instead."""
    for found in PSEUDONYM.finditer(text):
        yield found.start(), found.end(), plain_label(found.group(1))


def plain_label(label: str) -> str:
    """`[name redacted]` and the like."""
    kind = _NAMES.get(label) or LABELS[label].plain_name
    return f"[{kind} redacted]"


def place_of(redacted: Redacted, gap: Gap) -> str:
    """Where a gap stands, in what the reader sees: by paragraph and released words, never by the text withheld."""
    before = "".join(
        run.text if isinstance(run, Run) else run.after for run in redacted.runs[: redacted.runs.index(gap)]
    )
    paragraphs = re.split(r"\n\s*\n", before)
    words = len(paragraphs[-1].split())
    where = f"after released word {words}" if words else "at its start"
    return f"paragraph {len(paragraphs)}, {where}"


def _gap(pieces: Sequence[str], first: int, end: int, by_piece: dict[int, list[Mark]]) -> Gap:
    marks = dict.fromkeys(mark for index in range(first, end) for mark in by_piece[index])
    shown = " ".join(dict.fromkeys(mark.shown for mark in marks))
    tail = pieces[end - 1]
    space = tail[len(tail.rstrip(" \t\n\r\x0b\x0c")) :]
    lines = min(space.count("\n"), 2)
    after = "\n" * lines if lines else (" " if end < len(pieces) else "")
    rows = tuple(dict.fromkeys(mark.row for mark in marks))
    return Gap(first, end - first, rows, shown, after)
