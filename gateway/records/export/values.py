"""The values that must not be in a package, each with the line of the schedule that withholds it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from detectors.finding import Finding
from gateway.ledger.tokens import Unaligned, replacements
from gateway.model.release import UnitOf
from gateway.records.export.release import Release

_LINE_WORDS = 6
"""A line of a withheld conversation with this many words is looked for on its own."""


class Inspector(Protocol):
    """Detection: `detectors.suite.Suite`."""

    def inspect(self, text: str) -> Iterable[Finding]:
        """The findings in a text."""
        ...


@dataclass(frozen=True, slots=True)
class Withheld:
    """A value that is withheld, by the line (`R00007`, `W0001.2`) that says so."""

    line: str
    value: str = field(repr=False)


def withheld_values(release: Release, units: Iterable[UnitOf], inspector: Inspector) -> Iterator[Withheld]:
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
    lines = {unit.unit: line.id for line, unit in release.withheld_units}
    for unit in units:
        yield from _replaced(release, unit)
        for number, identity in enumerate(unit.identities, 1):
            yield Withheld(f"caller {number}", identity)
            yield Withheld(f"caller {number}", identity.partition("@")[0])
        if unit.unit in lines:
            yield from _whole(lines[unit.unit], unit)


def _span(line: str, text: str, inspector: Inspector) -> Iterator[Withheld]:
    yield Withheld(line, text)
    for finding in inspector.inspect(text):
        yield Withheld(line, text[finding.start : finding.end])


def _replaced(release: Release, unit: UnitOf) -> Iterator[Withheld]:
    """What pseudonyms stand for, wherever both forms of a text are known; unless the text was released as it came."""
    released = {shown.key for shown in release.texts.values()}
    for record in unit.records:
        for manifest in record.manifests:
            for entry in manifest.entries:
                kept = unit.texts.get((entry.kept_id, "kept"))
                sent = unit.texts.get((entry.sent_id, "sent")) if entry.sent_id is not None else None
                if kept is None or sent is None or (entry.kept_id, "kept") in released:
                    continue
                try:
                    pairs = replacements(kept.text, sent.text)
                except Unaligned:
                    continue
                for value, token in pairs:
                    if value.strip() and value.strip().casefold() != token.strip().casefold():
                        yield Withheld(f"replaced in {record.ref}", value.strip())


def _whole(line: str, unit: UnitOf) -> Iterator[Withheld]:
    """The texts of a conversation that is withheld, and their longer lines."""
    for number, (key, text) in enumerate(sorted(unit.texts.items()), 1):
        if key[1] == "kept" and text.text.startswith("identity\t"):
            continue  # the caller, who is looked for by name
        yield Withheld(f"{line}.{number}", text.text)
        for row in text.text.splitlines():
            if len(row.split()) >= _LINE_WORDS:
                yield Withheld(f"{line}.{number}", row)
