"""Words and numbers written one character at a time: "Q Q 1 2 3 4 5 6 C", "J/G/1/0/3/7/5/9/A", "[0][7][7]", a letter
a line. Lists of figures with commas are left alone, since that is how people write lists."""

import re
from collections.abc import Iterator

from detectors.runs import COUNTING, Run, Span

_ONE = r"[A-Za-z0-9@.+/\-]"
APART = re.compile(
    rf"[A-Za-z0-9](?<![\w@./*\-\[\(].)(?P<gap>[ ]{{1,3}}|[ ]?[\-./_*~·•][ ]?|\n){_ONE}(?![A-Za-z0-9@])"
    rf"(?:(?:(?P=gap)|[ \n]{{1,3}}){_ONE}(?![A-Za-z0-9@])){{3,80}}"
)
BRACKETED = re.compile(r"(?:[\[(][A-Za-z0-9@./\-][\])][ ]?){5,40}")
DOTTED = re.compile(
    r"(?<![\w.*\-])[.]?[A-Za-z](?P<sign>[.\-*_~·])[a-z](?:(?P=sign)[a-z](?![A-Za-z0-9])){2,30}(?:(?P=sign)(?=[\s,;:)]|$))?"
)
"""A word in small letters with a sign behind each of them: initials of bodies are capitals, "e.g." is shorter."""
LEAST = 6
_LEAST_LETTERS = 5
_IN_ORDER = ("abcdefghijklmnopqrstuvwxyz", *COUNTING)


def apart(text: str) -> Iterator[Run]:
    """Runs of single characters that may be an identifier, an address or a name, in order and apart."""
    reached = 0
    for run in sorted(_runs(text), key=lambda run: run.start):
        if run.start >= reached:
            reached = run.end
            yield run


def _runs(text: str) -> Iterator[Run]:
    for match in APART.finditer(text):
        found = _joined(text, match.span(), match["gap"])
        if found is not None:
            yield found
    for match in DOTTED.finditer(text):
        places = [place for place in range(*match.span()) if text[place].isalpha()]
        read = "".join(text[place] for place in places)
        if not any(read.lower() in row for row in _IN_ORDER):
            yield Run(*match.span(), read, tuple((place, place + 1) for place in places))
    if "][" in text or ")(" in text or "] [" in text:
        for match in BRACKETED.finditer(text):
            found = _joined(text, match.span(), "][")
            if found is not None:
                yield found


def _joined(text: str, span: Span, gap: str) -> Run | None:
    """The characters without what stands between them; a wider space stays as one, since it parts words."""
    mark = gap.strip()
    read: list[str] = []
    sources: list[Span] = []
    last = span[0]
    for index in range(*span):
        character = text[index]
        if not (character.isalnum() or character in "@.+/-") or (character == mark and not character.isalnum()):
            continue
        if read and gap.startswith(" ") and not mark and text.count(" ", last, index) > len(gap):
            read.append(" ")
            sources.append((last, index))
        read.append(character)
        sources.append((index, index + 1))
        last = index + 1
    joined = "".join(read).rstrip("./+- ")
    figures = sum(c.isdigit() for c in joined)
    letters = sum(c.isalpha() for c in joined)
    if figures + letters < _LEAST_LETTERS or any(joined.lower().replace(" ", "") in row for row in _IN_ORDER):
        return None
    if not ("@" in joined or (figures >= 2 and figures + letters >= LEAST) or (not figures and not mark)):
        return None
    return Run(sources[0][0], sources[len(joined) - 1][1], joined, tuple(sources[: len(joined)]))
