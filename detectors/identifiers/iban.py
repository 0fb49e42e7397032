# ruff: noqa: E501  patterns and word lists read better unbroken
"""International bank account numbers (ISO 13616): a country's length and the modulo-97 check, or context."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, Identifier, edge, words
from detectors.view import Hit, View, tail

_FORM = re.compile(rf"[A-Za-z]{edge()}[A-Za-z][ \-./_]?[0-9OIl][ ]?[0-9OIl](?=(?:[ \-./_\n]?[A-Za-z0-9]){{11}})")
_SPACED = re.compile(
    rf"[A-Z]{edge()}[ ]?[A-Z][ .\-]{{0,3}}[0-9OIl][ ]?[0-9OIl](?=[ .\-]{{2,3}}[A-Z0-9])(?=(?:[ .\-]{{0,3}}[A-Z0-9]){{11}})"
)
"""Letters and groups set apart by more than a space: only where something says that it is an account."""
_WIDE = re.compile(r"(?:[ .\-]{0,3}[A-Z0-9]){11,30}")
_REST = re.compile(r"(?:[ \-./_\n]?[A-Za-z0-9]){11,30}")
_FIGURES = str.maketrans("OIl", "011")
_LEAST_FIGURES = 8
_CONTEXT = words(
    "iban",
    "virement",
    "swift",
    "bic",
    "bank",
    "refund(?:ed)? to",
    "account",
    "konto",
    "rekening",
    "conto",
    "cont",
    "bankverbindung",
    "compte",
    "cuenta",
)
LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29,
}  # fmt: skip


def checksum(number: str) -> bool:
    """Modulo 97 of the rearranged number is 1."""
    turned = number[4:] + number[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _find(view: View) -> Iterator[Hit]:
    yield from _set_apart(view)
    for match in view.matches(_FORM):
        country = match.group()[:2].upper()
        length = LENGTHS.get(country)
        if length is None:
            continue
        end, number = _taken(view.text, match.start(), length)
        before = view.before(match.start(), 40)
        context = _CONTEXT.search(before) is not None
        if len(number) < 15 or (len(number) != length and not context) or EXAMPLE.search(tail(before, 20)):
            continue
        if sum(c.isdigit() for c in number) < _LEAST_FIGURES:
            continue
        valid = len(number) == length and checksum(number)
        shown = view.text[match.start() : end]
        if (
            valid
            or (context and (shown[:2].isupper() or view.header(match.start())))
            or (shown.isupper() and "\n" not in shown)
        ):
            yield Hit(match.start(), end, "IBAN", 0.97 if valid else 0.85 if context else 0.75)


def _set_apart(view: View) -> Iterator[Hit]:
    """`G B 9 8 . OAST . 0077 . ...`, behind a word for an account."""
    for match in view.matches(_SPACED):
        length = LENGTHS.get(re.sub("[^A-Z]", "", match.group())[:2])
        rest = _WIDE.match(view.text, match.end())
        if length is None or rest is None or not _CONTEXT.search(view.before(match.start(), 40)):
            continue
        places = [i for i in range(match.start(), rest.end()) if view.text[i].isalnum()]
        if len(places) >= length and sum(view.text[i].isdigit() for i in places[:length]) >= _LEAST_FIGURES:
            yield Hit(match.start(), places[length - 1] + 1, "IBAN", 0.8)


def _taken(text: str, start: int, length: int) -> tuple[int, str]:
    """Where the number ends, and its characters: as many as the country's numbers have, if a word ends there."""
    rest = _REST.match(text, start + 2)
    limit = rest.end() if rest else start
    taken: list[str] = []
    position = start
    while position < limit and len(taken) < length:
        if text[position].isalnum():
            taken.append(text[position])
        position += 1
    if position < len(text) and text[position].isalnum():
        word = re.compile(r"[A-Za-z0-9]+").match(text, position)
        position = word.end() if word else position
        taken.append("?")
    number = "".join(taken).upper()
    return position, number[:2] + number[2:4].translate(_FIGURES) + number[4:]


IDENTIFIER = Identifier("iban", ("IBAN",), _find, joins=True)
