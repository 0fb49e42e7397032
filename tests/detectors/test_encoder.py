"""The shipped model: that it loads, reads alike in any company, keeps to itself and says what it is."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.errors import ConfigError
from detectors.labels import SAID
from detectors.names.decode import Reading
from detectors.names.encoder import Encoder
from detectors.names.files import SHIPPED
from detectors.names.reader import LONGEST, Reader, units
from detectors.view import View

TEXTS = [
    "Please ring Oluwaseun Bankole about the bins.",
    "The bin in Stockett Lane is full.",
    "",
    "   \n",
    "mrs quill said her lad jago " * 60,
    "a" * 3_000,
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def test_a_text_is_read_alike_alone_and_in_company(encoder: Encoder) -> None:
    together = encoder.find(TEXTS)
    for text, seen in zip(TEXTS, together, strict=True):
        assert encoder.find([text]) == [seen]


def test_spans_lie_in_the_text(encoder: Encoder) -> None:
    for text, reading in zip(TEXTS, encoder.find(TEXTS), strict=True):
        seen = (*reading.seen, *reading.faint)
        assert all(0 <= s.start < s.end <= len(text) and 0 <= s.score <= 1 for s in seen)


def test_what_is_faint_is_of_seconded_labels_and_likely_enough(encoder: Encoder) -> None:
    for reading in encoder.find(TEXTS):
        assert all(s.score >= encoder.seconded[s.label] for s in reading.faint)


def test_threads_read_side_by_side(encoder: Encoder) -> None:
    expected = encoder.find(TEXTS)
    answers: list[list[Reading]] = []

    def read() -> None:
        answers.append(encoder.find(TEXTS))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def test_version_names_the_weights_and_the_runtime(encoder: Encoder) -> None:
    assert encoder.version.startswith("council-names-")
    assert "onnxruntime" in encoder.version


def test_the_model_is_small_enough_to_live_in_the_repository() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 30_000_000


def test_no_sum_of_the_model_overflows_on_any_processor() -> None:
    """Two products of an unsigned 8-bit number and a weight are added in 16 bits by processors that know no better."""
    graph = _field(SHIPPED.joinpath("model.onnx").read_bytes(), 7)[0]
    matrices = 0
    for tensor in _field(graph, 5):
        if _field(tensor, 2) == [_INT8]:  # matrices, and their zero points
            weights = np.frombuffer(b"".join(_field(tensor, 9)), dtype=np.int8).astype(int)
            matrices += len(weights) > 100_000
            assert 2 * 255 * np.abs(weights).max(initial=0) < 2**15
    assert matrices == 24  # four in each layer; the classifier is smaller


_INT8 = 3


def _field(message: bytes, wanted: int) -> list[Any]:
    """The values of one field of a protobuf message (ONNX is one): numbers, or the bytes of what lies within."""
    values: list[Any] = []
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        field, kind = divmod(number(), 8)
        if kind == 0:
            value: int | bytes = number()
        else:
            size = number() if kind == 2 else {1: 8, 5: 4}[kind]
            value = message[place : place + size]
            place += size
        if field == wanted:
            values.append(value)
    return values


def test_the_card_says_what_it_must() -> None:
    card = json.loads((SHIPPED / "card.json").read_text())
    assert {"name", "version", "licence", "operating_points"} <= set(card)
    prose = (SHIPPED / "CARD.md").read_text()
    for heading in ("## What it is for", "## Data and licences", "## Figures", "## Limits"):
        assert heading in prose


@pytest.mark.parametrize("broken", ["absent", "model.onnx", "card.json"])
def test_a_broken_folder_is_a_config_error(broken: str, tmp_path: Path) -> None:
    if broken != "absent":
        for path in SHIPPED.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / broken).write_bytes(b"{}")
    with pytest.raises(ConfigError, match="can't be read"):
        Encoder(tmp_path)


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    """Its wheels keep a device id in the user's cache and send use to their maker unless told not to."""
    script = "from detectors.names.encoder import Encoder; print(Encoder().find(['Ask Mrs Patel'])[0].seen[0].label)"
    environment = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, "HOME": str(tmp_path)},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "PERSON"
    assert not [path for path in tmp_path.rglob("*") if "onnx" in path.name.lower() or "Microsoft" in path.name]


def test_units_cover_what_is_readable_and_stay_as_a_text_grows() -> None:
    text = "One sentence here. Another one follows it.\n\nA new paragraph, with more. " * 60
    made = units(text, 0, len(text))
    assert "".join(text[u.start : u.end] for u in made) == text
    assert all(u.end - u.start <= LONGEST and u.begin <= u.start for u in made)
    assert units(text + "And more at the end.", 0, len(text) + 20)[: len(made) - 1] == made[:-1]
    assert units("12345 \n 99", 0, 10) == []


def test_what_was_read_is_not_read_again(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(encoder, 100)
    first = list(reader.look(View(TEXTS[0])))
    assert any(hit.label == "PERSON" for hit, _ in first)

    def refuse(_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(encoder, "find", refuse)
    assert list(reader.look(View(TEXTS[0]))) == first


def test_shares_of_people_are_said_of_nobody(encoder: Encoder) -> None:
    reader = Reader(encoder, 100)

    def said(text: str) -> set[str]:
        return {hit.label for hit, _ in reader.look(View(text)) if hit.label in SAID and hit.score >= 0.5}

    assert said("Grace Okoro is Buddhist and has asthma.") == {"RELIGION", "HEALTH"}
    assert said("The survey has 4.1% Muslim, 1.1% Hindu and 0.7% Buddhist, 9% with asthma.") == set()
