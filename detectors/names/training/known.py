"""Which documents a model knows already: `python -m detectors.names.training.known --help`.

Most of what a network that has learnt for some passes reads again teaches it nothing. Documents of which it is sure
of every piece may come more seldom, so that the same hours go to those that it still gets wrong.
"""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from detectors.names.encoder import Encoder
from detectors.names.files import SHIPPED
from detectors.names.training.batches import targets
from detectors.names.training.corpus import Example, ours, readable

_SURE = 0.7
"""A document is known when each piece's label, or that it has none, gets this probability."""
_SHARES = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the numbers of the documents that a model knows, in the order of the corpus."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument(
        "--model", type=Path, default=SHIPPED, help="folder of model.onnx, tokenizer.json and card.json"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        given = [(options.corpus, options.model, share) for share in range(_SHARES)]
        found = sorted(number for numbers in pool.map(_known, given) for number in numbers)
    options.out.write_text(json.dumps(found), encoding="utf-8")
    print(f"{len(found)} documents are known")  # noqa: T201  a command's answer
    return 0


def _known(given: tuple[Path, Path, int]) -> list[int]:
    corpus, model, share = given
    encoder = Encoder(model)
    return [
        number
        for number, example in enumerate(ours(corpus))
        if number % _SHARES == share and least(encoder, readable(example)) >= _SURE
    ]


def least(encoder: Encoder, example: Example) -> float:
    """The least probability that a model gives a piece's label in an example, or that it has none; 1 without pieces."""
    ((pieces, seen),) = encoder.probabilities([example.text])
    if not pieces.ids:
        return 1.0
    labels = np.concatenate([seen[:, :1], seen[:, 1::2] + seen[:, 2::2]], axis=1)
    wanted = (np.array(targets(example, pieces)) + 1) // 2
    return float(labels[np.arange(len(wanted)), wanted].min())


if __name__ == "__main__":
    raise SystemExit(main())
