# ruff: noqa: E501  patterns and word lists read better unbroken
"""Unique taxpayer references (HMRC), unique pupil numbers (DfE) and unique property reference numbers (GeoPlace)."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import EXAMPLE, Identifier, words
from detectors.view import Hit, View

_UTR_FORM = re.compile(r"(?<![\w£.,/\-])\d{5}[ \-]?\d{5}K?(?![\w/]|[.,\-]\d)")
_UTR_CONTEXT = words(
    "utrs?",
    "unique tax(?:payer)?(?:'?s)? ref(?:erence)?",
    "tax(?:payer)? ref(?:erence)?",
    "self[ -]assessment",
    "sa ref",
    "taxpayer",
)
_UPN_FORM = re.compile(
    r"(?<![A-Za-z0-9])(?P<letter>[A-HJ-NP-RT-Z])[ ]?\d{3}[ ]?\d{4}[ ]?\d{2}[ ]?\d{2}[\dA-Z](?![A-Za-z0-9])",
    re.IGNORECASE,
)
_UPN_CONTEXT = words("upns?", "unique pupil(?: (?:no|number))?", "pupil (?:no|number|id)", "pupil", "school")
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPRN = folded(
    r"(?<![a-z])(?:uprns?|unique property(?: reference)?(?: (?:no|number))?)[ ]?(?:no|number)?[.:#=]{0,2}[ \"'(]{0,3}(?:is )?(?P<value>\d{6,12})(?!\d)"
)

_UPRN_HEADER = re.compile("uprn")


def utr_checksum(number: str) -> bool:
    """Modulo 11 over the last nine digits, weighted; the first digit is the check."""
    total = sum(int(d) * w for d, w in zip(number[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2), strict=True))
    return "21987654321"[total % 11] == number[0]


def upn_checksum(number: str) -> bool:
    """Modulo 23 over the twelve characters after the letter, weighted 2 to 13."""
    body = number[1:]
    values = [int(c) if c.isdigit() else _UPN_LETTERS.find(c) for c in body]
    if min(values) < 0:
        return False
    return _UPN_LETTERS[sum(v * w for v, w in zip(values, range(2, 14), strict=True)) % 23] == number[0]


def _find_utr(view: View) -> Iterator[Hit]:
    for match in view.matches(_UTR_FORM):
        before = view.before(match.start(), 40)
        if _UTR_CONTEXT.search(before) and not EXAMPLE.search(before):
            number = re.sub(r"\D", "", match.group())
            yield Hit(match.start(), match.end(), "UTR", 0.97 if utr_checksum(number) else 0.9)


def _find_upn(view: View) -> Iterator[Hit]:
    for match in view.matches(_UPN_FORM):
        before = view.before(match.start(), 40)
        number = re.sub(r"[^A-Z0-9]", "", match.group().upper())
        context = _UPN_CONTEXT.search(before) is not None
        if EXAMPLE.search(before[-20:]):
            continue
        score = 0.97 if context else 0.85 if upn_checksum(number) and match["letter"].isupper() else 0.0
        if score:
            yield Hit(match.start(), match.end(), "UPN", score)
            yield Hit(match.start(), match.end(), "CHILD", score)


def _find_uprn(view: View) -> Iterator[Hit]:
    for match in view.matches(_UPRN):
        yield Hit(*match.span("value"), "UPRN", 0.95)
    for start, end in view.cells_under(_UPRN_HEADER):
        if re.fullmatch(r"\d{5,12}", view.text[start:end]):
            yield Hit(start, end, "UPRN", 0.95)


UTR = Identifier("utr", ("UTR",), _find_utr, joins=True)
UPN = Identifier("upn", ("UPN", "CHILD"), _find_upn, joins=True)
UPRN = Identifier("uprn", ("UPRN",), _find_uprn)
