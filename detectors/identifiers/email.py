# ruff: noqa: E501  patterns and word lists read better unbroken
"""E-mail addresses, written (any domain, known suffix or not) and spoken ("jo dot bloggs at mail dot com").

Role mailboxes that nobody's name is in (info@, noreply@) are nobody's personal data.
"""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import Identifier, words
from detectors.view import Hit, View

_FORM = re.compile(
    r"(?<![\w.+%-])(?P<local>[\w.%&'+-]{1,64})\s?(?:@|\(at\)|\[at\])\s?(?P<domain>(?:[\w-]{1,63}\s?(?:\.|\(dot\)|\[dot\])\s?){1,5}[A-Za-z]{2,24})(?![\w-])"
)
_SPOKEN = folded(
    r"(?<![\w.])(?P<local>[\w.-]+(?:[ ](?:dot|underscore|dash|hyphen|point)[ ]\w+){0,4}(?:[ ](?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?))?)"
    r"[ ]at[ ](?P<domain>[\w-]+(?:(?:[ ]dot[ ]|\.)\w{2,12}){1,4})(?!\w)"
)
_ROLE = re.compile(
    r"(?:no-?reply|do-?not-?reply|info|information|enquir(?:y|ies)|contact(?:us)?|help(?:desk)?|support|admin|office|mail|postmaster|"
    r"webmaster|hello|feedback|complaints?|press|media|customer[._-]?services?|foi|dpo|data[._-]?protection|planning|housing|benefits?|"
    r"revenues?|council[._-]?tax|parking|electoral[._-]?services|elections?|licensing|hr|payroll|recruitment|jobs|finance|legal|"
    r"democratic[._-]?services|communications|comms|news|events|bookings?|accounts?|sales|security|abuse|itservicedesk|service[._-]?desk)"
    r"(?:[._-][a-z]{2,15})?",
    re.IGNORECASE,
)
_MAIL = words("e-?mail", "mail", "address", "contact")
_BEFORE_AT = re.compile(r"[a-z]+://[^\s@]*$", re.IGNORECASE)


def _find(view: View) -> Iterator[Hit]:
    if "@" in view.text or "(at)" in view.text or "[at]" in view.text:
        yield from _written(view)
    if " at " in view.text:
        for match in view.matches(_SPOKEN):
            if " dot " in match.group() or _MAIL.search(view.before(match.start(), 24)):
                yield Hit(match.start(), match.end(), "EMAIL", 0.9)


def _written(view: View) -> Iterator[Hit]:
    for match in view.matches(_FORM):
        start = match.start() + _opening(match["local"])
        local = view.text[start : match.end("local")].strip("'")
        if not local or _ROLE.fullmatch(local) or _BEFORE_AT.search(view.text, max(0, start - 60), match.end("local")):
            continue
        if match["domain"].count(" ") > 1 and "(" not in match.group() and "[" not in match.group():
            continue
        yield Hit(start, match.end(), "EMAIL", 0.95)


def _opening(local: str) -> int:
    """How many quotes, brackets and the like stand before the local part."""
    return len(local) - len(local.lstrip("'`{|}*~=?!#$^&"))


IDENTIFIER = Identifier("email", ("EMAIL",), _find, joins=True)
