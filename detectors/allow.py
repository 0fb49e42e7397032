"""Allow-lists, compiled: what a controller has said is not personal data, label by label.

A listed candidate is dropped before overlaps are resolved, so that it can't hide what another label finds there.
"""

import hashlib
from collections.abc import Mapping, Sequence

from detectors.config import Allowed, allow_key
from detectors.timed import IGNORECASE, TimedPattern


class AllowList:
    """The allow-list of one controller."""

    def __init__(self, entries: Sequence[Allowed] = ()) -> None:
        self._values = {(e.label, allow_key(e.label, e.value)) for e in entries if e.value is not None}
        self._patterns = [
            (e.label, TimedPattern(e.pattern, "allow_list", flags=IGNORECASE)) for e in entries if e.pattern is not None
        ]
        text = "\n".join(e.model_dump_json() for e in entries)
        self.version = hashlib.sha256(text.encode()).hexdigest()[:16]

    def holds(self, label: str, value: str) -> bool:
        """Whether `value` is listed under `label`."""
        if not self._values and not self._patterns:
            return False
        if (label, allow_key(label, value)) in self._values:
            return True
        stripped = value.strip()
        return any(name == label and pattern.fullmatch(stripped) for name, pattern in self._patterns)


def compile_lists(lists: Mapping[str, Sequence[Allowed]]) -> dict[str, AllowList]:
    """The allow-list of each controller."""
    return {controller: AllowList(entries) for controller, entries in lists.items()}
