"""Spans to replace in one text: widened to whole words, merged where they overlap, the strictest treatment winning."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from detectors.finding import Finding
from gateway.model.decision import Operator
from gateway.model.errors import Unavailable

STRICTNESS: Mapping[Operator, int] = {"allow": 0, "pseudonymise": 1, "generalise": 2, "mask": 3, "block": 4}
WIDEST = 24
"""A span grows over at most this many letters or digits on each side."""


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is to be treated by `operator` as a value of `label`."""

    start: int
    end: int
    label: str
    operator: Operator


def _is_word(character: str) -> bool:
    return character.isalnum() or bool(unicodedata.combining(character))


def widen(text: str, start: int, end: int) -> tuple[int, int]:
    """The span grown to the edges of its words, so that no half of a value stays behind."""
    first, last = start, end
    if _is_word(text[start]):
        while first > 0 and start - first < WIDEST and _is_word(text[first - 1]):
            first -= 1
    if _is_word(text[end - 1]):
        while last < len(text) and last - end < WIDEST and _is_word(text[last]):
            last += 1
    return first, last


def plan(text: str, findings: Iterable[Finding], operators: Mapping[str, Operator]) -> list[Span]:
    """The spans to replace, in order and apart. Raises KeyError for a label that has no operator, Unavailable for a
    finding outside the text: then detection can't be trusted.

    What is allowed asks for nothing and so merges with nothing. Overlapping findings become one span: the
    strictest operator, and among those that ask for it the label of the longest.
    """
    wanted: list[tuple[int, int, str, Operator]] = []
    for finding in findings:
        operator = operators[finding.label]
        if operator == "allow":
            continue
        if not 0 <= finding.start < finding.end <= len(text):
            raise Unavailable(
                "The check for personal data gave an answer that does not fit the text.", code="misplaced"
            )
        wanted.append((*widen(text, finding.start, finding.end), finding.label, operator))
    wanted.sort(key=lambda each: (each[0], -each[1]))
    spans: list[Span] = []
    group: list[tuple[int, int, str, Operator]] = []
    reach = -1
    for each in wanted:
        if group and each[0] >= reach:
            spans.append(_merge(group, reach))
            group = []
        reach = max(reach, each[1]) if group else each[1]
        group.append(each)
    if group:
        spans.append(_merge(group, reach))
    return spans


def _merge(group: list[tuple[int, int, str, Operator]], end: int) -> Span:
    strictest = max((each[3] for each in group), key=STRICTNESS.__getitem__)
    longest = max((each for each in group if each[3] == strictest), key=lambda each: (each[1] - each[0], each[2]))
    return Span(group[0][0], end, longest[2], strictest)


def replace(text: str, replacements: Iterable[tuple[int, int, str]]) -> str:
    """The text with each (start, end, new) put in. Spans must be in order and apart."""
    pieces: list[str] = []
    position = 0
    for start, end, new in replacements:
        if start < position:
            raise ValueError("spans overlap")
        pieces += (text[position:start], new)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
