"""Things said of somebody: a vocabulary that counts only where the sentence speaks of an individual.

"11% are disabled" and "a leaflet about dementia" are about people in general; "she has dementia" is not. Light
first versions: words and the sentence around them, no understanding.
"""

import re
from collections.abc import Callable, Iterator

from detectors.folding import folded
from detectors.identifiers.base import Identifier
from detectors.view import Hit, View

Vocabulary = tuple[tuple[re.Pattern[str], float, bool], ...]
"""Patterns with their score, and whether the pattern itself already says that it is about somebody."""


def said_of_somebody(
    name: str, label: str, vocabulary: Vocabulary, header: re.Pattern[str] | None = None
) -> Identifier:
    """A recogniser of `label`. Cells under a column that `header` matches count as they are."""
    return Identifier(name, (label,), _finder(label, vocabulary, header))


def _finder(label: str, vocabulary: Vocabulary, header: re.Pattern[str] | None) -> Callable[[View], Iterator[Hit]]:
    def find(view: View) -> Iterator[Hit]:
        for pattern, score, personal in vocabulary:
            for match in view.matches(pattern):
                group = "said" if "said" in pattern.groupindex else 0
                start, end = match.span(group)
                if not personal and (_of_a_share(view, start, end) or _is_a_label(view, start, end)):
                    continue
                if personal or (header is not None and _under(view, start, header)) or view.about_somebody(start, end):
                    yield Hit(start, end, label, score)

    return find


def _of_a_share(view: View, start: int, end: int) -> bool:
    """Whether a percentage follows, and nobody is named in the sentence: "Christian 47.6%, none 41.2%"."""
    if not _SHARE.match(view.after(end, 16)):
        return False
    low, high = view.sentence(start, end)
    return not any(low <= first < high for first, _ in view.people)


_SHARE = re.compile(r"[ :,(–|=\-]{0,3}\d[\d.,]*[ ]?(?:%|per ?cent\b)", re.IGNORECASE)


def _is_a_label(view: View, start: int, end: int) -> bool:
    """Whether a form's line asks for this: "Convictions: none" says it of nobody yet."""
    if view.text[end : end + 1] != ":" or not _ASKS.fullmatch(view.text, start, end):
        return False
    return not view.text[:start].rpartition("\n")[2].strip(" *>-\t0123456789.)")


_ASKS = re.compile(
    r"(?:(?:previous|spent|unspent|criminal|police)[ ]){0,2}(?:convictions?|records?|history|cautions?)|"
    r"disabled|pregnan(?:t|cy)|occupational health|sick leave|fit note|probation",
    re.IGNORECASE,
)


def _under(view: View, start: int, header: re.Pattern[str]) -> bool:
    """In a column, after a form label or under a key that asks for this."""
    column = view.header(start)
    if column:
        return header.search(column) is not None
    label = _LABEL.search(view.before(start, 48))
    if label is None or header.search(label["label"]) is None:
        return False
    return _FILTER.search(label["label"]) is None or bool(view.people)


_FILTER = re.compile(r"\b(?:where|filter|having)(?:[ ]|$)", re.IGNORECASE)
"""A query that picks by this speaks of a class: `WHERE ethnicity = '...'`."""


_LABEL = re.compile(
    r"(?:^|[\n.;,|({\[\"'\t]|[ ]{2})[ >*\-]*(?:\d{1,2}[.)]?[ ])?(?P<label>[A-Za-z][\w/'\-]*(?:[ ][\w/'\-]+){0,3})"
    r"(?:[\"']?[ ]?[:=][ ]?[\"'(\[]{0,2}|(?:[ ]\[[ xX]?\](?:[ ](?:none|yes|no))?){1,3}[ ])$"
)
"""A form's label: short, and nothing stands before it; "a talk about your mental health at work:" is none."""


def vocabulary(*entries: tuple[str, float, bool]) -> Vocabulary:
    """Compile patterns; every one is matched in any case, at word borders."""
    return tuple(
        (folded(rf"(?<![\w\-])(?:{pattern})(?![\w])"), score, personal) for pattern, score, personal in entries
    )
