"""Redaction by whole pieces, its proof, and what the proof gives away."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.words import Opening, OpenWord, commit, encode, split, verify_words
from gateway.records.export.redact import BadSpan, Gap, Mark, Run, place_of, proof, pseudonyms, redact

WORDS = st.text(alphabet="abcdeé \n\tXYZ0123.,£\U0001f600\ud800", min_size=1, max_size=200)
SALT = bytes(range(32))


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Mark]]:
    text = draw(WORDS)
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(1, 40)), max_size=6))
    marks = [
        Mark(start, min(len(text), start + length), f"R{number}", "[redacted: FOIA s.40(2)]")
        for number, (start, length) in enumerate(spans)
        if start < len(text)
    ]
    return text, marks


@given(marked())
def test_what_is_released_is_the_text_without_the_pieces_that_a_mark_touches(given_: tuple[str, list[Mark]]) -> None:
    text, marks = given_
    hidden = set()
    at = 0
    pieces = split(text)
    for index, piece in enumerate(pieces):
        if any(mark.start < at + len(piece) and at < mark.end for mark in marks):
            hidden.add(index)
        at += len(piece)
    result = redact(text, marks)
    shown = [i for i in range(len(pieces)) if i not in hidden]
    assert result.released() == shown
    assert "".join(run.text for run in result.runs if isinstance(run, Run)) == "".join(pieces[i] for i in shown)
    assert {row for gap in result.gaps for row in gap.rows} == {mark.row for mark in marks}
    assert all(gap.after.strip() == "" for gap in result.gaps)


@given(marked())
def test_released_words_verify_against_the_commitment(given_: tuple[str, list[Mark]]) -> None:
    text, marks = given_
    opening = proof(text, SALT, redact(text, marks))
    assert verify_words(commit(text, SALT), opening)


@given(marked(), st.integers(0, 10**6), st.sampled_from(["word", "salt", "place", "drop"]))
def test_a_forged_word_is_rejected(given_: tuple[str, list[Mark]], pick: int, how: str) -> None:
    text, marks = given_
    opening = proof(text, SALT, redact(text, marks))
    if not opening.words:
        return
    at = pick % len(opening.words)
    word = opening.words[at]
    changed: tuple[OpenWord, ...]
    if how == "word":
        changed = (*opening.words[:at], replace(word, text=word.text + "x"), *opening.words[at + 1 :])
    elif how == "salt":
        changed = (*opening.words[:at], replace(word, salt=bytes(16)), *opening.words[at + 1 :])
    elif how == "place":
        if opening.count == 1:
            return
        moved = next(i for i in range(opening.count) if i != word.index)
        changed = tuple(
            replace(
                each, index=moved if each.index == word.index else word.index if each.index == moved else each.index
            )
            for each in opening.words
        )
        if {(each.index, each.text, each.salt) for each in changed} == {
            (each.index, each.text, each.salt) for each in opening.words
        }:
            return
    else:
        changed = (*opening.words[:at], *opening.words[at + 1 :])
    assert not verify_words(commit(text, SALT), Opening(opening.count, changed, opening.hidden))


@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=3, max_size=20), st.data())
def test_a_withheld_word_is_not_confirmed_by_trying_a_dictionary(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    hidden = data.draw(st.integers(0, len(words) - 1))
    start = len(" ".join(words[:hidden])) + (1 if hidden else 0)
    opening = proof(text, SALT, redact(text, [Mark(start, start + len(words[hidden]), "R1", "[x]")]))
    salts = [b"", bytes(16), *(word.salt for word in opening.words), *opening.hidden]
    for guess in ("alpha", "beta", "gamma", "delta"):
        for spelt in (guess, f"{guess} "):
            for salt in salts:
                for prefix in (b"", b"\x02", b"\x00"):
                    assert hashlib.sha256(prefix + salt + encode(spelt)).digest() not in opening.hidden


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 3), (-1, 2), (0, 12), (11, 12)])
def test_a_mark_outside_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(BadSpan):
        redact("eleven char", [Mark(start, end, "R1", "[x]")])


def test_gaps_keep_the_layout_and_say_where_they_are() -> None:
    text = "Dear Sir,\n\nThe flat is at 12 High Street.\nYours"
    at = text.index("12 High")
    result = redact(text, [Mark(at, at + 14, "R1", "[redacted: FOIA s.40(2)]")])
    assert result.text == "Dear Sir,\n\nThe flat is at [redacted: FOIA s.40(2)]\nYours"
    assert place_of(result, result.gaps[0]) == "paragraph 2, after released word 4"


def test_neighbouring_marks_become_one_gap_that_names_both_lines() -> None:
    result = redact("one two three four", [Mark(4, 7, "R1", "[a]"), Mark(8, 13, "R2", "[b]")])
    assert result.text == "one [a] [b] four"
    assert result.gaps == (Gap(1, 2, ("R1", "R2"), "[a] [b]", " "),)


def test_pseudonyms_are_found_and_named_by_kind() -> None:
    text = "PERSON_K7QD2M8X lives at ADDRESS_AB12CD34; PERSON_SHORT and NINO_AAAAAAAA9 do not; NHS_NUMBER_00000000"
    assert [said for _, _, said in pseudonyms(text)] == [
        "[name redacted]",
        "[address redacted]",
        "[NHS number redacted]",
    ]
