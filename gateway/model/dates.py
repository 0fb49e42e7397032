"""Dates of birth as people write them, day before month."""

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)")
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-]*({_MONTH})\b[.,\s-]*(\d{{4}}|\d{{2}})(?!\d)", re.I
)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\b\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?[,\s]+(\d{{4}}|\d{{2}})(?!\d)", re.I)


def parse_date(text: str) -> date | None:
    """The first date in `text`, read the British way; None where there is none. A two-digit year over 30 is of
    the last century: people who are alive have been born in it more often than not."""
    found = _ISO.search(text)
    if found:
        return _date(found[1], found[2], found[3])
    found = _NUMERIC.search(text)
    if found:
        return _date(found[3], found[2], found[1])
    found = _DAY_FIRST.search(text)
    if found:
        return _date(found[3], str(_MONTHS[found[2].casefold()]), found[1])
    found = _MONTH_FIRST.search(text)
    if found:
        return _date(found[3], str(_MONTHS[found[1].casefold()]), found[2])
    return None


def dates_in(text: str) -> Iterator[date]:
    """Every day that is written in `text`, in any of the ways that `parse_date` reads."""
    for pattern, (year, month, day) in (
        (_ISO, (1, 2, 3)),
        (_NUMERIC, (3, 2, 1)),
        (_DAY_FIRST, (3, 2, 1)),
        (_MONTH_FIRST, (3, 1, 2)),
    ):
        for found in pattern.finditer(text):
            named = _MONTHS.get(found[month].casefold())
            read = _date(found[year], str(named or found[month]), found[day])
            if read:
                yield read


def _date(year: str, month: str, day: str) -> date | None:
    full = int(year)
    if len(year) == 2:
        full += 1900 if full > 30 else 2000
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None
