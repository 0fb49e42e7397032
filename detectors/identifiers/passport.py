# ruff: noqa: E501  patterns and word lists read better unbroken
"""Passport numbers: nine digits in the UK, letters and digits elsewhere. Nothing in them can be checked: context decides."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import EXAMPLE, Identifier
from detectors.view import Hit, View

_CALLED = folded(
    r"(?<![a-z])(?:passp(?:or)?t|passeport|paspoort|paszport|pasaport\w*|pasaporte|passaporte|reisepass)[ _]?(?:no|number|num|nr|#)?[.:#=]{0,2}[ \"'(]{0,3}(?:(?:is|was|ref|details?|and|n[o°]\.?)[ :]{1,2}){0,2}"
    r"(?P<value>(?=[A-Z0-9]*(?:[ ]?[0-9]){5})(?:[A-Z]{0,3}[ ]?\d{2,3}[ ]?\d{3}[ ]?\d{3}|[A-Z0-9]{6,12}))(?![A-Za-z0-9])"
)
_CELL = re.compile(r"(?=[A-Z0-9]*\d{4})[A-Z0-9]{6,12}", re.IGNORECASE)

_HEADER = re.compile("passport")


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_CALLED):
        if not EXAMPLE.search(view.before(match.start(), 20)):
            yield Hit(*match.span("value"), "PASSPORT", 0.92)
    for start, end in view.cells_under(_HEADER):
        if _CELL.fullmatch(view.text, start, end):
            yield Hit(start, end, "PASSPORT", 0.9)


IDENTIFIER = Identifier("passport", ("PASSPORT",), _find, joins=True)
