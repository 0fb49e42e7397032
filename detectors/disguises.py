"""Writing turned round or shifted: backwards and ROT13, read where the text says so, or plainly is so.

False alarms are worse than a miss here: without an announcement, only a line whose words are common English when
read backwards is turned round.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import chain, islice

from detectors.blobs import Blob
from detectors.folding import lower, on_lower

_BACKWARDS = on_lower(
    r"\b(?:in reverse|revers(?:e|ed|ing) (?:it|them|writing|order|text|the)|reversed|backwards?(?! compatib)"
    r"|back to front|(?:it|is|it's|them|written|text|spelled|spelt) reverse|mirror(?:ed)?[ -](?:writing|text|image)"
    r""
    r"|(?:(?:it|this|that|them|these|text|number|name|word|letters|digits|figures|typed|written|spelled|spelt|put|read)"
    r"(?:'s| is| are)? (?:in )?the wrong way round|(?<!the )wrong way round)|esrever|sdrawkcab)\b"
)
_MAY_SAY_SO = ("revers", "backward", "back to front", "mirror", "wrong way", "esrever", "sdrawkcab")
_MAY_BE_SO = ("eht", "rebmun", "enohp", "elibom", "sserdda", "sevil", "morf", "liame", "taht", "siht", "htiw", "uoy")
_SHIFTED = on_lower(
    r"\brot[ -]?13\b|\bcaesar(?:'s)?[ -](?:cipher|cypher|code|shift)\b|\bshifted (?:by )?(?:13|thirteen)\b"
)
_TURNED_WORDS = on_lower(
    r"\b(?:eht|uoy|nac|dna|rebmun|enohp|elibom|eman|sserdda|sevil|htrib|rof|htiw|siht|taht|morf|esaelp|liame|edoctsop|ym|saw|reh|sih|llac|gnir|tnuocca|si|no|ta)\b"
)
_LEAST_WORDS = 3
_LEAST_TOLD = 2
"""Fewer English words do where the text says that it is backwards."""
_SHORT_WORDS = ("saw", "no", "ta", "si", "ym")
_PIECE = r"(?:[A-Za-z0-9+/.\-@_]*[\d@][A-Za-z0-9+/.\-@_]*|[A-Z]{1,5})"
_VALUE = re.compile(rf"(?<![\w@.])(?=[A-Z0-9 ./\-+]{{0,24}}[\d@]|\S*[\d@]){_PIECE}(?:[ ]{_PIECE}){{0,6}}(?![\w@])")
_LABEL = re.compile(r"(?:[A-Z]{2,5}[ ])+(?=\S)")
_NAME = re.compile(r"(?<![\w'])[a-z][a-z'\-]+[A-Z](?:[ ][a-z][a-z'\-]+[A-Z]){0,3}(?![\w'])")
_SHIFTED_NAME = re.compile(r"(?<!\w)[A-Z][a-z'\-]+(?:[ ][A-Z][a-z'\-]+){1,3}(?!\w)")
_COMMON = (
    "the|is|and|my|number|phone|for|with|her|his|she|he|at|on|of|to|please|name|lives|address|call|ring|you|this|can|"
    "from|has|not"
)
_ENGLISH = on_lower(rf"\b(?:{_COMMON})\b")
_ENGLISH_AS_IT_IS = re.compile(rf"\b(?:{_COMMON}|in|was|a|it)\b", re.IGNORECASE)
"""The commonest words of all may be a shifted word too: only what stands as it is, is parted by them."""
_WORDS = re.compile(r"[A-Za-z][A-Za-z'’\- ]{6,400}")
_LEAST_DIGITS = 3
MOST = 48
REACH = 600
"""How far from its announcement a single value is turned round."""
LONGEST = 2_000
"""Longest line that is turned round, in characters."""


def disguises(text: str) -> Iterator[Blob]:
    """Passages with what they say when read the other way, character by character."""
    small = lower(text)
    yield from islice(chain(_backwards(text, small), _shifted(text, small)), MOST)


def _near(announced: re.Pattern[str], small: str) -> tuple[int, int]:
    """How far an announcement reaches: from the first to the last, and some way around."""
    places = [match.start() for match in announced.finditer(small)]
    return max(0, places[0] - REACH), places[-1] + REACH


def _values(text: str, near: tuple[int, int]) -> Iterator[re.Match[str]]:
    for match in _VALUE.finditer(text, *near):
        if "@" in match.group() or sum(c.isdigit() for c in match.group()) >= _LEAST_DIGITS:
            yield match


def _backwards(text: str, small: str) -> Iterator[Blob]:
    told = any(hint in small for hint in _MAY_SAY_SO) and _BACKWARDS.search(small) is not None
    if told or (any(hint in small for hint in _MAY_BE_SO) and _turned_words(small) >= _LEAST_WORDS):
        yield from _lines(text, -1, lambda line: line[::-1], _LEAST_TOLD if told else _LEAST_WORDS)
    if told:
        near = _near(_BACKWARDS, small)
        for match in (*_values(text, near), *_NAME.finditer(text, *near)):
            named = match.re is _NAME and " " in match.group()
            yield Blob(match.start(), match.end(), match.group()[::-1], -1, named)
            label = _LABEL.match(match.group())
            if label:
                yield Blob(match.start() + label.end(), match.end(), match.group()[label.end() :][::-1], -1)


def _turned_words(small: str) -> int:
    return sum(match.group() not in _SHORT_WORDS for match in _TURNED_WORDS.finditer(small))


def _shifted(text: str, small: str) -> Iterator[Blob]:
    if not ("rot" in small or "caesar" in small or "shifted" in small) or not _SHIFTED.search(small):
        return
    yield from _lines(text, 1, _rot13)
    near = _near(_SHIFTED, small)
    for match in (*_values(text, near), *_SHIFTED_NAME.finditer(text, *near)):
        yield Blob(match.start(), match.end(), _rot13(match.group()), 1)
    for start, end in _clauses(text, near):
        yield Blob(start, end, _rot13(text[start:end]), 1)


def _clauses(text: str, near: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Runs of words among others that hold no common word of English as they stand, and one when shifted."""
    for run in _WORDS.finditer(text, *near):
        start = run.start()
        for stop in [*_ENGLISH_AS_IT_IS.finditer(text, *run.span()), None]:
            end = stop.start() if stop is not None else run.end()
            part = text[start:end].strip()
            if " " in part and _english(_rot13(part)):
                begin = text.index(part, start)
                yield begin, begin + len(part)
            start = stop.end() if stop is not None else end


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _lines(text: str, step: int, turn: Callable[[str], str], least: int = _LEAST_WORDS) -> Iterator[Blob]:
    """Lines that are more English when turned than as they stand."""
    start = 0
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        if 8 <= len(body) <= LONGEST:
            other = turn(body)
            if _english(other) >= max(least, 2 * _english(body)):
                yield Blob(start, start + len(body), other, step)
        start += len(line)


def _english(line: str) -> int:
    return sum(1 for _ in _ENGLISH.finditer(lower(line)))
