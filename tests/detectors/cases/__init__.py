"""Invented unit cases. `[[LABEL:value]]` marks what must be found, to nine letters and digits in ten."""

import re
from collections.abc import Iterable

from detectors.finding import Finding

MARK = re.compile(r"\[\[([A-Z_]+):(.*?)\]\]", re.DOTALL)

STRUCTURED = frozenset(
    [
        "POSTCODE",
        "PHONE",
        "EMAIL",
        "NINO",
        "NHS_NUMBER",
        "PASSPORT",
        "DRIVING_LICENCE",
        "VEHICLE_REG",
        "BANK_ACCOUNT",
        "SORT_CODE",
        "IBAN",
        "PAYMENT_CARD",
        "UTR",
        "UPN",
        "UPRN",
        "DATE_OF_BIRTH",
        "CASE_REF",
        "USERNAME",
        "SECRET",
    ]
)
"""The labels that these cases are about; findings under others are none of their business."""

Span = tuple[int, int]
Marked = tuple[str, tuple[tuple[str, Span], ...]]


def read(case: str) -> Marked:
    """The text of a case without its marks, and what the marks say."""
    text, marks, position = "", [], 0
    for match in MARK.finditer(case):
        text += case[position : match.start()]
        marks.append((match[1], (len(text), len(text) + len(match[2]))))
        text += match[2]
        position = match.end()
    return text + case[position:], tuple(marks)


def share(text: str, span: Span, under: Iterable[Span]) -> float:
    """How much of the letters and digits of a span lies under others."""
    covered = [any(s <= i < e for s, e in under) for i in range(*span) if text[i].isalnum()]
    return sum(covered) / len(covered) if covered else 1.0


def faults(case: str, findings: Iterable[Finding], *, any_label: bool = False) -> list[str]:
    """What is wrong with the findings in a case: missed marks, and findings where nothing is marked."""
    text, marks = read(case)
    found = [f for f in findings if f.label in STRUCTURED]
    wrong = []
    for label, span in marks:
        under = [(f.start, f.end) for f in found if any_label or f.label == label]
        if share(text, span, under) < 0.9:
            wrong.append(f"missed {label} {text[slice(*span)]!r}")
    spans = [span for _, span in marks]
    wrong.extend(
        f"false {f.label} {text[f.start : f.end]!r}" for f in found if share(text, (f.start, f.end), spans) < 0.5
    )
    return wrong
