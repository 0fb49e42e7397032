"""Initials that stand for somebody: "AT" and "Mr T" after "Ambrose Tickner", and a letter that signs a message."""

import re
from collections.abc import Iterator, Sequence

from detectors.view import Hit

SCORE = 0.7
_WORD = re.compile(r"[^\W\d_]+")
_TOGETHER = re.compile(r"(?<![\w&./'’\-])(?P<name>[A-Z]{2,3}|(?:[A-Z]\.[ ]?){2,3})(?![\w&/\-])")
_ALONE = re.compile(
    r"(?<![\w.&/'’\-])(?P<name>[B-HJ-Z])(?:(?=['’]s[ ][a-z])|(?=[ ](?:says|said|has|had|was|rang|told|asked|wants|"
    r"wanted|lives|lived|got|came|went|left|took|hit|gave|thinks|phoned|rings|denies|denied|admits|admitted|agreed)\b))"
)
_CALLED = re.compile(
    r"\b(?:plan|grade|class|section|unit|block|type|vitamin|hepatitis|option|lot|part|appendix|schedule|room|route|"
    r"question|team|group|item|bidder|tenderer|supplier|site|phase|band|category|level|form|column|row|flat|annex|zone|"
    r"junction|platform|gate|wing|ward|bay|the|a|an|and|or|to|of)[ ]$",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"(?:\n[ \t]*\n|[.!?]\n)[ \t]*(?P<name>[B-HJ-Z]\.?|[AI]\.)[ \t]*(?=\Z|\n[ \t]*(?:\Z|\n|>|-{2,}|[–—]))"
)
"""A letter alone on the line under a message: whoever wrote it signs so."""
_SIGNED_BEHIND = re.compile(r"[a-z)\d][.!?][ ](?P<name>[B-HJ-Z]\.?)[ \t]*(?=\n[ \t]*\n|\n>)")
"""A letter alone behind the last sentence of a message with others below it."""
_LETTER_LINE = re.compile(r"^[ \t]*[A-Z][.)]?[ \t]*$", re.MULTILINE)
_MOST_SIGNED = 2
"""More letters alone on a line are the answers to a question or the parts of a list."""
_BEFORE = 16
_SHORT_FOR = frozenset(
    """
    AC AI AM AOB API ASAP ASB BA BE BSC CA CC CD CEO CIL CO CT CV DB DC DI DIY DJ DLA DM DO DOB DPO DS
    DV DWP ECG ED EIR ER ESA EU EV FAO FOI FYI GCSE GDP GO GP HB HE HIV HMO HQ HR ICT ID IF IN IS IT JSA
    KC LA LD LED MA MBA ME MH MOT MP MRI MS MY NB NE NHS NI NO NW OF OK ON OR OT PA PC PDF PE PHD PIN
    PIP PM PO PR PS PT QC RC RD RE SAR SC SE SEN SIM SO SQL ST SW TA TB TBA TBC TM TO TPO TV UC UK UP
    URL US USB VAT VIP WE
    """.split()  # noqa: SIM905  read better as a list of words
)
"""What two or three capitals stand for more often than for somebody."""
_MOST = 200
_LEAST_SMALL = 0.3
"""The share of small letters below which a text is written in capitals, and initials are words."""


def initials(text: str, people: Sequence[tuple[int, int, float]]) -> Iterator[Hit]:
    """Further mentions of people by their initials. `people` are spans of names with their scores, as for `echoes`."""
    whole: set[str] = set()
    first: set[str] = set()
    for start, end, _ in people[:_MOST]:
        words = [word for word in _WORD.findall(text[start:end]) if word[0].isupper()]
        if words and len(words[0]) > 1:
            first.add(words[0][0])
        if 2 <= len(words) <= 3 and all(len(word) > 1 for word in words):
            whole.add("".join(word[0] for word in words))
            whole.add(words[0][0] + words[-1][0])
    if not first or not _is_mixed(text):
        return
    for match in _TOGETHER.finditer(text) if whole else ():
        letters = "".join(c for c in match["name"] if c.isalpha())
        if letters in whole and (letters not in _SHORT_FOR or "." in match["name"]):
            yield Hit(match.start("name"), match.start("name") + len(match["name"].rstrip()), "PERSON", SCORE)
    for match in _ALONE.finditer(text):
        if match["name"] in first and not _CALLED.search(text, max(0, match.start() - _BEFORE), match.start()):
            yield Hit(*match.span("name"), "PERSON", SCORE)
    if len(_LETTER_LINE.findall(text)) <= _MOST_SIGNED:
        for match in _SIGNED.finditer(text):
            yield Hit(*match.span("name"), "PERSON", SCORE)
    for match in _SIGNED_BEHIND.finditer(text):
        yield Hit(*match.span("name"), "PERSON", SCORE)


def _is_mixed(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(c.islower() for c in letters) >= _LEAST_SMALL * len(letters)
