# ruff: noqa: E501  patterns and word lists read better unbroken
"""UK bank accounts: a sort code (6 digits) and an account number (8 digits). Any digits fit, so context decides.

A sort code and an account number beside each other, in either order, are context for one another.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from detectors.identifiers.base import EXAMPLE, Identifier, digits, edge, last, words
from detectors.view import Hit, View, tail

_END = r"(?![A-Za-z0-9]|[.\-/]\d|%)"
_DIGIT = r"[0-9OoIl]"
_SORT = re.compile(
    rf"[0-9O]{edge(r'A-Za-z0-9£./+@')}(?<!\d-.){_DIGIT}(?P<gap>[ \-–.]?|[/_]|[ ][\-–/][ ]){_DIGIT}{{2}}(?P=gap){_DIGIT}{{2}}(?![A-Za-z0-9]|[.\-]\d)"
)
_ACCOUNT = re.compile(
    rf"[0-9O]{edge(r'A-Za-z0-9£.+@')}(?<!\d-.)"
    rf"(?:{_DIGIT}{{6,7}}|{_DIGIT}{{3}}[ \-_]?{_DIGIT}{{4}}|{_DIGIT}[ ]{_DIGIT}{{3}}[ ]{_DIGIT}{{4}}|{_DIGIT}(?P<gap>[ \-]){_DIGIT}{{2}}(?P=gap){_DIGIT}{{2}}(?P=gap){_DIGIT}{{2}}){_END}"
)
_SORT_CONTEXT = words(
    "sort ?codes?", "sort(?! (?:the|out|by|it|them))", "s/c", "sc", "sortcode", "bank(?! holiday| of \\d)", "bacs"
)
_SORT_LABEL = words("sort ?codes?", "sort", "s/c", "sc")
_BANK = words(
    "bank(?! holiday| of \\d)", "pay(?= \\d)", "sort ?codes?", "sort", "s/c", "bacs", "dd(?=[ \\t:]{1,3}\\d)", "barclays", "lloyds", "natwest", "hsbc", "santander", "nationwide", "halifax", "monzo", "starling", "tsb", "metro bank", "co-op bank", "revolut", "chase", "rbs",
    "bank (?:acct?|account)", "bank details", "refund to", "pay(?:ment|ing|s)? (?:\\w+ )?(?:in)?to", "paid (?:in)?to", "payee", "direct debit", "building society", "account holder", "account name", "being paid",
    "(?:put|send|pay|transfer|move)(?:ed|s)? (?:it|them|that|this|(?:the|my|his|her|their) money) (?:back )?(?:in(?:to)?|to)",
)  # fmt: skip
_ACCOUNT_CONTEXT = words(
    "a/c(?: ?(?:no|number))?", "acc(?:oun)?t?s?(?: ?(?:no|number|num))?", "ac(?: ?no)?", "bank(?: details)?(?! holiday)", "account number", "accno", "acctno", "accountnumber",
    "barclays", "lloyds", "natwest", "hsbc", "santander", "nationwide", "halifax", "monzo", "starling", "tsb",
)  # fmt: skip
_COUNCIL = words(
    "council tax", "c ?tax", "ctax", "ct", "rent", "business rates", "ndr", "customer", "claim", "utility", "water", "electric\\w*", "gas", "invoice", "order",
)  # fmt: skip
_LINK = re.compile(
    r"[\s,;:|/()\-\"']{1,5}|[ ,;:.(|/\n\t\"'=]{0,5}(?:(?:and|the|my|his|her|is|at|no|number|bank|sort ?code|sort|code|s/?c|a/?c|acc(?:oun)?t?|account)[ _.:,]{0,2}(?:(?:no|number|is|code)[.:]?[ ]?)?){0,3}[ ,;:.(|/\n\t\"'=]{0,5}",
    re.IGNORECASE,
)
_TAGS = re.compile(r"[ ]?(?:</?\w{1,16}>\s*){1,3}")
_DATE_LIKE = re.compile(r"(?:0[1-9]|[12]\d|3[01])[-/. ](?:0[1-9]|1[0-2])[-/. ](?:1[5-9]|2\d|30)")


_JOINED = re.compile(r"(?<![\d\-/.])(?P<sort>\d\d-\d\d-\d\d)[\-/](?P<account>\d{8})(?![\d/]|[.\-]\d)")
_GLUED = re.compile(r"(?<![A-Za-z0-9£.+@\-])(?P<sort>\d{6})(?P<account>\d{8})(?![A-Za-z0-9]|[.\-/]\d)")
_BACS_LINE = re.compile(
    r"(?<![A-Za-z0-9£.+@\-])(?P<sort>\d{6})(?P<account>\d{7,8})\d(?:01|17|18|19|99)"
    r"(?:\d{14}[ \d]{4}\d{11}|[ ]{1,4}(?:\d{14}[ ]{1,4})?\d{11})(?!\d)"
)
"""A payment in a file for Bacs (Standard 18): sort code, account and its type, transaction code, with or without whence
it comes, and pence in eleven figures. A figure of the account may be lost."""
_BANKS = words(
    "bank",
    "sort",
    "barclays",
    "lloyds",
    "natwest",
    "hsbc",
    "santander",
    "nationwide",
    "halifax",
    "monzo",
    "starling",
    "tsb",
    "rbs",
    "revolut",
)


_A_PASS = words("bus pass", "library card", "uan")
"""Longer numbers of other kinds, whose groups look like a sort code and an account."""


def _together(view: View) -> Iterator[Hit]:
    """A sort code and an account in one run: a Bacs payment, joined by a dash, or glued beside the name of a bank."""
    for match in view.matches(_BACS_LINE):
        yield Hit(*match.span("sort"), "SORT_CODE", 0.95)
        yield Hit(*match.span("account"), "BANK_ACCOUNT", 0.95)
    for pattern in (_JOINED, _GLUED):
        for match in view.matches(pattern):
            near = f"{view.before(match.start(), 40)} {view.after(match.end(), 24)}"
            if pattern is _JOINED or (_BANKS.search(near) and not EXAMPLE.search(near)):
                yield Hit(*match.span("sort"), "SORT_CODE", 0.9)
                yield Hit(*match.span("account"), "BANK_ACCOUNT", 0.9)


def _find(view: View) -> Iterator[Hit]:
    yield from _together(view)
    accounts = list(view.matches(_ACCOUNT))
    grouped = [m.span() for m in accounts if m["gap"]]  # "52 11 90 07" is one number, and no sort code and two figures
    sorts = [m for m in view.matches(_SORT) if not any(s <= m.start() and m.end() < e for s, e in grouped)]
    paired = _pairs(view, sorts, accounts)
    for match in sorts:
        if match.span() in paired or _is_sort_code(view, match):
            yield Hit(match.start(), match.end(), "SORT_CODE", 0.93)
    banked = any("sort" in cell.header or "bank" in cell.header for cell in view.cells)
    for match in accounts:
        if match.span() in paired or _is_account(view, match, banked):
            yield Hit(match.start(), match.end(), "BANK_ACCOUNT", 0.93)


def _pairs(view: View, sorts: list[re.Match[str]], accounts: list[re.Match[str]]) -> set[tuple[int, int]]:
    """Spans of sort codes and accounts that stand side by side."""
    paired: set[tuple[int, int]] = set()
    both = sorted(
        [(m.start(), m.end(), True, m) for m in sorts] + [(m.start(), m.end(), False, m) for m in accounts],
        key=lambda x: x[:3],
    )
    for (start, end, is_sort, one), (next_start, next_end, next_sort, other) in pairwise(both):
        if is_sort == next_sort or next_start < end or next_start - end > 40:
            continue
        sort, account = (one, other) if is_sort else (other, one)
        before = view.before(start, 90)
        if (
            (
                _LINK.fullmatch(view.text, end, next_start) is None
                and _TAGS.fullmatch(view.text, end, next_start) is None
            )
            or EXAMPLE.search(tail(before, 20))
            or _A_PASS.search(tail(before, 20))
            or not set(digits(sort.group())) - {"0"}
            or len(digits(account.group())) != 8
        ):
            continue
        called = (
            _BANK.search(before) is not None
            or _SORT_CONTEXT.search(before) is not None
            or _ACCOUNT_CONTEXT.search(before) is not None
            or _SORT_LABEL.search(view.text[end:next_start]) is not None
        )
        if called or (sort["gap"] and not _DATE_LIKE.fullmatch(sort.group())):
            paired.update(((start, end), (next_start, next_end)))
    return paired


def _is_sort_code(view: View, match: re.Match[str]) -> bool:
    before = view.before(match.start(), 28)
    called = last(_SORT_CONTEXT, before)
    if called < 0 or EXAMPLE.search(before) or _letters_only(match) or not set(digits(match.group())) - {"0"}:
        return False
    labelled = _SORT_LABEL.search(before) is not None
    if not labelled and (_DATE_LIKE.fullmatch(match.group()) or match["gap"] in ("", " ", "/", "_")):
        return False
    return re.search(r"\d{4}", before[called:]) is None or labelled


def _is_account(view: View, match: re.Match[str], banked: bool) -> bool:
    near = view.before(match.start(), 26)
    if _ACCOUNT_CONTEXT.search(near) is None or EXAMPLE.search(near) or _letters_only(match):
        return False
    if "00-00-00" in near or _COUNCIL.search(near) or not 7 <= len(digits(match.group())) <= 8:
        return False
    wide = view.before(match.start(), 70) + " " + view.after(match.end(), 40)
    return banked or _BANK.search(wide) is not None


def _letters_only(match: re.Match[str]) -> bool:
    return sum(c.isdigit() for c in match.group()) < 4


IDENTIFIER = Identifier("bank", ("SORT_CODE", "BANK_ACCOUNT"), _find, joins=True)
