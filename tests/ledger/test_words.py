"""A release opens single words; each is proved, the others stay hidden."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.words import OpenWord, commit, open_words, split, verify_words

SALT = b"s" * 32
texts = st.text(st.characters(codec=None, exclude_categories=())) | st.text(" ab\t\n\x0b\u00a0", max_size=300)


@given(texts)
def test_pieces_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(pieces) == text
    assert all(len(piece) <= 128 for piece in pieces)


@given(texts, st.data())
def test_any_choice_of_words_is_proved(text: str, data: st.DataObject) -> None:
    count = len(split(text))
    chosen = data.draw(st.sets(st.integers(0, count - 1)))
    root = commit(text, SALT)
    opening = open_words(text, SALT, chosen)
    assert verify_words(root, opening)
    assert {word.index for word in opening.words} == chosen
    for word in opening.words:
        forged = replace(word, text=word.text + "x")
        others = tuple(each for each in opening.words if each is not word)
        assert not verify_words(root, replace(opening, words=(*others, forged)))
        assert not verify_words(root, replace(opening, words=(*others, replace(word, index=count))))
    if opening.hidden:
        assert not verify_words(root, replace(opening, hidden=opening.hidden[:-1]))
    assert not verify_words(root, replace(opening, hidden=(*opening.hidden, root)))


def test_an_opening_carries_nothing_of_the_hidden_words() -> None:
    """A stranger who tries every word can't tell which one was withheld."""
    text = "Please write to John Smith about rent"
    opening = open_words(text, SALT, [0, 1, 2, 5, 6])
    shown = repr(opening.words) + repr(opening.hidden)
    assert "John" not in shown
    guesses = [b"John ", b"John", b"John Smith ", b"Smith "]
    salts = [b"", *(word.salt for word in opening.words)]
    for salt in salts:
        for guess in guesses:
            assert hashlib.sha256(b"\x02" + salt + guess).digest() not in opening.hidden


def test_the_same_text_under_another_salt_is_another_commitment() -> None:
    assert commit("yes", SALT) != commit("yes", b"t" * 32)
    assert commit("", SALT) != commit("", b"t" * 32)
    assert commit("a b", SALT) != commit("a  b", SALT)


def test_a_word_outside_the_text_can_t_be_opened() -> None:
    with pytest.raises(IndexError):
        open_words("one two", SALT, [2])
    with pytest.raises(IndexError):
        open_words("one two", SALT, [-1])


def test_a_word_twice_is_no_proof() -> None:
    opening = open_words("one two", SALT, [0])
    twice = replace(opening, words=opening.words * 2)
    assert not verify_words(commit("one two", SALT), twice)
    odd = replace(opening, words=(OpenWord(9, "x", b""),))
    assert not verify_words(commit("one two", SALT), odd)
