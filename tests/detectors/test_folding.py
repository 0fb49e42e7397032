import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import disguises, glued, spelled
from detectors.folding import _LOWERED, folded, lower, lowered
from detectors.identifiers import catalogue

SAMPLE = st.text(
    alphabet=st.sampled_from("aAbBdDnNoOpPsSwW 0123456789:=/.,'\"-\nİßÉé£"), max_size=60
) | st.sampled_from(
    ["PASSWORD: Hunter2!", "She Is 76 Years OLD", "Claim Ref HB2204817", "Born 3 MAY 1971", "Has DEMENTIA"]
)

ANNOUNCED = (disguises._BACKWARDS, disguises._SHIFTED, disguises._TURNED_WORDS, disguises._ENGLISH)


@given(SAMPLE)
def test_a_folded_pattern_matches_what_its_flag_would(text: str) -> None:
    assert catalogue.SHIPPED
    small = lower(text)
    if not text.isascii():
        return
    for pattern, variant in _LOWERED.items():
        assert [m.span() for m in variant.finditer(small)] == [m.span() for m in pattern.finditer(text)]


@given(SAMPLE)
def test_a_pattern_for_lower_case_matches_what_the_flag_would(text: str) -> None:
    if not text.isascii():
        return
    for pattern in (spelled._STARTS, glued._GLUED, *ANNOUNCED):
        flagged = re.compile(pattern.pattern, re.IGNORECASE | re.MULTILINE)
        assert [m.span() for m in pattern.finditer(lower(text))] == [m.span() for m in flagged.finditer(text)]


def test_escapes_and_group_names_survive() -> None:
    pattern = folded(r"(?P<Name>[A-Z]\S+)\B")
    variant = lowered(pattern)
    assert variant is not None
    assert variant.pattern == r"(?P<Name>[a-z]\S+)\B"
    assert lowered(re.compile("x")) is None


def test_case_can_not_be_switched_inside() -> None:
    with pytest.raises(ValueError, match="switch case"):
        folded("(?i:x)")


def test_lower_case_keeps_offsets() -> None:
    assert lower("İstanbul ABC") == "İstanbul abc"
    assert len(lower("ẞ İ Σ")) == 5
