"""Undo hidden characters and encodings, keeping a map back, so that findings point into the original text.

What is undone: zero-width and bidi characters, tag characters, look-alike letters inside Latin words, full-width
and mathematical letters, HTML entities, percent-encoding, backslash escapes, odd spaces, dashes and quotes, and
digits spelled as words. Pure ASCII without any of their signs takes a fast path and is returned as it is.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detectors import lookalikes
from detectors.escapes import ESCAPE, decode_escape
from detectors.spelled import SPELLED, digits_of

Span = tuple[int, int]

ROUNDS = 3
"""Encodings inside encodings are undone this many times."""
_MANY = 3
"""This many zero-width characters inside words can't be an accident of copying."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e007f]+"
)
_OVERRIDE = re.compile("[\u202d\u202e]")
_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]+")
_ACCENTED = re.compile("[A-Za-z][\u0300-\u036f]{1,4}")
_SIGNS = ("%", "&", "\\")


@dataclass(frozen=True, slots=True)
class Normal:
    """`text` is readable; `starts[i]:ends[i]` is what its character i was in the original (None: the same place).

    `hiding` are spans of the original that conceal by themselves; `altered` are spans of `text` whose encoding
    conceals only if something is found there.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    hiding: tuple[Span, ...] = ()
    altered: tuple[Span, ...] = ()

    def original(self, start: int, end: int) -> Span:
        """The span of the original that `text[start:end]` came from (`start < end`)."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def is_altered(self, start: int, end: int) -> bool:
        """Whether `text[start:end]` was written in an encoding that conceals it."""
        index = bisect_left(self.altered, (end, 0))
        return any(start < e for _, e in self.altered[max(0, index - 2) : index])


@dataclass(frozen=True, slots=True)
class _Change:
    """`text[start:end]` becomes `new`; character i of `new` came from `sources[i]`. `conceals`: letters or digits
    that a reader of the original would not have seen."""

    start: int
    end: int
    new: str
    conceals: bool = False
    sources: tuple[Span, ...] = ()


def normalise(text: str) -> Normal:
    """`text` made readable. Linear in its length; never raises on any string."""
    if text.isascii() and not any(sign in text for sign in _SIGNS) and SPELLED.search(text) is None:
        return Normal(text)
    hiding = tuple(_hiding(text))
    plain, altered = (text, ()) if text.isascii() else lookalikes.plain(text)
    hiding += tuple(span for span, strong in altered if strong)
    normal = Normal(plain, None, None, (), tuple(span for span, _ in altered))
    for _ in range(ROUNDS):
        changes = list(_changes(normal.text))
        if not changes:
            break
        normal = _apply(normal, changes)
    return Normal(normal.text, normal.starts, normal.ends, tuple(sorted(hiding)), normal.altered)


def _hiding(text: str) -> Iterator[Span]:
    """Spans that hide something whatever stands there: tag characters, overrides, many zero-widths in words."""
    if text.isascii():
        return
    for match in _TAGS.finditer(text):
        yield match.span()
    for match in _OVERRIDE.finditer(text):
        yield match.span()
    inside = [m.span() for m in _INVISIBLE.finditer(text) if _splits_a_word(text, m) and m.group() != "\u00ad"]
    if len(inside) >= _MANY:
        yield inside[0][0], inside[-1][1]


def _splits_a_word(text: str, match: re.Match[str]) -> bool:
    """Latin letters or digits on both sides: emoji, Arabic and Indic writing use joiners lawfully."""
    start, end = match.span()
    return start > 0 and end < len(text) and _latin(text[start - 1]) and _latin(text[end])


def _latin(character: str) -> bool:
    return character.isalnum() and character < "\u0250"


def _changes(text: str) -> Iterator[_Change]:
    """The changes due, in order and apart from each other."""
    found: list[_Change] = []
    if not text.isascii():
        found.extend(_invisible(text))
        found.extend(_accents(text))
    if any(sign in text for sign in _SIGNS):
        found.extend(_escapes(text))
    found.extend(_spelled(text))
    found.sort(key=lambda change: change.start)
    reached = 0
    for change in found:
        if change.start >= reached:
            reached = change.end
            yield change


def _invisible(text: str) -> Iterator[_Change]:
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        shown = "".join(chr(ord(c) - 0xE0000) for c in match.group() if "\U000e0020" <= c <= "\U000e007e")
        if start and text[start - 1] == "\U0001f3f4":
            shown = ""
        yield _Change(start, end, shown, bool(shown) or (_splits_a_word(text, match) and match.group() != "\u00ad"))


def _accents(text: str) -> Iterator[_Change]:
    for match in _ACCENTED.finditer(text):
        composed = lookalikes.compose(match.group())
        if composed != match.group():
            yield _Change(match.start(), match.end(), composed)


def _escapes(text: str) -> Iterator[_Change]:
    for match in ESCAPE.finditer(text):
        decoded = decode_escape(match.group())
        if decoded is not None and decoded != match.group():
            conceals = any(c.isascii() and c.isalnum() for c in decoded)
            yield _Change(match.start(), match.end(), decoded, conceals)


def _spelled(text: str) -> Iterator[_Change]:
    for match in SPELLED.finditer(text):
        digits, sources = digits_of(text, match.start(), match.end())
        if digits:
            yield _Change(match.start(), match.end(), digits, sources=sources)


def _apply(normal: Normal, changes: list[_Change]) -> Normal:
    """The text after the changes, with the map back to the original extended."""
    text, old_starts, old_ends = normal.text, normal.starts, normal.ends
    begins = range(len(text)) if old_starts is None else old_starts
    finishes = range(1, len(text) + 1) if old_ends is None else old_ends
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    altered: list[Span] = []
    shifts: list[tuple[int, int]] = []
    position = 0
    for change in changes:
        pieces.append(text[position : change.start])
        starts.extend(begins[position : change.start])
        ends.extend(finishes[position : change.start])
        shifts.append((change.start, len(starts)))
        here = len(starts)
        for index in range(len(change.new)):
            first, last = change.sources[index] if change.sources else (change.start, change.end)
            starts.append(begins[first])
            ends.append(finishes[last - 1])
        pieces.append(change.new)
        if change.conceals:
            altered.append((max(0, here - 1), len(starts) + 1))
        position = change.end
        shifts.append((change.end, len(starts)))
    pieces.append(text[position:])
    starts.extend(begins[position:])
    ends.extend(finishes[position:])
    altered.extend(_moved(normal.altered, shifts))
    return Normal("".join(pieces), starts, ends, (), tuple(sorted(altered)))


def _moved(spans: Sequence[Span], shifts: list[tuple[int, int]]) -> Iterator[Span]:
    """Spans of the text before the changes as spans of the text after them. Both lists are in order."""
    befores = [before for before, _ in shifts]
    for start, end in spans:
        moved = []
        for place in (start, end):
            index = bisect_right(befores, place) - 1
            moved.append(place if index < 0 else shifts[index][1] + place - shifts[index][0])
        if moved[0] < moved[1]:
            yield moved[0], moved[1]
