"""The marks of statements, drawn out to the words beside them that a model is sure of."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from detectors.names.classes import CLASSES, TAUGHT
from detectors.names.decode import Probabilities
from detectors.names.encoder import Encoder
from detectors.names.files import SHIPPED
from detectors.names.pieces import Pieces, load_tokenizer, split
from detectors.names.training import drawn as module
from detectors.names.training.corpus import ours, parse
from detectors.names.training.drawn import drawn, main, written

_TOKENIZER = load_tokenizer(SHIPPED / "tokenizer.json")


class Sure(Encoder):
    """A model that is sure of the health of some words and of nothing else."""

    def __init__(self, words: str) -> None:
        self._words = frozenset(words.split())

    def probabilities(self, texts: Sequence[str]) -> Iterator[tuple[Pieces, Probabilities]]:
        for text, pieces in zip(texts, split(_TOKENIZER, texts), strict=True):
            yield pieces, self._of(text, pieces)

    def _of(self, text: str, pieces: Pieces) -> Probabilities:
        seen = np.zeros((len(pieces.ids), CLASSES))
        for at, (start, end) in enumerate(zip(pieces.starts, pieces.ends, strict=True)):
            if text[start:end] in self._words:
                seen[at, 2 + 2 * TAUGHT.index("HEALTH")] = 0.9
        return seen


@pytest.mark.parametrize(
    ("marked", "sure", "made"),
    [
        ("She has [[HEALTH|a stoma]] bag since May.", "a stoma bag", "She has [[HEALTH|a stoma bag]] since May."),
        ("He is badly [[HEALTH|deaf]], so ring.", "badly deaf , so", "He is [[HEALTH|badly deaf, so]] ring."),
        ("He is very [[HEALTH|deaf]], ring.", "is very deaf ,", "He is [[HEALTH|very deaf]], ring."),
        ("got [[HEALTH|a cast]]\non her arm", "a cast on her arm", "got [[HEALTH|a cast]]\non her arm"),
        ("sees [[HEALTH|stars]] at night", "at night", "sees [[HEALTH|stars]] at night"),
        ("[[PERSON|Rosa]] lost [[HEALTH|a leg]]", "Rosa lost a leg", "[[PERSON|Rosa]] [[HEALTH|lost a leg]]"),
        ("[[RELIGION|a Quaker]] born", "a Quaker born", "[[RELIGION|a Quaker]] born"),
    ],
)
def test_a_mark_takes_in_the_sure_words_beside_it(marked: str, sure: str, made: str) -> None:
    assert written(drawn(Sure(sure), parse(marked, "x", "f"), 0.5)) == made


def test_files_are_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prompts-1.txt"
    file.write_text("@@ a\n[[PERSON|Rosa]] has [[HEALTH|a stoma]] bag\n\n@@ b\nnothing\n", encoding="utf-8")
    monkeypatch.setattr(module, "Encoder", lambda _folder: Sure("a stoma bag"))
    assert main([str(file), "--out", str(tmp_path / "out")]) == 0
    again = (tmp_path / "out" / file.name).read_text(encoding="utf-8")
    assert again == "@@ a\n[[PERSON|Rosa]] has [[HEALTH|a stoma bag]]\n\n@@ b\nnothing\n"
    assert [each.kind for each in ours(tmp_path / "out")] == ["a", "b"]
