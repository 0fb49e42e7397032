"""Where a name that the encoder saw begins and ends, and what joins two of them."""

import pytest

from detectors.names import edges


def test_what_is_spelt_is_a_name_where_letters_of_it_were_seen() -> None:
    text = "It's Gorrick. G O double R I C K. Flat A B C D"
    assert [text[a:b] for a, b in edges.spelt(text, [(26, 27)])] == ["G O double R I C K"]
    assert list(edges.spelt(text, [])) == []


def test_a_maiden_name_is_part_of_a_name() -> None:
    text = "Mrs Iris Fagg née Dunk rang Jo near Ann"
    assert [text[a:b] for a, b in edges.bridged(text, [(4, 13), (18, 22), (28, 30), (36, 39)])] == [
        "Iris Fagg née Dunk"
    ]


def test_a_double_name_is_whole_where_its_hyphen_is_spoken() -> None:
    text = "the surname is ndlovu hyphen price and the other is may"
    assert [text[a:b] for a, b in edges.bridged(text, [(15, 21), (29, 34), (52, 55)])] == ["ndlovu hyphen price"]


def test_a_middle_name_that_is_a_word_is_part_of_the_name() -> None:
    text = "its kwok man kit here, and anna may come with pham thu huong"
    people = [(text.index(name), text.index(name) + len(name)) for name in ("kwok", "kit", "anna", "pham", "huong")]
    assert [text[a:b] for a, b in edges.bridged(text, people)] == ["kwok man kit", "pham thu huong"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My Linh rang again", "My Linh"),
        ("I spoke to Do Kim Oanh on Tuesday", "Do Kim Oanh"),
        ("Pham, Thu Huong and one other", "Thu Huong"),
        ("DO KIM OANH DID NOT ATTEND", "DO KIM OANH"),
        ("My Linda rang again", "Linda"),
        ("tent with Little Neil again", "Little Neil"),
        ("To: Nan Hathersage", "Nan Hathersage"),
        ("the old Queenie", "Queenie"),
        ("so Do Gary and Pat know", "Gary"),
    ],
)
def test_a_name_begins_at_its_first_word(text: str, name: str) -> None:
    last = name.split()[1:] or name.split()
    start = text.index(" ".join(last))
    begin, end = edges.person(text, start, start + len(" ".join(last)))
    assert text[begin:end] == name
