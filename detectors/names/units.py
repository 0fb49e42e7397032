"""Units: the short texts that the model of names reads. A growing text keeps its earlier units, so they stay cached."""

import re

LONGEST = 400
_BREAK = re.compile(r"\n+|(?<=[.!?])[ \t]+(?=[\"'(\[]?[A-Z0-9])")
_LINE_CASE = re.compile(r"[A-Z]{2,}")
_TITLED = re.compile(r"[A-Z][A-Z'’\-]*")


def units(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of `text[start:end]`, each at most LONGEST characters, cut at lines and sentences.

    Lines are joined while they are short: a name alone on its line says little, the line before says more.
    """
    spans: list[tuple[int, int]] = []
    begin = start
    last = start
    for match in _BREAK.finditer(text, start, end):
        place = match.end()
        if place - begin > LONGEST and last > begin:
            spans.append((begin, last))
            begin = last
        if match.group().count("\n") > 1 or (place - begin >= LONGEST // 2 and "\n" in match.group()):
            spans.append((begin, place))
            begin = place
        last = place
    if end - begin > LONGEST and last > begin:
        spans.append((begin, last))
        begin = last
    spans.append((begin, end))
    return [piece for s, e in spans for piece in _bounded(text, s, e)]


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A unit without any break is cut at spaces."""
    pieces: list[tuple[int, int]] = []
    while end - start > LONGEST:
        space = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = space + 1 if space > 0 else start + LONGEST
        pieces.append((start, cut))
        start = cut
    if text[start:end].strip():
        pieces.append((start, end))
    return pieces


def recased(unit: str) -> str:
    """Lines in capitals as capitalised words, of the same length: the model has hardly seen capitals."""
    if not _LINE_CASE.search(unit):
        return unit
    return "\n".join(_recase_line(line) for line in unit.split("\n"))


def _recase_line(line: str) -> str:
    letters = [c for c in line if c.isalpha()]
    if len(letters) < 6 or sum(c.isupper() for c in letters) < 0.85 * len(letters):
        return line
    return _TITLED.sub(lambda m: m.group()[0] + m.group()[1:].lower(), line)
