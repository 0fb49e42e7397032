"""A value that the text has once called somebody's is so wherever it stands again, called so or not."""

import re
from collections.abc import Iterator, Sequence

from detectors.view import Hit

Known = tuple[int, int, str, float]
"""Start, end, label and score of what was found."""

LABELS = frozenset(
    {
        "CASE_REF", "USERNAME", "SECRET", "NINO", "NHS_NUMBER", "PASSPORT", "DRIVING_LICENCE", "VEHICLE_REG",
        "BANK_ACCOUNT", "UTR", "UPN", "UPRN", "PHONE",
    }
)  # fmt: skip
"""Labels of values that are written the same each time and are nothing else by chance."""
_LEAST = 6
_LEAST_ACCOUNT = 5
_LEAST_SPACED, _MOST_SPACED = 7, 16
_GAPS = re.compile(r"[ ./\-]")
_MOST = 64
"""How many values of one text are looked for again."""
SCORE = 0.75


def repeats(text: str, found: Sequence[Known]) -> Iterator[Hit]:
    """Further places of what was found, where nothing was found yet."""
    squeezed = ""
    wanted: dict[str, str] = {}
    for start, end, label, _ in found:
        value = text[start:end]
        if label not in LABELS or value in wanted or not _is_telling(label, value):
            continue
        squeezed = squeezed or _squeezed(text)
        if squeezed.count(_squeezed(value)) > 1:  # cheap, and nearly always no
            wanted[value] = label
            if len(wanted) == _MOST:
                break
    for value, label in wanted.items():
        for match in re.finditer(_again(value), text):
            if not any(start < match.end() and match.start() < end for start, end, _, _ in found):
                yield Hit(match.start(), match.end(), label, SCORE)


def _squeezed(text: str) -> str:
    return _GAPS.sub("", text).lower()


def _again(value: str) -> str:
    """A pattern for the value as it stands; for a code of letters and figures, however it is spaced and in any case."""
    compact = _GAPS.sub("", value)
    spelled = compact.isalnum() and compact.isascii() and any(c.isalpha() for c in compact)
    if not (spelled and _LEAST_SPACED <= len(compact) <= _MOST_SPACED):
        return rf"(?<![\w\-]){re.escape(value)}(?![\w\-])"
    return rf"(?i)(?<![\w\-]){'[ ./-]?'.join(compact)}(?![\w\-])"


def _is_telling(label: str, value: str) -> bool:
    if "\n" in value:
        return False
    if label == "USERNAME":
        return len(value) >= _LEAST_ACCOUNT
    return len(value) >= _LEAST and sum(c.isdigit() for c in value) > 1
