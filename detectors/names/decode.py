"""From the encoder's probabilities to spans."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.names.classes import TAUGHT
from detectors.names.pieces import Pieces

Probabilities = NDArray[np.floating[Any]]

JOINED = 0.25
"""A word belongs to the span beside it from this probability on."""
LEAST = 0.3
"""A span that no word of it reaches is nothing; thresholds by label are set above it."""
_SURE = 0.85
"""From this probability on a word is a person by itself, and whoever begins beside it is another."""
_BRIDGE = 0.08
"""A single word between two of one label is part of them from this probability on: "and" in a health detail."""


class Seen(NamedTuple):
    """`text[start:end]` is of `label`, with `score` from 0 to 1."""

    start: int
    end: int
    label: str
    score: float


class Reading(NamedTuple):
    """What is seen in one text, and what is faintly so: not enough to count, but enough to second a pattern."""

    seen: tuple[Seen, ...]
    faint: tuple[Seen, ...] = ()


def spans(pieces: Pieces, probabilities: Probabilities) -> list[Seen]:
    """The spans in one text. `probabilities`: pieces x classes."""
    firsts = _word_firsts(pieces.words)
    if not len(firsts):
        return []
    labels = _of_words(pieces, firsts, probabilities)
    # A word begins a span by its first piece: the others are its inside.
    begins = probabilities[firsts][:, 1::2]
    best = labels.argmax(axis=1)
    top = labels.max(axis=1)
    candidates = np.flatnonzero(top >= JOINED)
    return _runs(pieces, firsts, labels, begins, best, candidates.tolist())


def faint(pieces: Pieces, probabilities: Probabilities, least: Mapping[str, float]) -> list[Seen]:
    """Where one of the labels of `least` has at least its probability there: runs of words with their highest."""
    firsts = _word_firsts(pieces.words)
    if not len(firsts):
        return []
    labels = _of_words(pieces, firsts, probabilities)
    ends = [*(int(first) - 1 for first in firsts[1:]), len(pieces.ends) - 1]
    made: list[Seen] = []
    for label, floor in least.items():
        column = labels[:, TAUGHT.index(label)]
        last = -2
        for word in np.flatnonzero(column >= floor).tolist():
            end, score = pieces.ends[ends[word]], float(column[word])
            if word == last + 1:
                made[-1] = made[-1]._replace(end=end, score=max(made[-1].score, score))
            else:
                made.append(Seen(pieces.starts[int(firsts[word])], end, label, score))
            last = word
    return made


def _of_words(pieces: Pieces, firsts: NDArray[np.int64], probabilities: Probabilities) -> Probabilities:
    """What each word is: words x labels, the mean of its pieces."""
    sums = np.add.reduceat(probabilities, firsts, axis=0)
    lengths = np.diff(np.append(firsts, len(pieces.words)))[:, None]
    labels: Probabilities = (sums[:, 1::2] + sums[:, 2::2]) / lengths
    return labels


def _word_firsts(words: Sequence[int]) -> NDArray[np.int64]:
    numbers = np.asarray(words, dtype=np.int64)
    if not len(numbers):
        return numbers
    return np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))


def _runs(
    pieces: Pieces,
    firsts: NDArray[np.int64],
    labels: Probabilities,
    begins: Probabilities,
    best: NDArray[np.int64],
    candidates: Sequence[int],
) -> list[Seen]:
    """Runs of words of one label."""
    made: list[Seen] = []
    run: list[int] = []

    def close() -> None:
        if not run:
            return
        label = int(best[run[0]])
        score = float(labels[run, label].max())
        if score >= LEAST:
            last = int(firsts[run[-1] + 1]) - 1 if run[-1] + 1 < len(firsts) else len(pieces.ends) - 1
            made.append(Seen(pieces.starts[int(firsts[run[0]])], pieces.ends[last], TAUGHT[label], score))
        run.clear()

    for word in candidates:
        label = int(best[word])
        if run and (label != best[run[0]] or not _continues(run, word, label, labels, begins)):
            close()
        run.append(word)
    close()
    return made


def _continues(run: Sequence[int], word: int, label: int, labels: Probabilities, begins: Probabilities) -> bool:
    """Whether `word` goes on with the run."""
    last = run[-1]
    if begins[word, label] > 0.5 and TAUGHT[label] == "PERSON":
        # A new person, but only beside a sure one: what is doubtful before it is more likely the first of its names.
        return word == last + 1 and bool(labels[list(run), label].max() < _SURE)
    if word == last + 1:
        return True
    return word == last + 2 and float(labels[last + 1, label]) >= _BRIDGE
