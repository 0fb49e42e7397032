"""The values that must not be in a package, each with the line of the schedule that withholds it."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from detectors.finding import Finding
from gateway.ledger.tokens import Unaligned, replacements
from gateway.model.case import CaseKind, Form
from gateway.model.release import RecordOf, UnitOf
from gateway.records.export.redact import PSEUDONYM
from gateway.records.export.release import Release

MAX_TOGETHER = 12
"""Pseudonyms in one replacement that are told apart."""
_FEW_WORDS = 4
_NAME = "PERSON"
_REQUESTS = (CaseKind.FOI, CaseKind.EIR)
"""Kinds whose answer says nothing of who asked; by the others people ask for what is said of themselves."""
_LINE_WORDS = 6
"""A line of what is withheld with this many words is looked for on its own."""


class Inspector(Protocol):
    """Detection: `detectors.suite.Suite`."""

    def inspect(self, text: str) -> Iterable[Finding]:
        """The findings in a text."""
        ...


class Remembering:
    """Detection that reads no text twice: the same line stands in many letters."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._known: dict[str, tuple[Finding, ...]] = {}

    def inspect(self, text: str) -> tuple[Finding, ...]:
        """See `Inspector`."""
        if text not in self._known:
            self._known[text] = tuple(self._inspector.inspect(text))
        return self._known[text]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A value that is withheld, by the line (`R00007`, `W0001.2`) that says so; `name` if it is somebody's."""

    line: str
    value: str = field(repr=False)
    name: bool = False


def withheld_values(release: Release, units: Sequence[UnitOf], inspector: Remembering) -> Iterator[Withheld]:
    """Every value that is to stay out of the package, as far as it is known in clear."""
    for shown in release.texts.values():
        source = shown.source
        if source is None:
            continue
        for mark in release.marks.get(shown.id, ()):
            yield from _span(mark.row, source.text[mark.start : mark.end], inspector)
        if not shown.redacted.released():
            for row in {row for gap in shown.redacted.gaps for row in gap.rows}:
                yield from _span(row, source.text, inspector)
    if release.case.kind in _REQUESTS and release.case.requester:
        yield Withheld("requester", release.case.requester)
    yield from _callers(units)
    lines = {unit.unit: line.id for line, unit in release.withheld_units}
    released = {shown.key for shown in release.texts.values()}
    for unit in units:
        for record in unit.records:
            for number, (value, label) in enumerate(_replaced(record, unit, released).items(), 1):
                yield Withheld(f"{record.ref}#{number}", value, label == _NAME)
        if unit.unit in lines:
            yield from _whole(lines[unit.unit], unit, inspector)


def _callers(units: Iterable[UnitOf]) -> Iterator[Withheld]:
    """Who made the calls: the whole identity, and what stands before the @."""
    people = dict.fromkeys(identity for unit in units for identity in unit.identities)
    for number, identity in enumerate(people, 1):
        yield Withheld(f"caller #{number}", identity)
        yield Withheld(f"caller #{number}", identity.partition("@")[0])


def _span(line: str, text: str, inspector: Remembering) -> Iterator[Withheld]:
    yield Withheld(line, text)
    yield from _lines(line, text)
    for finding in inspector.inspect(text):
        yield Withheld(line, text[finding.start : finding.end], finding.label == _NAME)


def _replaced(record: RecordOf, unit: UnitOf, released: Collection[tuple[int, Form]]) -> dict[str, str]:
    """What pseudonyms stand for, by label, where both forms of a text are known and it is not released as it came."""
    found: dict[str, str] = {}
    for entry in (entry for manifest in record.manifests for entry in manifest.entries):
        kept = unit.texts.get((entry.kept_id, "kept"))
        sent = unit.texts.get((entry.sent_id, "sent")) if entry.sent_id is not None else None
        if kept is None or sent is None or (entry.kept_id, "kept") in released:
            continue
        try:
            pairs = replacements(kept.text, sent.text)
        except Unaligned:
            continue
        for value, token in pairs:
            for part, label in apart(value, token):
                said = part.strip()
                if said and said.casefold() != token.strip().casefold():
                    found[said] = label or found.get(said, "")
    return found


def apart(value: str, replacement: str) -> list[tuple[str, str]]:
    """The values behind a replacement with their labels, told apart where several pseudonyms stand close together."""
    pieces = PSEUDONYM.split(replacement)
    literal, labels = pieces[::2], pieces[1::2]  # the pattern's group, the label, stands between
    if not labels or len(labels) > MAX_TOGETHER:
        return [(value, "")]
    found = re.fullmatch("(.+?)".join(re.escape(each) for each in literal), value, re.DOTALL)
    singles = list(zip(found.groups(), labels, strict=True)) if found else []
    return singles if len(singles) == 1 and singles[0][0] == value else [(value, ""), *singles]


def _whole(line: str, unit: UnitOf, inspector: Remembering) -> Iterator[Withheld]:
    """The texts of a conversation that is withheld, and their longer lines. A few plain words ("Thank you.") are not
    looked for: they stand in every conversation."""
    texts = [text.text for text in unit.texts.values() if not text.text.startswith("identity\t")]
    for number, text in enumerate(dict.fromkeys(texts), 1):
        plain = len(text.split()) < _FEW_WORDS and not any(map(str.isdigit, text))
        if plain and not inspector.inspect(text):
            continue
        yield Withheld(f"{line}.{number}", text)
        yield from _lines(f"{line}.{number}", text)


def _lines(line: str, text: str) -> Iterator[Withheld]:
    """The longer lines of a text, which may be quoted alone."""
    for row in text.splitlines():
        if len(row.split()) >= _LINE_WORDS:
            yield Withheld(line, row)
