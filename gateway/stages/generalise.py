"""Generalising: a value replaced by the coarser fact that a task usually needs."""

import re
from datetime import date

from gateway.model.dates import parse_date

_POSTCODE = re.compile(r"\b(GIR|[A-Z]{1,2}\d[A-Z\d]?)\s*\d[A-Z]{2}\b", re.IGNORECASE)
_AGE = re.compile(r"(?<!\d)(\d{1,3})(?!\d)")


def generalise(label: str, value: str, today: date) -> str | None:
    """The coarser text: a postcode's outward code, an age band for a date of birth or an age. None where there is
    none, and the value is then masked."""
    if label == "POSTCODE":
        found = _POSTCODE.search(value)
        return found[1].upper() if found else None
    if label == "DATE_OF_BIRTH":
        born = parse_date(value)
        if born is None or born > today:
            return None
        return _band(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))
    if label == "AGE":
        age = _AGE.search(value)
        return _band(int(age[1])) if age else None
    return None


def _band(age: int) -> str | None:
    """Under 18 stays one band: whether somebody is a child changes what the law asks for."""
    if age > 120:
        return None
    if age < 18:
        return "[aged under 18]"
    if age < 20:
        return "[aged 18 or 19]"
    if age >= 90:
        return "[aged 90 or over]"
    return f"[aged {age // 10 * 10} to {age // 10 * 10 + 9}]"
