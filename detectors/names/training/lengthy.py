"""Which documents mark at length what is said of people: `python -m detectors.names.training.lengthy --help`.

Hands differ in how much of a sentence they mark: "leukaemia", or "was told of her leukaemia in the spring". Those who
write prompts mark 3.8 words in the mean, our corpus 4.8, and some of its files seven; a model that learns from all alike
covers too much. Documents of the long kind may come more seldom (`--known` of the training).
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from detectors.labels import SAID
from detectors.names.training.corpus import Example, ours

_LONG = 7
"""Words of one statement from which on its document is of the long kind ..."""
_LONG_IN_A_LONG_FILE = 5
"""... and in a file whose statements are long in the mean."""
_LONG_MEAN = 5.5
_FEW = 15
"""A file with fewer statements says nothing of its hand."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the numbers of the documents whose statements are marked at length, in the order of the corpus."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    files = [list(ours(options.corpus, only={path.name})) for path in sorted(options.corpus.glob("*.txt"))]
    found = list(lengthy(files))
    options.out.write_text(json.dumps(found), encoding="utf-8")
    print(f"{len(found)} documents mark statements at length")  # noqa: T201  a command's answer
    return 0


def lengthy(files: Sequence[Sequence[Example]]) -> Iterator[int]:
    """The numbers of such documents, counted over all files."""
    number = 0
    for documents in files:
        lengths = [_lengths(document) for document in documents]
        every = [length for some in lengths for length in some]
        at_length = len(every) >= _FEW and fmean(every) >= _LONG_MEAN
        for some in lengths:
            if some and max(some) >= (_LONG_IN_A_LONG_FILE if at_length else _LONG):
                yield number
            number += 1


def _lengths(document: Example) -> list[int]:
    return [len(document.text[s.start : s.end].split()) for s in document.spans if s.label in SAID]


if __name__ == "__main__":
    raise SystemExit(main())
