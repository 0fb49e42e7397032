# ruff: noqa: E501  patterns and word lists read better unbroken
"""International bank account numbers (ISO 13616): a country's length and the modulo-97 check, or context."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, Identifier, words
from detectors.view import Hit, View

_FORM = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}[ ]?\d{2}(?:[ \-]?[A-Z0-9]{4}){2,7}(?:[ \-]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_LOWER = re.compile(r"(?<![A-Za-z0-9])gb\d{2}[ ]?[a-z]{4}(?:[ ]?\d{4}){3}[ ]?\d{2}(?![A-Za-z0-9])")
_CONTEXT = words("iban", "virement", "swift", "bic", "bank", "account", "konto", "rekening", "conto")
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
    for pattern in (_FORM, _LOWER):
        for match in view.matches(pattern):
            number = re.sub(r"[ \-]", "", match.group()).upper()
            length = LENGTHS.get(number[:2])
            if length is None:
                continue
            end = match.end()
            while len(number) > length and " " in match.group():
                # A capitalised word after the number may have been swallowed as its last group.
                shorter = view.text[match.start() : end].rsplit(" ", 1)[0]
                end = match.start() + len(shorter)
                number = re.sub(r"[ \-]", "", shorter).upper()
            before = view.before(match.start(), 40)
            context = _CONTEXT.search(before) is not None
            if len(number) != length and not context:
                continue
            if EXAMPLE.search(before[-20:]):
                continue
            valid = checksum(number)
            yield Hit(match.start(), end, "IBAN", 0.97 if valid else 0.85 if context else 0.75)


IDENTIFIER = Identifier("iban", ("IBAN",), _find, joins=True)
