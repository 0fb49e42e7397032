# ruff: noqa: E501  patterns and word lists read better unbroken
"""Unique taxpayer references (HMRC), unique pupil numbers (DfE) and unique property reference numbers (GeoPlace)."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import DISOWNED, EXAMPLE, PRODUCT, Identifier, digits, edge, last, words
from detectors.view import Hit, View, tail

_UTR_FORM = re.compile(
    rf"[0-9]{edge('A-Za-z0-9£+')}(?<!\d[.,/\-].)(?:[ \-./_\n]?[0-9OIl]){{9}}[Kk]?(?![A-Za-z0-9]|[.\-/]\d)"
)
_UTR_CONTEXT = words(
    "utrs?", "utrno", "unique tax(?:payer)?(?:'?s)? ref(?:erence)?", "tax(?:payer)?(?:'?s)? ref(?:erence)?", "self[ -]assessment", "sa ref", "taxpayer", "hmrc ref(?:erence)?", "tax (?:no|number|id)",
)  # fmt: skip
_UTR_OTHER = words("nhs", "tel", "phone", "ring", "call(?:ed)?", "mobile", "account", "invoice")
_LISTED = 400
"""How far behind its name a number that passes the check is one of a list."""
_UPN_FORM = re.compile(
    rf"(?P<letter>[A-HJ-NP-RT-Za-hj-np-rt-z]{edge()})(?:[ \-./_\n]?[0-9OIl]){{11}}[ \-./_]?[0-9A-Za-z](?![A-Za-z0-9])"
)
_UPN_CONTEXT = words("upns?", "unique pupil(?: (?:no|number))?", "pupil (?:no|number|id)", "pupil", "school")
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPRN_VALUE = r"\d(?:[ \-]?[0-9OIl]){5,11}"
_UPRN = folded(
    rf"(?<![a-z])(?:uprns?|unique property(?: reference)?(?: (?:no|number))?)[ ]?(?:no|number)?[\"']?[\s.:#=\-]{{0,3}}[\"'(\[]{{0,3}}(?:is |(?:for|of) (?:the )?(?:[a-z]+[ ]){{1,3}})?(?P<value>{_UPRN_VALUE})(?![\da-z])(?P<more>(?:(?:,| and|,? &)[ ]\d{{6,12}}){{0,20}})"
)
_UPRN_AFTER = folded(r"(?<![\w£.,/\-])(?P<value>\d{6,12})[ ]?[(,\-][ ]?(?:is )?(?:the )?uprn\b")

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
    small = view.small
    if (
        small
        and not view.cells
        and "utr" not in small
        and "tax" not in small
        and "assessment" not in small
        and "hmrc" not in small
    ):
        return
    for match in view.matches(_UTR_FORM):
        before, after = view.before(match.start(), 40), view.after(match.end(), 12)
        called = last(_UTR_CONTEXT, before)
        if EXAMPLE.search(before) or sum(c.isdigit() for c in match.group()) < 7:
            continue
        valid = utr_checksum(digits(match.group())[:10])
        if (called >= 0 and (valid or not _UTR_OTHER.search(before, called))) or re.match(
            r"[ ]?[(,\-][ ]?(?:his |her |the )?utr\b", after, re.IGNORECASE
        ):
            yield Hit(match.start(), match.end(), "UTR", 0.97 if valid else 0.9)
        elif (
            valid
            and not _UTR_OTHER.search(before)
            and not PRODUCT.search(before)
            and _UTR_CONTEXT.search(view.text, max(0, match.start() - _LISTED), match.start())
        ):
            yield Hit(match.start(), match.end(), "UTR", 0.7)


def _find_upn(view: View) -> Iterator[Hit]:
    for match in view.matches(_UPN_FORM):
        before = view.before(match.start(), 40)
        compact = re.sub(r"[^A-Z0-9]", "", match.group().upper())
        number = compact[0] + compact[1:12].replace("O", "0").replace("I", "1").replace("L", "1") + compact[12]
        context = (
            _UPN_CONTEXT.search(before) is not None or _UPN_CONTEXT.search(view.after(match.end(), 12)) is not None
        )
        if EXAMPLE.search(tail(before, 20)) or DISOWNED.match(view.after(match.end(), 60)):
            continue
        tidy = compact[1:12].isdigit() and (
            match["letter"].isupper()
            or _UPN_CONTEXT.search(view.text, max(0, match.start() - _LISTED), match.start()) is not None
        )
        score = 0.97 if context else 0.85 if tidy and upn_checksum(number) else 0.0
        if score:
            yield Hit(match.start(), match.end(), "UPN", score)
            yield Hit(match.start(), match.end(), "CHILD", score)


def _find_uprn(view: View) -> Iterator[Hit]:
    if "prop" not in view.small and "uprn" not in view.small and not view.cells:
        return
    for match in view.matches(_UPRN):
        if set(match["value"]) != {"0"}:
            yield Hit(*match.span("value"), "UPRN", 0.95)
        for more in re.finditer(r"\d{6,12}", match["more"]):
            start = match.start("more") + more.start()
            yield Hit(start, start + len(more.group()), "UPRN", 0.95)
    for match in view.matches(_UPRN_AFTER):
        yield Hit(*match.span("value"), "UPRN", 0.95)
    for start, end in view.cells_under(_UPRN_HEADER):
        if re.fullmatch(r"(?!0+$)\d{5,12}", view.text[start:end]):
            yield Hit(start, end, "UPRN", 0.95)


UTR = Identifier("utr", ("UTR",), _find_utr, joins=True)
UPN = Identifier("upn", ("UPN", "CHILD"), _find_upn, joins=True)
UPRN = Identifier("uprn", ("UPRN",), _find_uprn)
