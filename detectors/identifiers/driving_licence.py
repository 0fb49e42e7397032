# ruff: noqa: E501  patterns and word lists read better unbroken
"""GB driving licence numbers (DVLA): surname, decade, month (+5 for women), day, year, initials, check, with the coded
date as the check; and Northern Ireland's eight digits where the text calls them a licence."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, Identifier, words
from detectors.view import Hit, View

_FORM = re.compile(
    r"(?<![A-Za-z0-9])(?P<surname>[A-Z][A-Z9]{4})[ \-]?(?P<decade>\d)(?P<month>[0156]\d)[ ]?(?P<day>[0-3]\d)(?P<year>\d)[ \-]?[A-Z][A-Z9][ \-]?[A-Z0-9][A-Z0-9]{2}(?:[ ]?\d{2})?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_CONTEXT = words("driv(?:ing|er'?s?) ?licen[cs]e", "licen[cs]e", "dvla", "dln", "driver (?:no|number)", "driving")
_IRISH = re.compile(
    r"(?i:driving licen[cs]e|driver (?:no|number)|dln)[ ]?(?:no|number)?[.:#]?[ ](?P<value>\d{8})(?!\d)"
)


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_FORM):
        month, day = int(match["month"]) % 50, int(match["day"])
        before = view.before(match.start(), 40)
        context = _CONTEXT.search(before) is not None
        if not (1 <= month <= 12 and 1 <= day <= 31) and not context:
            continue
        if view.text[match.start() : match.end()].isupper() or context or 1 <= month <= 12:
            yield Hit(
                match.start(),
                match.end(),
                "DRIVING_LICENCE",
                0.97 if context else 0.3 if EXAMPLE.search(before) else 0.92,
            )
    for match in view.matches(_IRISH):
        yield Hit(*match.span("value"), "DRIVING_LICENCE", 0.8)


IDENTIFIER = Identifier("driving_licence", ("DRIVING_LICENCE",), _find, joins=True)
