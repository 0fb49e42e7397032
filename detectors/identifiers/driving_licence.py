# ruff: noqa: E501  patterns and word lists read better unbroken
"""GB driving licence numbers (DVLA): surname, decade, month (+5 for women), day, year, initials, check, with the coded
date as the check; Northern Ireland's eight digits and other countries' forms where the text calls them a licence."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, digits, edge, words
from detectors.view import Hit, View

_GAP = r"[ \-/.\n_]{0,2}"
_FORM = folded(
    rf"[A-Z]{edge()}[A-Z9]{{4}}{_GAP}(?P<decade>[0-9O]){_GAP}(?P<month>[0156O][0-9OIl]){_GAP}(?P<day>[0-3O][0-9OIl]){_GAP}(?P<year>[0-9O])"
    rf"{_GAP}[A-Z]{_GAP}[A-Z9]{_GAP}[A-Z0-9]{_GAP}[A-Z0-9]{_GAP}[A-Z0-9](?:[ ]?\d{{2}})?(?![A-Za-z0-9])"
)
_CONTEXT = words(
    "driv(?:ing|er'?s?) ?licen[cs]e",
    "licen[cs]e",
    "licen[cs]e ?n(?:o|umber)",
    "dvla",
    "dln",
    "driver (?:no|number)",
    "driving",
    "d/l",
    "dl",
    "banned",
)
_ELSEWHERE = folded(
    r"(?<![a-z])(?:driving ?licen[cs]e|driver'?s? licen[cs]e|drivers? (?:no|number)|dln|d/l|f[uü]hrerschein(?:nummer)?|permis de conduire|prawo jazdy|rijbewijs\w*|permis(?:ul)? (?:auto|de conducere)|carn[eé] de conducir|patente)"
    r"(?P<between>[^\d\n]{0,24}?)(?P<value>(?=[a-z0-9]{0,4}\d)(?:\d{5}/\d{2}/\d{4}|(?=(?:[a-z]{0,4}\d){5})[a-z0-9]{8,16}))(?![a-z0-9/@]|[.\-]\d)"
)
_BETWEEN = words(
    "phone", "tel", "ring", "call", "nhs", "ni", "passport", "dob", "born", "helpline", "account", "mobile", "on"
)


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_FORM):
        month, day = int(digits(match["month"])) % 50, int(digits(match["day"]))
        before = view.before(match.start(), 40)
        context = _CONTEXT.search(before) is not None or _CONTEXT.search(view.after(match.end(), 16)) is not None
        dated = 1 <= month <= 12 and 1 <= day <= 31
        odd = "\n" in match.group() or "O" in match.group()[5:11].upper()
        if not context and (not dated or odd or PRODUCT.search(before)):
            continue
        score = 0.3 if EXAMPLE.search(before) else 0.97 if context else 0.92
        yield Hit(match.start(), match.end(), "DRIVING_LICENCE", score)
    for match in view.matches(_ELSEWHERE):
        if not _BETWEEN.search(match["between"]) and not re.fullmatch(r"0\d{9,10}", match["value"]):
            yield Hit(*match.span("value"), "DRIVING_LICENCE", 0.8)


IDENTIFIER = Identifier("driving_licence", ("DRIVING_LICENCE",), _find, joins=True)
