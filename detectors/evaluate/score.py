"""Scores: what would leak, under any label and under the right one, and what is disturbed for nothing.

A gold span is *found* when at least 90% of its letters and digits lie under findings of any label (a title before a
name doesn't count), *typed* when the same holds for findings of its own label. A finding is *right* when at least
half of it lies under gold spans.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from detectors.evaluate.data import Document, Span
from detectors.finding import Finding

DIRECT = frozenset(
    {
        "PERSON", "ADDRESS", "POSTCODE", "PHONE", "EMAIL", "DATE_OF_BIRTH", "NINO", "NHS_NUMBER", "PASSPORT",
        "DRIVING_LICENCE", "VEHICLE_REG", "BANK_ACCOUNT", "SORT_CODE", "IBAN", "PAYMENT_CARD", "UTR", "UPN", "CASE_REF",
        "USERNAME", "SECRET",
    }
)  # fmt: skip
"""Labels that identify somebody, or open something, by themselves."""

_ENOUGH = 0.9
_RIGHT = 0.5
_TITLE = re.compile(
    r"(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|lady|lord|dame|rev|cllr|councillor|judge|justice|president|the)\.?\s+)+",
    re.IGNORECASE,
)


@dataclass(slots=True)
class LabelScore:
    """Counts for one label."""

    gold: int = 0
    found: int = 0
    typed: int = 0
    findings: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        """Share of gold spans found under any label; NaN without gold."""
        return self.found / self.gold if self.gold else math.nan

    @property
    def typed_recall(self) -> float:
        """Share of gold spans found under their own label."""
        return self.typed / self.gold if self.gold else math.nan

    @property
    def precision(self) -> float:
        """Share of findings that are right; NaN without findings."""
        return self.right / self.findings if self.findings else math.nan


@dataclass(slots=True)
class Score:
    """Counts for one data set. `misses` names documents and spans, not their text."""

    labels: dict[str, LabelScore] = field(default_factory=lambda: defaultdict(LabelScore))
    documents: int = 0
    leaking: int = 0
    clean: int = 0
    disturbed: int = 0
    covered: int = 0
    plain: int = 0
    misses: list[tuple[str, Span]] = field(default_factory=list)


def interval(successes: int, total: int) -> tuple[float, float]:
    """The 95% Wilson interval of a share."""
    if not total:
        return math.nan, math.nan
    z, share = 1.96, successes / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (middle - spread) / scale, (middle + spread) / scale


def score(documents: Iterable[Document], found: Mapping[str, Sequence[Finding]]) -> Score:
    """Scores of findings (by document id) against gold."""
    total = Score()
    for document in documents:
        _add(total, document, found[document.id])
    return total


def _add(total: Score, document: Document, findings: Sequence[Finding]) -> None:
    size = len(document.text)
    cover = _covered(size, findings)
    gold = _covered(size, document.spans)
    by_label: dict[str, bytearray] = {}
    for label in {f.label for f in findings}:
        by_label[label] = _covered(size, [f for f in findings if f.label == label])
    missed = False
    for span in document.spans:
        counts = total.labels[span.label]
        places = _places(document.text, span)
        is_found = _share(cover, places) >= _ENOUGH
        counts.gold += 1
        counts.found += is_found
        counts.typed += span.label in by_label and _share(by_label[span.label], places) >= _ENOUGH
        if not is_found:
            total.misses.append((document.id, span))
            missed = missed or span.label in DIRECT
    for finding in findings:
        counts = total.labels[finding.label]
        counts.findings += 1
        counts.right += sum(gold[finding.start : finding.end]) >= _RIGHT * (finding.end - finding.start)
    total.covered += sum(1 for c, g in zip(cover, gold, strict=True) if c and not g)
    total.plain += size - sum(gold)
    if document.spans:
        total.documents += 1
        total.leaking += missed
    else:
        total.clean += 1
        total.disturbed += bool(findings)


def _covered(size: int, spans: Iterable[Span | Finding]) -> bytearray:
    cover = bytearray(size)
    for span in spans:
        cover[span.start : span.end] = b"\1" * (span.end - span.start)
    return cover


def _places(text: str, span: Span) -> list[int]:
    """The letters and digits of a span that count."""
    start = span.start
    if span.label == "PERSON":
        title = _TITLE.match(text[span.start : span.end])
        if title is not None and title.end() < span.end - span.start:
            start += title.end()
    return [i for i in range(start, span.end) if text[i].isalnum()] or list(range(start, span.end))


def _share(cover: bytearray, places: Sequence[int]) -> float:
    return sum(cover[i] for i in places) / len(places)


def count_labels(documents: Iterable[Document]) -> Counter[str]:
    """How many gold spans each label has."""
    return Counter(span.label for document in documents for span in document.spans)
