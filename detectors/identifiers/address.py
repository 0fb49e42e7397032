# ruff: noqa: E501  patterns and word lists read better unbroken
"""Street addresses: a house number or name with its street, a flat with its building. Towns are left alone.

A street without a number is a place, not somebody's address, unless the text says that somebody lives there.
"""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.identifiers.base import Identifier, words
from detectors.view import Hit, View

_TYPE = (
    r"(?:Road|Rd|Street|Str|St|Lane|Ln|Avenue|Ave|Av|Close|Clo|Cl|Drive|Dr|Way|Crescent|Cres|Court|Ct|Place|Pl|Square|Sq|Terrace|Terr?|"
    r"Gardens|Gdns|Grove|Gr|Hill|Green|Park|Row|Mews|Walk|Rise|Parade|Pde|Broadway|Wharf|Quay|Vale|Dale|End|Cottages?|Cotts|Villas|Buildings|"
    r"Estate|Bank|Path|Mount|View|Orchard|Meadows?|Paddocks?|Heights|Tower|Towers|House|Lodge|Passage|Yard|Chase|Glade|Copse|Field|Fields|Croft|Spinney|Ridge|Brow|Reach|Common|Circus|Esplanade|Promenade|Causeway|Cross|Corner|Dene|Garth|Gate|Hollow|Knoll|Leas?|Leys|Loop|Link|Piece|Platt|Plain|Side|Strand|Wents)"
)
_CAP = r"[A-ZÀ-ÖØ-Þ][\w'’\-]*"
_NUM = r"\d{1,4}[A-Za-z]?(?:[ ]?[-/–&][ ]?\d{1,4}[A-Za-z]?)?(?:[ ](?:bis|ter))?"
_SPELT = r"(?:number|no\.?)[ ](?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
_UNIT = r"(?:Flat|Apartment|Apt|Unit|Room|Maisonette|Plot|Caravan|Pitch|FLAT|flat|apt|apartment|room)[ ](?:no\.?[ ])?(?:\d{1,4}[A-Za-z]?|[A-Z]\d?)"
_STREET = re.compile(
    rf"(?<![\w£$€.,/\-])(?:{_UNIT},?[ ]+(?:{_CAP}[ ]){{0,3}}(?:,[ ])?)?(?:{_NUM}|[Nn]o\.?[ ]?\d{{1,4}}[A-Za-z]?),?[ \n](?:The[ ])?(?:{_CAP}[ ]){{1,4}}?{_TYPE}\b(?![ ]{_TYPE}\b)(?!['’]s)"
)
_UPPER = re.compile(rf"(?<![\w£$€.,/\-]){_NUM},?[ ](?:[A-Z][A-Z'\-]*[ ]){{1,4}}?{_TYPE.upper()}\b")
_LOWER = folded(
    rf"(?<![\w£$€.,/\-:])(?P<number>{_NUM}|{_SPELT})[ ](?:[a-z][a-z'\-]+[ ]){{1,3}}?{_TYPE.lower()}\b(?![\w'’])"
)
_FLAT = re.compile(rf"(?<!\w){_UNIT},?[ \n](?:{_NUM},?[ ])?(?:{_CAP})(?:[ ]{_CAP}){{0,3}}")
_NAMED = re.compile(
    rf"(?<![\w'])(?:The[ ]|THE[ ])?(?:{_CAP}[ ]){{0,3}}(?:Cottage|House|Lodge|Farm|Barn|Farmhouse|Bungalow|Manor|Grange|Oast|Mill|Stables|Rectory|Vicarage|COTTAGE|HOUSE|LODGE|FARM|BARN),[ \n](?:{_CAP}[ ]){{1,3}}{_TYPE}\b",
)
_NAMED_UPPER = re.compile(rf"(?<![\w'])THE[ ][A-Z]+(?:[ ][A-Z]+)?,[ ](?:[A-Z]+[ ]){{1,3}}{_TYPE.upper()}\b")
_LIVES = re.compile(
    rf"\b(?:liv(?:es|ed|ing)|moved|resid(?:es|ing)|staying|stays|home|address(?: is)?|house|domicilié|mieszkam przy|locuiesc la|see us|got you|visited|visit)[ ](?:at|in|on|to|is)?[ ]?(?P<where>(?:\d{{1,4}}[A-Za-z]?,?[ ])?(?:{_CAP}[ ]){{1,3}}{_TYPE})\b"
)
_FOREIGN = re.compile(
    r"(?<![\w.,])\d{1,4}(?:[ ](?:bis|ter|quater))?,?[ ](?:rue|avenue|boulevard|bd|place|allée|chemin|impasse|ul\.|ulica|via|calle|strada|str\.)[ ](?:(?:des?|du|la|les?|l'|della|di)[ ])*[A-ZÀ-Ý][\w'’\-]+(?:[ ][A-ZÀ-Ý][\w'’\-]+){0,2}"
)
_LABELLED = folded(
    r"(?:^|[\"'|,;\t ])(?:(?:home|property|prop|current|previous)[ _])?(?:address|addr)(?:[ _]?(?:line[ _]?)?1)?[\"']?[ ]?[:=][ ]?[\"']?(?P<where>(?=[^\"'\n<]*\d|The )[A-Za-z0-9][^\"'\n<{},;|]{4,60})"
)
_SHORT = folded(
    r"(?:pick up|pik up|collect from|taxi (?:to|from)|drain at|living at|lives at|live at|works at)[ ](?P<where>\d{1,4}[a-z]?[ ][a-z]{4,}(?:[ ](?:rd|st|ln|ave|cl|dr))?)(?![\w])"
)
_ASIDE = re.compile(r"[ ]\([^()\d]{1,40}\)?$")
_HEADER = re.compile(r"\b(?:addr|address|prop addr|property|line ?1|street)\b")
_NOT_HEADER = words("ip", "e-?mail", "mac", "web")
_COUNTER = words(
    "page",
    "pages",
    "section",
    "clause",
    "item",
    "items",
    "table",
    "figure",
    "policy",
    "chapter",
    "act",
    "wk",
    "week",
    "top",
    "from",
    "chambers",
    "approx",
    "about",
    "over",
    "under",
    "first",
    "year",
    "in",
    "the year",
    "since",
    "option",
    "col",
    "column",
)
_NOT_STREET = re.compile(
    r"\b(?:high street shops|car park|business park|country park|retail park|per (?:way|place)|either|another|other|same|each|every|will|not|serve|wrong|right|any|all|of|and|the|to|in|at|for|with|on|is|was|are|a|this|that|you|we|they|it|days?|weeks?|hours?|years?|months?|minutes?|people|units?|homes?|houses?|dwellings?|bedrooms?|storeys?|metres?|miles?|pounds?|quid|times|bins?|items?|plots?|beds?|per|a\.m|p\.m|am|pm|out|by|no|one|two|more|less|old people|new|hundred|thousand|million|billion|mph|extra|affordable|social)\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"[ ](?:along|via|from|to|into|onto|off|past|between|through|towards|at|in|on|of|for|by|is|are|was|were|runs?|divert\w*|trees|homes|houses|flats|cars|people|residents|metres|minutes|buses)[ ]",
    re.IGNORECASE,
)
"""Words that no street is called by: "71 divert along Loose Road" counts buses."""
_ORDINAL = re.compile(r"^\d{4}[ ]")
_YEAR = re.compile(r"(?:19|20)\d\d,[ ]")
"""What an address is no part of: "approved 2016, Elm Tree House, Plough Lane"."""


def _find(view: View) -> Iterator[Hit]:
    for pattern, score in (
        (_STREET, 0.9),
        (_UPPER, 0.85),
        (_FLAT, 0.85),
        (_NAMED, 0.8),
        (_NAMED_UPPER, 0.75),
        (_FOREIGN, 0.85),
    ):
        for match in view.matches(pattern):
            if not _counted(view, match.start(), match.group()) and not _is_business(view, match):
                year = _YEAR.match(match.group())
                yield Hit(match.start() + (year.end() if year else 0), match.end(), "ADDRESS", score)
    for match in view.matches(_LOWER):
        street = match.group()[match.end("number") - match.start() :]
        if _NO_NAME.search(street):
            continue
        if not _NOT_STREET.search(street.rsplit(" ", 1)[0]) and not _counted(view, match.start(), match.group()):
            yield Hit(match.start(), match.end(), "ADDRESS", 0.8)
    for pattern, score in ((_LIVES, 0.8), (_LABELLED, 0.85), (_SHORT, 0.75)):
        for match in view.matches(pattern):
            start, end = match.span("where")
            value = _ASIDE.sub("", view.text[start:end].rstrip(" ."))
            yield Hit(start, start + len(value), "ADDRESS", score)
    yield from _cells(view)


_BUSINESS = re.compile(
    r"\b(?:(?:industrial|trading|retail|business|enterprise) (?:estate|park|centre|units?))\b", re.IGNORECASE
)
"""Where nobody lives."""


def _is_business(view: View, match: re.Match[str]) -> bool:
    return _BUSINESS.search(view.text, match.start(), min(len(view.text), match.end() + 24)) is not None


def _cells(view: View) -> Iterator[Hit]:
    for start, end in view.cells_under(_HEADER):
        if end - start > 5 and "@" not in view.text[start:end] and not _NOT_HEADER.search(view.header(start)):
            yield Hit(start, end, "ADDRESS", 0.8)


def _counted(view: View, start: int, text: str) -> bool:
    """Whether the number counts something or is a year: "2019 Road Traffic", "page 4 High Street"."""
    if _ORDINAL.match(text) and 1900 <= int(text[:4]) <= 2100:
        return True
    before = view.before(start, 14)
    counter = None
    for counter in _COUNTER.finditer(before):  # noqa: B007  the nearest one is wanted
        pass
    return (
        counter is not None
        and before[counter.end() :].strip() == ""
        and counter.group().lower() not in ("from", "in", "over", "under")
    )


IDENTIFIER = Identifier("address", ("ADDRESS",), _find)
