# ruff: noqa: E501  patterns and word lists read better unbroken
"""NHS numbers (NHS Data Dictionary): ten digits, the last a modulo-11 check.

One ten-digit number in eleven passes the check, so it never decides alone: context does.
"""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, digits, words
from detectors.view import Hit, View

_FORM = re.compile(
    r"(?<![A-Za-z0-9.+/\-])[0-9OIl](?:[0-9OoIl]{2}[ .\-\u2009]?[0-9OoIl]{3}[ .\-]?[0-9OoIl]{4}|(?:[0-9] ){8}[0-9])(?![A-Za-z0-9/]|[.\-]\d)"
)
_STRONG = words("nhs", r"n\.h\.s\.?", "nhs ?n(?:o|um|umber)", "nhsno", "nhsnumber", "health service number")
_WEAK = words(
    "patient", "hospital", "clinic", "gp", "surgery", "medical", "emis", "systmone", "mental health", "discharge", "ward",
    "consultant", "diagnos\\w+", "camhs", "cmht", "midwife", "health visitor",
)  # fmt: skip
_OTHER = words(
    "tel", "telephone", "phone", "mobile", "fax", "call", "ring", "utr", "taxpayer", "invoice", "account", "acct", "uprn",
    "claim", "ref", "order", "charity", "company", "mpan", "mprn", "meter", "imei", "po", "isbn", "dial",
)  # fmt: skip


def checksum(number: str) -> bool:
    """Modulo 11 over the first nine digits weighted 10 to 2."""
    total = sum(int(d) * w for d, w in zip(number[:9], range(10, 1, -1), strict=True))
    check = (11 - total % 11) % 11
    return check != 10 and check == int(number[9])


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_FORM):
        score = _score(view, match)
        if score:
            yield Hit(match.start(), match.end(), "NHS_NUMBER", score)


def _score(view: View, match: re.Match[str]) -> float:
    number = digits(match.group())
    if len(number) != 10 or len(set(number)) == 1:
        return 0.0
    before, after = view.before(match.start()), view.after(match.end(), 20)
    valid = checksum(number)
    strong = None
    for strong in _STRONG.finditer(before):  # noqa: B007  the last match is wanted
        pass
    if strong is not None and not _OTHER.search(before, strong.end()):
        if EXAMPLE.search(before) or EXAMPLE.search(after):
            return 0.3
        return 0.97 if valid else 0.8
    if _OTHER.search(before) or PRODUCT.search(before):
        return 0.0
    if _STRONG.search(after):
        return 0.9 if valid else 0.7
    if not valid:
        return 0.0
    if _WEAK.search(view.before(match.start(), 80)):
        return 0.85
    grouped = re.fullmatch(r"\d{3}[ \-]\d{3}[ \-]\d{4}", match.group()) is not None
    return 0.6 if grouped and number[0] in "4679" else 0.0


IDENTIFIER = Identifier("nhs_number", ("NHS_NUMBER",), _find, joins=True)
