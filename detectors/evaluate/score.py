"""Scores: what would leak, under any label and under the right one, and what is disturbed for nothing.

A gold span is *found* when at least 90% of its letters and digits lie under findings of any label (a title before a
name doesn't count), *typed* when the same holds for findings of its own label. A finding is *right* when at least
half of it lies under gold spans. Where only some labels of a set are scored, its other spans still excuse findings.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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


class Miss(NamedTuple):
    """A gold span that was not found, and how much of it was covered all the same."""

    document: str
    label: str
    start: int
    end: int
    covered: float


class Alarm(NamedTuple):
    """A finding that is not right."""

    document: str
    label: str
    start: int
    end: int
    detector: str


@dataclass(slots=True)
class LabelScore:
    """Counts for one label, or for several together."""

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

    def add(self, other: "LabelScore") -> None:
        """Count `other` in."""
        self.gold += other.gold
        self.found += other.found
        self.typed += other.typed
        self.findings += other.findings
        self.right += other.right


@dataclass(slots=True)
class Score:
    """Counts for one data set. `misses` and `alarms` name documents and places, not text."""

    labels: dict[str, LabelScore] = field(default_factory=lambda: defaultdict(LabelScore))
    kinds: dict[str, LabelScore] = field(default_factory=lambda: defaultdict(LabelScore))
    documents: int = 0
    leaking: int = 0
    clean: int = 0
    disturbed: int = 0
    covered: int = 0
    plain: int = 0
    entities: int = 0
    entities_covered: int = 0
    misses: list[Miss] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    def together(self, labels: Iterable[str]) -> LabelScore:
        """The counts of several labels in one."""
        pool = LabelScore()
        for label in labels:
            if label in self.labels:
                pool.add(self.labels[label])
        return pool


def interval(successes: int, total: int) -> tuple[float, float]:
    """The 95% Wilson interval of a share."""
    if not total:
        return math.nan, math.nan
    z, share = 1.96, successes / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (middle - spread) / scale, (middle + spread) / scale


def score(
    documents: Iterable[Document], found: Mapping[str, Sequence[Finding]], scored: frozenset[str] | None = None
) -> Score:
    """Scores of findings (by document id) against gold, for the labels in `scored` or for all."""
    total = Score()
    for document in documents:
        _add(total, document, found[document.id], scored)
    return total


def _add(total: Score, document: Document, findings: Sequence[Finding], scored: frozenset[str] | None) -> None:
    size = len(document.text)
    cover, gold = _covered(size, findings), _covered(size, document.spans)
    wanted = [s for s in document.spans if scored is None or s.label in scored]
    missed = _add_gold(total, document, wanted, findings, cover)
    for finding in findings:
        if scored is None or finding.label in scored:
            counts = total.labels[finding.label]
            right = sum(gold[finding.start : finding.end]) >= _RIGHT * (finding.end - finding.start)
            counts.findings += 1
            counts.right += right
            if not right:
                total.alarms.append(Alarm(document.id, finding.label, finding.start, finding.end, finding.detector))
    _add_entities(total, document, cover)
    total.covered += sum(1 for c, g in zip(cover, gold, strict=True) if c and not g)
    total.plain += size - sum(gold)
    if wanted:
        total.documents += 1
        total.leaking += missed
    elif not document.spans:
        total.clean += 1
        total.disturbed += bool(findings)


def _add_gold(
    total: Score, document: Document, wanted: Sequence[Span], findings: Sequence[Finding], cover: bytearray
) -> bool:
    """Count the gold spans; whether a direct identifier was missed."""
    size = len(document.text)
    by_label = {
        label: _covered(size, [f for f in findings if f.label == label]) for label in {f.label for f in findings}
    }
    missed = False
    for span in wanted:
        counted = places(document.text, span)
        share = _share(cover, counted)
        found = share >= _ENOUGH
        typed = span.label in by_label and _share(by_label[span.label], counted) >= _ENOUGH
        for counts in (total.labels[span.label], total.kinds[document.kind]):
            counts.gold += 1
            counts.found += found
            counts.typed += typed
        if not found:
            total.misses.append(Miss(document.id, span.label, span.start, span.end, share))
            missed = missed or span.label in DIRECT
    return missed


def _add_entities(total: Score, document: Document, cover: bytearray) -> None:
    """Direct entities, each covered when all its mentions are: one that is left names its owner."""
    direct = {s.entity for s in document.spans if s.direct and s.entity}
    left = {
        s.entity for s in document.spans if s.entity in direct and _share(cover, places(document.text, s)) < _ENOUGH
    }
    total.entities += len(direct)
    total.entities_covered += len(direct) - len(left)


def _covered(size: int, spans: Iterable[Span | Finding]) -> bytearray:
    cover = bytearray(size)
    for span in spans:
        cover[span.start : span.end] = b"\1" * (span.end - span.start)
    return cover


def places(text: str, span: Span) -> list[int]:
    """The letters and digits of a span that count."""
    start = span.start
    if span.label == "PERSON":
        title = _TITLE.match(text[span.start : span.end])
        if title is not None and title.end() < span.end - span.start:
            start += title.end()
    return [i for i in range(start, span.end) if text[i].isalnum()] or list(range(start, span.end))


def enough(size: int) -> int:
    """How many of `size` letters and digits must be covered."""
    return math.ceil(_ENOUGH * size - 1e-9)


def is_right(document: Document, finding: Finding) -> bool:
    """Whether a finding is right."""
    gold = _covered(len(document.text), document.spans)
    return sum(gold[finding.start : finding.end]) >= _RIGHT * (finding.end - finding.start)


def _share(cover: bytearray, counted: Sequence[int]) -> float:
    return sum(cover[i] for i in counted) / len(counted)
