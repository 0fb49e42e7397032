"""A finding: a span of a text that a detector holds to be of a label."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`text[start:end]` (character offsets into the original text) is of `label`.

    `label` is a name in `detectors.labels`; `score` runs from 0 to 1; `detector` names the recogniser and
    `version` its version, so that a record can say what found it. The value itself is never carried.
    """

    start: int
    end: int
    label: str
    score: float
    detector: str
    version: str
