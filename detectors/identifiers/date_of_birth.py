# ruff: noqa: E501  patterns and word lists read better unbroken
"""Dates of birth: a date that the text says somebody was born on."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import Identifier, words
from detectors.identifiers.dates import DATE, PARTIAL
from detectors.view import Hit, View

_CONTEXT = words(
    "dob", r"d\.o\.b\.?", r"d/o/b", "d o b", "date of birth", "birth ?date", "birth day", "birthday", "born", "birth", r"n[ée]+e? le",
    "urodz\\w+", "geboren", "n[ăa]scut\\w*", "nato", "nata", "nacid[oa]", "d ?ob", "date de naissance",
)  # fmt: skip
_BARRED = words(
    "birth certificate", "registered", "expected", "due", "birth rate", "births", "register", "issued", "copy"
)
_IDENTITY = re.compile(r"^[ ]?[,;)][ ]?(?:UPN|NHS|NINO?|NI no)\b", re.IGNORECASE)


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(DATE):
        score = _score(view, match)
        if score:
            yield Hit(match.start(), match.end(), "DATE_OF_BIRTH", score)
    for match in view.matches(PARTIAL):
        before = view.before(match.start(), 16)
        if re.search(r"\b(?:dob|d\.o\.b\.?|born(?: (?:on|in))?|date of birth)[ :=\"'-]*$", before, re.IGNORECASE):
            yield Hit(match.start(), match.end(), "DATE_OF_BIRTH", 0.8)


def _score(view: View, match: re.Match[str]) -> float:
    before = view.before(match.start(), 30)
    found = None
    for found in _CONTEXT.finditer(before):  # noqa: B007  the nearest one is wanted
        pass
    if found is not None and not _BARRED.search(before, found.end()) and not DATE.search(before, found.end()):
        return 0.95
    after = view.after(match.end(), 16)
    if _IDENTITY.match(after):
        return 0.8
    if re.match(
        r"[ ]?\(?(?:dob|d\.o\.b|date of birth|is (?:my|his|her|their) (?:birthday|date of birth|dob))\b",
        after,
        re.IGNORECASE,
    ):
        return 0.9
    opening = view.text[max(0, match.start() - 2) : match.start()].endswith("(")
    named = opening and any(0 <= match.start() - end <= 3 for _, end in view.people)
    year = re.search(r"(?:19|20)\d\d", match.group())
    return 0.75 if named and (year is None or int(year.group()) < 2015) else 0.0


IDENTIFIER = Identifier("date_of_birth", ("DATE_OF_BIRTH",), _find)
