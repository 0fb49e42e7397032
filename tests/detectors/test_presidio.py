import logging
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerResult

from detectors.config import parse_config
from detectors.errors import DetectorError
from detectors.labels import LABELS
from detectors.presidio import Recogniser, anonymise, silence
from detectors.suite import Suite
from detectors.timed import PatternTimeoutError
from tests.detectors.fakes import plain_suite

CANARY = "AB123456C"


def suite_with(name: str) -> Suite:
    return plain_suite(
        parse_config(
            f"recognisers:\n  - name: odd\n    label: CASE_REF\n    class: tests.detectors.permits:{name}\n", "x"
        )
    )


def test_every_recogniser_is_presidios_and_names_our_labels(suite: Suite) -> None:
    recognisers = list(suite.registry.recognizers)
    assert len(recognisers) > 25
    for recogniser in recognisers:
        assert isinstance(recogniser, EntityRecognizer)
        assert set(recogniser.get_supported_entities()) <= set(LABELS)


def test_our_recognisers_answer_the_presidio_way(suite: Suite) -> None:
    [nino] = [r for r in suite.registry.recognizers if isinstance(r, Recogniser) and r.name == "nino"]
    [result] = nino.analyze(f"NI {CANARY}", ["NINO"])
    assert isinstance(result, RecognizerResult)
    assert (result.entity_type, result.start, result.end) == ("NINO", 3, 12)
    assert nino.analyze(f"NI {CANARY}", ["PHONE"]) == []


def test_nothing_that_was_matched_is_ever_logged(suite: Suite, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    silence()
    with caplog.at_level(logging.DEBUG):
        for name in ("presidio-analyzer", "presidio-anonymizer", "decision_process", "spacy", ""):
            logging.getLogger(name).debug("logging is on")
        suite.inspect(f"Mrs Canaria Birdsong, NI number {CANARY}, jo.canary@example.org, ring 07700 900123")
        anonymise(f"NI {CANARY}", [(3, 12, "x")])
    out, err = capfd.readouterr()
    for secret in (CANARY, "Birdsong", "canary@", "900123"):
        assert secret not in caplog.text + out + err


def test_nothing_is_looked_up_on_the_network(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert any(f.label == "EMAIL" for f in suite.inspect("jo@never.seen-before.zz"))


def test_a_slow_pattern_fails_closed() -> None:
    """Presidio would warn and skip the pattern; here the text is refused."""
    config = parse_config(
        "recognisers:\n  - name: slow\n    label: CASE_REF\n    patterns: [{regex: '(a|aa|a?)+\\d$', score: 0.9}]\n",
        "x",
    )
    suite = plain_suite(config)
    owns: list[Any] = [r for r in suite.registry.recognizers if isinstance(r, PatternRecognizer)]
    [own] = owns
    own.patterns[0].compiled_regex._limit = 0.05
    with pytest.raises(PatternTimeoutError) as failure:
        suite.inspect("a" * 3_000 + "!")
    assert failure.value.kind == "council/slow"


@pytest.mark.parametrize("name", ["ChattyRecogniser", "StrayRecogniser"])
def test_a_broken_recogniser_fails_closed_and_quietly(name: str) -> None:
    with pytest.raises(DetectorError) as failure:
        suite_with(name).inspect(f"NI {CANARY}")
    assert failure.value.kind == "council/odd"
    assert CANARY not in str(failure.value)


def test_replacements_are_applied_by_span() -> None:
    text = "Mrs Patel, Mrs Patel Smith"
    assert anonymise(text, [(15, 20, "B"), (4, 9, "A"), (21, 26, "")]) == "Mrs A, Mrs  B "[:0] + "Mrs A, Mrs B "
    assert anonymise(text, []) == text


@pytest.mark.parametrize("spans", [[(0, 3, "x"), (2, 4, "y")], [(3, 3, "x")], [(0, 99, "x")], [(-1, 2, "x")]])
def test_unsound_replacements_are_refused(spans: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ValueError, match="replacements"):
        anonymise("short text", spans)


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.text(max_size=5)), max_size=12, unique_by=lambda t: t[0]),
)
def test_the_anonymizer_does_what_plain_slicing_would(text: str, wanted: list[tuple[int, str]]) -> None:
    spans = [(start, start + 1, new) for start, new in wanted if start < len(text)]
    expected = text
    for start, end, new in sorted(spans, reverse=True):
        expected = expected[:start] + new + expected[end:]
    assert anonymise(text, spans) == expected
