"""From the encoder's probabilities to spans."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.labels import SAID
from detectors.names.classes import IDENTIFIERS, TAUGHT, number
from detectors.names.pieces import Pieces

Probabilities = NDArray[np.floating[Any]]

JOINED = 0.15
"""A word belongs to a span from this probability on; whether the span counts is for its label's operating point."""
_SURE = 0.85
"""From this probability on a word is a person by itself, and whoever begins beside it is another."""
_HALF = 0.5
_BRIDGE = 0.08
"""A single word between two of one label is part of them from this probability on: "and" in a health detail."""


_NUMBERS = [number(label) for label in ("CASE_REF", *IDENTIFIERS)]
"""Labels that make one kind: a number is seen to lead to somebody first, and then which it is."""
_NUMBER = len(TAUGHT)
"""The place of that kind, behind the labels that are kinds of their own."""
_STATEMENTS = frozenset(number(label) for label in SAID)
"""What is said of somebody: phrases whose ends are a matter of degree, unlike those of names and numbers."""
_EDGE = 0.25
"""A word at the end of a statement belongs to it from this share of its surest word's probability on."""
_SUREST = 3
"""A statement is as sure as so many of its surest words in the mean: one word alone is often no statement."""


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
    words = _of_words(pieces, firsts, probabilities)
    # A word begins a span by its first piece: the others are its inside.
    found = _Found(pieces, firsts, words, _kinds(words), _kinds(probabilities[firsts][:, 1::2]))
    return _runs(found, np.flatnonzero(found.kinds.max(axis=1) >= JOINED).tolist())


def faint(pieces: Pieces, probabilities: Probabilities, least: Mapping[str, float]) -> list[Seen]:
    """Where one of the labels of `least` has at least its probability there: runs of words with their highest."""
    places, labels = words_seen(pieces, probabilities)
    if not places:
        return []
    made: list[Seen] = []
    for label, floor in least.items():
        column = labels[:, TAUGHT.index(label)]
        last = -2
        for word in np.flatnonzero(column >= floor).tolist():
            (start, end), score = places[word], float(column[word])
            if word == last + 1:
                made[-1] = made[-1]._replace(end=end, score=max(made[-1].score, score))
            else:
                made.append(Seen(start, end, label, score))
            last = word
    return made


def words_seen(pieces: Pieces, probabilities: Probabilities) -> tuple[list[tuple[int, int]], Probabilities]:
    """Where each word of one text stands, and what it is: words x labels of `TAUGHT`."""
    firsts = _word_firsts(pieces.words)
    if not len(firsts):
        return [], np.zeros((0, len(TAUGHT)))
    ends = [*(int(first) - 1 for first in firsts[1:]), len(pieces.ends) - 1]
    places = [(pieces.starts[int(first)], pieces.ends[end]) for first, end in zip(firsts, ends, strict=True)]
    return places, _of_words(pieces, firsts, probabilities)


def _of_words(pieces: Pieces, firsts: NDArray[np.int64], probabilities: Probabilities) -> Probabilities:
    """What each word is: words x labels, the mean of its pieces."""
    sums = np.add.reduceat(probabilities, firsts, axis=0)
    lengths = np.diff(np.append(firsts, len(pieces.words)))[:, None]
    labels: Probabilities = (sums[:, 1::2] + sums[:, 2::2]) / lengths
    return labels


def _kinds(labels: Probabilities) -> Probabilities:
    """Words x kinds: whichever number it is, it is one."""
    kinds = np.concatenate([labels, labels[:, _NUMBERS].sum(axis=1, keepdims=True)], axis=1)
    kinds[:, _NUMBERS] = 0
    return kinds


class _Found(NamedTuple):
    """What is known of each word of a text: `labels` and `kinds` that it is of, and that it begins a span of a kind."""

    pieces: Pieces
    firsts: NDArray[np.int64]
    labels: Probabilities
    kinds: Probabilities
    begins: Probabilities

    def span(self, run: Sequence[int], kind: int) -> Seen:
        """What a run of words of one kind makes."""
        label, surest = kind, 1
        if kind == _NUMBER:
            label = _NUMBERS[int(self.labels[np.ix_(run, _NUMBERS)].sum(axis=0).argmax())]
        elif kind in _STATEMENTS:
            run, surest = self._core(run, kind), _SUREST
        firsts, pieces = self.firsts, self.pieces
        last = int(firsts[run[-1] + 1]) - 1 if run[-1] + 1 < len(firsts) else len(pieces.ends) - 1
        score = float(np.sort(self.kinds[list(run), kind])[-surest:].mean())
        return Seen(pieces.starts[int(firsts[run[0]])], pieces.ends[last], TAUGHT[label], score)

    def _core(self, run: Sequence[int], kind: int) -> Sequence[int]:
        """A statement without the words at its ends that are less than half as sure as its surest."""
        sure = self.kinds[list(run), kind]
        kept = np.flatnonzero(sure >= _EDGE * sure.max())
        return run[int(kept[0]) : int(kept[-1]) + 1]

    def differ(self, one: int, other: int) -> bool:
        """Whether two words are surely of two labels of numbers."""
        sure = [int(self.labels[word, _NUMBERS].argmax()) for word in (one, other)]
        return sure[0] != sure[1] and all(
            self.labels[word, _NUMBERS[label]] > _HALF for word, label in zip((one, other), sure, strict=True)
        )


def _word_firsts(words: Sequence[int]) -> NDArray[np.int64]:
    numbers = np.asarray(words, dtype=np.int64)
    if not len(numbers):
        return numbers
    return np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))


def _runs(found: _Found, candidates: Sequence[int]) -> list[Seen]:
    """Runs of words of one kind."""
    made: list[Seen] = []
    run: list[int] = []
    best = found.kinds.argmax(axis=1)

    def close() -> None:
        if run:
            made.append(found.span(run, int(best[run[0]])))
            run.clear()

    for word in candidates:
        if run and (best[word] != best[run[0]] or not _continues(run, word, int(best[word]), found)):
            close()
        run.append(word)
    close()
    return made


def _continues(run: Sequence[int], word: int, kind: int, found: _Found) -> bool:
    """Whether `word` goes on with the run."""
    last = run[-1]
    if kind == _NUMBER and found.differ(last, word):
        return False
    if found.begins[word, kind] > _HALF:
        if kind == _NUMBER:
            return False
        if TAUGHT[kind] == "PERSON":
            # A new person, but only beside a sure one: the doubtful one before it is more likely its first name.
            return word == last + 1 and bool(found.kinds[list(run), kind].max() < _SURE)
    if word == last + 1:
        return True
    return word == last + 2 and float(found.kinds[last + 1, kind]) >= _BRIDGE
