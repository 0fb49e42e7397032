# ruff: noqa: E501  patterns and word lists read better unbroken
"""Passport numbers: nine digits in the UK, letters and digits elsewhere. Nothing in them can be checked: context decides.
What a machine reads of a passport or card says the date of birth too."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import EXAMPLE, Identifier, edge, last, words
from detectors.view import Hit, View

_WORD = r"passp(?:(?:or)?t)?|pas č|pp(?= (?:[a-z]{0,2} ?\d|$))|carta d'identit\w+|dow[oó]d\w*|personalausweis|(?:national |swedish |polish |romanian |italian |french |german |spanish |lithuanian |bulgarian )id(?: card)?|identity card|brp|biometric residence permit|útlev\w*|паспорт\w*|pasaportum?|passeports?|paspoort\w*|paszport\w*|pa[sșş]aport\w*|pasaportes?|passaport[oi]|reisepass\w*|ppt"
_NAMED = re.compile(rf"(?<![a-z])(?:{_WORD})")
_EDGE = edge("a-z0-9£.,/@+") + r"(?<!\d-.)"
_VALUE = folded(
    rf"(?:[\doil]{_EDGE}(?:[ .\-]?[\doil]){{8}}|\d{_EDGE}\d{{1,2}}[ .\-]?\d{{3}}[ .\-]?\d{{3}}|[a-z]{_EDGE}[a-z]{{0,2}}[ ]?\d{{2,3}}[ ]?\d{{2,3}}[ ]?\d{{2,3}}"
    rf"|[a-z]{_EDGE}[a-z]?[ ]?\d{{3}}[ ]?\d{{3}}|[a-z]{_EDGE}[a-z][ ]?\d{{5}}[ ]?[a-z]{{2}}"
    rf"|[a-z0-9]{_EDGE}(?=[a-z]{{0,6}}\d[a-z]{{0,6}}\d)[a-z0-9]{{6,8}})(?![a-z0-9/@]|[.,\-]\d)"
)
_CONTEXT = words(rf"(?:{_WORD})(?:no|number|nr)?", rf"(?:{_WORD})s(?= ?$)")
_ID_CARD = re.compile(r"passp(?:or)?t[ ]?/[ ]?id card(?:[ ]?(?:no|number))?[ :.]{0,3}\n?$", re.IGNORECASE)
_ANSWERED = re.compile(
    r"[^\n?.]{0,12}\?[ ]?\n[^\n:]{1,20}:[ ](?:[A-Z][a-z']{1,8}[.,][ ]){0,2}(?:it's[ ])?", re.IGNORECASE
)
"""A question for it, and an answer on the next line."""
_BETWEEN = words(
    "office", "fees?", "cost", "phone", "tel", "call", "ring", "helpline", "nhs", "ni", "nino", "utr", "dob", "born", "sort code", "account",
    "visa", "card", "iban", "ref", "claim", "case", "licen[cs]e", "photos?", "application", "reg", "upn", "invoice", "mobile",
)  # fmt: skip
_AFTER = re.compile(
    rf"[ ]?[,(\-–]?[ ]?(?:is |was )?(?:(?:his|her|their|my|the|on the|uk|british)[ ])?(?:{_WORD})\b", re.IGNORECASE
)
_CELL = re.compile(r"(?=[A-Z0-9]*\d{4})[A-Z0-9]{6,12}", re.IGNORECASE)
_HEADER = re.compile("passport")
_ZONE = re.compile(
    r"(?<![A-Z0-9<])(?P<value>[A-Z0-9]{6,9})<{0,3}\d(?:[A-Z]{3}|[A-Z]<<)(?P<born>\d{6})[\d<][MFX<]\d{6,7}"
)
"""The second line of a passport's machine-readable zone (ICAO Doc 9303 part 4)."""
_CARD_ZONE = re.compile(
    r"(?<![A-Z0-9<])[ACI][A-Z<](?:[A-Z]{3}|[A-Z]<<)(?P<value>[A-Z0-9]{6,9})<{0,3}[\d<][A-Z0-9<]{0,15}[ ]?\n[ ]?"
    r"(?P<born>\d{6})\d[MFX<]\d{7}"
)
"""The first two lines of a card's: identity cards and residence permits (ICAO Doc 9303 part 5)."""


def _find(view: View) -> Iterator[Hit]:
    if "<" in view.text:
        for pattern in (_ZONE, _CARD_ZONE):
            for match in view.matches(pattern):
                yield Hit(*match.span("value"), "PASSPORT", 0.95)
                yield Hit(*match.span("born"), "DATE_OF_BIRTH", 0.95)
    if _NAMED.search(view.small):  # the whole view: the word may stand before the slice
        for match in view.matches(_VALUE):
            score = _score(view, match)
            if score:
                yield Hit(match.start(), match.end(), "PASSPORT", score)
    yield from _cells(view)


def _cells(view: View) -> Iterator[Hit]:
    for start, end in view.cells_under(_HEADER):
        if _CELL.fullmatch(view.text, start, end):
            yield Hit(start, end, "PASSPORT", 0.9)


def _score(view: View, match: re.Match[str]) -> float:
    value = view.text[match.start() : match.end()]
    figures = sum(c.isdigit() for c in value)
    if figures < 4 or (figures < 6 and not any(c.isalpha() for c in value)):
        return 0.0
    if value[0].islower() and figures == len(value) - 1 - value.count(" "):
        return 0.0
    before = view.before(match.start(), 48)
    named = last(_CONTEXT, before)
    if named < 0:
        return 0.9 if _AFTER.match(view.after(match.end(), 30)) and len(value) >= 8 else 0.0
    between = "" if _ID_CARD.search(before) or _ANSWERED.fullmatch(before, named) else before[named:].removeprefix(".")
    if (
        _BETWEEN.search(between)
        or re.search(r"\d{5}|[\n]{2}|(?<!no)(?<!nr)(?<!n°)[.!?] ", between.lower())
        or EXAMPLE.search(before)
    ):
        return 0.0
    return 0.92


IDENTIFIER = Identifier("passport", ("PASSPORT", "DATE_OF_BIRTH"), _find, joins=True)
