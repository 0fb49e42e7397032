# ruff: noqa: E501  patterns and word lists read better unbroken
"""Dates of birth: a date that the text says somebody was born on."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import Identifier, last, words
from detectors.identifiers.dates import DATE, PARTIAL, WORDED
from detectors.view import Hit, View

_CONTEXT = words(
    "dob", r"d\.o\.b\.?", r"d/o/b", "d o b", "date ?of ?birth", "birth ?date", "birth day", "birthday", "born", "birth", r"n[ée]+e? le",
    "urodz\\w+", "ur\\.", "geboren", "geb\\.", "geburtsdatum", "n[ăa]scut\\w*", "data na[sșş]terii", "data urodzenia", "nato", "nata", "nacid[oa]", "fecha de nacimiento", "geboortedatum", "d ?ob", "d0b", r"d\.0\.[b8]\.?", "date de naissance", "data di nascita",
)  # fmt: skip
_SHORT = re.compile(r"(?:(?<![A-Za-z])b\.|[(,;][ ]?b)[ ]?$")
_HINTS = (
    "dob",
    "d.o.b",
    "d/o/b",
    "d o b",
    "birth",
    "born",
    "né",
    "urodz",
    "geb",
    "ur.",
    "scut",
    "naster",
    "nașter",
    "naşter",
    "nato ",
    "nata ",
    "nacid",
    "fecha",
    "d ob",
    "d0b",
    "d.0",
    " b.",
)
_BARRED = words(
    "birth certificate", "registered", "expected", "due", "birth rate", "births", "register", "issued", "copy", "born[ -]digital", "expir\\w+", "died", "death", "review", "moved", "started", "aged",
)  # fmt: skip
_DIED = re.compile(r"(?<![A-Za-z.])d\.[ ]?$")
_IDENTITY = re.compile(r"^[ ]?[,;)][ ]?(?:UPN|NHS|NINO?|NI no)\b", re.IGNORECASE)
_AFTER = re.compile(
    r"[ ]?[(,\-–]?[ ]?(?:dob|d\.o\.b|date of birth|(?:is|was) (?:my|his|her|their|the) (?:birthday|date of birth|dob))\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:dob|d\.o\.b\.?|born(?: (?:on|in|the|back|around|about))*|date of birth|birth ?date|birth ?day|(?<![a-z])b\.)(?: (?:is|was|of|on|given as|the))*[ :=;\"'(\-]*$",
    re.IGNORECASE,
)
_RUN_ON = re.compile(
    r"(?<![A-Za-z])(?:dob|d\.o\.b\.)(?P<value>[0-3]?\d[ ]?[/.\-][ ]?[01]?\d[ ]?[/.\-][ ]?(?:[12]\d{3}|\d\d)|[0-3]?\d[ ]?[a-z]{3,9}[ ]?(?:19|20)\d\d)(?![\w/])",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d{6,8}")


def _find(view: View) -> Iterator[Hit]:
    small = view.small
    if "dob" in small or "d.o.b" in small:
        for match in view.matches(_RUN_ON):
            yield Hit(*match.span("value"), "DATE_OF_BIRTH", 0.95)
    for match in view.matches(DATE):
        score = _score(view, match)
        if score:
            yield Hit(match.start(), match.end(), "DATE_OF_BIRTH", score)
    if not (view.cells or any(hint in small for hint in _HINTS)):
        return
    for match in view.matches(WORDED):
        score = _score(view, match)
        if score:
            yield Hit(match.start(), match.end(), "DATE_OF_BIRTH", score)
    for match in view.matches(PARTIAL):
        if _LONG_DEAD.match(view.text, match.end() + 1):
            continue
        if not _NEVER.fullmatch(match.group()) and _ASKED.search(view.before(match.start(), 30)):
            yield Hit(match.start(), match.end(), "DATE_OF_BIRTH", 0.8)


_NEVER = re.compile(r"00[/.\-]00[/.\-]00(?:00)?|1900|0?1[/.\-]0?1[/.\-]1900|1900-01-01|31[/.\-]0?2[/.\-]\d{4}")
"""Dates that stand for none, or that no calendar has."""


_LONG_DEAD = re.compile(r"(?<!\d)1[0-8]\d\d(?!\d)")
"""A year in which nobody living was born; data protection is for the living (Data Protection Act 2018, section 3(3))."""


def _score(view: View, match: re.Match[str]) -> float:
    if _LONG_DEAD.search(match.group()):
        return 0.0
    if _NEVER.fullmatch(match.group()):
        return 0.0
    before = view.before(match.start(), 36)
    found = max(last(_CONTEXT, before), last(_SHORT, before))
    bare = _DIGITS.fullmatch(match.group()) is not None
    if found < 0 and _DIED.search(before):
        return 0.0
    if found >= 0 and not _BARRED.search(before, found) and not DATE.search(before, found):
        if _BORN_DIGITAL.search(before) or (bare and re.search(r"\w{4,}", before[found:])):
            return 0.0
        return 0.95
    after = view.after(match.end(), 24)
    if bare:
        return 0.0
    if _IDENTITY.match(after):
        return 0.8
    if _AFTER.match(after):
        return 0.9
    return 0.75 if _beside_a_name(view, match) else 0.0


def _beside_a_name(view: View, match: re.Match[str]) -> bool:
    """Whether a name stands right before: "Lionel Mbatha, 22/10/1957". Recent dates are more often of an event, so
    they count in brackets, or where a child is spoken of."""
    start, end = next((each for each in view.people if 0 <= match.start() - each[1] <= _NEAR), (0, -1))
    if end < 0 or _GAP.fullmatch(view.text, end, match.start()) is None:
        return False
    gap = view.text[end : match.start()]
    if _SIGNED.search(view.before(start, 24)):
        return False
    year = re.search(r"(?:19|20)\d\d", match.group())
    if year is None and any(c.isalpha() for c in match.group()):
        return False  # "Mr Vance, 2 March, 14:00"
    if year is None or int(year.group()) < _RECENT:
        return not _EVENT.match(view.after(match.end(), 16))
    low, high = view.sentence(match.start(), match.end(), 60)
    return "(" in gap or _CHILD.search(view.text, low, high) is not None


_SIGNED = re.compile(
    r"\b(?:signed|sgd|signature|(?:witnessed|completed|authorised|approved|checked|received|prepared)[ ]by)[ :.…_\-]{1,12}"
    r"(?:by[ ])?$",
    re.IGNORECASE,
)
"""Whoever signs writes the day of signing beside the name."""
_NEAR = 5
_RECENT = 2010
_GAP = re.compile(r"[ ]?[,(;][ ]?|[\"'][ ]?,[ ]?[\"']|[ ]{1,3}")
_EVENT = re.compile(r"[ ]?(?:at \d|\d\d[:.]\d\d|\d{4}hrs|a\.?m|p\.?m|meeting|visit|call|letter|email)", re.IGNORECASE)
_CHILD = words(
    "child(?:ren)?", "baby", "pupil", "son", "daughter", "boy", "girl", "toddler", "infant", "newborn", "nursery"
)
_BORN_DIGITAL = re.compile(r"born[ -]digital|birth certificate|birth rate|\bbirths\b", re.IGNORECASE)

IDENTIFIER = Identifier("date_of_birth", ("DATE_OF_BIRTH",), _find)
