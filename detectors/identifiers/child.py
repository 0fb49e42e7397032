# ruff: noqa: E501  patterns and word lists read better unbroken
"""That somebody named is a child: a name beside "son", "pupil", "Year 4". Ages and pupil numbers mark children too."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import Identifier
from detectors.view import Hit, View

_BEFORE = re.compile(
    r"\b(?:(?:little|baby|step|foster|grand|god)?(?:son|daughter)|child|children|baby|toddler|pupil|schoolgirl|schoolboy|little (?:girl|boy)|infant|twins?|grandson|granddaughter|foster (?:child|son|daughter)|looked[- ]after child|placed|minor|youngest|eldest)[ ]?(?:is|,|=|:|\(|called|named|-)?[ ]?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^[ ]?(?:,|\()[ ]?(?:a )?(?:(?:year|yr)[ ]?(?:\d{1,2}|r)\b|reception\b|(?:pupil|toddler|baby|infant)\b|UPN\b|in year \d)|^ (?:is|was) in (?:year|reception)\b",
    re.IGNORECASE,
)


def _find(view: View) -> Iterator[Hit]:
    for start, end in view.people:
        if not view.first <= start < view.last:
            continue
        if _BEFORE.search(view.before(start, 28)) or _AFTER.search(view.after(end, 20)):
            yield Hit(start, end, "CHILD", 0.7)


IDENTIFIER = Identifier("child", ("CHILD",), _find)
