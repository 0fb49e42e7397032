# ruff: noqa: E501  lists read better unbroken
"""Payment card numbers (ISO/IEC 7812): a scheme's prefix and length with the Luhn check, or context.

One number in ten passes Luhn, so bar codes, meters and devices are ruled out by what the text calls them.
"""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, digits, edge, is_for_trial, luhn, words
from detectors.view import Hit, View, tail

_EDGE = edge(r"\w.+")
_FORM = re.compile(rf"[2-6]{_EDGE}(?<!\d[/\-].)(?:[ \-–.\u2009/_]{{0,3}}[0-9OIl]){{12,18}}(?![\w]|[.\-/]\d)")
_PARTED = re.compile(r"[2-6](?<![\w.+].)\d{3}(?P<gap>[,+*|])(?:\d{4}(?P=gap)){2}\d{4}(?![\w]|[.\-/]\d)")
_BROKEN = re.compile(r"[2-6](?<![\w.+].)(?:[ \-]?\d){3,14}[ ]?\n[ ]?\d(?:[ \-]?\d){0,11}(?![\w]|[ .\-/]\d)")
_ODD = re.compile(r"[,/_+*|\n]|[ .\-]{2}")
_WIDE = re.compile(r"\d{4}[ ]{1,3}\d{4}[ ]{1,3}\d{4}[ ]{1,3}\d{4}")
_CONTEXT = words(
    "cardn(?:o|umber)",
    "diners",
    "paid",
    "payment",
    "card",
    "cards",
    "visa",
    "mastercard",
    "maestro",
    "amex",
    "american express",
    "debit",
    "credit",
    "pan",
    "pans",
    "card ?(?:no|number)",
    "cvv",
    "cvc",
    "expiry",
    "exp",
)
_OTHER = words(
    "mpan",
    "mprn",
    "meter",
    "imei",
    "iccid",
    "sim",
    "tracking",
    "barcode",
    "ean",
    "isbn",
    "uprn",
    "consignment",
    "parcel",
    "library",
    "uan",
    "bus pass",
)


_PUBLISHED = frozenset(
    ["4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "4000000000000002", "4000000000009995", "4000002500003155", "5555555555554444", "5105105105105100", "5500000000000004", "378282246310005", "371449635398431", "6011111111111117"]
)  # fmt: skip
"""Numbers that payment firms publish for trials. Where the text around says that it is about one, they are nobody's."""


def _is_published(view: View, match: re.Match[str], number: str) -> bool:
    if number not in _PUBLISHED:
        return False
    said = f"{view.before(match.start(), 300)} {view.after(match.end(), 60)}"  # what a script or a slide is stands at its head
    return is_for_trial(said)


def _scheme(number: str) -> bool:
    length = len(number)
    if number[0] == "4":
        return length in (13, 16, 19)
    if number[:2] in ("34", "37"):
        return length == 15
    if "51" <= number[:2] <= "55" or "2221" <= number[:4] <= "2720":
        return length == 16
    if number[:2] in ("36", "38", "30"):
        return length == 14
    return number[:2] in ("60", "64", "65", "62", "35", "50", "56", "57", "58", "63", "67") and 15 <= length <= 19


def _find(view: View) -> Iterator[Hit]:
    for match in (*view.matches(_FORM), *view.matches(_PARTED), *view.matches(_BROKEN)):
        number = digits(match.group())
        if "\n" in match.group() and not (len(number) in (15, 16) and luhn(number)):
            continue
        if len(number) < 13 or len(set(number)) < 2 or _is_published(view, match, number):
            continue
        before = view.before(match.start(), 60)
        if _OTHER.search(before) or PRODUCT.search(tail(before, 30)) or EXAMPLE.search(tail(before, 20)):
            continue
        context = _CONTEXT.search(before) is not None or _CONTEXT.search(view.after(match.end(), 24)) is not None
        if not context and _ODD.search(match.group()) and not _WIDE.fullmatch(match.group()):
            continue
        scheme, valid = _scheme(number), luhn(number)
        if scheme and valid and (context or len(number) != 13):
            yield Hit(match.start(), match.end(), "PAYMENT_CARD", 0.97 if context else 0.85)
        elif len(number) in (15, 16) and (
            context or (scheme and re.fullmatch(r"\d{4}([ \-])\d{4}\1\d{4}\1\d{4}", match.group()))
        ):
            yield Hit(match.start(), match.end(), "PAYMENT_CARD", 0.8 if context else 0.6)


IDENTIFIER = Identifier("payment_card", ("PAYMENT_CARD",), _find, joins=True)
