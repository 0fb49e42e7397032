"""Lines that were cut to a width: where an e-mail or a scan broke a sentence, a name or a number."""

import re
from collections.abc import Iterator, Sequence

_BLOCK = re.compile(r"(?:^[^\S\n]*\S[^\n]*(?:\n|\Z)){2,}", re.MULTILINE)
"""Lines of which none is empty."""
_LINE = re.compile(r"[^\S\n]*(?P<words>\S[^\n]*?)[^\S\n]*(?:\n|\Z)")
_WORD = re.compile(r"\S+")
_NARROWEST, _WIDEST = 40, 100
"""Columns. What is wider was not cut for reading, and short lines are lists and forms."""
_PROSE = 0.6
"""The share of cut lines that go on with a small letter, of those with a letter: rows of a table seldom do."""


def wrapped(text: str) -> Iterator[tuple[int, int, str]]:
    """The line ends that a width put in: spans from a last word to the next first one, and what they stand for.

    A line was cut there if the next word would have gone beyond the widest line around it. A word or a name that was
    cut at its hyphen is whole again; otherwise a space belongs there.
    """
    for block in _BLOCK.finditer(text):
        lines = [line.span("words") for line in _LINE.finditer(text, *block.span())]
        width = max(end - start for start, end in lines)
        if _NARROWEST <= width <= _WIDEST:
            yield from _cuts(text, lines, width)


def _cuts(text: str, lines: Sequence[tuple[int, int]], width: int) -> Iterator[tuple[int, int, str]]:
    cuts: list[tuple[int, int]] = []
    for index, (start, end) in enumerate(lines[:-1]):
        begin = lines[index + 1][0]
        word = _WORD.match(text, begin)
        if word is not None and end - start + 1 + len(word.group()) > width and end - start >= _NARROWEST // 2:
            cuts.append((end, begin))
    words = [text[begin] for end, begin in cuts if text[begin].isalpha() and text[end - 1] != "-"]
    small = sum(letter.islower() for letter in words)
    if small and small >= _PROSE * len(words):
        for end, begin in cuts:
            hyphened = text[end - 1] == "-" and text[max(0, end - 2) : end - 1].isalpha()
            yield end, begin, "" if hyphened and text[begin].isalpha() else " "
