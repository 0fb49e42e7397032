"""From examples to batches of numbers."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from detectors.names.classes import number
from detectors.names.pieces import LONGEST, Pieces, split, windows
from detectors.names.training.corpus import Example
from detectors.segments import segments

UNKNOWN = -100
"""A piece that teaches nothing."""
NOT_A_PERSON = -1
"""A piece of which only this is known."""

_START, _END = 101, 102


Row = list[int] | NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Window:
    """What the network reads at once, end marks included."""

    ids: Row
    cases: Row
    wanted: Row
    fold: int = -1
    """The fold of the document; its teachers do not learn from it."""


def prepare(tokenizer: Tokenizer, examples: Sequence[Example], chance: random.Random, fold: int = -1) -> list[Window]:
    """Windows of examples. A part of them is cut short, as replies are read one segment at a time."""
    cut = [piece for example in examples for piece in _cut(example, chance)]
    made: list[Window] = []
    for example, pieces in zip(cut, split(tokenizer, [e.text for e in cut]), strict=True):
        wanted = targets(example, pieces)
        for first, last, _, _ in windows(pieces, LONGEST):
            made.append(
                Window(
                    [_START, *pieces.ids[first:last], _END],
                    [0, *pieces.cases[first:last], 0],
                    [UNKNOWN, *wanted[first:last], UNKNOWN],
                    fold,
                )
            )
    return [w for w in made if len(w.ids) > 2]


def _cut(example: Example, chance: random.Random) -> Iterable[Example]:
    if len(example.text) < 120 or chance.random() < 0.72:
        return [example]
    pieces: list[Example] = []
    start = 0
    run = ""
    for segment in segments(example.text):
        run += segment
        if chance.random() < 0.6:
            pieces.append(_part(example, start, start + len(run)))
            start, run = start + len(run), ""
    if run:
        pieces.append(_part(example, start, start + len(run)))
    return pieces


def _part(example: Example, start: int, end: int) -> Example:
    spans = tuple(
        type(s)(max(s.start, start) - start, min(s.end, end) - start, s.label)
        for s in example.spans
        if s.start < end and s.end > start
    )
    return Example(example.text[start:end], spans, example.kind, example.whole)


def targets(example: Example, pieces: Pieces) -> list[int]:
    """The wanted class of each piece: 0 nothing, 1 + 2n the beginning of label n, 2 + 2n its inside."""
    wanted = [0 if example.whole else NOT_A_PERSON] * len(pieces.ids)
    index = 0
    for span in sorted(example.spans, key=lambda s: s.start):
        while index < len(pieces.ids) and pieces.ends[index] <= span.start:
            index += 1
        begun = False
        while index < len(pieces.ids) and pieces.starts[index] < span.end:
            if span.label == "?":
                wanted[index] = UNKNOWN
            else:
                wanted[index] = 1 + 2 * number(span.label) + begun
            begun = True
            index += 1
    return wanted


def batches(
    items: Iterable[Window], most: int, chance: random.Random, one_fold: bool = False, step: int = 1
) -> tuple[list[Sequence[Window]], list[Window]]:
    """Batches of windows of one length, at most `most` pieces each, in random order; and windows that fill none.

    Lengths within one `step` count as one: the shorter windows of a batch are padded, which costs little where batches
    are large, and else few windows would share a batch. With `one_fold` a batch is of one fold, so that one large
    teacher is asked about it, and not all of them a little.
    """
    lengths: dict[tuple[int, int], list[Window]] = defaultdict(list)
    for item in items:
        lengths[_padded(len(item.ids), step), item.fold if one_fold else 0].append(item)
    made: list[Sequence[Window]] = []
    left: list[Window] = []
    for (length, _), some in sorted(lengths.items()):
        chance.shuffle(some)
        size = max(1, most // length)
        for first in range(0, len(some), size):
            batch = some[first : first + size]
            if len(batch) * 3 < size:
                left.extend(batch)
            else:
                made.append(batch)
    chance.shuffle(made)
    return made, left


def _padded(length: int, step: int) -> int:
    """The least multiple of `step` that holds a length."""
    return -(-length // step) * step


def collate(items: Sequence[Window], step: int = 1) -> tuple[Tensor, ...]:
    """Windows padded to one length, a multiple of `step`: ids, cases, mask, wanted, folds."""
    longest = _padded(max(len(w.ids) for w in items), step)

    def padded(rows: Iterable[Row], fill: int) -> Tensor:
        made = np.full((len(items), longest), fill, dtype=np.int64)
        for line, row in zip(made, rows, strict=True):
            line[: len(row)] = row
        return torch.from_numpy(made)

    ids = padded((w.ids for w in items), 0)
    lengths = torch.tensor([len(w.ids) for w in items])
    mask = (torch.arange(longest)[None] < lengths[:, None]).long()
    folds = torch.tensor([w.fold for w in items])
    return ids, padded((w.cases for w in items), 0), mask, padded((w.wanted for w in items), UNKNOWN), folds


Packed = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Windows as two arrays: length and fold of each; ids, cases and wanted classes of all, one behind the other."""


def packed(windows: Sequence[Window]) -> Packed:
    """Windows as they go from process to process: as lists they took the main one seconds a pass to read."""
    sizes = np.array([(len(w.ids), w.fold) for w in windows], dtype=np.int32).reshape(-1, 2)
    each = (attrgetter("ids"), attrgetter("cases"), attrgetter("wanted"))
    rows = [np.fromiter((n for w in windows for n in row(w)), np.int32, int(sizes[:, 0].sum())) for row in each]
    return sizes, np.stack(rows)


def unpacked(given: Packed) -> list[Window]:
    """The windows that `packed` packed."""
    sizes, rows = given
    ends = np.cumsum(sizes[:, 0])
    return [
        Window(rows[0, end - length : end], rows[1, end - length : end], rows[2, end - length : end], fold)
        for end, (length, fold) in zip(ends.tolist(), sizes.tolist(), strict=True)
    ]
