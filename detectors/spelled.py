"""Digits spelled as words, as people say them on the telephone: "oh seven seven, double oh nine ..."."""

import re

_DIGITS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3, "treble": 3}

_ONE = r"(?:(?:double|triple|treble)\s+)?(?:zero|oh|o|nought|naught|one|two|three|four|five|six|seven|eight|nine|\d)"
SPELLED = re.compile(rf"\b(?=[dtzonfse][a-z]|o\b){_ONE}\b(?:[\s,.\-]{{1,3}}{_ONE}\b){{4,40}}", re.IGNORECASE)
"""A run of five or more spelled digits (single figures may stand among them)."""

_WORD = re.compile(r"(double|triple|treble)|([a-z]+|\d)|([.,])", re.IGNORECASE)

LEAST = 6
"""Shorter runs are counting, not an identifier."""


def digits_of(text: str, start: int, end: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The digits spelled in `text[start:end]` and where each came from; empty where there are too few.

    A full stop or comma between words becomes a space, since people pause between the groups of a number.
    """
    digits: list[str] = []
    sources: list[tuple[int, int]] = []
    times, since = 1, start
    for match in _WORD.finditer(text, start, end):
        if match.group(1):
            times, since = _TIMES[match.group(1).lower()], match.start()
        elif match.group(2):
            word = match.group(2).lower()
            place = (since if times > 1 else match.start(), match.end())
            digits.extend(_DIGITS.get(word, word) * times)
            sources.extend([place] * times)
            times = 1
        elif digits and digits[-1] != " ":
            digits.append(" ")
            sources.append(match.span())
    if sum(d.isdigit() for d in digits) < LEAST or len(set(digits)) < 2:
        return "", ()
    return "".join(digits), tuple(sources)
