"""The shipped model: a small encoder in 8 bits that reads text for names and for what is said of somebody.

Runs on one thread without a lock: the runtime lets several texts be read side by side.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from detectors.errors import ConfigError
from detectors.names.classes import CLASSES
from detectors.names.decode import Probabilities, Reading, faint, spans
from detectors.names.files import SHIPPED
from detectors.names.pieces import Pieces, load_tokenizer, split, windows
from detectors.names.runtime import VERSION, session

_START, _END = 101, 102

Window = tuple[int, int, int, int]
"""First and last piece read, first and last piece that count."""


class Encoder:
    """`folder` holds `model.onnx`, `tokenizer.json` and `card.json`.

    `seconded` are the labels whose patterns count only where this model gives the label at least that probability.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        try:
            card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
            weights = (folder / "model.onnx").read_bytes()
            self._tokenizer = load_tokenizer(folder / "tokenizer.json")
            self._session = session(weights)
            self.name: str = card["name"]
            self.operating_points: dict[str, float] = card["operating_points"]
            self.seconded: dict[str, float] = card.get("seconded", {})
            version: str = card["version"]
            told = self._session.get_outputs()[0].shape[-1]
            if told != CLASSES:
                raise ValueError(f"it tells {told} classes apart, and this version of the gateway asks for {CLASSES}")
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(f"the names model in {str(folder)!r} can't be read: {error}") from error
        digest = hashlib.sha256(weights).hexdigest()[:12]
        self.version = f"{self.name}-{version}-{digest}+onnxruntime-{VERSION}"

    def find(self, texts: Sequence[str]) -> list[Reading]:
        """What is in each text, in order of place; each a function of that text alone.

        So windows are read one by one: read together they would share the scales of their 8-bit numbers, and what
        is found in a text would depend a little on its company.
        """
        made: list[Reading] = []
        for pieces, seen in self.probabilities(texts):
            scaled = tuple(s._replace(score=self._scaled(s.label, s.score)) for s in spans(pieces, seen))
            made.append(Reading(scaled, tuple(faint(pieces, seen, self.seconded))))
        return made

    def probabilities(self, texts: Sequence[str]) -> Iterator[tuple[Pieces, Probabilities]]:
        """The pieces of each text and what each is: pieces x classes."""
        for pieces in split(self._tokenizer, texts):
            seen = np.zeros((len(pieces.ids), CLASSES), dtype=np.float32)
            if pieces.ids:
                for window in windows(pieces):
                    self._read(window, pieces, seen)
            yield pieces, seen

    def _read(self, window: Window, pieces: Pieces, into: Probabilities) -> None:
        first, last, begin, end = window
        ids = np.array([[_START, *pieces.ids[first:last], _END]], dtype=np.int64)
        cases = np.array([[0, *pieces.cases[first:last], 0]], dtype=np.int64)
        (seen,) = self._session.run(None, {"ids": ids, "cases": cases})
        into[begin:end] = seen[0, 1 + begin - first : 1 + end - first]

    def _scaled(self, label: str, probability: float) -> float:
        """The probability on the suite's scale, where 0.5 is the label's operating point (see the model card)."""
        point = self.operating_points.get(label, 0.5)
        if probability < point:
            return 0.5 * probability / point
        return 0.5 + 0.5 * (probability - point) / (1 - point)
