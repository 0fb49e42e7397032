"""Numbers and codes that are spelled out, as people say them on the telephone: "oh seven seven, double oh ...",
"golf november one nine alpha bravo charlie", "07700, then 900, then 123".

A run of such words is read as the digits and letters that it stands for, each with the place it came from.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from detectors.folding import lower, on_lower
from detectors.runs import COUNTING, Run, Span

_UNITS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS = {
    "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
    "ninety": "90",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_NATO = (
    "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "juliet",
    "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor",
    "whiskey", "whisky", "x-ray", "xray", "yankee", "zulu",
)  # fmt: skip


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORDS = (
    rf"(?P<times>{_any(_TIMES)})|(?P<teen>{_any(_TEENS)})|(?P<tens>{_any(_TENS)})|(?P<hundred>hundred)|"
    rf"(?P<nato>{_any(_NATO)})|(?P<unit>{_any(w for w in _UNITS if w != 'o')})"
)
_TOKEN = re.compile(
    rf"(?:{_WORDS}|(?P<lettered>[a-z])[ ](?:for|as in)[ ][a-z]{{2,12}}|(?P<letter>[a-np-z]|(?<!\d)o(?!\d)))(?![a-z'’])"
    r"|(?P<figures>\d{1,6})",
    re.IGNORECASE,
)
"""An O among figures was typed or scanned so, not spoken: "433592O1"."""
_FILLER = r"(?:and[ ]then|then|dash|hyphen|space|gap|slash|stroke|um+|erm?|uh|next[ ]bit|last[ ]bit|that's|again)"
_TURN = (
    r"[.,!?]?[ ]?\n[A-Z][A-Za-z]{0,14}:[ ]?(?:(?:[Yy]es|[Yy]ep|[Yy]eah|[Oo]k(?:ay)?|[Rr]ight|[Mm]m+|[Uu]h[ -]?huh|"
    r"[Gg]o on|[Gg]ot that|[Ss]ure|[Ll]ovely|[Tt]hanks?(?: you)?)[.,!]{0,3}[ ]?\n[A-Z][A-Za-z]{0,14}:[ ]?)?"
)
_BETWEEN = re.compile(
    rf"(?P<filler>[ ,.\-]{{1,3}}(?i:{_FILLER})[ ,.\-]{{1,3}})|(?P<turn>{_TURN})|[\s,.\-]{{0,3}}(?P<stop>)"
)
_SPELLING = (*_UNITS, *_TEENS, *_TENS, *_TIMES, *_NATO)
_SAID = _any(_SPELLING)
_LINK = rf"(?:[\s,.\-]{{0,3}}|[ ,.\-]{{1,3}}{_FILLER}[ ,.\-]{{1,3}})"
_NEXT = rf"[\s,.\-]{{1,3}}(?:{_SAID}|hundred|\d{{1,6}}|[a-z])\b"


def _openings() -> str:
    """The first two letters of the words, as a pattern that rules out most other words at once."""
    seconds: dict[str, set[str]] = {}
    for word in _SPELLING:
        if len(word) > 1:
            seconds.setdefault(word[0], set()).add(word[1])
    return "|".join(f"{first}[{re.escape(''.join(sorted(others)))}]" for first, others in sorted(seconds.items()))


_STARTS = on_lower(
    rf"(?<![\w'’])(?:(?={_openings()})(?:{_SAID})(?:{_NEXT}|\d)"
    rf"|[a-z](?=[ ,.\-])(?:[ ](?:for|as in)[ ][a-z]{{2,12}})?{_NEXT}"
    rf"|(?<!\.)\d{{1,6}}(?:{_LINK}(?:{_SAID})(?![a-z])|[ ,.\-]{{1,3}}{_FILLER}[ ,.\-]{{1,3}}\d|[ ]?\n[a-z]{{1,15}}:))"
)
"""Where a run may begin: two tokens in a row, at least one of them a word."""

LEAST = 6
"""Shorter numbers are counting, not an identifier."""
_MOST_TOKENS = 60
_SHORT = 8
_ASKED = re.compile(
    r"\b(?:code|number|no|phone|mobile|tel|account|acct|sort|card|ni|nino|reg|plate|ref|post ?code|it's|is)\b"
    r"[^.\n]{0,16}$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Reader:
    """What has been read so far: characters with their places, and of what kinds they were."""

    characters: list[str] = field(default_factory=list)
    sources: list[Span] = field(default_factory=list)
    end: int = 0
    units: int = 0
    words: int = 0
    spoken: int = 0
    singles: int = 0
    links: int = 0
    tokens: int = 0

    def add(self, text: str, place: Span) -> None:
        self.characters.extend(text)
        self.sources.extend([place] * len(text))
        self.end = place[1]


def speaks(text: str) -> bool:
    """Whether anything in a text may be spelled."""
    return _STARTS.search(lower(text)) is not None


def spelled(text: str) -> Iterator[Run]:
    """The runs of spelled digits and letters in a text, in order and apart."""
    position, small = 0, lower(text)
    while (start := _STARTS.search(small, position)) is not None:
        run = _read(text, start.start())
        found = _accepted(text, start.start(), run)
        if found is not None:
            yield found
            position = found.end
        else:
            # A long run that is none is not read again and again, which would cost the square of its length.
            position = max(start.start() + 1, run.end - 1 if run.tokens > _SHORT else 0)


def _read(text: str, start: int) -> _Reader:
    """Token after token from `start` on, until something else stands there."""
    run = _Reader(end=start)
    position, times, since, last = start, 1, start, ""
    for _ in range(_MOST_TOKENS):
        match = _TOKEN.match(text, position)
        if match is None:
            break
        run.tokens += 1
        kind, word = match.lastgroup or "", match.group().lower()
        place = (since if times > 1 else match.start(), match.end())
        if kind == "times":
            times, since = _TIMES[word], match.start()
        else:
            times = _take(run, kind, word, match.group(), place, times, last)
        last = kind
        link = _BETWEEN.match(text, match.end())
        if link is None:
            break
        if kind != "times" and (link["filler"] or link["turn"]):
            run.links += 1
        if (
            run.characters
            and run.characters[-1] != " "
            and ("." in link.group() or ("," in link.group() and kind != "lettered") or link["turn"])
        ):
            run.characters.append(" ")
            run.sources.append((link.start(), link.end()))
        position = link.end()
    return run


def _take(run: _Reader, kind: str, word: str, raw: str, place: Span, times: int, last: str) -> int:
    """Add what one token stands for; returns how often the next counts."""
    if kind == "unit":
        if last == "tens" and run.characters and run.characters[-1] == "0" and times == 1:
            run.characters[-1] = _UNITS[word]  # twenty one is 21
            run.sources[-1] = place
            run.end = place[1]
        else:
            run.add(_UNITS[word] * times, place)
        run.units += 1
        run.words += 1
    elif kind in ("teen", "tens"):
        run.add((_TEENS | _TENS)[word] * times, place)
        run.words += 1
    elif kind == "hundred":
        run.add("00", place)
        run.words += 1
    elif kind == "figures":
        run.add(raw * times if len(raw) == 1 else raw, place)
    elif kind == "letter" and word == "o" and not run.spoken and not run.singles:
        run.add("0" * times, place)
        run.words += 1
        run.units += 1
    else:
        run.add(word[0].upper() * times, place)
        run.spoken += kind in ("nato", "lettered")
        run.singles += kind == "letter"
    return 1


_FORM = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}|[A-Z]{2}\d{2}[A-Z]{3}|[A-Z]{2}\d{6}[A-D]")
"""A postcode, a registration or an insurance number: its last letter is no word of what follows."""


def _accepted(text: str, start: int, run: _Reader) -> Run | None:
    """The run without what doesn't belong to it, if it can be an identifier."""
    characters, sources = run.characters, run.sources
    whole = _FORM.fullmatch("".join(characters)) is not None
    while characters and not whole and _stray(text, characters[-1], sources[-1], last=True):
        characters, sources = characters[:-1], sources[:-1]
    while characters and _stray(text, characters[0], sources[0], last=False):
        characters, sources = characters[1:], sources[1:]
    read = "".join(characters)
    figures = sum(c.isdigit() for c in read)
    letters = sum(c.isalpha() for c in read)
    plain = read.replace(" ", "")
    if (
        len(set(plain)) < 2
        or any(plain in counting for counting in COUNTING)
        or not ((run.words and _FORM.fullmatch(plain)) or _likely(text, start, run, figures, letters))
    ):
        return None
    return Run(sources[0][0], sources[-1][1], read, tuple(sources))


_DATED = re.compile(r"[Oo],?[ ]?(?:19|20)\d\d-\d\d-\d\d")
"""An initial and a date in the next cell: "Grace O,1979-06-04"."""


def _likely(text: str, start: int, run: _Reader, figures: int, letters: int) -> bool:
    if _DATED.match(text, start):
        return False
    if not letters:
        if figures < LEAST:
            return False
        if run.units >= 4 or (run.words and figures >= 9 and run.units) or (run.links and figures >= 8):
            return True
        return run.words > 0 and figures <= 20 and _ASKED.search(text, max(0, start - 40), start) is not None
    if run.spoken >= 2:
        return figures + letters >= 5 and (figures >= 1 or run.spoken >= 6)
    return (run.words >= 2 or run.spoken > 0) and figures >= 3 and figures + letters <= 20


def _stray(text: str, character: str, place: Span, *, last: bool) -> bool:
    """A space, or "a" and "I" as words beside the run."""
    if character == " ":
        return True
    raw = text[slice(*place)]
    if len(raw) != 1 or not raw.isalpha():
        return False
    if last:
        return raw.islower() and text[place[1] : place[1] + 1] == " " and text[place[1] + 1 : place[1] + 2].isalpha()
    return raw in "aAiI" and not re.match(r"[ ,.\-]{1,3}[A-Za-z]\b", text[place[1] : place[1] + 5])
