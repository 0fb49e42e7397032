# ruff: noqa: E501  patterns and word lists read better unbroken
"""UK bank accounts: a sort code (6 digits) and an account number (8 digits). Any digits fit, so context decides."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import EXAMPLE, Identifier, digits, words
from detectors.view import Hit, View

_SORT = re.compile(r"(?<![\w£.,/\-])\d{2}(?P<gap>[ \-–.]?)\d{2}(?P=gap)\d{2}(?![\w/]|[.,\-]\d)")
_ACCOUNT = re.compile(r"(?<![\w£.,/\-])(?:\d{4}[ \-]?\d{4}|\d{7,8}|\d{2}[ ]\d{2}[ ]\d{2}[ ]\d{2})(?![\w/]|[.,\-]\d)")
_PAIR = re.compile(
    r"(?<![\w£.,/\-])(?P<sort>\d{2}[ \-–.]\d{2}[ \-–.]\d{2})(?P<between>[\s,;:|/]{1,4}|[ ,;]{1,3}(?:a/?c|acc(?:oun)?t?|account)(?: ?(?:no|number))?[.:]?[ ]?)(?P<account>\d{4}[ ]?\d{4}|\d{7,8})(?![\w/]|[.,\-]\d)",
    re.IGNORECASE,
)
_SORT_CONTEXT = words("sort ?codes?", "sort", "s/c", "sc", "sortcode", "bank", "bacs")
_BANK = words(
    "bank", "sort ?codes?", "sort", "s/c", "bacs", "barclays", "lloyds", "natwest", "hsbc", "santander", "nationwide", "halifax", "monzo", "starling", "tsb", "metro bank", "co-op bank",
    "bank (?:acct?|account)", "bank details", "refund to", "pay(?:ment)? (?:in)?to", "paid (?:in)?to", "payee", "direct debit", "building society", "account holder", "account name",
)  # fmt: skip
_ACCOUNT_CONTEXT = words(
    "a/c(?: ?(?:no|number))?",
    "acc(?:oun)?t?(?: ?(?:no|number|num))?",
    "ac(?: ?no)?",
    "bank",
    "account number",
    "accno",
    "acctno",
)
_COUNCIL = words(
    "council tax",
    "c ?tax",
    "ctax",
    "ct",
    "rent",
    "business rates",
    "ndr",
    "customer",
    "claim",
    "utility",
    "water",
    "electric\\w*",
    "gas",
)


def _find(view: View) -> Iterator[Hit]:
    for match in view.matches(_PAIR):
        if not EXAMPLE.search(view.before(match.start(), 20)):
            yield Hit(*match.span("sort"), "SORT_CODE", 0.92)
            yield Hit(*match.span("account"), "BANK_ACCOUNT", 0.92)
    for match in view.matches(_SORT):
        before = view.before(match.start(), 28)
        if (
            _SORT_CONTEXT.search(before)
            and not EXAMPLE.search(before)
            and (match["gap"] or re.search(r"sort|s/c|sc\b", before, re.IGNORECASE))
        ):
            yield Hit(match.start(), match.end(), "SORT_CODE", 0.93)
    for match in view.matches(_ACCOUNT):
        score = _account(view, match)
        if score:
            yield Hit(match.start(), match.end(), "BANK_ACCOUNT", score)


def _account(view: View, match: "re.Match[str]") -> float:
    number = digits(match.group())
    near = view.before(match.start(), 26)
    if not _ACCOUNT_CONTEXT.search(near) or EXAMPLE.search(near) or not 7 <= len(number) <= 8:
        return 0.0
    wide = view.before(match.start(), 70) + " " + view.after(match.end(), 40)
    if _COUNCIL.search(near):
        return 0.0
    return 0.93 if _BANK.search(wide) else 0.0


IDENTIFIER = Identifier("bank", ("SORT_CODE", "BANK_ACCOUNT"), _find, joins=True)
