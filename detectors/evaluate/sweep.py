"""The threshold sweep: what precision and recall each label would have at each threshold, and which one to ship.

Findings come from one run with every threshold at 0. Recall here is recall under the label itself, since a label's
threshold decides about its own findings. Where two candidates compete for one place, the run at 0 lets in rivals
that a higher threshold would have kept out; so what is proposed is measured once more in a run of its own, beside
what is shipped.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from detectors.config import SuiteConfig
from detectors.evaluate.data import Document, Span
from detectors.evaluate.goals import SAID, STRUCTURED
from detectors.evaluate.runner import Detect
from detectors.evaluate.score import enough, is_right, places
from detectors.evaluate.sets import DataSet
from detectors.finding import Finding
from detectors.labels import LABELS

STEPS = tuple(round(step * 0.05, 2) for step in range(21))
LEAST_GOLD = 20
"""With fewer marked spans a proposal would follow chance."""
GIVE_UP = 0.02
"""The most recall that a proposal may give up: a miss leaves the council, a false alarm does not."""


@dataclass(frozen=True, slots=True)
class Point:
    """Counts at one threshold."""

    threshold: float
    typed: int
    gold: int
    right: int
    findings: int

    @property
    def recall(self) -> float:
        """Recall under the label itself; NaN without gold."""
        return self.typed / self.gold if self.gold else math.nan

    @property
    def precision(self) -> float:
        """Precision; 1 where nothing is found, so that a curve has an end."""
        return self.right / self.findings if self.findings else 1.0


@dataclass(frozen=True, slots=True)
class Curve:
    """One label: its points from threshold 0 to 1, the shipped threshold and the one proposed."""

    label: str
    points: tuple[Point, ...]
    shipped: float
    proposed: float
    why: str

    def at(self, threshold: float) -> Point:
        """The point nearest to a threshold."""
        return min(self.points, key=lambda p: abs(p.threshold - threshold))


def at_zero(config: SuiteConfig) -> SuiteConfig:
    """`config` with nothing held back."""
    return config.model_copy(update={"default_threshold": 0.0, "thresholds": {}})


def with_proposed(config: SuiteConfig, curves: Iterable[Curve]) -> SuiteConfig:
    """`config` with the proposed thresholds."""
    proposed = {c.label: c.proposed for c in curves if c.proposed != c.shipped}
    return config.model_copy(update={"thresholds": {**config.thresholds, **proposed}})


@dataclass(slots=True)
class _Pool:
    """What one label's marked spans and findings came to: levels of the spans, scores of the findings."""

    levels: list[float] = field(default_factory=list)
    scores: list[tuple[float, bool]] = field(default_factory=list)


def sweep(sets: Sequence[DataSet], detect: Detect, config: SuiteConfig) -> list[Curve]:
    """A curve for each label that is marked in the sets that tune; `detect` runs with thresholds at 0.

    Prompts decide where they hold enough of a label: other writing would outvote them by number.
    """
    prompts: dict[str, _Pool] = defaultdict(_Pool)
    everything: dict[str, _Pool] = defaultdict(_Pool)
    for data in sets:
        if data.tunes:
            pools = (prompts, everything) if data.known.prompts else (everything,)
            for document in data.documents:
                _pour(document, detect(document.text), data.known.scored, pools)
    curves: list[Curve] = []
    for label in LABELS:
        pool = prompts[label] if len(prompts[label].levels) >= LEAST_GOLD else everything[label]
        if pool.levels:
            curves.append(_curve(label, pool, config.threshold(label)))
    return curves


def _pour(
    document: Document, found: Iterable[Finding], scored: frozenset[str], pools: Iterable[dict[str, _Pool]]
) -> None:
    findings = [f for f in found if f.label in scored]
    for pool in pools:
        for span in document.spans:
            if span.label in scored:
                pool[span.label].levels.append(level(document, span, findings))
        for finding in findings:
            pool[finding.label].scores.append((finding.score, is_right(document, finding)))


def level(document: Document, span: Span, findings: Iterable[Finding]) -> float:
    """The highest threshold at which the span is still found under its own label; -1 if at none."""
    best: dict[int, float] = {}
    for finding in findings:
        if finding.label == span.label and finding.start < span.end and span.start < finding.end:
            for place in range(max(finding.start, span.start), min(finding.end, span.end)):
                best[place] = max(best.get(place, -1.0), finding.score)
    scores = sorted((best.get(place, -1.0) for place in places(document.text, span)), reverse=True)
    return scores[enough(len(scores)) - 1]


def _curve(label: str, pool: _Pool, shipped: float) -> Curve:
    points = tuple(
        Point(
            step,
            sum(value >= step for value in pool.levels),
            len(pool.levels),
            sum(right for value, right in pool.scores if value >= step),
            sum(value >= step for value, _ in pool.scores),
        )
        for step in sorted({*STEPS, round(shipped, 2)})
    )
    proposed, why = propose(label, points, shipped)
    return Curve(label, points, shipped, proposed, why)


def wanted_precision(label: str) -> float:
    """The precision that a label's goal asks for."""
    if label in STRUCTURED:
        return 0.98
    return 0.93 if label == "PERSON" else 0.80 if label in SAID else 0.90


def propose(label: str, points: Sequence[Point], shipped: float) -> tuple[float, str]:
    """The threshold with the most recall among those with the wanted precision, and why.

    Among equals the one nearest to what is shipped: nothing changes without a gain. Where the wanted precision would
    cost recall, the shipped threshold stays.
    """
    if points[0].gold < LEAST_GOLD:
        return shipped, f"as shipped: only {points[0].gold} marked"
    wanted = wanted_precision(label)
    now = min(points, key=lambda p: abs(p.threshold - shipped))
    good = [p for p in points if p.findings and p.precision >= wanted]
    if good:
        most = max(p.typed for p in good)
        best = min((p for p in good if p.typed == most), key=lambda p: abs(p.threshold - shipped))
        if best.recall >= now.recall - GIVE_UP:
            return best.threshold, f"most recall with precision of at least {wanted:.2f}"
        return shipped, f"as shipped: precision {wanted:.2f} would cost {now.recall - best.recall:.2f} of recall"
    safe = [p for p in points if p.recall >= now.recall - GIVE_UP]
    balanced = max(safe, key=lambda p: (_f1(p), -abs(p.threshold - shipped)))
    return balanced.threshold, f"best balance: no threshold reaches precision {wanted:.2f}"


def _f1(point: Point) -> float:
    total = point.recall + point.precision
    return 2 * point.recall * point.precision / total if point.findings and total else 0.0
