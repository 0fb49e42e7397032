"""Numbers of spreadsheets as they are displayed: a telephone number keeps its zero, a date is a date."""

import re
from datetime import datetime, timedelta
from typing import Final

BUILT_IN: Final = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "d/m/y", 15: "d-m-y", 16: "d-m", 17: "m-y",
    18: "h:m", 19: "h:m:s", 20: "h:m", 21: "h:m:s", 22: "d/m/y h:m", 27: "d/m/y", 30: "d/m/y", 36: "d/m/y",
    37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 45: "m:s", 46: "[h]:m:s", 47: "m:s", 49: "@",
}  # fmt: skip
"""Formats that a file refers to by number only (ECMA-376 part 1, 18.8.30)."""
_QUOTED: Final = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')
_DATE: Final = re.compile(r"[ymdhs]", re.IGNORECASE)
_LAST_DAY: Final = 2_958_466.0
_PRECISE: Final = 1e15


def displayed(value: str, code: str, *, since_1904: bool = False) -> str:
    """A stored number as its cell shows it. Dates are written day/month/year whatever the pattern's order.

    A pattern that shows nothing (";;;") hides the value from people, not from a model: it is shown in full.
    """
    try:
        number = float(value)
    except ValueError:
        return value
    if not code or code in ("General", "@") or not -1e300 < number < 1e300:
        return _general(number, value)
    section = _section(code, number)
    bare = _QUOTED.sub("", section)
    if _DATE.search(bare) and "0" not in bare and "#" not in bare and 0 <= number < _LAST_DAY:
        return _moment(number, bare, since_1904=since_1904)
    return _patterned(number, section, bare) or _general(number, value)


def _section(code: str, number: float) -> str:
    """Up to three patterns, for positive, negative and zero."""
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)
    if number < 0 and len(sections) > 1:
        return sections[1]
    return sections[2] if number == 0 and len(sections) > 2 else sections[0]


def _general(number: float, value: str) -> str:
    if number.is_integer() and abs(number) < _PRECISE:
        return str(int(number))
    return f"{number:.15g}" if "e" in value.lower() or len(value) > 12 else value


def _moment(number: float, bare: str, *, since_1904: bool) -> str:
    # Day 60 of the older count is a 29 February 1900 that never was; no file means it.
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
    try:
        moment = first + timedelta(seconds=round(number * 86_400))
    except OverflowError:
        return str(number)
    lower = bare.lower()
    date = moment.strftime("%d/%m/%Y") if re.search(r"[yd]", lower) else ""
    clock = ("%H:%M:%S" if "s" in lower else "%H:%M") if re.search(r"[hs]", lower) else ""
    return f"{date} {moment.strftime(clock) if clock else ''}".strip() or moment.strftime("%d/%m/%Y")


def _patterned(number: float, section: str, bare: str) -> str:
    if re.search(r"[eE][+-]|\?|/", bare) or not re.search(r"[0#]", bare):
        return ""
    if re.search(r"[.,%]", bare):
        return _decimal(number, section, bare)
    if not number.is_integer() or number < 0:
        return ""
    # Digits fill the places from the right; what is left over stands at the first place.
    tokens = re.findall(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', section)
    places = sum(sign in ("0", "#") for sign in tokens)
    digits = str(int(number)).rjust(places, "\0")
    out, taken = [], 0
    for sign in tokens:
        if sign in ("0", "#"):
            take = len(digits) - places + 1 if taken == 0 else 1
            piece, taken = digits[taken : taken + take], taken + take
            out.append(piece.replace("\0", "" if sign == "#" else "0"))
        else:
            out.append(_literal(sign))
    return "".join(out).strip()


def _decimal(number: float, section: str, bare: str) -> str:
    scaled = number * 100 if "%" in bare else number
    fraction = re.search(r"\.([0#]+)", bare)
    grouped = "," if re.search(r"[0#],[0#]", bare) else ""
    core = f"{abs(scaled):{grouped}.{min(len(fraction[1]), 15) if fraction else 0}f}"
    first = re.search(r"[0#.,]", section)
    last = max((match.end() for match in re.finditer(r"[0#.,]", section)), default=0)
    before = _literals(section[: first.start()]) if first else ""
    return f"{'-' if number < 0 else ''}{before}{core}{_literals(section[last:])}".strip()


def _literals(section: str) -> str:
    return "".join(_literal(token) for token in re.findall(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', section))


def _literal(token: str) -> str:
    if token.startswith('"'):
        return token.strip('"')
    if token.startswith("\\"):
        return token[1:]
    if token.startswith("[$"):
        return token[2:-1].partition("-")[0]
    return "" if token[0] in "_*[" else token
