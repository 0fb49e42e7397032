"""Numbers that the encoder saw: those that no pattern can know, since they are spoken, broken, mended or bare.

Patterns come first. A number in the neat form of its label was theirs to judge, and where they find most of one, what
is left of it is nothing.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter

from detectors.identifiers.base import DISOWNED, EXAMPLE
from detectors.names import edges
from detectors.names.classes import NUMBERED
from detectors.names.opened import around
from detectors.overlap import Candidate, merged

_NEAT = {
    "NINO": r"[A-Z]{2}[ ]?(?:\d{2}[ ]?){3}[A-D]",
    "POSTCODE": r"[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[ABD-HJLNP-UW-Z]{2}",
    "PHONE": r"(?:\+44[ ]?|0)(?:[ \-()]{0,2}\d){9,10}",
    "EMAIL": r"\S+@\S+",
    "IP_ADDRESS": r"[\d.:a-f/]+",
    "MAC_ADDRESS": r"[\da-f:.\-]+",
    "IBAN": r"[A-Z]{2}\d{2}(?:[ ]?[A-Z\d]{4}){2,7}(?:[ ]?[A-Z\d]{1,3})?",
}
_NEATLY = {label: re.compile(form, re.IGNORECASE) for label, form in _NEAT.items()}
_BEYOND_DOUBT = 0.58
"""What `opened.yielding` makes of nine in ten."""
_BARE_TOO = frozenset({"NINO", "IBAN", "IP_ADDRESS"})
"""Where patterns want a word for it that a list, a call or a log need not have."""
_MOBILE = re.compile(r"(?:(?:\+|00)44[ ]?(?:\(0\))?|0)7")
"""A mobile number is somebody's, whatever stands beside it; a landline that patterns leave alone is an office's."""
_FORMS = (
    ("NINO", re.compile(r"[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]")),
    ("DRIVING_LICENCE", re.compile(r"[A-Z9]{5}\d{6}[A-Z9]{2}[A-Z\d]{3}")),
    ("UPN", re.compile(r"[A-HJ-NP-RT-Z]\d{11}[A-Z\d]")),
    ("IBAN", re.compile(r"[A-Z]{2}\d{2}[A-Z]{4}\d{14}")),
    ("PAYMENT_CARD", re.compile(r"[3-6]\d{15}")),
)
"""Forms that say whose they are, whatever the encoder took the number for."""
_FIGURES = frozenset({"NHS_NUMBER", "BANK_ACCOUNT", "SORT_CODE", "UTR", "UPRN", "PAYMENT_CARD", "PHONE"})
"""What has no letters in it."""
_SPECIMEN = re.compile(
    r"(?P<one>.)(?P=one)*|0?123456789?0?|9876543210|QQ\d{6}[A-D]?|ZZ99\d?[A-Z]*|AA999999A|AB12(?:CDE|3CD)|4111(?:1111){3}|"
    r"X+|N+|[A-Z]?0+",
    re.IGNORECASE,
)
_EDGES = " \n\r\t,;:.'\"()[]{}<>|*–—-"
_TOKEN = re.compile(r"[^\s,;|]+")
_LEAST = 3
"""Letters and figures that a number has at least: half a postcode."""
_LEAST_OF = {"PHONE": 6, "MAC_ADDRESS": 6}
"""The first figures of a telephone number, or who made a network card, say what kind it is and lead to nobody."""
_NO_CARD = re.compile(r"(?!3[47])\d{15}|[017-9]\d{12,18}")
"""Fifteen figures are American Express's or a device's (IMEI)."""
_TIMES = re.compile(r"(?:\d{1,2}\.\d{2}\.?[ ]+)+\d{1,2}\.\d{2}\.?")
"""Hours of a night: "3.55. 4.02. 4.10"."""
_LAST_FIGURES = 4
_MASKED = re.compile(r"[*•xX.]{3,}[ \-]?$")
"""Stars before the last four figures: what a receipt shows of a card leads to nobody."""
_BEFORE = 40
_REGULATION = re.compile(r"[ ](?:Regs|Regulations?|Rules)\b")
_LEAST_OF_LAW = 24
"""Behind the number of a regulation its law is named so close by: "reg 33 HB Regs 2006"."""
_ZONE = re.compile(r"(?=[A-Z0-9]*<)[A-Z0-9<]{24,44}")
"""A line that a machine reads of a passport or an identity card (ICAO Doc 9303)."""
_ZONE_LENGTH = 44
_MENDED = re.compile(r"\b(?:scrub that|sorry|correction|no wait)\b", re.IGNORECASE)
"""Somebody puts right what they dictate: what comes behind is a part of it."""


def numbered(text: str, start: int, end: int, label: str, score: float) -> Iterator[tuple[int, int, str, float]]:
    """The candidate that a span makes; none for what patterns have judged or what shows only a form."""
    if label == "EMAIL" or _MENDED.search(text, start, end):
        start, end = _bare(text, start, end)
    else:
        start, end = _counted(text, *_bare(text, start, end), figures=label in _FIGURES)
    plain = "".join(c for c in text[start:end] if c.isalnum())
    if len(plain) < _LEAST_OF.get(label, _LEAST) or _SPECIMEN.fullmatch(plain):
        return
    if (label == "POSTCODE" and plain.isdigit()) or (label == "PAYMENT_CARD" and _NO_CARD.fullmatch(text, start, end)):
        return  # a postcode of figures is of another country
    if DISOWNED.match(text, end):
        return
    if label == "VEHICLE_REG" and _REGULATION.search(text, start, min(len(text), end + _LEAST_OF_LAW)):
        return
    if label == "IP_ADDRESS" and _are_times(text, start, end):
        return
    neat = _NEATLY.get(label)
    bare = label in _BARE_TOO or (label == "PHONE" and _MOBILE.match(text, start) is not None)
    if neat is not None and neat.fullmatch(text, start, end) and (score < _BEYOND_DOUBT or not bare):
        return
    before = text[max(0, start - _BEFORE) : start]
    if EXAMPLE.search(before) or (len(plain) <= _LAST_FIGURES and _MASKED.search(before)):
        return
    known = next((name for name, form in _FORMS if form.fullmatch(plain.upper())), label)
    if around(_ZONE, text, start, end, _ZONE_LENGTH) is not None:
        known = "PASSPORT"
    yield start, end, known, score


def _are_times(text: str, start: int, end: int) -> bool:
    """Whether figures with dots are times of a day, with the first that the model cut: "3.50. 3.55. 4.02. 4.10"."""
    while start > 0 and (text[start - 1].isdigit() or text[start - 1] == "."):
        start -= 1
    return _TIMES.fullmatch(text, start, end) is not None


_OF = re.compile(
    r"[ ](?:bytes|[kmgt]i?b|bits|rows|records|files|pixels|hits|visits|views|requests|lines|tokens|kwh|litres|metres|"
    r"miles|km|seconds|ms|tonnes|items|copies|users|households|electors)\b",
    re.IGNORECASE,
)
"""What a number right before it counts."""


def counts(text: str, start: int, end: int) -> bool:
    """Whether figures count what follows them: "9434765919 bytes"."""
    return _OF.match(text, end) is not None and text[start:end].replace(",", "").replace(" ", "").isdigit()


_STARS = re.compile(r"[*•]{3,}|[xX]{4,}|[ ]ending\b")
_BANKS_FIGURES = 6
"""The first figures of a card say which bank it is of."""
_ENDING = re.compile(
    r"\b(?:end(?:ing|s)|last (?:four|three|two|[2-4])(?: digits| figures| numbers)?)"
    r"(?: in| with| is| are)?[ :]{1,2}[\"']?$",
    re.IGNORECASE,
)


def ends_another(text: str, start: int, end: int) -> bool:
    """Whether figures are a few of a number that is not told: "the card ending 7719", "541265******2717"."""
    figures = text[start:end]
    if _STARS.match(text, end) is not None and figures.isdigit() and len(figures) <= _BANKS_FIGURES:
        return True
    spoken = figures.replace(" ", "").isalpha()  # "double nine oh three"
    few = len(figures.split() if spoken else figures) <= _LAST_FIGURES and (spoken or figures.isdigit())
    return few and _ENDING.search(text, max(0, start - _BEFORE), start) is not None


def unclaimed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without those numbers of the encoder's that others have found for the most part."""
    if not any(map(_guessed, candidates)):
        return list(candidates)
    others = merged((c.start, c.end) for c in candidates if not _guessed(c))
    numbers = sorted({(c.start, c.end) for c in candidates if c.label in _CONFIRMING and not _by_model(c)})
    return [c for c in candidates if not _guessed(c) or not (_mostly_taken(c, others) or _runs_over_two(c, numbers))]


_CONFIRMING = NUMBERED | {"DATE_OF_BIRTH"}


def _runs_over_two(candidate: Candidate, numbers: Sequence[tuple[int, int]]) -> bool:
    """Whether two numbers lie within it, so that it runs on from one to the next."""
    first = bisect_left(numbers, candidate.start, key=itemgetter(0))
    two = numbers[first : first + 2]
    return len(two) > 1 and two[0][1] <= two[1][0] and two[1][1] <= candidate.end


def _guessed(candidate: Candidate) -> bool:
    return candidate.label in NUMBERED and _by_model(candidate)


def _by_model(candidate: Candidate) -> bool:
    return candidate.detector.startswith("names/")


def _mostly_taken(candidate: Candidate, others: Sequence[tuple[int, int]]) -> bool:
    """`others` don't overlap."""
    taken = 0
    first = bisect_right(others, candidate.start, key=itemgetter(1))
    for index in range(first, len(others)):
        start, end = others[index]
        if start >= candidate.end:
            break
        taken += min(end, candidate.end) - max(start, candidate.start)
    return 2 * taken >= candidate.end - candidate.start


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the signs around it."""
    start = edges.behind(text, start, end, _EDGES)
    return start, edges.without(text, start, end, _EDGES)


def _counted(text: str, start: int, end: int, *, figures: bool) -> tuple[int, int]:
    """A span without words before the first figure and behind the last, where there are figures.

    A number without letters has none at all beside it; others keep what may be a part of them.
    """
    tokens = list(_TOKEN.finditer(text, start, end))
    counts = [any(c.isdigit() for c in token.group()) for token in tokens]
    if True not in counts:
        return start, end
    first, last = 0, len(tokens) - 1
    most = 0 if figures else _LETTERS
    while not counts[first] and len(tokens[first].group()) > most:
        first += 1
    while not counts[last] and len(tokens[last].group()) > most:
        last -= 1
    return tokens[first].start(), tokens[last].end()


_LETTERS = 5
"""The longest word of letters that may be part of a number: the name in a driver number."""
