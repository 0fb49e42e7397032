"""The same texts carried in other ways: quoted in a reply, cut to a width, in JSON, in HTML, in bold.

What people paste has been through mail clients, logs, chat tools and scanners. Each document is written again in each
form with its marks moved, so that forms differ in nothing else; what is compared is recall of direct identifiers.
"""

import html
import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from detectors.evaluate.data import Document, Span
from detectors.evaluate.runner import Column, Say
from detectors.evaluate.score import DIRECT, LabelScore, score
from detectors.evaluate.sets import DataSet

MOST = 240
"""How many documents are carried, spread evenly over the sets."""
_LONGEST = 2_500
_WIDTH = 68
PLAIN = "as it was written"


class Sign(NamedTuple):
    """What a character becomes, and what comes to stand before it."""

    itself: str
    before: str = ""


Form = Callable[[Document], Sequence[Sign]]
"""A sign for each character of the text, and one for its end."""


class Row(NamedTuple):
    """One form: what was found of direct identifiers, and how many findings of those labels were wrong."""

    form: str
    direct: LabelScore


@dataclass(frozen=True, slots=True)
class Carried:
    """One column's rows, the plain form first."""

    column: str
    rows: tuple[Row, ...]


def _each(form: Callable[[str], str]) -> Form:
    return lambda document: [*(Sign(form(character)) for character in document.text), Sign("")]


def _swapped(old: str, new: str) -> Form:
    return _each(lambda character: new if character == old else character)


def _before_lines(prefix: str) -> Form:
    def carry(document: Document) -> Sequence[Sign]:
        first, *others = (Sign(f"\n{prefix}" if c == "\n" else c) for c in document.text)
        return [Sign(first.itself, prefix), *others, Sign("")]

    return carry


def _cut(line_end: str, form: Callable[[str], str] = str) -> Form:
    """Lines cut before the word that would go beyond the width."""

    def carry(document: Document) -> Sequence[Sign]:
        text, column = document.text, 0
        signs: list[Sign] = []
        for place, character in enumerate(text):
            following = text[place + 1 : place + 1 + _WIDTH].split(" ", 1)[0].split("\n", 1)[0]
            cut = character == " " and column + 1 + len(following) > _WIDTH
            column = 0 if cut or character == "\n" else column + 1
            signs.append(Sign(line_end if cut else form(character)))
        return [*signs, Sign("")]

    return carry


def _around(opening: str, closing: str) -> Form:
    """Signs around every direct identifier."""

    def carry(document: Document) -> Sequence[Sign]:
        direct = [span for span in document.spans if span.label in DIRECT]
        starts, ends = {span.start for span in direct}, {span.end for span in direct}
        return [
            Sign(character, (closing if place in ends else "") + (opening if place in starts else ""))
            for place, character in enumerate([*document.text, ""])
        ]

    return carry


def _printable(character: str) -> str:
    if character == "=":
        return "=3D"
    return character if character.isascii() else quote(character, safe="").replace("%", "=")


def _misread(character: str) -> str:
    return character.encode("utf-8", "replace").decode("latin-1")


FORMS: dict[str, Form] = {
    PLAIN: _each(str),
    "small letters": _each(str.lower),
    "capitals": _each(str.upper),
    "in one line": _swapped("\n", " "),
    "CR and LF": _swapped("\n", "\r\n"),
    "vertical tabs for line ends": _swapped("\n", "\x0b"),
    "no-break spaces": _swapped(" ", "\u00a0"),
    "accents apart (NFD)": _each(lambda c: unicodedata.normalize("NFD", c)),
    "UTF-8 read as Latin-1": _each(_misread),
    "quoted in a reply": _before_lines("> "),
    "as a list": _before_lines("• "),
    "indented by a tab": _before_lines("\t"),
    f"cut at {_WIDTH} columns": _cut("\n"),
    "cut and quoted": _cut("\n> "),
    "quoted-printable": _cut(" =\n", _printable),
    "HTML, a line a paragraph": _each(lambda c: "</p><p>" if c == "\n" else html.escape(c)),
    "HTML, every space an entity": _each(lambda c: "&nbsp;" if c == " " else html.escape(c)),
    "percent-encoded": _each(lambda c: quote(c) if c in " \n%" else c),
    "a JSON string": _each(lambda c: json.dumps(c)[1:-1]),
    "a JSON string in a JSON string": _each(lambda c: json.dumps(json.dumps(c)[1:-1])[1:-1]),
    "Markdown's backslashes": _each(lambda c: f"\\{c}" if c in "_*-.#+!()[]" else c),
    "identifiers in bold": _around("**", "**"),
    "identifiers in italics": _around("_", "_"),
    "identifiers in HTML's bold": _around("<strong>", "</strong>"),
    "identifiers in a span with a class": _around('<span class="x">', "</span>"),
    "identifiers in quotes": _around('"', '"'),
    "identifiers in brackets": _around("[", "]"),
}


def chosen(sets: Sequence[DataSet]) -> list[Document]:
    """Prompts with personal data, none very long, evenly from the sets."""
    fitting = [
        document
        for data in sets
        if data.known.prompts
        for document in data.documents
        if len(document.text) <= _LONGEST and any(span.label in DIRECT for span in document.spans)
    ]
    step = max(1, len(fitting) / MOST)
    return [fitting[int(place * step)] for place in range(min(MOST, len(fitting)))]


def carry(document: Document, form: Form) -> Document:
    """The document in another form, with its marks in place."""
    starts: list[int] = []
    ends: list[int] = []
    text: list[str] = []
    length = 0
    for sign in form(document):
        starts.append(length + len(sign.before))
        length += len(sign.before) + len(sign.itself)
        ends.append(length)
        text.append(sign.before + sign.itself)
    spans = tuple(Span(starts[s.start], ends[s.end - 1], s.label, s.entity, s.direct) for s in document.spans)
    return Document(document.id, "".join(text), spans, document.kind)


def carried(columns: Sequence[Column], documents: Sequence[Document], say: Say) -> list[Carried]:
    """Each column's recall and precision of direct identifiers in each form."""
    made: list[Carried] = []
    for column in columns:
        rows: list[Row] = []
        for name, form in FORMS.items():
            say(f"carried: {column.name}, {name}")
            others = [carry(document, form) for document in documents]
            rows.append(Row(name, score(others, {d.id: column.detect(d.text) for d in others}).together(DIRECT)))
        made.append(Carried(column.name, tuple(rows)))
    return made
