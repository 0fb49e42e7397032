"""Undo hidden characters and encodings, keeping a map back, so that findings point into the original text.

What is undone: zero-width and bidi characters, tag characters, look-alike letters inside Latin words, full-width
and mathematical letters, HTML entities, percent-encoding, backslash escapes, odd spaces, dashes and quotes, digits
and letters spelled as words, and words written one character at a time. Pure ASCII without any of their signs takes
a fast path and is returned as it is.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from detectors import lookalikes
from detectors.escapes import ESCAPE, decode_escape, form_spaces, misread, quote_marks, soft_breaks, written_breaks
from detectors.glued import glued
from detectors.markup import emphasis, tags
from detectors.spaced import APART, DOTTED, apart
from detectors.spelled import speaks, spelled
from detectors.wrapped import wrapped

Span = tuple[int, int]

ROUNDS = 3
"""Encodings inside encodings are undone this many times."""
_MANY = 3
"""This many zero-width characters inside words can't be an accident of copying."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e007f\u0332-\u0338\u035c-\u0362\u20d0-\u20f0]+"
)
_OVERRIDE = re.compile("[\u202d\u202e]")
_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]+")
_ACCENTED = re.compile("[A-Za-z0-9][\u0300-\u036f]{1,4}")
_PAGE_BREAKS = str.maketrans("\x0b\x0c", "\n\n")
"""What a word processor and a scanner put where a line or a page ends."""
_LINE_END = re.compile(r"\r\n?")
_ESCAPING = ("%", "&", "\\", "=")
_MARKED = ("**", "_", "~~")
_SIGNS = (*_ESCAPING, *_MARKED, "\r", "\n>", "<", "][", "] [", ")(")


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
    if "\x0b" in text or "\x0c" in text:
        text = text.translate(_PAGE_BREAKS)
    if (
        text.isascii()
        and not any(sign in text for sign in _SIGNS)
        and _written_plainly(text)
        and next(wrapped(text), None) is None
    ):
        return Normal(text)
    hiding = tuple(_hiding(text))
    normal = Normal(text)
    if not text.isascii():
        changes = [_Change(*change) for change in misread(text)]
        normal = _apply(normal, changes) if changes else normal
        plain, altered = lookalikes.plain(normal.text)
        hiding += tuple(normal.original(*span) for span, strong in altered if strong)
        normal = Normal(plain, normal.starts, normal.ends, (), tuple(span for span, _ in altered))
    for _ in range(ROUNDS):
        changes = _in_order(_encoded(normal.text))
        if not changes:
            break
        normal = _apply(normal, changes)
    if normal.starts is not None and not normal.text.isascii():
        normal = _plainer(normal)
    for undone in (_marked_up, _cut, _worded):
        changes = _in_order(undone(normal.text))
        if changes:
            normal = _apply(normal, changes)
    return Normal(normal.text, normal.starts, normal.ends, tuple(sorted(hiding)), normal.altered)


def _plainer(normal: Normal) -> Normal:
    """The same with odd spaces and look-alike letters undone that an encoding held."""
    plain, altered = lookalikes.plain(normal.text)
    spans = sorted({*normal.altered, *(span for span, _ in altered)})
    return Normal(plain, normal.starts, normal.ends, normal.hiding, tuple(spans))


def _written_plainly(text: str) -> bool:
    return not (speaks(text) or APART.search(text) or DOTTED.search(text)) and next(glued(text), None) is None


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


def _encoded(text: str) -> Iterator[_Change]:
    """What hidden characters and encodings there are to undo."""
    if not text.isascii():
        yield from _invisible(text)
        yield from _accents(text)
    if "\r" in text:
        yield from (_Change(*end.span(), "\n") for end in _LINE_END.finditer(text))
    if "\n>" in text:
        yield from (_Change(*mark) for mark in quote_marks(text))
    if any(sign in text for sign in _ESCAPING):
        yield from _escapes(text)
        for written in (written_breaks, form_spaces, soft_breaks):
            yield from (_Change(*change) for change in written(text))


def _marked_up(text: str) -> Iterator[_Change]:
    """What only says how words look."""
    if any(sign in text for sign in _MARKED):
        yield from (_Change(*sign) for sign in emphasis(text))
    if "<" in text:
        yield from (_Change(*tag) for tag in tags(text))


def _cut(text: str) -> Iterator[_Change]:
    yield from (_Change(*cut) for cut in wrapped(text))


def _worded(text: str) -> Iterator[_Change]:
    """What is spelled, written apart, or glued to its label."""
    for run in (*spelled(text), *apart(text)):
        yield _Change(run.start, run.end, run.read, sources=run.sources)
    for place in glued(text):
        yield _Change(place, place, " ", sources=((place - 1, place),))


def _in_order(changes: Iterable[_Change]) -> list[_Change]:
    """The changes in order of place and apart from each other."""
    due: list[_Change] = []
    reached = 0
    for change in sorted(changes, key=lambda change: change.start):
        if change.start >= reached:
            reached = change.end
            due.append(change)
    return due


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
        if composed[0].isdigit():
            composed = composed[0]  # no digit has an accent
        if composed != match.group():
            yield _Change(match.start(), match.end(), composed)


def _escapes(text: str) -> Iterator[_Change]:
    for match in ESCAPE.finditer(text):
        decoded = decode_escape(match.group())
        if decoded is not None and decoded != match.group():
            conceals = any(c.isascii() and c.isalnum() for c in decoded)
            yield _Change(match.start(), match.end(), decoded, conceals)


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
