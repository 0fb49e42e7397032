# ruff: noqa: E501  patterns and word lists read better unbroken
"""NHS numbers (NHS Data Dictionary): ten digits, the last a modulo-11 check.

One ten-digit number in eleven passes the check, so it never decides alone: context does.
"""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, digits, edge, last, words
from detectors.view import Hit, View

_FORM = re.compile(rf"[0-9OIl]{edge()}(?<!\d[.,/\-].)(?<!\+.)(?:[ .\-/_\n]?[0-9OoIl]){{9}}(?![A-Za-z0-9]|[.\-/]\d)")
_NEAT = re.compile(r".{3}[ .\-]?.{3}[ .\-]?.{4}")
_GROUPED = re.compile(r"\d{3}[ \-]\d{3}[ \-]\d{4}")
_SCANNED = re.compile(
    r"(?<![A-Za-z])NHS(?:[ ]?(?:No|Number|NO|NUMBER)\.?)?[ \t.:]{1,8}(?P<value>[0-9OoIlBSZ](?:[ .\-]?[0-9OoIlBSZ]){9})(?![A-Za-z0-9])"
)
"""A bad scan reads 8, 5 and 2 as letters too; only right behind the label does that make a number."""
_NO_NUMBER = re.compile(r"0[38]\d\d[ ]\d{3}[ ]\d{3}|(?:19|20)\d\d-[01]\d-[0-3]\d[ T_][0-2]\d")
"""A line to ring ("Crimestoppers 0800 555 111, NHS 111"); a day and an hour in a log."""
_LEAST_FIGURES = 5
_LISTED = 400
"""How far behind the words "NHS number" a number that passes the check is one of a list."""
_STRONG = words("nhs", r"n\.h\.s\.?", "nhs ?n(?:o|um|umber)", "nhsno", "nhsnumber", "health service number")
_WEAK = words(
    "patient", "hospital", "clinic", "gp", "surgery", "medical", "emis", "systmone", "mental health", "discharge", "ward",
    "consultant", "diagnos\\w+", "camhs", "cmht", "midwife", "health visitor", "maternity", "referral", "memory service", "oncology", "a&e", "icb", "trust", "nurse", "doctor", "dr", "prescription", "dementia", "bed \\d+", "bay \\d+", "mastectomy",
)  # fmt: skip
_OTHER = words(
    "tel", "telephone", "phone", "mobile", "fax", "call", "ring", "utr", "taxpayer", "invoice", "account", "acct", "uprn",
    "claim", "ref(?!')", "order", "consignment", "tracking", "parcel", "lamp column", "asset", "vat", "job", "charity", "company", "mpan", "mprn", "meter", "imei", "po", "isbn", "dial",
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
    for match in view.matches(_SCANNED) if "NHS" in view.text else ():
        if sum(c.isdigit() for c in match["value"]) >= _LEAST_FIGURES and set("BSZ") & set(match["value"]):
            yield Hit(*match.span("value"), "NHS_NUMBER", 0.8)


def _score(view: View, match: re.Match[str]) -> float:
    number = digits(match.group())
    if len(number) != 10 or len(set(number)) == 1 or _NO_NUMBER.fullmatch(match.group()):
        return 0.0
    before, after = view.before(match.start()), view.after(match.end(), 20)
    valid = checksum(number)
    strong = last(_STRONG, before)
    neat = _NEAT.fullmatch(match.group()) is not None
    if strong >= 0 and not _OTHER.search(before, strong):
        if EXAMPLE.search(before) or EXAMPLE.search(after):
            return 0.3
        return 0.97 if valid else 0.8
    if _STRONG.search(after) and not _OTHER.search(before):
        return 0.9 if valid else 0.7
    weak = last(_WEAK, before)
    if not neat or _OTHER.search(before, max(weak, 0)) or PRODUCT.search(before):
        return 0.0
    grouped = _GROUPED.fullmatch(match.group()) is not None
    if weak >= 0 or _WEAK.search(view.before(match.start(), 80)):
        return 0.85 if valid else 0.6 if grouped or (weak >= 0 and number[0] != "0") else 0.0
    if valid and _STRONG.search(view.text, max(0, match.start() - _LISTED), match.start()):
        return 0.6  # further down a list of them
    if not (valid and grouped):
        return 0.0
    low, high = view.sentence(match.start(), match.end())
    return 0.6 if number[0] in "4679" or any(low <= start < high for start, _ in view.people) else 0.0


IDENTIFIER = Identifier("nhs_number", ("NHS_NUMBER",), _find, joins=True)
