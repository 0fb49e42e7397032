# ruff: noqa: E501  patterns and word lists read better unbroken
"""Case and account references that lead to a person: a council's own forms, and any reference that is called one."""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from detectors.folding import folded
from detectors.identifiers.base import EXAMPLE, PROCUREMENT, PRODUCT, Identifier, words
from detectors.timed import TimedPattern
from detectors.view import INDIVIDUAL, Hit, View, tail

_REFERENCE = (
    r"(?P<ref>(?=[A-Za-z0-9/\-.]*\d{3}|[A-Za-z]{1,5}[ ]\d{3}|\d\d[ ]\d{3}[ ]\d{3}|[A-Za-z]{2,3}[ ]\d\d[ ]\d\d[ ]\d)(?:[A-Za-z]{1,5}[ ](?=\d))?[A-Za-z0-9]+(?:[/\-.][A-Za-z0-9]+){0,4}"
    r"(?:[ ]\d{2,4}){0,4}(?:[ ]\d(?!\w|[.,]\d))?)"
)
_CALLED = folded(
    r"(?<![a-z])(?:(?:our|your|my|case|claim|claimant|account|acct|acc|a/c|council tax|c ?tax|ctax|ct|housing benefit|benefits?|hb|rent|tenancy|tenant|"
    r"customer|client|application|app|homeless(?:ness)?|referral|safeguarding|social care|swift|mosaic|liquid ?logic|las|pcn|penalty charge|"
    r"penalty charge notice|notice|crime|cad|police|incident|complaint|invoice|overpayment|payroll|employee|empl|emp|staff|personnel|ombudsman|nmc pin|(?:nmc|gmc|hcpc|gphc|gdc|social work england|swe|sra|dbs)(?: registration| certificate| reg)?|"
    r"student|stu|pupil|skool|school|elector(?:al)?|cremation|burial|dols|ehc plan|lpa|opg|mosaic|claims|accounts|refs|cases|pcns|dbs certs?|grave|licen[cs]e|permit|blue badge|badge|nrm|lac|ehcp|mash|marac|court|urn|prison(?:er)?|"
    r"hosp(?:ital)?|pension|library card|bus pass|uan|ticket|custody|probation|liability order|appeal|tribunal|dwp|home office|avis|numer konta|num[aă]rul)"
    r"[ _]?(?:tax )?(?:reference|ref|number|num|numero|account|acct|claim|case|order|no|id|nr|#)?|reference|ref|numer konta|num[aă]rul|list[^.\n]{0,12}number|PA(?=[ ][A-Z]+/))"
    r"(?![a-z])(?:[ _](?:no|number|num|id|ref))?[\"']?[ ]?[.:#=>]{0,2}[ \"'({]{0,3}(?:id[\"']?[ ]?:[ ]?[\"'])?(?:is |was )?"
    + _REFERENCE
    + r"(?![A-Za-z0-9])"
)
_ANSWERED = folded(
    r"(?<![a-z])(?:account|claim|reference|ref|customer|tenancy|case|pcn|ticket|rent|council tax|payroll|application)(?:[ ](?:number|no|ref|reference))?[^\n?]{0,24}\?[ ]?\n[^\n]{0,24}?:[ ](?:(?:it's|it is|yes|yeah|er|um|that's|sure|ok)[ ,.]{1,2}){0,2}"
    + _REFERENCE
    + r"(?![A-Za-z0-9])"
)
_NUMBERS = folded(
    r"(?<![a-z])(?:staff|clock|payroll|pay|employee|works|badge|collar|member(?:ship)?|learner|pupil|tenancy|claim|account|case|badge|permit) ?(?:nos\.?|numbers|refs?|references)[^\n:;.]{0,30}:[ ]"
    r"(?P<first>[a-z]{0,3}[\-/]?\d{3,9})(?=[,;] )"
)
"""Several of one kind behind one name: "Staff nos. in the same order: E1190, E1203"."""
_CODE_WITH_A_NAME = re.compile(r"[A-Z](?<![\w/\-].)[A-Z]{1,4}[\-/]\d{4,8}(?:[\-/][A-Z\d]{1,4})?(?![\w/\-])")
_NOBODYS = re.compile(
    r"(?:FOI|EIR|JNL|REQ|SNN|DSA|PREM|HMO|CVE|ISO|RFC|EN|BS|IEC|PO|GRN|COVID|SI|CV|DN|ITT|RFQ|RFP|CHG|INC|KB|PRJ|RAL|DM|SP|LPRSP|APP|RIPA|CPV)\b"
)
_TENDERED = re.compile(
    r"(?:FOI|JNL|REQ|DSA|DN(?=\d{6})|PREM|HMO|PROC|ITT|RFQ|RFP|PQQ|EOI|PO|GRN|CHG|ISO|CVE|RFC|CPV)[/\-. ]?\d"
)
"""References of tenders, orders, changes and standards."""
_NUMBERED = re.compile(r"(?<![A-Za-z])[Nn]o\.?[: ]{1,2}(?P<ref>[A-Z]{1,3}[\-/]\d{5,8})(?![\w/\-])")
_PRISONER = re.compile(r"[A-Z](?<![\w/\-].)\d{4}[A-Z]{2}(?![\w/\-])")
_PRISON = words(
    "prison(?:er)?", "hmp", "yoi", "custody", "custodial", "sentenced?", "crd", "nomis", "probation", "remand", "inmate"
)
_BARE_NOUN = re.compile(r"^(?:case|claim|account|notice|police|incident|school|app|client|customer|rent|staff|ct|hb|list|pupil|student|referral|court|hospital|benefits?|appeal|custody|prison|prisoner|grave|badge)\b", re.IGNORECASE)  # fmt: skip
_TELEPHONE = re.compile(r"0[12]\d{1,3}[ ]\d{3,4}[ ]?\d{3,4}(?!\d)")
_BADGE = re.compile(r"(?<![A-Za-z])N[o0]\.?[: ]{1,4}(?P<ref>[A-Z0-9]{2,6}(?:[ ][A-Za-z0-9]{2,6}){2,4})(?![\w/\-])")
"""A number in groups, as it stands on a badge or permit."""
_BADGED = words("blue badge", "badge", "permit", "licen[cs]e", "bus pass", "membership")
_HEADER = re.compile(
    r"\b(?:acct|account|ref|reference|claim|case|elector no|tenancy|pcn|customer no|client id|person id|swift|mosaic|payroll|empl?|employee|staff no|badge|invoice|licence|permit|application)\b"
)
_NOT_HEADER = re.compile("bal|amount|date|type|sort|bank|name")
_CELL = re.compile(r"(?=[^\n]*\d{3})[A-Za-z0-9]+(?:[/\-. ][A-Za-z0-9]+){0,3}")
_PUBLIC = re.compile(
    r"12345678(?:90?)?|(?:19|20)\d\d/S[ ]\d.*|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-.*|0{4,}\d?|\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?|(?:[01]\d|2[0-3])[0-5]\d(?:[ ](?:[01]\d|2[0-3])[0-5]\d){2,3}|(?:19|20)\d\d/s(?:[ ]\d{3}(?:-\d{6})?)?|\d{2}/\d{4,6}/[A-Z]{2,6}|\d{2}/50\d{4}|Act[ ]\d{4}|APP/[A-Z]\d{4}/.*|0[38]\d{1,2} ?\d{3} ?\d{3,4}|(?:s|reg|para|sch)?\.?\d{1,3}[A-Z]?\(.*|(?:19|20)\d\d(?:[/\-]\d{1,2}){0,2}|[\d.,]+%|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,5}\.\d+|.*[a-z]{6,}.*"
)
_DATE = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}|\d{4}-\d{2}-\d{2}")
_COUNTER = words("permit(?=s? tr)", "ethics", "snn", "jnl", "journal", "requisition", "dsa", "crown commercial", "fig(?:ure)?", "table", "page", "section", "clause", "policy", "act", "template", "po", "purchase", "committee", "agenda", "min(?:ute)?", "£", "upto", "up to", "contract", "tender", "procurement", "vacancy", "grant", "project", "asset", "report", "job", "grid", "supplier", "funding", "log", "filter", "drawing", "map", "bid", "ofsted", "dfe")  # fmt: skip


_HOSPITAL = re.compile(r"[A-Z](?<![A-Za-z0-9/\-.].)\d{6,7}(?![A-Za-z0-9]|[.\-/]\d)")
_HOSPITALS = words(
    "hosp(?:ital)?", "clinic", "patient", "mrn", "gp", "ward", "surgery", "nhs", "outpatients?", "consultant"
)
_LEAST_ANSWER = 5
_LEAST_CARD = 6
_LEAST_ON_A_BADGE = 4
_PENALTY = re.compile(r"[A-Z]{2}[ ]?\d{7}[\dA-Z]")
_THING = words("lamp ?columns?", "street ?lights?", "in the ledger")
_PREFIXES = ("stu", "hb", "ct", "khc", "pcn", "mw", "sw", "tw", "nrm", "op", "bb")


class Form(Protocol):
    """A council's own form of reference (see `detectors.config.CaseReference`)."""

    name: str
    pattern: str
    context: tuple[str, ...]
    score: float


def identifier(forms: Sequence[Form]) -> Identifier:
    """The recogniser of case references with a council's own forms."""
    own = [
        (
            TimedPattern(form.pattern, "case_ref"),
            words(*(re.escape(term) for term in form.context)) if form.context else None,
            form.score,
        )
        for form in forms
    ]

    def find(view: View) -> Iterator[Hit]:
        for pattern, context, score in own:
            yield from _own(view, pattern, context, score)
        yield from _called(view)

    return Identifier("case_ref", ("CASE_REF",), find, joins=True)


def _own(view: View, pattern: TimedPattern, context: re.Pattern[str] | None, score: float) -> Iterator[Hit]:
    for match in pattern.finditer(view.text):
        if not view.first <= match.start() < view.last:
            continue
        view.looked += 1
        before = view.before(match.start(), 60)
        if context is not None and not context.search(f"{before} {view.after(match.end(), 30)}"):
            continue
        if not EXAMPLE.search(tail(before, 20)):
            yield Hit(match.start(), match.end(), "CASE_REF", score)


def _called(view: View) -> Iterator[Hit]:
    for match in view.matches(_CALLED):
        start, end = match.span("ref")
        reference = view.text[start:end]
        if not _is_reference(view, match, reference):
            continue
        yield Hit(start, end, "CASE_REF", 0.7)
        yield from _listed(view, start, end)
    for match in view.matches(_NUMBERS):
        yield Hit(*match.span("first"), "CASE_REF", 0.75)
        yield from _listed(view, *match.span("first"))
    for match in view.matches(_ANSWERED) if "?\n" in view.text or "? \n" in view.text else ():
        if sum(c.isdigit() for c in match["ref"]) >= _LEAST_ANSWER:
            yield Hit(*match.span("ref"), "CASE_REF", 0.7)
    for match in view.matches(_CODE_WITH_A_NAME) if view.people else ():
        low, high = view.sentence(match.start(), match.end(), 100)
        near = any(low <= start < high for start, _ in view.people)
        if near and not _NOBODYS.match(match.group()) and not _COUNTER.search(view.before(match.start(), 16)):
            yield Hit(match.start(), match.end(), "CASE_REF", 0.6)
    yield from _uncalled(view)
    if _is_of_bodies(view):
        return
    for start, end in view.cells_under(_HEADER):
        found = _CELL.fullmatch(view.text, start, end)
        if found and not _DATE.fullmatch(found.group()) and not _NOT_HEADER.search(view.header(start)):
            yield Hit(start, end, "CASE_REF", 0.75)


def _listed(view: View, start: int, end: int) -> Iterator[Hit]:
    """Further references of the same shape behind one that was called so: "claims 20317744, 20318002 and 20318120"."""
    shape = "".join(r"\d" if c.isdigit() else "[A-Za-z]" if c.isalpha() else r"[ ./\-]" for c in view.text[start:end])
    more = re.compile(rf"(?:,? (?:and|or|&|plus|now|then) |[,;/] ?)(?P<ref>{shape})(?![A-Za-z0-9]|[.,]\d)")
    for _ in range(_MOST_LISTED):
        found = more.match(view.text, end)
        if found is None:
            return
        yield Hit(*found.span("ref"), "CASE_REF", 0.65)
        end = found.end()


_MOST_LISTED = 20


def _is_of_bodies(view: View) -> bool:
    """Whether a table's columns are those of contracts, spending, sites or works, and none is a person's."""
    headers = " ; ".join({cell.header for cell in view.cells})
    return _BODIES.search(headers) is not None and _PERSONS.search(headers) is None


_BODIES = words(
    "suppliers?", "contracts?", "contractor", "vendor", "assets?", "cost centre", "procedure", "procurement", "developer",
    "indexation", "expenditure",
)  # fmt: skip
_PERSONS = words(
    "names?", "full name", "first name", "surname", "forename", "tenants?", "claimant", "customer", "client", "dob", "date of birth", "age", "applicant", "child", "pupil", "employee", "owner", "holder", "resident", "person", "patient", "victim", "suspect", "nino?", "gender", "worker", "officer",
)  # fmt: skip


def _uncalled(view: View) -> Iterator[Hit]:
    """References that nothing calls so: by their form and what is spoken of around them."""
    for match in view.matches(_NUMBERED):
        before = view.before(match.start(), 24)
        if not _COUNTER.search(before) and not PRODUCT.search(before) and not _NOBODYS.match(match["ref"]):
            yield Hit(*match.span("ref"), "CASE_REF", 0.6)
    for match in view.matches(_BADGE):
        figures = sum(c.isdigit() for c in match["ref"])
        if figures >= _LEAST_ON_A_BADGE and _BADGED.search(view.before(match.start(), 120)):
            yield Hit(*match.span("ref"), "CASE_REF", 0.65)
    for match in view.matches(_PRISONER):
        if _PRISON.search(view.before(match.start(), 80)) or _PRISON.search(view.after(match.end(), 40)):
            yield Hit(match.start(), match.end(), "CASE_REF", 0.75)
    for match in view.matches(_HOSPITAL):
        if _HOSPITALS.search(view.before(match.start(), 60)) and not _COUNTER.search(view.before(match.start(), 16)):
            yield Hit(match.start(), match.end(), "CASE_REF", 0.7)


def _names_somebody(view: View, match: "re.Match[str]") -> bool:
    low, high = view.sentence(match.start(), match.end(), 100)
    return any(low <= start < high for start, _ in view.people)


def _procured(view: View, match: "re.Match[str]") -> bool:
    """Whether the sentence is about buying something, and of nobody."""
    low, high = view.sentence(match.start(), match.end())
    if INDIVIDUAL.search(view.text, low, high) or _names_somebody(view, match):
        return False
    return PROCUREMENT.search(view.text, low, high) is not None


def _is_reference(view: View, match: "re.Match[str]", reference: str) -> bool:
    figures = sum(c.isdigit() for c in reference)
    if figures < 4 or _DATE.fullmatch(reference) or _PUBLIC.fullmatch(reference) or _TENDERED.match(reference):
        return False
    if _COUNTER.search(view.before(match.start(), 12)) or _THING.search(view.after(match.end(), 20)):
        return False
    prefix = reference.split(" ", 1)[0]
    if prefix.isalpha() and prefix.islower() and prefix not in _PREFIXES:
        return False
    if _procured(view, match) or _TELEPHONE.match(view.text, match.start("ref")):
        return False
    called = match.group()[: match.start("ref") - match.start()]
    if called.startswith("ticket") and _PENALTY.fullmatch(reference) is None:
        return False
    if called.lower().startswith("invoice") and not _names_somebody(view, match):
        return False
    if called.startswith("library") and figures < _LEAST_CARD:
        return False
    if _BARE_NOUN.match(called) and not re.search(r"ref|n(?:o|um|umber|r)\b|id\b|[:#]", called, re.IGNORECASE):
        code = any(c.isalpha() for c in reference) and not any(c.islower() for c in reference)
        return (figures >= 6 or code) and not re.fullmatch(r"0\d{9,10}", reference.replace(" ", ""))
    return True
