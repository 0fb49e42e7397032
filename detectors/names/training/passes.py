"""The windows of each pass, prepared by worker processes while the device learns from the pass before."""

import os
import random
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tokenizers import Tokenizer

from detectors.names.pieces import load_tokenizer
from detectors.names.training.batches import Packed, Window, packed, prepare, unpacked
from detectors.names.training.codes import Codes
from detectors.names.training.corpus import Example, Marked, documents, judgments, persons_only, readable
from detectors.names.training.figures import Figures
from detectors.names.training.invent import Inventor
from detectors.names.training.marked_up import marked_up
from detectors.names.training.parted import parted_anew
from detectors.names.training.people import People
from detectors.names.training.sheets import Sheets, statements
from detectors.names.training.vary import Variant

_SELDOM = 3
_FINISHING = 60
"""How many texts made by rule a finishing pass holds."""
_PARTED = 0.4
"""How many of the tables in our own documents have their cells apart in another way than they were written."""
_MARKED_UP = 0.12
"""How many of our own documents have signs around some of their words."""
CAREFUL = "prompts-"
"""How the names of files begin whose documents strangers wrote and marked with most care."""
FOLD_OF_NONE = -1
"""The fold of what belongs to no fold: every teacher learns from it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where text comes from, and how much of it a pass holds."""

    data: Path
    corpus: Path
    tokenizer: Path
    held_out: tuple[str, ...] = ()
    """Corpus files that are kept for choosing."""
    repeats: int = 3
    """How many variants of our own documents a pass holds."""
    invented: int = 2_500
    """How many texts made by rule a pass holds."""
    folds: int = 1
    seed: int = 20
    known: frozenset[int] = frozenset()
    """Numbers of our own documents that the network knows already: they come in one pass of three."""
    careful: str = CAREFUL
    often: int = 1
    """How many times as often as others those come."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What turns examples into numbers, differently in each pass."""

    source: Source
    tokenizer: Tokenizer
    own: Sequence[Example]
    others: Sequence[Example]
    towns: list[str]
    said: Sequence[tuple[str, str]]
    careful: frozenset[int] = frozenset()
    """The numbers of the documents that were marked with most care."""

    def windows(self, turn: int, share: int, shares: int, finishing: bool = False) -> list[Window]:
        """One worker's share of the windows of one pass; of a `finishing` one, which holds careful documents alone."""
        chance = random.Random(f"{self.source.seed} {turn} {share}")
        people = People(self.source.data / "gazetteers", chance)
        variant, inventor = Variant(people, chance), Inventor(people, self.towns, chance)
        codes, figures = Codes(people, self.towns, chance), Figures(people, chance)
        folds: dict[int, list[Example]] = {}
        for number, example in enumerate(self.own):
            careful = number in self.careful
            skipped = number in self.source.known and (number + turn) % _SELDOM != 0
            if (finishing and not careful) or (not finishing and skipped):
                continue
            often = self.source.often if careful and not finishing else 1
            for repeat in range(self.source.repeats * often):
                if (number + repeat) % shares == share:
                    made = variant.of(example)
                    if chance.random() < _PARTED:
                        made = parted_anew(made, chance)
                    if chance.random() < _MARKED_UP:
                        made = marked_up(made, chance)
                    folds.setdefault(fold(example, self.source.folds), []).append(_sometimes_readable(made, chance))
        invented = _FINISHING if finishing else self.source.invented
        rest = [] if finishing else [variant.of(e) for e in self.others[share::shares]]
        rest += [variant.cased(e) for e in inventor.many(invented // shares)]
        rest += [variant.cased(e) for e in codes.many(invented // (2 * shares))]
        sheets = Sheets(people, codes, figures, self.said, chance)
        rest += [variant.cased(e) for e in sheets.many(invented // (4 * shares))]
        rest += [_sometimes_readable(variant.cased(e), chance) for e in figures.many(invented // shares)]
        folds = {number: joined(made, chance) for number, made in folds.items()}
        folds[FOLD_OF_NONE] = rest
        return [w for number, made in folds.items() for w in prepare(self.tokenizer, made, chance, number)]


def fold(example: Example, folds: int) -> int:
    """The fold of a document: the same in every pass, and for each copy of it."""
    return zlib.crc32(example.text.encode()) % folds


def _sometimes_readable(example: Example, chance: random.Random) -> Example:
    """Mostly as the suite reads it, since that is what the model gets in use; sometimes as it was written."""
    return readable(example) if chance.random() < 0.7 else example


def joined(examples: Sequence[Example], chance: random.Random) -> list[Example]:
    """Some short documents set behind one another: what staff paste often holds several things, one of them harmless."""
    made: list[Example] = []
    for example in chance.sample(examples, k=len(examples)):
        last = made[-1] if made else None
        if (
            last
            and example.whole
            and last.whole
            and len(last.text) + len(example.text) < 700
            and chance.random() < 0.25
        ):
            made[-1] = _behind(last, example, chance.choice(("\n", "\n\n", "\n\n", " ")))
        else:
            made.append(example)
    return made


def _behind(first: Example, second: Example, joint: str) -> Example:
    moved = len(first.text) + len(joint)
    spans = tuple(Marked(s.start + moved, s.end + moved, s.label) for s in second.spans)
    return Example(first.text + joint + second.text, first.spans + spans, first.kind)


def tools(source: Source) -> Tools:
    """Everything that is read once."""
    named = list(documents(source.corpus, without=source.held_out))
    own = [example for _, example in named]
    rows = (source.data / "gazetteers" / "uk_places_geonames500.tsv").read_text(encoding="utf-8").splitlines()
    return Tools(
        source,
        load_tokenizer(source.tokenizer),
        own,
        list(open_sets(source.data)),
        [row.split("\t")[0] for row in rows],  # places of the United Kingdom: the model learns that they are nobody
        statements(own),
        frozenset(number for number, (name, _) in enumerate(named) if name.startswith(source.careful)),
    )


def open_sets(data: Path) -> Iterator[Example]:
    """What marks persons only."""
    yield from persons_only(data / "broad_twitter" / "train.jsonl", ["PER"])
    yield from persons_only(data / "wnut17" / "train.jsonl", ["person"])
    yield from persons_only(data / "re3d" / "train.jsonl", ["Person"])
    yield from judgments(data / "tab" / "train_with_identifier_type.jsonl")


_TOOLS: list[Tools] = []


def _begin(source: Source) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # each process has one core to itself
    _TOOLS.append(tools(source))


def _share(turn: int, share: int, shares: int, finishing: bool) -> Packed:
    return packed(_TOOLS[0].windows(turn, share, shares, finishing))


class Passes:
    """Windows by pass, a few passes ahead. A pass is the same whatever the number of workers, in the same `shares`."""

    def __init__(self, source: Source, workers: int, shares: int = 4) -> None:
        self._shares = shares
        self._ahead = 1 + workers // shares
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (source,))

    def __enter__(self) -> "Passes":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __call__(self, first: int, last: int, *, finishing: bool = False) -> Iterator[list[Window]]:
        """The windows of passes `first` to `last` (exclusive), in order; finishing ones hold careful documents alone."""
        waiting: list[list[Future[Packed]]] = []
        turn = first
        try:
            while turn < last or waiting:
                while turn < last and len(waiting) <= self._ahead:
                    waiting.append(
                        [self._pool.submit(_share, turn, i, self._shares, finishing) for i in range(self._shares)]
                    )
                    turn += 1
                yield [window for share in waiting.pop(0) for window in unpacked(share.result())]
        finally:  # a course may end before its passes do
            for future in (future for asked in waiting for future in asked):
                future.cancel()
