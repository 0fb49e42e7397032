# ruff: noqa: E501  patterns and word lists read better unbroken
"""Telephone numbers: UK numbers in every spelling (Ofcom numbering plan), and international ones with a plus sign.

Non-geographic numbers (03, 08, 09, 116, 18) belong to organisations and are left alone.
"""

import re
from collections.abc import Iterator

from detectors.identifiers.base import PRODUCT, Identifier, digits, edge, last, words
from detectors.view import Hit, View, tail

_EDGE = edge(r"\w+@")
_GAP = r"[ \t.()\-/_\n*,]{0,3}"
_BRITISH = re.compile(
    rf"[(+0Oo]{_EDGE}(?:(?<=0)0[ ]?44|(?<=\+)[ ]?\(?44|(?<=\()\+?44|(?<=[0O])|(?<=o)(?=\d)|(?<=\())(?:{_GAP}[(]?[0O][)]?)?(?:{_GAP}(?:[0-9O]|[oIil](?![a-hj-km-np-z]))){{9,10}}(?![0-9@]|[.\-]\d)"
)
_FORM = re.compile(
    rf"[(+0-9O]{_EDGE}(?:(?<=\+)[ ]?|(?<=\()\+?|(?<=[0-9O]))(?:[ \t.()\-/]{{0,3}}(?:[0-9O]|[oIl](?=[0-9OoIl]))){{8,15}}(?![\w/@]|[.,\-]\d|[ ]?[.\-/ ][ ]?\d)"
)
_CONTEXT = words(
    "tel", "telephone", "phone", "phone (?:no|number)", "mob", "mobile", "cell", "landline", "call", "called", "ring", "rang", "ring back",
    "text", "txt", "whatsapp", "contact", "contact (?:no|number)", "number", "fax", "ddi", "dial", "reach", "me on", "her on", "him on",
    "telefon", "t[ée]l[ée]phone", "tel[ée]fono", "telefoon", "t", "m", "wa\\.me", "sms",
)  # fmt: skip
_PERSONAL = words("my", "his", "her", "mobile", "home", "their")
_OTHER = words(
    "nhs", "utr", "uprn", "account", "acct", "sort", "iban", "visa", "mastercard", "passport", "invoice", "claim",
    "barcode", "ean", "isbn", "order", "po", "mpan", "meter", "imei", "charity", "company", "firmware", "build", "version", "ip", "patch", "id",
)  # fmt: skip
_METERED = re.compile(r"[ ]?(?:kwh|mwh|kw|m3|m³|cu ?ft|units|litres|miles|km|rpm)\b", re.IGNORECASE)
_OFFICE = re.compile(
    r"\b(?:switchboard|reception|box office|front desk|help ?desk|service desk|contact centre|call centre|customer services?|"
    r"democratic services|duty (?:desk|line|team)|out[ -]of[ -]hours|enquir(?:y|ies)|helpline|hotline|press office|control room|"
    r"ticket line|bookings)(?:[ ](?:line|number|no|team))?[ ]?(?:(?:is|on|at|tel|phone|number|call|ring)\b)?[ :.,(\-–]{0,3}$",
    re.IGNORECASE,
)
_HOURS = re.compile(
    r"[ ]?\((?:office|switchboard|reception|main line)\)|[ ,;.()]{0,3}(?:\(?lines )?(?:open\b|mon(?:day)?[ ]?(?:to|-|–)|weekdays|office hours|24 hours)",
    re.IGNORECASE,
)
"""What says that a landline is an office's: it is nobody's."""
_OPEN = re.compile(r"\bopen\b[^\n]{0,24}\b(?:mon|tue|wed|thu|fri|daily|weekdays)[^\n]{0,50}$", re.IGNORECASE)
_SERVICE = re.compile(
    r"(?:^|[^\w'])(?:recruitment|recycling|refuse|bins?|waste|council tax|business rates|revenues|benefits|housing(?: options)?|repairs|planning|building control|licensing|"
    r"parking|highways|street(?:scene| ?lighting| cleansing)|environmental (?:health|services)|pest control|trading standards|registrars?|register office|electoral services|elections|"
    r"land charges|adult social care|social services|children's services|school admissions|libraries|library|leisure centre|museum|theatre|town hall|civic centre|council offices?|"
    r"tourist information|visitor information|crematorium|bereavement services|parks|communications|press|legal services|payroll|hr|human resources|it support|emergency planning|the(?:[ ][\w\-]+){1,3}[ ](?=line|desk|team|office))"
    r"(?:[ ]?(?:team|office|desk|service|services|department|line))?[ ]?(?:(?:is|on|at|tel|phone|number|call|ring)\b)?[ :.,(\-–]{0,3}$",
    re.IGNORECASE,
)
"""A council's services: a landline right behind one is its own, where nobody is named."""
_BODY = re.compile(
    r"\b(?:office|team|desk|unit|service|services|centre|department|dept|directorate|depot|mailbox|switchboard|minicom|textphone|kennels|hotline|hub|"
    r"surgery|hospital|school|library|museum|theatre|council|association|society|trust|shelter|contractor|supplier|manager on duty)\b[^.?!\n]{0,40}$",
    re.IGNORECASE,
)
"""A body of any kind: a landline a little behind it in a sentence of nobody is its own."""
_CALENDAR = re.compile(r"(?<!\d)[0-3]?\d/[01]?\d/(?:19|20)\d\d(?!\d)")
"""A date is no part of a number to ring, though "Tel" be somebody's nickname."""
_RELAY = re.compile(r"\b(?:text ?relay|relay uk|minicom|18001)\b", re.IGNORECASE)
_ENQUIRIES = re.compile(r"\benquiries[ ]to[ ]the[ ][^\n.;]{3,40}[ ](?:on|at|tel)[ .:]{0,3}$", re.IGNORECASE)
"""Whoever is asked by an office's name, or with a relay for the deaf, is an office."""
_SERVICE_BEFORE = 60
_WHOSE = re.compile(r"\b(?:my|his|her|their|mum|dad|i|he|she|me)\b", re.IGNORECASE)
_BARCODE = re.compile(r"[ ]?\d{0,2}[ ]?\((?P<what>[^()\n]{2,24})\)")
_GROUPS = re.compile(r"[0-9OoIil]+")
_LEAST_BEFORE_BREAK = 4
_BUSINESS = ("0306", "0330", "0333")
"""Numbers that a private person may have too, over the internet; other 03 numbers are public bodies'."""
_TELEPHONE = re.compile(r"\b(?:tel|telephone|phone|t)[ .:]{1,3}$", re.IGNORECASE)
_LONG = re.compile(r"0[12]\d{2,3}[ ]\d{3,4}[ ]\d{3,4}")
"""One figure too many, but written and called as a number to ring: somebody mistyped it."""
_DECIMALS = re.compile(r"[ ,]\.\d")
_MOBILE = re.compile(r"07\d{3}[ \-](?:\d{6}|\d{3}[ \-]\d{3})")
_EXCHANGE = re.compile(
    r"\b(?:[Tt]el(?:ephone)?|[Pp]hone|[Rr]ing|[Cc]all)(?: (?:her|him|me|us|them|number))?(?: is)?[ :,]{1,3}(?:in the \w+, |on )?(?P<number>[A-Z][a-z]{3,14}(?: [A-Z][a-z]{3,14})? \d{3}[ ]?\d{3})(?![\d/]|[.,\-]\d)"
)
_SEQUENCES = ("01234567890", "09876543210")


def _find(view: View) -> Iterator[Hit]:
    done: list[tuple[int, int]] = []
    for pattern in (_BRITISH, _FORM):
        for match in view.matches(pattern):
            text = match.group()
            number = digits(text.replace("i", "1"))
            if "\n" in text and sum(c.isdigit() for c in text[: text.index("\n")]) < _LEAST_BEFORE_BREAK:
                continue
            if not 9 <= len(number) <= 15 or sum(c.isdigit() for c in text) < 5 or not _isolated(view, match.start()):
                continue
            if pattern is _FORM and any(s < match.end() and match.start() < e for s, e in done):
                continue
            score = _score(view, match, number)
            if score:
                done.append(match.span())
                opened = text.startswith("(") and ")" not in text  # the bracket is the sentence's
                yield Hit(match.start() + opened, match.end(), "PHONE", score)
    yield from _exchanges(view, done)


def _exchanges(view: View, done: list[tuple[int, int]]) -> Iterator[Hit]:
    """A local number behind its exchange's name, as older people give it: "telephone Lenham 960 212"."""
    for match in view.matches(_EXCHANGE):
        start, end = match.span("number")
        if not any(first < end and start < last_ for first, last_ in done):
            yield Hit(start, end, "PHONE", 0.8)


def _isolated(view: View, start: int) -> bool:
    """Whether the digits begin here, and are no later part of a version, a decimal number or an identifier."""
    before = view.text[max(0, start - 20) : start]
    if not before or before[-1] not in ".,/-_":
        return True
    if before[-1] == "," and view.header(start):
        return True
    token = re.search(r"[\w.\-/,]*$", before[:-1])
    joined = token.group() if token else ""
    if before[-1] in "/,":
        return before[-1] == "," or not joined or joined[-1].isalpha() or sum(c.isdigit() for c in joined) >= 6
    return not any(c.isdigit() for c in joined)


def _national(text: str, number: str) -> str | None:
    """The UK national number with its leading 0; empty for a foreign one; None where it can't be a number to ring."""
    if "+" in text[:3]:
        if number.startswith("44"):
            return "0" + number[2:].removeprefix("0")
        return "" if 9 <= len(number) <= 15 else None
    if number.startswith("0044"):
        return "0" + number[4:].removeprefix("0")
    if number.startswith("44") and len(number) == 12 and number[2] in "127":
        return "0" + number[2:]
    if number.startswith("00") and len(number) >= 11:
        return ""
    return number if number.startswith("0") else None


def _score(view: View, match: re.Match[str], number: str) -> float:
    text = match.group()
    if _CALENDAR.search(text) or _DECIMALS.search(text) or len(set(number)) < 3:
        return 0.0
    if _METERED.match(view.text, match.end()) is not None:
        return 0.0
    before = view.before(match.start(), 32)
    called = last(_CONTEXT, before)
    other = _OTHER.search(tail(before, 24)) is not None and last(_OTHER, before) > called
    if _MOBILE.fullmatch(text) and not PRODUCT.search(tail(before, 24)):
        other = False  # grouped as only mobile numbers are; "in order: Bea Lis 07700 900512" orders nothing
    if other or (PRODUCT.search(tail(before, 24)) and "+" not in text and called < last(PRODUCT, before)):
        return 0.0
    named = _BARCODE.match(view.text, match.end())
    if named is not None and PRODUCT.search(named["what"]) and called < 0:
        return 0.0
    national = _national(text, number)
    if national is None:
        # A mobile number whose leading nought was lost to a spreadsheet.
        lost = len(number) == 10 and number[0] == "7" and called >= 0 and "\n" not in text
        return 0.8 if lost else 0.0
    context = called >= 0 or _CONTEXT.search(view.after(match.end(), 16)) is not None
    if national[1:2] in ("1", "2") and _is_an_office(view, match.start(), match.end(), before):
        return 0.0
    if national == "":
        return 0.9 if "+" in text[:3] or context else 0.0
    if national.startswith(_BUSINESS) and _TELEPHONE.search(before):
        low, _ = view.sentence(match.start(), match.end())
        return 0.75 if any(low <= first < match.start() for first, _ in view.people) else 0.0
    named_person = any(0 <= match.start() - end < _SERVICE_BEFORE for _, end in view.people)
    return _british(text, national, before, context or (named_person and _LONG.fullmatch(text) is not None))


def _is_an_office(view: View, start: int, end: int, before: str) -> bool:
    if _PERSONAL.search(tail(before, 16)):
        return False
    if _OPEN.search(view.before(start, 80)) is not None:
        return True
    if view.text.startswith(",,", end):
        return True  # a line to dial in by, with the meeting's code behind it
    if view.text[start:end].endswith("000") and not _spoken_of(view, start, end):
        return True  # a round number is a switchboard's
    if _RELAY.search(view.after(end, 40)) is not None or _ENQUIRIES.search(view.before(start, _SERVICE_BEFORE)):
        return True
    if _OFFICE.search(before) is not None or _HOURS.match(view.after(end, 24)) is not None:
        return True
    near = view.before(start, _SERVICE_BEFORE)
    if _SERVICE.search(near) is None and _BODY.search(near) is None:
        return False
    return not _spoken_of(view, start, end)


def _spoken_of(view: View, start: int, end: int) -> bool:
    """Whether the sentence names somebody or says whose the number is."""
    low, high = view.sentence(start, end)
    return any(low <= first < high for first, _ in view.people) or _WHOSE.search(view.text, low, high) is not None


def _british(text: str, national: str, before: str, context: bool) -> float:
    if (
        not (len(national) in (10, 11) or (len(national) == 12 and context and _LONG.fullmatch(text)))
        or len(set(national)) < 3
        or national in _SEQUENCES[0]
        or national in _SEQUENCES[1]
    ):
        return 0.0
    if re.match(r"0\.\d{5}", text):
        return 0.0
    if national[1] == "0":
        return 0.0
    if national[1] in "389" or national[1] in "46":
        return 0.75 if _PERSONAL.search(tail(before, 16)) and national[1] in "38" else 0.0
    if len(national) == 10 and not context:
        return 0.0
    odd = (
        len(_GROUPS.findall(text)) > 6
        or "\n" in text
        or "," in text
        or "*" in text
        or not any(c.isdigit() for c in text[:3])
    )
    if odd and not context:
        return 0.0
    return 0.95 if context else 0.9


IDENTIFIER = Identifier("phone", ("PHONE",), _find, joins=True)
