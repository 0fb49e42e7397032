"""Segments: where a text may be cut for inspection, as a pure function of the text.

A stream is inspected segment by segment and so is a whole reply. Since a cut depends only on the characters
before it and one after it, any chunking of a text gives the same segments.
"""

import re

LONGEST = 400
"""No segment is longer than this many characters."""
SHORTEST = 60
"""A sentence or line that ends earlier is kept with the next one, so that "Tel:" stays beside its number."""
_BREATH = 60
"""Where no sentence ends, the cut is put at a space among the last this many characters."""

_END = re.compile(r"(?:[.!?…][\"'”’)\]]{0,4}(?=\s)|\n)\s?")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[A-Za-z]|mr|mrs|ms|miss|mx|dr|prof|rev|revd|cllr|st|no|nos|ref|tel|ext|sgt|supt|insp|hon|"
    r"messrs|esq|jr|sr|apt|rd|ave|approx|dept|fig|vs|etc|i\.e|e\.g|d\.o\.b|n\.i)\.$",
    re.IGNORECASE,
)


class Segmenter:
    """Cuts a growing text. `push` returns the segments that are certain; `flush` the rest."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str) -> list[str]:
        """Add text; return the segments that no later text can change."""
        self._held += text
        return self._cut(final=False)

    def flush(self) -> list[str]:
        """The text has ended: return what is left."""
        rest = self._cut(final=True)
        if self._held:
            rest.append(self._held)
            self._held = ""
        return rest

    @property
    def held(self) -> int:
        """How many characters wait for a cut."""
        return len(self._held)

    def _cut(self, *, final: bool) -> list[str]:
        done: list[str] = []
        position = 0
        while (length := _first(self._held[position : position + LONGEST + 1], final=final)) > 0:
            done.append(self._held[position : position + length])
            position += length
        self._held = self._held[position:]
        return done


def _first(window: str, *, final: bool) -> int:
    """How long the first segment is; 0 when the text so far doesn't say. `window` is at most LONGEST + 1 long."""
    for match in _END.finditer(window):
        end = match.end()
        # The character after the cut must be known: a space would belong to this segment.
        if end >= len(window) and not (final and end <= LONGEST):
            break
        if end < SHORTEST or end > LONGEST:
            continue
        stop = match.start() + 1
        if window[stop - 1] == "." and _ABBREVIATION.search(window, max(0, stop - 9), stop):
            continue
        return end
    if len(window) <= LONGEST:
        return 0
    space = max(window.rfind(" ", LONGEST - _BREATH, LONGEST), window.rfind("\t", LONGEST - _BREATH, LONGEST))
    return space + 1 if space > 0 else LONGEST


def segments(text: str) -> list[str]:
    """Every segment of a whole text; joined they are the text."""
    cutter = Segmenter()
    return cutter.push(text) + cutter.flush()
