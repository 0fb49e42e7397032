# ruff: noqa: E501  patterns and word lists read better unbroken
"""The age of somebody in particular. Age ranges, limits and groups are about people in general."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import Identifier, words
from detectors.view import INDIVIDUAL, Hit, View

_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORD = rf"(?:(?:{_TENS})(?:[- ](?:{_UNITS}))?|{_TEENS}|{_UNITS})"
_NUMBER = rf"(?:1[01]\d|\d{{1,2}}|{_WORD})"
_UNIT = r"(?:years?|yrs?|yr|y/o|yo|months?|mths?|mos?|weeks?|wks?)"

_AGE = folded(
    rf"(?<![\w£$.,/\-–])(?:"
    rf"(?P<old>{_NUMBER}[ \-]?{_UNIT}[ \-]?(?:olds?\b|of age\b))"
    rf"|(?P<short>\d{{1,3}}[ ]?(?:y/?o|yrs? old)\b)"
    rf"|(?:aged?|age is|age:|turns|turned|is only|just turned)[ ]?[:=]?[ ]?(?P<aged>{_NUMBER}(?:[ ](?:months|mths|weeks))?)(?![\w%£–-]|[ ](?:to|and|or)[ ]\d)"
    rf"|(?:she|he)(?:'s|[ ]is|[ ]was)[ ](?:only[ ]|just[ ]|about[ ])?(?P<is>{_NUMBER})(?=[ ]?(?:[.,;!?)\n]|and\b|now\b|but\b|$))"
    rf"|(?P<birthday>\d{{1,3}})(?:st|nd|rd|th)[ ]birthday"
    rf"|for (?:his|her|their|my|our|(?:mum|dad|nan|gran|grandad|grandma)'?s) (?P<milestone>(?:18|21|[1-9]0|100)(?:st|th))(?![ ]?(?:[a-z]+[ ])?(?:anniversary|birthday|time|attempt|appeal|visit|call|year|floor|place|of))(?!\w)"
    rf"|(?P<baby>\d{{1,2}}[ ]?(?:mths?|months|wks?))(?=[ ]?[,;)])"
    rf"|(?:victim|patient|pt|caller|client|suspect|witness|resident|tenant)[ ][mf]/(?P<sexed>\d{{2}})(?![\w/])"
    rf"|all of my (?P<mine>{_WORD}) years"
    rf")"
)
_BESIDE = re.compile(r"[ ]?(?:,|\(|–|-)[ ]?(?P<age>1[01]\d|\d{1,2})(?=[ ]?(?:[,;)\n]|$|\.(?!\d)))")
_AFTER_KIN = folded(
    r"\b(?:son|daughter|child|girl|boy|sister|brother|dochter|niece|nephew|mum|mother|father|dad|wife|husband|british|lad|male|female|man|woman)"
    r"[ ]?(?:&|,|\()[ ]?(?P<age>\d{1,2})(?=[ ]?[),.;])"
)
_RANGE = re.compile(
    r"^[ ]?(?:\+|-|–|to\b|and (?:over|under|above)|or (?:over|under)|plus\b|year groups?)", re.IGNORECASE
)
_GROUPS = re.compile(
    r"\b(?:children|people|adults|residents|those|anyone|over|under|between|minimum|maximum|at least|from|applicants|ages|persons|pupils|reading|working|pension|retirement|mental)"
    r"(?: who are)? ?$",
    re.IGNORECASE,
)
_ASKED = folded(
    rf"\bhow old\b[^\n?]{{0,40}}\??[ ]?\n(?:\[[^\]\n]{{1,12}}\][ ]?)?[^\n:]{{1,24}}:[ ](?:(?:he|she|they|it|i)(?:'s|[ ]is|s|[ ]are|'m|[ ]am)[ ]|(?:er|um|oh|well|just|only|about|nearly)[ ,]{{1,2}}){{0,3}}(?P<age>{_NUMBER}(?:[ ]and a half)?(?:[ ]{_UNIT})?)(?![\w%£–-])"
)
"""The answer to the question on the line before."""
CHILD_BELOW = 18


def years(text: str) -> int | None:
    """The number of years that an age says; 0 for months and weeks, None where it can't be read."""
    if re.search(r"month|mth|mos?\b|week|wk", text, re.IGNORECASE):
        return 0
    figure = re.search(r"\d{1,3}", text)
    if figure:
        return int(figure.group())
    lowered = text.lower()
    for index, word in enumerate(_TEENS.split("|")):
        if word in lowered:
            return 10 + index
    total = 0
    for index, word in enumerate(_TENS.split("|")):
        total += (index + 2) * 10 if word in lowered else 0
    rest = re.sub(_TENS, "", lowered)
    for index, word in enumerate(_UNITS.split("|")):
        if re.search(rf"\b{word}\b", rest):
            return total + index + 1
    return total or None


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_AGE):
        group = match.lastgroup or "aged"
        start, end = match.span(group)
        if _RANGE.match(view.after(end, 16)) or _GROUPS.search(view.before(match.start(), 24)):
            continue
        if group in ("old", "short") and not _somebody(view, start, end):
            continue
        yield from _hits(view, start, end, 0.85)
    for match in view.matches(_ASKED) if "how old" in view.small else ():
        yield from _hits(view, match.start("age"), match.end("age"), 0.85)
    for match in view.matches(_AFTER_KIN):
        yield from _hits(view, match.start("age"), match.end("age"), 0.75)
    for _, name_end in view.people:
        beside = _BESIDE.match(view.text, name_end)
        if beside and view.first <= name_end < view.last and _may_be_an_age(view.header(beside.start("age"))):
            yield from _hits(view, beside.start("age"), beside.end("age"), 0.7)
    if view.kind == "number" or view.cells:
        yield from _cells(view)


def _may_be_an_age(header: str) -> bool:
    """Whether a column may hold ages: years at school, quantities and the like stand behind names too."""
    return not header or _AGES.search(header) is not None


_AGES = words(
    "ages?(?: .*)?",
    "yrs? old",
    "years old",
    "y/?o",
    "alter",
    "wiek",
    "âge",
    "edad",
    "who",
    "names?",
    "notes?",
    "details?",
    "people|persons?",
)


def _cells(view: View) -> Iterator[Hit]:
    for match in view.matches(re.compile(r"(?<![\w.])\d{1,3}(?![\w.])")):
        if re.search(r"\bage(?: \(?y\w*\)?)?[ :=\"']*$", view.before(match.start(), 16), re.IGNORECASE):
            yield from _hits(view, match.start(), match.end(), 0.85)


def _somebody(view: View, start: int, end: int) -> bool:
    low, high = view.sentence(start, end, 80)
    return bool(INDIVIDUAL.search(view.text, low, high)) or any(low <= s < high for s, _ in view.people)


def _hits(view: View, start: int, end: int, score: float) -> Iterator[Hit]:
    yield Hit(start, end, "AGE", score)
    age = years(view.text[start:end])
    if age is not None and age < CHILD_BELOW:
        yield Hit(start, end, "CHILD", score)


IDENTIFIER = Identifier("age", ("AGE", "CHILD"), _find)
