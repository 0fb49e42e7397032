"""Documents whose writer hides names and delicate words from a filter: leetspeak, stars for vowels, dots, gaps."""

import random
import re
from collections.abc import Callable

from detectors.labels import SAID
from detectors.names.training.corpus import Example

_WORD = re.compile(r"[^\W\d_]{3,}")
_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1", "b": "8"}
_HIDDEN = {"PERSON": 0.75, "ADDRESS": 0.3} | dict.fromkeys(SAID, 0.4)
"""How often a word is disguised, by what it belongs to."""
_ELSEWHERE = 0.03
"""Harmless words are disguised too, so that a disguise alone says nothing."""

_Form = Callable[[str, int, int], str]
"""What becomes of one character of a word: the character, its place and the word's length."""


def disguised(example: Example, chance: random.Random) -> list[str]:
    """What becomes of each character of the example's text, in one form of disguise for all of it."""
    form = chance.choice((_leet(chance), _starred(chance), _parted(chance.choice("..- *_")), _jumbled))
    shares = [_ELSEWHERE] * len(example.text)
    for span in example.spans:
        shares[span.start : span.end] = [_HIDDEN.get(span.label, 0.0)] * (span.end - span.start)
    made = list(example.text)
    for word in _WORD.finditer(example.text):
        if chance.random() < min(shares[word.start() : word.end()]):
            for place, character in enumerate(word.group()):
                made[word.start() + place] = form(character, place, len(word.group()))
    return made


def _leet(chance: random.Random) -> _Form:
    def form(character: str, _: int, __: int) -> str:
        others = _LEET.get(character.lower())
        return chance.choice(others) if others and chance.random() < 0.8 else character

    return form


def _starred(chance: random.Random) -> _Form:
    star = chance.choice("***#_-")

    def form(character: str, place: int, _: int) -> str:
        return star if place and character.lower() in "aeiou" and chance.random() < 0.85 else character

    return form


def _parted(sign: str) -> _Form:
    def form(character: str, place: int, length: int) -> str:
        return character + sign if place < length - 1 else character

    return form


def _jumbled(character: str, place: int, _: int) -> str:
    return character.upper() if place % 2 else character.lower()
