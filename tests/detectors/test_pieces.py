"""Word pieces, their cases and windows."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.names.files import SHIPPED
from detectors.names.pieces import LONGEST, Pieces, load_tokenizer, split, windows

TOKENIZER = load_tokenizer(SHIPPED / "tokenizer.json")


def pieces_of(text: str) -> Pieces:
    (pieces,) = split(TOKENIZER, [text])
    return pieces


@pytest.mark.parametrize(
    ("word", "case"),
    [("bins", 0), ("Patel", 1), ("NHS", 2), ("McKay", 3), ("iPhone", 3), ("A", 1), ("42", 0), ("Ōe", 1)],
)
def test_each_piece_knows_how_its_word_is_written(word: str, case: int) -> None:
    assert set(pieces_of(word).cases) == {case}


def test_line_ends_and_tabs_are_pieces() -> None:
    pieces = pieces_of("a\nb\tc")
    assert [(s, e) for s, e in zip(pieces.starts, pieces.ends, strict=True)] == [(n, n + 1) for n in range(5)]


@pytest.mark.parametrize("text", ["bulky\ta brathwaite\t4462", "☑angina ☐none", "Jo😂Ann", "A→B", "S██r", "a│b"])
def test_cells_and_signs_stand_apart_from_words(text: str) -> None:
    """Each word is one of its own, and none is unknown because of a sign in it."""
    pieces = pieces_of(text)
    unknown = TOKENIZER.token_to_id("[UNK]")
    assert unknown not in pieces.ids
    for start, end, word in zip(pieces.starts, pieces.ends, pieces.words, strict=True):
        inside = {w for s, e, w in zip(pieces.starts, pieces.ends, pieces.words, strict=True) if w == word}
        assert inside == {word}
        assert text[start:end].isalnum() or end - start == 1


@given(st.text(alphabet=string.printable + "éßİçžШאا中😀\u200b\ufeff", max_size=300))
def test_pieces_lie_in_the_text_in_order(text: str) -> None:
    pieces = pieces_of(text)
    assert len(pieces.ids) == len(pieces.words) == len(pieces.cases) == len(pieces.starts)
    reached = 0
    for start, end in zip(pieces.starts, pieces.ends, strict=True):
        assert reached <= start <= end <= len(text)
        reached = start


@settings(max_examples=60)
@given(st.lists(st.integers(1, 30), min_size=0, max_size=120), st.integers(20, LONGEST))
def test_what_counts_in_windows_covers_each_piece_once(lengths: list[int], longest: int) -> None:
    words = [index for index, length in enumerate(lengths) for _ in range(length)]
    pieces = Pieces([0] * len(words), words, words, words, words)
    made = windows(pieces, longest, 16)
    assert [i for _, _, start, end in made for i in range(start, end)] == list(range(len(words)))
    for first, last, start, end in made:
        assert first <= start <= end <= last
        assert last - first <= longest
