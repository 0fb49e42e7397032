import pytest

from detectors.joins import worth_joining
from detectors.suite import Suite
from tests.detectors.fakes import plain_suite

SUITE: Suite = plain_suite()


@pytest.mark.parametrize(
    ("tail", "head", "label", "first", "second"),
    [
        ("my NI number is AB12", "3456C thanks", "NINO", "AB12", "3456C"),
        ("my NI number is AB 12 34", "56 C thanks", "NINO", "AB 12 34", "56 C"),
        ("the password is on the way. NHS number 943 476", "5919 of course", "NHS_NUMBER", "943 476", "5919"),
        ("card 4242 4242", "4242 4242", "PAYMENT_CARD", "4242 4242", "4242 4242"),
        ("write to jo.bloggs@", "mail.example please", "EMAIL", "jo.bloggs@", "mail.example"),
        ("ring me on 07700", "900123 after six", "PHONE", "07700", "900123"),
    ],
)
def test_a_split_identifier_is_found_in_both_parts(tail: str, head: str, label: str, first: str, second: str) -> None:
    tails, heads = SUITE.join(tail, head)
    assert [(f.label, tail[f.start : f.end]) for f in tails] == [(label, first)]
    assert [(f.label, head[f.start : f.end]) for f in heads] == [(label, second)]
    assert all(f.detector.endswith("/join") for f in (*tails, *heads))


@pytest.mark.parametrize(
    ("tail", "head"),
    [
        ("we have 12", "34 bins"),
        ("the year was 19", "43 476 5919"),
        ("my NI number is AB123456C", "4 people"),
        ("", "AB123456C"),
        ("no digits here", "nor here"),
        ("ends with 1234.", "5678 begins"),
    ],
)
def test_unconfirmed_neighbours_are_left_alone(tail: str, head: str) -> None:
    assert SUITE.join(tail, head) == ((), ())


def test_only_the_ends_are_read() -> None:
    tails, heads = SUITE.join("x" * 500 + " NI number AB12", "3456C" + "y" * 500)
    assert tails == heads == ()
    tails, _ = SUITE.join("x" * 500 + " NI number AB12", "3456C " + "y" * 500)
    assert [f.start for f in tails] == [511]


def test_the_context_of_the_part_counts() -> None:
    assert SUITE.join("943476", "5919", context="patient.nhs")[0]
    assert not SUITE.join("943476", "5919")[0]


def test_most_neighbours_are_not_worth_a_look() -> None:
    assert not worth_joining("Dear Mrs Patel,", "thank you")
    assert not worth_joining("a sentence! ", "Another 1")
    assert worth_joining("ends 12", "34 goes on")
