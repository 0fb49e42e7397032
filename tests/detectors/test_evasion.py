"""Values hidden from a machine: every way of `cases.evasion` with every kind of value, and how people tell of it."""

import pytest

from detectors.blobs import blobs
from detectors.config import load_config
from detectors.disguises import disguises
from detectors.suite import Suite
from tests.detectors.cases import evasion, faults, read
from tests.detectors.fakes import plain_suite

BEYOND = {("line broken", "SORT_CODE")}
"""What is not undone: two halves of a sort code's middle number on two lines."""


@pytest.fixture(scope="module")
def plain() -> Suite:
    return plain_suite(load_config())


@pytest.mark.parametrize(
    ("way", "label"),
    [(way, label) for way in evasion.WAYS for label, _, _ in evasion.VALUES if (way, label) not in BEYOND],
)
def test_a_hidden_value_is_found(plain: Suite, way: str, label: str) -> None:
    [(sentence, value)] = [(s, v) for known, s, v in evasion.VALUES if known == label]
    hidden, said = evasion.written(way, value)
    case = sentence.format(f"[[{label}:{hidden}]]") + said
    missed = [f for f in faults(case, plain.inspect(read(case)[0]), any_label=True) if f.startswith("missed")]
    assert missed == []


@pytest.mark.parametrize("case", evasion.TOLD)
def test_what_people_tell_of_is_found(plain: Suite, case: str) -> None:
    assert faults(case, plain.inspect(read(case)[0]), any_label=True) == []


def test_a_line_that_is_english_backwards_needs_no_announcement(plain: Suite) -> None:
    line = "please ring her on 07700 900123 at the address"
    text = f"see below\n{line[::-1]}\nthanks"
    found = [(f.label, text[f.start : f.end]) for f in plain.inspect(text)]
    assert ("PHONE", "07700 900123"[::-1]) in found
    assert ("HIDDEN_TEXT", "07700 900123"[::-1]) in found


def test_numbers_are_turned_round_only_where_the_text_says_so(plain: Suite) -> None:
    assert list(disguises("the reading was 321009 00770 and falling")) == []
    assert plain.inspect("the reading was 321009 00770 and falling") == ()


def test_shifted_words_among_others_are_read_apart() -> None:
    text = "ROT13, legal are nosy: he jnf neerfgrq ng Tngjvpx and the press rang"
    said = {text[b.start : b.end]: b.decoded for b in disguises(text)}
    assert said["jnf neerfgrq ng Tngjvpx"] == "was arrested at Gatwick"
    assert not any("press" in hidden for hidden in said)
    assert list(disguises("what is rot13 for in the first place")) == []


def test_places_of_turned_writing_are_exact() -> None:
    text = "backwards: 321009 00770"
    assert any(b.decoded == "07700 900123" and text[b.start : b.end] == "321009 00770" for b in disguises(text))


@pytest.mark.parametrize(
    "text", ["65 66 67 68 69 70 71 72", "--- --- --- --- ---", "01010101 00000000 11111111 00000001 00000010 00000011"]
)
def test_codes_that_say_nothing_of_interest_are_left_alone(plain: Suite, text: str) -> None:
    assert plain.inspect(text) == ()


def test_morse_and_character_codes_are_read() -> None:
    assert [b.decoded for b in blobs("-- .-. / .--- --- -. . ...")] == ["MR JONES"]
    assert [b.decoded for b in blobs(" ".join(str(ord(c)) for c in "NI AB123456C"))] == ["NI AB123456C"]


def test_a_name_read_backwards_is_a_name(plain: Suite) -> None:
    text = "Can you read it backwards: eladsnoL haikezeH"
    found = [(f.label, text[f.start : f.end]) for f in plain.inspect(text)]
    assert ("PERSON", "eladsnoL haikezeH") in found


def test_the_order_of_items_is_no_backward_writing() -> None:
    assert list(disguises("Complaint 2025/07: are items 3 and 4 the wrong way round?")) == []
