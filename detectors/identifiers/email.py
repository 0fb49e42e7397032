# ruff: noqa: E501  patterns and word lists read better unbroken
"""E-mail addresses, written (any domain, known suffix or not), disguised ("jo[at]mail[dot]com") and spoken
("jo dot bloggs at mail dot com").

Role mailboxes that nobody's name is in (info@, noreply@) are nobody's personal data.
"""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import Identifier, words
from detectors.view import Hit, View

_FORM = re.compile(
    r"(?<![\w.+%-])(?P<local>[\w.%&'+-]{1,64})@(?P<domain>(?:[\w-]{1,63}\.){1,5}(?P<top>[A-Za-z]{2,24}))(?![\w-])"
)
_APART = re.compile(
    r"(?<![\w.+%-])(?P<local>[\w.%&'+-]{1,64}(?:[ ]\.[ ]?\w{1,40}){0,2})\s?@\s?(?P<domain>(?:[\w-]{1,63}(?:\s?\.\s?)){1,5}(?P<top>[a-z]{2,24}))(?![\w-])"
)
_SPACED = re.compile(r"\s@|@\s|@[\w.\-]*\s\.|@[\w.\-]+\.\s[a-z]|\s\.\s?\w{1,40}@")
_AT = (
    r"(?:[ ]?[(\[{<][ ]?(?:at|a|@)[ ]?[)\]}>][ ]?|[ ](?:'at'|\"at\"|-at-|_at_|\*at\*|at[ -]?(?:sign|symbol))[ ]|_at_|@)"
)
_DOT = r"(?:[ ]?[(\[{<][ ]?(?:dot|\.)[ ]?[)\]}>][ ]?|[ ](?:'dot'|\"dot\"|-dot-|_dot_|\*dot\*|dot)[ ]|_dot_|\.)"
_DISGUISED = folded(
    rf"(?<![\w.+%-])(?P<local>(?:[a-z0-9.+-]|_(?!at_)){{1,64}}(?:{_DOT}\w{{1,40}}){{0,3}}){_AT}(?P<domain>[a-z0-9-]{{1,63}}(?:{_DOT}[a-z0-9-]{{1,40}}){{0,3}}{_DOT}[a-z]{{2,24}})(?![\w-])"
)
_HINT = re.compile(r"[(\[{<][ ]?a[t]?[ ]?[)\]}>]|[ _'\"\-(\[{<*]dot[ _'\"\-)\]}>*]")
_SPOKEN = folded(
    r"(?<![\w.])(?P<local>[\w.-]+(?:[ ](?:dot|underscore|dash|hyphen|point)[ ]\w+){0,4}(?:[ ](?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?))?)"
    r"[ ]at[ ](?P<domain>[\w-]+(?:[ ](?:hyphen|dash)[ ]\w+){0,2}(?:(?:[ ]dot[ ]|\.)[a-z]\w{1,11}){1,4})(?!\w)"
)
_DICTATED = folded(
    r"e-?mail(?:[ ]address)?(?:[ ]is|'s|:)?[ ](?P<value>\w+(?:[ ](?!at[ ])\w+){0,4}[ ]at[ ]\w+(?:[ ](?!dot[ ])\w+){0,2}(?:[ ]dot[ ]\w{2,12}){1,3})(?!\w)"
)
_ROLE = re.compile(
    r"(?:test|tester|user|username|you|your|name|me|somebody|joe\.?bloggs|jane\.?doe|john\.?doe|a\.?n\.?other|t\d|example|someone|adults?|children|families|link|branch|committees?|facilitator|bot|pi|bounce[\w\-]*|\w+[._-]team|duty[._-]?\w+|test\.?user\d*|jdoe|prevent|conference|lgr|property|taxi|trees|s106|dmarc(?:-rua)?|git|web|simulate-delivered|notifications?|alerts?|yourname|your\.name|firstname\.lastname|first\.last|no-?reply|do-?not-?reply|info|information|enquir(?:y|ies)|contact(?:us)?|help(?:desk)?|support|admin|office|mail|postmaster|"
    r"webmaster|hello|feedback|complaints?|press|media|customer[._-]?services?|foi|dpo|data[._-]?protection|planning|housing|benefits?|"
    r"revenues?|council[._-]?tax|parking|electoral[._-]?services|elections?|licensing|hr|payroll|recruitment|jobs|finance|legal|"
    r"democratic[._-]?services|occ(?:upational)?[._-]?health|oh|waste|bins?|recycling|parks|leisure|museum|theatre|library|box[._-]?office|tourism|visit|community|grants|procurement|tenders?|invoices?|payments?|homelessness|land[._-]?charges|building[._-]?control|environmental[._-]?health|cemeter(?:y|ies)|crematorium|bereavement|registrars?|consultations?|safeguarding|ict|digital|reception|members|mayor|communications|comms|news|events|bookings?|accounts?|sales|security|abuse|itservicedesk|service[._-]?desk|reports?|reporting|bulky|noise|pests?|potholes|highways|street[._-]?lights?|streetscene|allotments|dogs?|fly[._-]?tipping|graffiti|cctv|pcns?|appeals|permits?|visitors?|heritage|archives?|gallery|sports?|wellbeing|careers|apply|applications|admissions|schools?|send|fostering|adoption|volunteer(?:s|ing)?|surveys?|have[._-]?your[._-]?say|petitions|democracy|scrutiny|chief[._-]?executive|leader|clerk|secretary|treasurer|rangers|wardens|on[._-]?call|councillors|customer[._-]?care|training|marketing|shop|tickets|catering|weddings|ceremonies|hire|pitches|markets|transport|fleet|depot|stores|audit|risk|insurance|pensions|treasury|cabinet|governance|policy|research|statistics|gis|maps|lettings|repairs|voids|rents|leasehold|supporters?|fundraising|donations|renewals|memberships?|subscriptions|mash|lado|edt|rates|revs|crem(?:[._-]office)?|rough[._-]?sleepers?|returns|orders|dispatch|servicedesk)"
    r"(?:[._-]?(?:services?|teams?|office|desk|support|enquiries|policy|options|control|repairs|advice)|[._-][a-z]{2,15}|(?:19|20)\d\d)?",
    re.IGNORECASE,
)
_MAIL = words("e-?mails?", "mail", "e-?mail address")
_SPELT = re.compile(
    r"(?<![\w'])(?:(?:(?:double|treble|triple)[ ])?(?:[a-z]|ay|bee|cee|see|dee|eff|gee|h?aitch|jay|kay|ell|em|en|pee|queue|cue|ar|ess|tee|tea|vee|ex|why|zed|"
    r"zero|oh|one|two|three|four|five|six|seven|eight|nine)[ ]){2,24}$",
    re.IGNORECASE,
)
_RETINA = re.compile(r"[1-4]x\.(?:png|jpe?g|webp|gif|svg|avif)", re.IGNORECASE)
"""A picture for dense screens: "hero@2x.png"."""
_WORDS_BEFORE = frozenset(["all", "any", "every", "each", "only", "is", "are", "the", "their", "use", "with"])
"""Words before a bare domain: "all @example.com"."""
_HANDLE = re.compile(r"\s@(?=\S)")
_COMMON = frozenset(
    [
        "com",
        "uk",
        "net",
        "org",
        "gov",
        "edu",
        "co",
        "info",
        "io",
        "eu",
        "ac",
        "nhs",
        "example",
        "test",
        "ie",
        "fr",
        "de",
        "pl",
        "ro",
        "it",
        "es",
        "pt",
        "nl",
        "bg",
        "lt",
    ]
)
_MACHINE = re.compile(r"(?:message-id|in-reply-to|references|uid|sip|xmpp)[ ]?:[ ]?<?$", re.IGNORECASE)
"""What stands before an identifier that looks like an address."""
_BEFORE_AT = re.compile(r"[a-z]+://[^\s@]*$", re.IGNORECASE)


def _find(view: View) -> Iterator[Hit]:
    if "@" in view.text:
        yield from _written(view)
    small = view.small
    if _HINT.search(small):
        for match in view.matches(_DISGUISED):
            undisguised = "@" in match.group() and not _HINT.search(match.group())
            if not undisguised and not _ROLE.fullmatch(match["local"]):
                yield Hit(match.start(), match.end(), "EMAIL", 0.9)
    if " at " in small:
        for match in view.matches(_DICTATED):
            yield Hit(*match.span("value"), "EMAIL", 0.9)
        for match in view.matches(_SPOKEN):
            odd = re.search(r"[_.\d]", match["local"]) is not None and "." in match["domain"]
            if odd or " dot " in match["domain"] or " dot " in match["local"] or _said(view, match):
                yield Hit(_spelt_from(view, match.start()), match.end(), "EMAIL", 0.9)


def _spelt_from(view: View, start: int) -> int:
    """Where a spoken address begins of which the letters are spelt one by one: "e-mail's double u eff one nine at"."""
    spelt = _SPELT.search(view.text, max(0, start - 120), start)
    if spelt is None or not _MAIL.search(view.before(spelt.start(), 24)):
        return start
    return spelt.start()


def _said(view: View, match: re.Match[str]) -> bool:
    """Whether "jo at mail.example" is an address: the text calls it one, or shouts the AT."""
    if _MAIL.search(view.before(match.start(), 24)) or _MAIL.search(view.after(match.end(), 16)):
        return True
    return " AT " in view.text[match.start() : match.end()] and not view.text[match.start() : match.end()].isupper()


def _written(view: View) -> Iterator[Hit]:
    found: set[int] = set()
    for match in view.matches(_FORM):
        found.add(match.end("local"))
        start = _start(view, match)
        if start is not None:
            yield Hit(start, match.end(), "EMAIL", 0.95)
    for match in view.matches(_APART) if _SPACED.search(view.text) else ():
        gaps = sum(c.isspace() for c in match["domain"])
        apart = " ." in match.group() or " @" in match.group() or ". " in match["local"]
        if match.end("local") in found or not (gaps <= 1 or apart):
            continue
        if "@ " in match.group() and ". " in match["domain"] and match["top"].lower() not in _COMMON:
            continue  # "dont @ me. write"
        if view.text.startswith("@", match.end()):
            continue  # a list of mailboxes without their domain: "trees@ waste@ web@"
        if _HANDLE.search(view.text, match.end("local"), match.end()) and match["top"].lower() not in _COMMON:
            continue  # a handle behind a word, or a decorator on a line of its own
        start = _start(view, match)
        if start is not None:
            yield Hit(start, match.end(), "EMAIL", 0.95)


def _start(view: View, match: re.Match[str]) -> int | None:
    """Where the address begins; None where it is a role's mailbox or belongs to a URL's user and password."""
    start = match.start() + _opening(match["local"])
    local = view.text[start : match.end("local")].strip("'")
    if _MACHINE.search(view.text, max(0, start - 20), start) or match["domain"].endswith("gserviceaccount.com"):
        return None
    if _RETINA.fullmatch(match["domain"]) or local.lower() in _WORDS_BEFORE:
        return None
    if not local or _ROLE.fullmatch(local) or _BEFORE_AT.search(view.text, max(0, start - 60), match.end("local")):
        return None
    return start


def _opening(local: str) -> int:
    """How many quotes, brackets and the like stand before the local part."""
    return len(local) - len(local.lstrip("'`{|}*~=?!#$^&"))


IDENTIFIER = Identifier("email", ("EMAIL",), _find, joins=True)
