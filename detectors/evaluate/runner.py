"""Runs every column (ours, and stock Presidio) over every set and scores them with the same code."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from detectors.evaluate.score import Score, score
from detectors.evaluate.sets import DataSet
from detectors.finding import Finding

OURS = "ours"

Detect = Callable[[str], tuple[Finding, ...]]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Column:
    """One detector under test."""

    name: str
    detect: Detect


@dataclass(frozen=True, slots=True)
class SetResult:
    """The scores of each column on one set, by the column's name."""

    data: DataSet
    scores: dict[str, Score]

    @property
    def ours(self) -> Score:
        """Our own score."""
        return self.scores[OURS]


def measure(sets: Iterable[DataSet], columns: Sequence[Column], say: Say) -> list[SetResult]:
    """Every column on every set; `say` hears what is going on."""
    results: list[SetResult] = []
    for data in sets:
        scores: dict[str, Score] = {}
        for column in columns:
            say(f"{data.name}: {column.name}, {len(data.documents):,} documents")
            scores[column.name] = score_of(data, column.detect)
        results.append(SetResult(data, scores))
    return results


def score_of(data: DataSet, detect: Detect) -> Score:
    """One detector's score on one set."""
    return score(data.documents, {d.id: detect(d.text) for d in data.documents}, data.known.scored)
