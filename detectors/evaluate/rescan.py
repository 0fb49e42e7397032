"""What a new version of the suite finds that an old one missed, in a text that was decided on already.

Pure: findings in, findings out. No text is needed, and none comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detectors.finding import Finding
from detectors.labels import LABELS
from detectors.overlap import MARKS

_COVERED = 0.9


@dataclass(frozen=True, slots=True)
class Comparison:
    """New findings by label, in the order of `LABELS`.

    `near_misses`: no old finding covers them, whatever its label: they may have left. `relabelled`: something was
    found there, under another label: policy may have decided otherwise.
    """

    near_misses: Mapping[str, tuple[Finding, ...]]
    relabelled: Mapping[str, tuple[Finding, ...]]

    def counts(self) -> dict[str, int]:
        """How many near-misses each label has."""
        return {label: len(findings) for label, findings in self.near_misses.items()}

    def __bool__(self) -> bool:
        return bool(self.near_misses or self.relabelled)


def compare(old: Sequence[Finding], new: Iterable[Finding]) -> Comparison:
    """The findings of a new suite that those a record was decided on do not cover; both are of one text.

    Covered is what has at least 90% of its characters under old findings. A mark (a child, hidden text) says
    something else than the finding it lies over, so only a mark of its own label covers it.
    """
    unseen: list[Finding] = []
    renamed: list[Finding] = []
    for finding in new:
        same = [o for o in old if o.label == finding.label]
        if _covers(same, finding):
            continue
        others = same if finding.label in MARKS else [o for o in old if o.label not in MARKS]
        (renamed if _covers(others, finding) else unseen).append(finding)
    return Comparison(_by_label(unseen), _by_label(renamed))


def _covers(findings: Iterable[Finding], wanted: Finding) -> bool:
    size = wanted.end - wanted.start
    covered = bytearray(size)
    for finding in findings:
        low, high = max(finding.start, wanted.start), min(finding.end, wanted.end)
        if low < high:
            covered[low - wanted.start : high - wanted.start] = b"\1" * (high - low)
    return sum(covered) >= _COVERED * size


def _by_label(findings: Sequence[Finding]) -> dict[str, tuple[Finding, ...]]:
    order = {label: place for place, label in enumerate(LABELS)}
    labels = sorted({f.label for f in findings}, key=lambda label: (order.get(label, len(order)), label))
    return {label: tuple(f for f in findings if f.label == label) for label in labels}
