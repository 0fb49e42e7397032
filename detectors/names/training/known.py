"""Which documents a model knows already: `python -m detectors.names.training.known --help`.

Most of what a network that has learnt for some passes reads again teaches it nothing. Documents of which it is sure
of every piece may come more seldom, so that the same hours go to those that it still gets wrong.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from detectors.names.encoder import Encoder
from detectors.names.files import SHIPPED
from detectors.names.training.batches import targets
from detectors.names.training.corpus import Example, ours, readable
from detectors.names.training.export import export
from detectors.names.training.network import kept

_SURE = 0.7
"""A document is known when each piece's label, or that it has none, gets this probability."""
_SHARES = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the numbers of the documents that a model knows, in the order of the corpus."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=SHIPPED / "model.onnx", help="a model.onnx or network.pt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder, ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        _lay_out(options.model, Path(folder))
        given = [(options.corpus, Path(folder), share) for share in range(_SHARES)]
        found = sorted(number for numbers in pool.map(_known, given) for number in numbers)
    options.out.write_text(json.dumps(found), encoding="utf-8")
    print(f"{len(found)} documents are known")  # noqa: T201  a command's answer
    return 0


def _lay_out(weights: Path, folder: Path) -> None:
    """Put weights beside the tokeniser and the card that ship, as an encoder wants them."""
    for name in ("tokenizer.json", "card.json"):
        shutil.copy(SHIPPED / name, folder / name)
    if weights.suffix == ".pt":
        export(kept(weights), folder / "model.onnx")
    else:
        shutil.copy(weights, folder / "model.onnx")


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
