import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.glued import glued
from detectors.normalise import normalise
from detectors.spaced import apart
from detectors.spelled import spelled

PLAIN = ("one", "oh", "double", "twenty", "hundred", "golf", "november", "then", "house", "for", "a", "B", "N")
ODD = ("07700", "9", ".", ",", "-", "/", "[1]", "tel07700", "\nX:")
WORDS = st.lists(st.sampled_from([*PLAIN, *ODD]), max_size=30).map(" ".join)


@given(WORDS)
def test_every_character_of_what_is_read_maps_into_the_original(text: str) -> None:
    normal = normalise(text)
    for index in range(len(normal.text)):
        start, end = normal.original(index, index + 1)
        assert 0 <= start < end <= len(text)


@given(WORDS)
def test_runs_are_in_order_and_as_long_as_their_sources(text: str) -> None:
    for runs in (list(spelled(text)), list(apart(text))):
        reached = 0
        for run in runs:
            assert reached <= run.start < run.end <= len(text)
            assert len(run.read) == len(run.sources)
            reached = run.end


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("oh seven seven, double oh, nine hundred", "077 00 900"),
        ("golf november one nine alpha bravo charlie", "GN19ABC"),
        ("N for November, Y for yankee, twelve thirty-four fifty-six alpha", "N Y 12 34 56 A"),
        ("07700 then 900 then 123", "07700900123"),
        ("07seven00 nine00 one23", "07700900123"),
    ],
)
def test_what_words_stand_for(text: str, read: str) -> None:
    [run] = spelled(text)
    assert run.read.replace(" ", "") == read.replace(" ", "")
    assert text[run.start : run.end] == text


@pytest.mark.parametrize(
    "text",
    [
        "one of the two",
        "Golf, hotel and India",
        "I am one",
        "twenty, thirty, forty",
        "one two three four five six seven",
        "Two hundred & six pounds only\n55 72 O8  433592O1  000114",
    ],
)
def test_words_that_are_only_words(text: str) -> None:
    assert list(spelled(text)) == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("J G 1 0 3 7 5 9 A", "JG103759A"),
        ("J/G/1/0/3/7/5/9/A", "JG103759A"),
        ("0-7-7-0-0 9-0-0 1-2-3", "07700900123"),
        ("J o h n  S m i t h", "John Smith"),
    ],
)
def test_what_is_written_apart(text: str, read: str) -> None:
    [run] = apart(text)
    assert run.read == read


@pytest.mark.parametrize("text", ["1, 2, 3, 4, 5, 6, 7", "a b c d e f g", "1 2 3 4 5 6 7 8", "e.g. a. b."])
def test_lists_are_left_alone(text: str) -> None:
    assert list(apart(text)) == []


def test_a_label_glued_to_its_value() -> None:
    assert [*glued("tel07700900123 NINOAB123456C hotel07 panel12")] == [3, 19]


@pytest.mark.parametrize(
    "piece", ["double ", "a b ", "one two ", "1 a ", "a for apple ", "one\nA: ", "1\n", "(1)", "-."]
)
def test_reading_takes_time_in_line_with_length(piece: str) -> None:
    """Ten times the text in about ten times the time; a square would be a hundred."""

    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        return min(_timed(text) for _ in range(3))

    assert seconds(40_000) < 40 * max(seconds(4_000), 0.0005)


def _timed(text: str) -> float:
    start = time.process_time()
    normalise(text)
    return time.process_time() - start
