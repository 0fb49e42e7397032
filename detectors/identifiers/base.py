# ruff: noqa: E501  patterns and word lists read better unbroken
"""What an identifier is: a named way of finding candidates in a view, with their context already weighed."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from detectors.view import Hit, View


@dataclass(frozen=True, slots=True)
class Identifier:
    """`find` yields the candidates of one view; `whole` asks for the text in one view instead of slices.

    `joins` says that the identifier is looked for over the border of two neighbouring parts.
    """

    name: str
    labels: tuple[str, ...]
    find: Callable[[View], Iterable[Hit]]
    whole: bool = False
    joins: bool = False


def words(*terms: str) -> re.Pattern[str]:
    """A pattern for any of the terms as whole words, in any case. Terms are regular expressions."""
    return re.compile(r"(?<![a-z0-9@.])(?:" + "|".join(terms) + r")(?![a-z0-9])", re.IGNORECASE)


def edge(barred: str = "A-Za-z0-9") -> str:
    """A pattern to put behind the first character of a form: nothing of `barred` stands before that character.

    It stands behind, so that the search for the form's first character stays fast.
    """
    return rf"(?<![{barred}].)"


def last(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match in a text ends; -1 where there is none. What stands nearest to a value says most."""
    end = -1
    for match in pattern.finditer(text):
        end = match.end()
    return end


_FIX = str.maketrans("OoIl|", "00111")


def digits(text: str) -> str:
    """The digits of a candidate, with the letters that are taken for digits (O, I, l) read as digits."""
    return "".join(c for c in text.translate(_FIX) if c.isdigit())


def luhn(number: str) -> bool:
    """The Luhn check (ISO/IEC 7812-1 annex B)."""
    total = 0
    for index, character in enumerate(reversed(number)):
        value = int(character)
        if index % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


EXAMPLE = words(
    "example",
    "sample",
    "dummy",
    "placeholder",
    "template",
    "format",
    "regex",
    "pattern",
    "fake",
    "demo",
    "mock",
    "fixture",
    "jane doe",
    "john doe",
    "joe bloggs",
    r"mask(?=\()",
    r"e\.g\.?",
    "eg",
    "test",
)
"""Words that say that a value shows a form and is nobody's."""

_TRIAL = words(
    "training", "sandbox", "slides?", "manual", "trials?", "stag(?:e|ing)", "uat", "screenshots?", "labels?", "fixtures?", "test cases?", "test cards?",
)  # fmt: skip


def is_for_trial(said: str) -> bool:
    """Whether what stands around a value says that it is an example or for trying things out."""
    return EXAMPLE.search(said) is not None or _TRIAL.search(said) is not None


_SENTENCE = re.compile(r"[.!?;][ ]|[^:]\n")


def same_sentence(before: str) -> str:
    """What of the text before a value belongs to its sentence or line. A line that ends in a colon goes on."""
    return before[max(0, last(_SENTENCE, before)) :]


_LISTED = re.compile(
    r"(?:[A-Z0-9][A-Z0-9\-]{1,9}(?:[ ][A-Z0-9\-]{2,5}){0,3}(?:[,;][ ](?:and[ ])?|[ ](?:and|or|to|through|–|-)[ ])){1,12}$"
)


def list_head(text: str, start: int) -> int:
    """Where the list of codes begins that the code at `start` stands in: what is said before it is said of all."""
    listed = _LISTED.search(text, max(0, start - 160), start)
    return listed.start() if listed else start


PRODUCT = words(
    "batch", "barcode", "bar code", "ean", "isbn", "issn", "sku", "part no", "part number", "serial", "model", "firmware",
    "version", "build", "release", r"v(?=[ .]?\d)", "asset", "product code", "catalogue", "lot", "po number", "purchase order", "ticket",
    "grid ref(?:erence)?", "part", "drawing", "dwg", "drg", "toner", "filter", "item code", "stock code", "spare", "stock", "supplier", "bracket", "ordnance survey", "map sheet", "cpv",
    "lamp columns?", "crate labels?", "asset tags?", "columns are", "consignment", "tracking", "easting", "northing", "commit", "sha", "uuid", "guid", "template",
)  # fmt: skip
"""Words that say that a number counts or names things, not people."""

DISOWNED = re.compile(
    r"\??,?[ ](?:no|nope),?[ ](?:that|it|this)(?:['’]?s|[ ]is)[ ][^\n.,;]{0,30}\b(?:batch|barcode|serial|asset|part)\b",
    re.IGNORECASE,
)
"""Behind a number: whoever asks what it is and answers, "C888340852313? no that's the school's batch"."""

PROCUREMENT = words(
    "cpv", "nuts (?:codes?|uk[a-z]\\d*)", "ojeu", "tenders?", "invitation to tender", "procurement", "contract notice", "award notice", "contracts? finder", "find a tender", "call-off", "framework agreement", r"lots? \d+ of \d+", r"notice (?:19|20)\d\d/s", "duns",
)  # fmt: skip
"""Words of a sentence about buying something: its references lead to a contract, not to a person."""

OF_BODIES = words(
    "company (?:no|number|reg(?:istration)?)", "charity(?: no| number)?", "vat(?: no| number| reg)?", "ofsted(?: urn)?", "dfe(?: no| number)?", "laestab", "(?:committee |cabinet |officer )?reports?", "agenda", "minutes?",
)  # fmt: skip
"""Words right before a number of a firm, a charity, a school or a paper."""

OF_NOBODY = re.compile(
    r"(?:0[38]\d{2}[ ]?\d{3,4}[ ]?\d{3,4}|S\.?I\.?[ ]?\d{4}/\d+|APP/[A-Z]\d{4}/.*|(?:BS|EN|ISO|IEC|RFC|CVE)[ \-]?\d.*|(?:ITT|RFQ|RFP|PQQ|GRN|CPV|ISBN)[/\- ]?\d.*|\d{1,2})$|\d{2}/\d{4,6}/(?:TPO|ADV|FUL|FULL|OUT|REM|LBC|OUTLINE)$",
)
"""References of law, of planning appeals, of standards and of applications; lines to ring that are no one person's; and
numbers too short to lead to anybody."""
