"""What inspection found in one call, part by part."""

from collections import Counter
from dataclasses import dataclass

from detectors.finding import Finding


@dataclass(frozen=True, slots=True)
class Inspection:
    """Findings for each part of a call, in the order of `call.parts`; spans are offsets into the part's text.

    An identifier split over two neighbouring parts is a finding in each of them (`detector` ends in
    `/join`). `exposed` counts join findings whose first half had already been sent in an earlier turn.
    """

    findings: tuple[tuple[Finding, ...], ...]
    exposed: int = 0

    def counts(self) -> dict[str, int]:
        """Findings by label, for metrics and the record."""
        return dict(sorted(Counter(f.label for part in self.findings for f in part).items()))
