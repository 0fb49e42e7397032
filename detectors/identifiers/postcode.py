# ruff: noqa: E501  patterns and word lists read better unbroken
"""Full UK postcodes (Royal Mail PAF, BS 7666): a real area, a district, a space or none, an inward code."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, edge, words
from detectors.view import Hit, View

_AREAS = (
    "AB AL B BA BB BD BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL "
    "GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX "
    "PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR "
    "WS WV YO ZE BF GX"
)
AREAS = frozenset(_AREAS.split())
_FORM = re.compile(
    rf"(?P<area>[A-Za-z]{edge()}[A-Za-z]?)[ ]?(?P<district>[0-9OoIl][0-9A-Za-z]?)(?P<gap>[ \t.\-+_/]{{0,2}}|[ ]?\n[ ]?)"
    r"(?P<inward>[0-9OoIl][ ]?[ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2})(?![A-Za-z0-9])"
)
_FIGURE_LIKE = ("O", "o", "I", "l")
_AS_FIGURES = str.maketrans("OoIl", "0011")
_UNREAD = str.maketrans("OIl", "000")
_ORDINALS = ("nd", "st", "th", "rd", "am", "pm")
_UNITS = ("ft", "lb", "hr", "yr", "yd", "pt", "ln", "pp", "px", "hp", "gb", "tb", "de", "la", "le", "el", "et", "en")
"""What small letters behind a figure mostly are: "give me 10 6ft panels", "le 12 3 de la rue"."""
_STORAGE = words("ram", "disks?", "drives?", "ssd", "memory", "storage", "laptop")
_CONTEXT = words("post ?code", "pcode", "postal", "zip", "address", "lives", "living", "live", "at", "of")


_SCANNED = re.compile(
    r"(?<![A-Za-z])(?:[Pp](?:[o0]st|OST)[ ]?[Cc](?:[o0]de|ODE)|P/C)[ \t.:]{0,8}\n?[ \t]{0,8}"
    r"(?P<value>[A-Z](?:[ ]?[A-Z])?[ ]{0,2}[0-9OIl](?:[ ]?[0-9OIl])?[ ]{0,3}[0-9OIl][ ]?[ABD-HJLNP-UW-Z][ ]?[ABD-HJLNP-UW-Z])(?![A-Za-z0-9])"
)
"""Behind its label a scan may hold a gap between any two characters."""


def _find(view: View) -> Iterator[Hit]:
    found: set[int] = set()
    for match in view.matches(_FORM):
        score = _score(view, match)
        if score:
            found.add(match.start())
            yield Hit(match.start(), match.end(), "POSTCODE", score)
    for match in view.matches(_SCANNED):
        start, end = match.span("value")
        area = re.sub(r"[^A-Z]", "", view.text[start:end].translate(_UNREAD)[:4])
        if start not in found and any(area.startswith(a) for a in AREAS) and any(c.isdigit() for c in match["value"]):
            yield Hit(start, end, "POSTCODE", 0.85)


_AT_AN_OFFICE = re.compile(
    r"(?i:civic centre|town hall|county hall|city hall|shire hall|guildhall|council offices?|civic offices?|crown court|magistrates'? court|"
    r"police station|county court)(?:,[ ][A-Z0-9][^,.;:\n]{1,30}){0,3},?[ ]$"
)
_OFFICE_BEFORE = 70


def _score(view: View, match: re.Match[str]) -> float:
    before = view.before(match.start(), 24)
    context = _CONTEXT.search(before) is not None
    if _is_none(view, match) or (not context and (EXAMPLE.search(before) or PRODUCT.search(before))):
        return 0.0
    parted = " " in match["inward"] or " " in view.text[match.start() : match.start("district")]
    if not context and parted and not match["gap"]:
        return 0.0  # "de 80 de", "HP 912XL": an outward code and an inward one stand each together
    return _written(match, match["area"].upper(), context=context)


def _is_none(view: View, match: re.Match[str]) -> bool:
    """Whether it has no district of the Post's, or is an ordinal, a size or the postcode of an office."""
    area, district = match["area"].upper(), match["district"]
    if area not in AREAS or (district[1:] not in _FIGURE_LIKE and district[1:].isalpha() and area not in _LETTERED):
        return True
    ending = match["inward"][-2:]
    if ending.lower() in _ORDINALS and match["area"].isupper() and (ending.islower() or not match["gap"]):
        return True  # "DD 15TH"
    if ending in ("GB", "TB") and _STORAGE.search(view.after(match.end(), 16)):
        return True
    office = _AT_AN_OFFICE.search(view.text, max(0, match.start() - _OFFICE_BEFORE), match.start())
    return office is not None and not any(office.start() <= start < match.start() for start, _ in view.people)


def _written(match: re.Match[str], area: str, *, context: bool) -> float:
    """How sure its signs and letters make it."""
    ending, spaced = match["inward"][-2:], bool(match["gap"])
    letters, number = match["area"] + ending, match["district"] + match["inward"][0]
    upper, lower = letters.isupper(), letters.islower()
    if not any(c.isdigit() for c in number):
        return 0.0  # "NO ONE", "ca11ed": words that a scanner might have made of figures
    if any(c in "OoIl" for c in number):
        tidy = number.translate(_AS_FIGURES).isdigit() or area in _LETTERED
        return 0.8 if upper and tidy and (spaced or context) else 0.0
    if not upper and not lower:
        return 0.7 if spaced or context else 0.0
    if upper:
        return 0.95 if spaced or context or len(area) == 2 else 0.6
    # "at 4 me" or "se1 2nd" are not postcodes: lower case needs a two-letter area or context.
    if ending in _ORDINALS or (len(area) == 1 and not context):
        return 0.0
    if not context and (ending in _UNITS or (not spaced and not number.strip("01"))):
        return 0.0  # "ca11ed": figures for letters
    return 0.85 if len(area) == 2 else 0.7


_LETTERED = frozenset({"E", "EC", "N", "NW", "SE", "SW", "W", "WC"})
"""Only central London districts end in a letter."""

IDENTIFIER = Identifier("postcode", ("POSTCODE",), _find, joins=True)
