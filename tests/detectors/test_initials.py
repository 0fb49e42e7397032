"""Initials of people whom a text names in full."""

import pytest

from detectors.names.initials import initials


def found(text: str, *people: str) -> list[str]:
    spans = [(text.index(name), text.index(name) + len(name), 0.9) for name in people]
    return [text[hit.start : hit.end] for hit in initials(text, spans)]


@pytest.mark.parametrize(
    ("text", "people", "names"),
    [
        ("Ambrose Tickner came. AT says the manager shouted.", ("Ambrose Tickner",), ["AT"]),
        ("Lena Maria Pohl and Dev. L.P. left, LMP stayed.", ("Lena Maria Pohl",), ["L.P.", "LMP"]),
        ("Flat of Kwabena Sarfo. K's meter is next door.", ("Kwabena Sarfo",), ["K"]),
        ("Magnus called. M had a letter.", ("Magnus",), ["M"]),
        ("Dear Ola, the key is with Ptolemy.\n\nG.", ("Ola", "Ptolemy"), ["G."]),
        ("Ola, it stands.\nA.\n\n---\nMake a list", ("Ola",), ["A."]),
        ("Dom, it's a no.\n\nG\n\n> On 3 Feb Dom wrote", ("Dom",), ["G"]),
        ("Dom, it's a no. G.\n\n> On 3 Feb Dom wrote", ("Dom",), ["G."]),
    ],
)
def test_initials_stand_for_those_who_are_named(text: str, people: tuple[str, ...], names: list[str]) -> None:
    assert found(text, *people) == names


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Ian Turner asked IT for a new laptop.", ("Ian Turner",)),
        ("Helen Reid wrote to HR.", ("Helen Reid",)),
        ("Petra rang about plan P's costs and section P had gone.", ("Petra",)),
        ("Dev asked who AT is.", ("Dev",)),
        ("AMBROSE TICKNER HAS LEFT. AT NOON THE BINS WERE FULL.", ("AMBROSE TICKNER",)),
        ("Ambrose Tickner's form is AT/24 and AT-7.", ("Ambrose Tickner",)),
        ("Ola is in group 4. C and D are full.\n\nThanks", ("Ola",)),
        ("Ola chose.\n\nA.\n\nB.\n\nC.\n", ("Ola",)),
        ("Ask Ola about the fruit: eat an apple.\n\nA\n\nis for apple", ("Ola",)),
    ],
)
def test_what_stands_for_a_thing_is_nobody(text: str, people: tuple[str, ...]) -> None:
    assert found(text, *people) == []
