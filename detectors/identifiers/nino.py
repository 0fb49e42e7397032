# ruff: noqa: E501  patterns and word lists read better unbroken
"""National Insurance numbers (HMRC NIM39110): two prefix letters, six digits, a suffix A to D."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, PRODUCT, Identifier, edge, list_head, words
from detectors.view import Hit, View

_GAP = r"[\s./\-_()*,·]{0,2}"
_FORM = re.compile(
    rf"(?P<prefix>[A-Za-z]{edge()}{_GAP}[A-Za-z]){_GAP}(?P<digits>(?:[0-9OoIl]{_GAP}){{5}}[0-9OoIl])"
    rf"(?:{_GAP}(?P<suffix>[A-Da-d](?!/c\b)))?(?![A-Za-z0-9])"
)
_PAIRS = re.compile(r"[A-Z]{2} (?:[0-9OIl]{2} ){3}[A-D]")
_LEAST_IN_PAIRS = 2
_LEAST_FIGURES = 4
_ODD_GAP = re.compile(r"[\n()*_,]|[ ./\-]{2}")
_CONTEXT = words(
    "ni", "n[il1]no", "nat(?:ional)? ?ins(?:urance)?", r"n\.[il1]\.?", "insurance n(?:o|umber|um)", "ni ?n(?:o|umber)", "dwp", "hmrc", "payroll", "nin", "nat l?ns", "nat [il1]ns", "nin?umber"
)  # fmt: skip
_ASKED = re.compile(r"[ ]?(?:is )?(?:a |the )?(?:valid|real|right|correct)\b", re.IGNORECASE)
"""Whether a number is valid is asked of somebody's."""
_NAMED_THING = re.compile(
    r"[ ]?\((?!(?:claimant|tenant|applicant|partner|wife|husband|mother|father|son|daughter|his|her|mine|me)\b)[a-z]"
)
"""What stands in brackets behind a stock number says what it is of: "(hinge, left)"."""
_PLENTY = re.compile(r"\b(?:asset tags?|part numbers?|crate|labels)\b", re.IGNORECASE)
_MASKED = re.compile(r"[ ]?(?:->|=>|→)")
"""An arrow leads from an example to what becomes of it."""
_FIRST = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]")
_LITTLE_WORDS = ("no", "is", "of", "or", "to", "at", "in", "by", "on", "us", "we", "my", "he", "me", "it", "an", "as", "be", "do", "go", "if", "so", "up", "ok", "id", "nr", "ni")  # fmt: skip
_NEVER = frozenset({"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"})


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_FORM):
        score = _score(view, match)
        if score:
            yield Hit(match.start(), match.end(), "NINO", score)


def _is_none(match: re.Match[str], prefix: str) -> bool:
    """Whether a number without its suffix begins with a word, one calls itself an account, or noughts stand for none."""
    if match["suffix"] is None and (prefix.lower() in _LITTLE_WORDS or prefix in _NEVER):
        return True
    if match["prefix"].lower() == "a/c" or match.group()[:3] in ("Te1", "TE1", "te1"):
        return True  # "Tel", as a scanner reads it
    return not set(match["digits"]) - set(" 0")


def _score(view: View, match: re.Match[str]) -> float:
    prefix = re.sub("[^A-Z]", "", match["prefix"].upper())
    real = sum(c.isdigit() for c in match["digits"])
    lawful = _FIRST.fullmatch(prefix) is not None and prefix not in _NEVER
    if lawful and _LEAST_IN_PAIRS <= real < 6 and _PAIRS.fullmatch(match.group()):
        return 0.75  # a scanner's O for 0, in pairs as only these numbers are written
    if real < _LEAST_FIGURES or _is_none(match, prefix):
        return 0.0
    before, after = view.before(match.start()), view.after(match.end(), 24)
    if _CONTEXT.search(before):
        example = EXAMPLE.search(before) or EXAMPLE.search(after)
        shown = prefix == "QQ" and (example or _MASKED.match(after))
        return 0.3 if shown else 0.97
    if match["suffix"] is None:
        return 0.0
    if PRODUCT.search(before) or EXAMPLE.search(before) or (EXAMPLE.search(after[:20]) and not _ASKED.match(after)):
        return 0.0
    if _NAMED_THING.match(view.text, match.end()):
        return 0.0
    if PRODUCT.search(after[:14]) or PRODUCT.search(view.before(list_head(view.text, match.start()))):
        return 0.0
    if len(set(match["digits"])) == 1 or _PLENTY.search(after):
        return 0.0
    if not lawful or _ODD_GAP.search(match.group()):
        return 0.0
    if _CONTEXT.search(after):
        return 0.95
    tidy = match["prefix"].isupper() and real == 6
    return 0.85 if tidy else 0.6 if real == 6 else 0.4


IDENTIFIER = Identifier("nino", ("NINO",), _find, joins=True)
