"""The report: Markdown with the data set, its licence, the suite and the figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.evaluate.score import DIRECT, Score, interval
from detectors.labels import LABELS


@dataclass(frozen=True, slots=True)
class Timing:
    """Time for cold texts of a length, in milliseconds of processor time: median and worst of several."""

    characters: int
    median_ms: float
    worst_ms: float


def report(name: Path, licence: str, suite: str, model: str, result: Score, timings: Sequence[Timing]) -> str:
    """The whole report."""
    parts = [
        f"# Detection on {name.name}",
        f"Data: {name.parent.name}/{name.name}, licence: {licence}. Suite {suite}, names by {model}.",
        _summary(result),
        _table(result),
    ]
    if timings:
        parts.append(_speed(timings))
    return "\n\n".join(parts) + "\n"


def _summary(result: Score) -> str:
    direct = [s for label, s in result.labels.items() if label in DIRECT]
    gold, typed = sum(s.gold for s in direct), sum(s.typed for s in direct)
    rows = [
        ("documents with something to find", str(result.documents)),
        ("... that leak a direct identifier", _share(result.leaking, result.documents)),
        ("documents with nothing to find", str(result.clean)),
        ("... that are disturbed", _share(result.disturbed, result.clean)),
        ("characters outside gold that are covered", _share(result.covered, result.plain)),
        ("direct identifiers found under their own label", _share(typed, gold)),
    ]
    return "| measure | figure |\n|---|---|\n" + "\n".join(f"| {what} | {figure} |" for what, figure in rows)


def _table(result: Score) -> str:
    lines = [
        "| label | gold | recall (95%) | under own label | findings | precision |",
        "|---|---:|---|---|---:|---|",
    ]
    order = list(LABELS)
    known = sorted(result.labels, key=lambda label: (order.index(label) if label in LABELS else len(order), label))
    for label in known:
        s = result.labels[label]
        low, high = interval(s.found, s.gold)
        recall = f"{s.recall:.3f} ({low:.2f}-{high:.2f})" if s.gold else "-"
        lines.append(
            f"| {label} | {s.gold} | {recall} | {_number(s.typed_recall)} | {s.findings} | {_number(s.precision)} |"
        )
    return "\n".join(lines)


def _speed(timings: Sequence[Timing]) -> str:
    lines = ["| characters, cold, one thread | median ms | worst ms |", "|---:|---:|---:|"]
    lines.extend(f"| {t.characters:,} | {t.median_ms:.1f} | {t.worst_ms:.1f} |" for t in timings)
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part} of {whole})" if whole else "-"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
