# ruff: noqa: E501  patterns and word lists read better unbroken
"""Protective markings, commercial confidence and legal privilege: what the text itself says must not go further."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import Identifier
from detectors.view import Hit, View

_LIFTED = re.compile(
    r"\b(?:lifted|no longer|not|isn't|ended|expired|removed|was|declassified|what is|what'?s|what does|meaning of|define|explain|(?:writing|wrote|words?|phrase|term|difference)(?=[ ]?[\"“'(]))\b[\"“'(]?",
    re.IGNORECASE,
)
_MARKING = re.compile(
    r"(?<![\w\-])(?:OFFICIAL[ \-–:]{1,3}SENSITIVE(?:[ \-–:\[(]{1,3}(?:PERSONAL|COMMERCIAL|LOCSEN)[\])]?)?|TOP SECRET|(?<=\n)SECRET(?=\n)|(?:NOT|Not) (?:FOR|for) (?:PUBLICATION|publication|RELEASE|release|CIRCULATION|circulation|DISCLOSURE)|"
    r"(?i:strictly (?:private(?: (?:and|&) confidential)?|confidential|embargoed)|private (?:and|&) confidential|commercial(?:ly)?[ \-]in[ \-]confidence|commercially (?:sensitive|confidential)|in (?:strict(?:est)?|the strictest) confidence|"
    r"confidential(?: [\-–:] | ?- ?)addressee only|addressee only|embargoed until|under embargo|(?<!disclosure of )exempt (?:item|report|information|appendix)(?: under)?|part (?:2|ii) (?:item|report)|pink papers?|do not (?:circulate|forward|share (?:outside|externally))|not for onward (?:transmission|sharing)|"
    r"not (?:to be|for) (?:shared|circulated|public(?:ation)?|wider circulation)|restricted circulation|(?:for (?:(?:the|your|his|her) )?[\w'’\-]{1,20}(?: [\w'’\-]{1,20})? )?eyes only|(?:(?<=treat this as )|(?<=treat it as )|(?<=treat as ))confidential(?: [\-–] addressee only)?|(?:please )?keep (?:this |it )?confidential|schedule 12a|company confidential|trade secrets?))(?![\w\-])"
)
_COMMERCIAL = folded(
    r"(?<!\w)(?:(?:tender|bid|quote|contract|bidder|supplier)(?:'s)? (?:price|sum|score|rates?|value|evaluation)s?(?: (?:is|was|of|:))? £[\d,.]+(?:m|k| million)?|(?:lowest|winning|losing|their) (?:bid|tender|offer)(?: (?:is|was|of|at))? £[\d,.]+(?:m|k| million)?|reserve price(?: (?:is|of|:))? £[\d,.]+(?:m|k)?)"
)
_PRIVILEGE = re.compile(
    r"(?<!\w)(?:(?:legally )?privileged (?:and|&) confidential(?::? legal advice)?|legal(?:ly)? (?:professional )?privileged?|legal professional privilege|litigation privilege|legal advice privilege|subject to (?:legal )?privilege|"
    r"counsel'?s (?:advice|opinion)|advice (?:from|of) counsel|without prejudice save as to costs|(?-i:WITHOUT PREJUDICE)|in contemplation of (?:litigation|proceedings))(?!\w)",
    re.IGNORECASE,
)


def _find_confidential(view: View) -> Iterator[Hit]:
    for match in view.matches(_MARKING):
        low, high = view.sentence(match.start(), match.end(), 40)
        if not _LIFTED.search(view.text, low, match.start()) and not re.search(
            r"\b(?:lifted|no longer)\b", view.text[match.end() : high]
        ):
            yield Hit(match.start(), match.end(), "CONFIDENTIAL", 0.85)
    for match in view.matches(_COMMERCIAL):
        yield Hit(match.start(), match.end(), "CONFIDENTIAL", 0.6)


def _find_privilege(view: View) -> Iterator[Hit]:
    for match in view.matches(_PRIVILEGE):
        if not _LIFTED.search(view.before(match.start(), 20)):
            yield Hit(match.start(), match.end(), "LEGAL_PRIVILEGE", 0.85)


CONFIDENTIAL = Identifier("confidential", ("CONFIDENTIAL",), _find_confidential)
LEGAL_PRIVILEGE = Identifier("legal_privilege", ("LEGAL_PRIVILEGE",), _find_privilege)
