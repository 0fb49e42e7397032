# ruff: noqa: E501  patterns and word lists read better unbroken
"""Telephone numbers: UK numbers in every spelling (Ofcom numbering plan), and international ones with a plus sign.

Non-geographic numbers (03, 08, 09, 116, 18) belong to organisations and are left alone.
"""

import re
from collections.abc import Iterator

from detectors.identifiers.base import PRODUCT, Identifier, digits, words
from detectors.view import Hit, View

_FORM = re.compile(
    r"(?<![\w.,/+\-@#=(])(?:\+[ ]?|\(\+?)?[0-9O](?:[ \t.()\-/]{0,3}(?:[0-9O]|[oIl](?=[0-9OoIl]))){8,14}(?![\w/@]|[.,\-]\d|[ ]?[.\-/ ][ ]?\d)"
)
_CONTEXT = words(
    "tel", "telephone", "phone", "phone (?:no|number)", "mob", "mobile", "cell", "landline", "call", "called", "ring", "rang", "ring back",
    "text", "txt", "whatsapp", "contact", "contact (?:no|number)", "number", "fax", "ddi", "dial", "reach", "me on", "her on", "him on",
    "telefon", "t[ée]l[ée]phone", "t", "m",
)  # fmt: skip
_PERSONAL = words("my", "his", "her", "mobile", "home", "their")
_OTHER = words(
    "nhs", "utr", "uprn", "account", "acct", "sort", "iban", "visa", "mastercard", "passport", "invoice", "claim",
    "barcode", "ean", "isbn", "order", "po", "mpan", "meter", "imei", "charity", "firmware", "build", "version", "ip",
)  # fmt: skip
_GROUPS = re.compile(r"[0-9OoIl]+")


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_FORM):
        text = match.group()
        number = digits(text)
        if not 9 <= len(number) <= 15 or sum(c.isdigit() for c in text) < 5:
            continue
        score = _score(view, match, number)
        if score:
            yield Hit(match.start(), match.end(), "PHONE", score)


def _national(text: str, number: str) -> str | None:
    """The UK national number with its leading 0; empty for a foreign one; None where it can't be a number to ring."""
    if text.lstrip(" (").startswith("+"):
        if number.startswith("44"):
            return "0" + number[2:].removeprefix("0")
        return "" if 9 <= len(number) <= 15 else None
    if number.startswith("0044"):
        return "0" + number[4:].removeprefix("0")
    if number.startswith("44") and len(number) == 12 and number[2] in "127":
        return "0" + number[2:]
    if number.startswith("00") and len(number) >= 11:
        return ""
    return number if number.startswith("0") else None


def _score(view: View, match: re.Match[str], number: str) -> float:
    text = match.group()
    before = view.before(match.start(), 32)
    if _OTHER.search(before[-24:]) or (PRODUCT.search(before[-24:]) and "+" not in text):
        return 0.0
    national = _national(text, number)
    if national is None:
        # A mobile number whose leading nought was lost to a spreadsheet.
        lost = len(number) == 10 and number[0] == "7" and _CONTEXT.search(before) is not None
        return 0.8 if lost else 0.0
    context = _CONTEXT.search(before) is not None or _CONTEXT.search(view.after(match.end(), 12)) is not None
    if national == "":
        return 0.9 if text.lstrip(" (").startswith("+") or context else 0.0
    if len(national) not in (10, 11) or len(set(national)) < 3:
        return 0.0
    if national[1] in "3895"[:3] or national[1] in "46":
        return 0.75 if _PERSONAL.search(before[-16:]) and national[1] in "38" else 0.0
    if len(national) == 10 and not (context or national.startswith(("01", "0169"))):
        return 0.0
    if len(_GROUPS.findall(text)) > 6 and not context:
        return 0.0
    return 0.95 if context else 0.9


IDENTIFIER = Identifier("phone", ("PHONE",), _find, joins=True)
