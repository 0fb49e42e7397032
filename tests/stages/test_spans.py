"""Merging and replacing: the strictest operator wins and nothing of a covered value stays."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding
from gateway.model.decision import Operator
from gateway.model.errors import Unavailable
from gateway.stages.spans import STRICTNESS, plan, replace, widen

OPERATORS: dict[str, Operator] = {"PERSON": "pseudonymise", "NINO": "mask", "POSTCODE": "generalise", "HEALTH": "allow"}


def finding(start: int, end: int, label: str) -> Finding:
    return Finding(start, end, label, 1.0, "test", "1")


def test_the_strictest_operator_wins_over_the_union() -> None:
    (span,) = plan("aaaa bbbb cccc", [finding(0, 9, "PERSON"), finding(5, 14, "NINO")], OPERATORS)
    assert (span.start, span.end, span.label, span.operator) == (0, 14, "NINO", "mask")


def test_what_is_allowed_merges_with_nothing() -> None:
    (span,) = plan("Jo Lee has asthma", [finding(0, 17, "HEALTH"), finding(0, 6, "PERSON")], OPERATORS)
    assert (span.start, span.end, span.operator) == (0, 6, "pseudonymise")


def test_neighbours_stay_apart() -> None:
    assert len(plan("Jo,ME15", [finding(0, 3, "PERSON"), finding(3, 7, "POSTCODE")], OPERATORS)) == 2


def test_a_label_without_operator_is_an_error() -> None:
    with pytest.raises(KeyError):
        plan("x", [finding(0, 1, "IBAN")], OPERATORS)


def test_half_found_words_are_covered_whole() -> None:
    text = "call QQ123456C now, Smíthers"
    assert text[slice(*widen(text, 7, 12))] == "QQ123456C"
    assert text[slice(*widen(text, 21, 24))] == "Smíthers"
    assert widen("a,b", 1, 2) == (1, 2)


@pytest.mark.parametrize(("start", "end"), [(0, 4), (2, 2), (3, 1), (-1, 2), (9, 10)])
def test_a_misplaced_finding_stops_everything(start: int, end: int) -> None:
    with pytest.raises(Unavailable):
        plan("abc", [finding(start, end, "NINO")], OPERATORS)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20), st.sampled_from(sorted(OPERATORS))), max_size=8)


@settings(deadline=None)
@given(st.text(alphabet="ab .,é1", min_size=1, max_size=60), SPANS)
def test_everything_that_is_covered_goes(text: str, raw: list[tuple[int, int, str]]) -> None:
    findings = [finding(start, min(start + size, len(text)), label) for start, size, label in raw if start < len(text)]
    spans = plan(text, findings, OPERATORS)
    for before, after in pairwise(spans):
        assert before.end <= after.start
    for f in findings:
        if OPERATORS[f.label] != "allow" and f.start < f.end:
            (holder,) = [s for s in spans if s.start <= f.start and f.end <= s.end]
            assert STRICTNESS[holder.operator] >= STRICTNESS[OPERATORS[f.label]]
    result = replace(text, [(s.start, s.end, "\0") for s in spans])
    assert len(result) == len(text) - sum(s.end - s.start - 1 for s in spans)


def test_overlapping_replacements_are_an_error() -> None:
    with pytest.raises(ValueError, match="overlap"):
        replace("abcdef", [(0, 3, "x"), (2, 4, "y")])
