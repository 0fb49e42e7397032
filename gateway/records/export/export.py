"""Writes the release package of a case: preconditions, release, files, safety scan, manifest, signature."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Protocol

from gateway.model.case import CaseFile
from gateway.model.release import HoldOf, SignedCheckpoint, UnitOf
from gateway.model.wording import many, verb
from gateway.records.export import bag, sheets
from gateway.records.export.checker.main import verify_package
from gateway.records.export.checker.shipped import verify_py
from gateway.records.export.checks import missing
from gateway.records.export.page import KINDS, records_page
from gateway.records.export.proofs import FOLDER, proof_files
from gateway.records.export.readme import read_me
from gateway.records.export.release import REPLACED, Builder, Release, says
from gateway.records.export.scan import SHORTEST, Leak, Scanner, plain
from gateway.records.export.source import Source
from gateway.records.export.terms import ExportRefused, Package, Terms, Warned
from gateway.records.export.values import Inspector, Remembering, Withheld, withheld_values

_WORD = re.compile(r"[^\W\d_]{2,}")


class NoteSigner(Protocol):
    """Signs text as a C2SP signed note: `gateway.ledger.checkpoint.Signer`."""

    @property
    def origin(self) -> str:
        """The key's name."""
        ...

    @property
    def vkey(self) -> str:
        """The verifier key, `name+hash+key`."""
        ...

    def note(self, text: str) -> str:
        """The signed note."""
        ...


class Exporter:
    """Makes packages. All is made and searched in memory first: nothing is written of an export that is refused."""

    def __init__(self, source: Source, inspector: Inspector, signer: NoteSigner, program: str) -> None:
        self._source = source
        self._inspector = inspector
        self._signer = signer
        self._program = program

    def export(self, case: CaseFile, terms: Terms, target: Path) -> Package:
        """Write `target` (a new folder) and `target`.zip. Raises ExportRefused, FileExistsError."""
        units, holds, checkpoint = self._read(case)
        lacking = missing(case, terms, units, holds, checkpoint)
        if lacking or checkpoint is None:
            raise ExportRefused("The case can't be exported yet", lacking)
        release = Builder(case, terms).build(units)
        relevant = [unit for unit in units if not unit.disposed and case.decisions[unit.unit].verdict != "not_relevant"]
        inspector = Remembering(self._inspector)
        values = list(withheld_values(release, relevant, inspector))
        scanner = Scanner(values, terms.accepted)
        unsearched = _unsearched(relevant, scanner)
        files = self._files(release, holds, checkpoint, partial(_personal, scanner, inspector))
        _scan(release, files, scanner, target.name)
        warnings = tuple(_warnings(release, inspector, names_of(values)))
        if warnings and not terms.confirmed:
            raise ExportRefused(
                "Detection still sees personal or secret data in what is to be released: look at each, then confirm",
                [str(each) for each in warnings],
            )
        signed = bag.to_sign(self._signer.origin, files["tagmanifest-sha256.txt"])
        digest = signed.split("\n")[2].split(" ")[1]
        files[bag.SIGNATURE] = self._signer.note(signed).encode()
        archive = target.with_name(f"{target.name}.zip")
        with bag.written(files, target, archive, terms.at) as made:
            self._proof_read(made)
        return Package(
            target, archive, digest, len(release.conversations),
            sum(len(each.records) for each in release.conversations),
            sum(len(text.redacted.gaps) for text in release.texts.values()), len(release.withheld),
            warnings, unsearched, tuple(sorted(terms.accepted)),
        )  # fmt: skip

    def _read(self, case: CaseFile) -> tuple[list[UnitOf], list[HoldOf], SignedCheckpoint | None]:
        checkpoint = self._source.checkpoint(case.units)
        units = list(self._source.units(case.units))
        holds = [
            hold for name in dict.fromkeys(case.holds) if (hold := self._source.hold(name, case.units)) is not None
        ]
        return units, holds, checkpoint

    def _files(
        self, release: Release, holds: Sequence[HoldOf], checkpoint: SignedCheckpoint, personal: Callable[[str], bool]
    ) -> dict[str, bytes]:
        gone = self._source.disposed(release.case.units)
        files = {
            "data/00-read-me.html": read_me(release, checkpoint, self._signer.vkey, _notes(release)),
            "data/release/records.html": records_page(release),
            "data/release/records.csv": sheets.records_csv(release),
            "data/release/records.jsonl": sheets.records_jsonl(release),
            "data/schedule-of-redactions.csv": sheets.schedule(release),
            "data/withheld.csv": sheets.withheld(release),
            "data/search.json": sheets.search_json(release, personal),
            "data/clock.csv": sheets.clock(release),
            "data/chain-of-custody.csv": sheets.custody(release),
            "data/holds.csv": sheets.holds(holds, release),
            "data/disposal.csv": sheets.disposal(gone, release.terms.rules),
            f"{FOLDER}/verify.py": verify_py(),
            **proof_files(release, checkpoint, self._signer.vkey),
        }
        return {**files, **bag.tag_files(files, self._info(release))}

    def _info(self, release: Release) -> Mapping[str, str]:
        case, at = release.case, release.terms.at.astimezone(UTC)
        return {
            "Source-Organization": release.terms.council,
            "Contact-Name": release.terms.contact,
            "External-Description": f"{KINDS[case.kind]}: records of AI use that are released",
            "External-Identifier": case.reference,
            "Internal-Sender-Identifier": case.id,
            "Bagging-Date": at.date().isoformat(),
            "Bag-Software-Agent": self._program,
        }

    def _proof_read(self, made: tuple[Path, Path]) -> None:
        """A package that does not verify never leaves: check what was written, as its reader will."""
        for path in made:
            found = verify_package(str(path), self._signer.vkey)
            if found.problems:
                raise ExportRefused(
                    "The package does not verify, so it was removed again: run `ai-gateway ledger verify`",
                    [f"{where}: {what}" for where, what in found.problems],
                )


def _scan(release: Release, files: Mapping[str, bytes], scanner: Scanner, name: str) -> None:
    """Search the released texts, then the whole package and its name. Raises ExportRefused.

    Where a text holds a value, so does each file made from it; the officer is told of the text.
    """
    leaks = [
        Leak(f"record {home}, turn {number}", says(release.texts[text].role), line)
        for text, (home, number) in homes(release).items()
        for line in sorted(scanner.find(release.texts[text].redacted.text))
    ]
    told = {leak.line for leak in leaks}
    # The checker's program is the same in every package; it is not searched.
    searched = {name: data for name, data in files.items() if name != f"{FOLDER}/verify.py"}
    made = ("data/release/", f"{FOLDER}/words/")
    leaks += [each for each in scanner.package(searched) if each.line not in told or not each.file.startswith(made)]
    leaks += [Leak("the package", "its name", line) for line in sorted(scanner.find(name))]
    if leaks:
        raise ExportRefused(
            "Something that is withheld stands elsewhere in the package: redact it there too, or accept the line if an "
            "officer has looked and it may stand",
            [str(leak) for leak in leaks],
        )
    stale = sorted(release.terms.accepted - scanner.needed)
    if stale:
        raise ExportRefused(
            "Lines were accepted of which nothing stands elsewhere. Numbers of lines change with each redaction: look "
            "again, and leave these out",
            stale,
        )


def _personal(scanner: Scanner, inspector: Remembering, term: str) -> bool:
    """Whether a term that was searched for is withheld, or looks like somebody's data."""
    return bool(scanner.find(term) or inspector.inspect(term))


def homes(release: Release) -> dict[str, tuple[str, int]]:
    """Where each text is shown: record and turn."""
    return {
        turn.text: (each.record.ref, number)
        for conversation in release.conversations
        for each in conversation.records
        for number, turn in enumerate(each.turns, 1)
        if not turn.again
    }


def _unsearched(units: Sequence[UnitOf], scanner: Scanner) -> tuple[str, ...]:
    found = []
    closed = sum(not any(form == "kept" for _, form in unit.texts) for unit in units)
    if closed:
        found.append(
            f"the originals of {many(closed, 'conversation')} were not opened: what pseudonyms stand for, and who made "
            "the calls, was not looked for"
        )
    if scanner.short:
        short = f"{many(scanner.short, 'withheld value')} {verb(scanner.short, 'has', 'have')}"
        found.append(f"{short} fewer than {SHORTEST} letters or digits: not looked for")
    return tuple(found)


def _notes(release: Release) -> list[str]:
    """What the reader of a package should know of it."""
    notes = []
    if not release.terms.proofs:
        notes.append("The entries of the log and the proofs of single words are not part of this package.")
    sealed = sum(text.source is None for text in release.texts.values())
    if sealed:
        notes.append(
            f"{many(sealed, 'text')} {verb(sealed, 'exists', 'exist')} as sealed original only and "
            f"{verb(sealed, 'is', 'are')} withheld whole."
        )
    plain = [text.id for text in release.texts.values() if text.source and text.key[0] in release.terms.without_words]
    if plain:
        notes.append(f"The words of {', '.join(plain)} are shown without a proof of each word, so that the size of the "
                     "gaps is not told.")  # fmt: skip
    return notes


def _warnings(release: Release, inspector: Remembering, names: Collection[str]) -> Iterator[Warned]:
    """What detection sees in the released texts and corrections, and parts of names that are withheld elsewhere, by
    place."""
    places = homes(release)
    for shown in release.texts.values():
        home, number = places[shown.id]
        if not shown.redacted.released():
            continue
        for label, place in _seen(shown.redacted.text, shown.redacted.boxes(), inspector, names):
            yield Warned(label, f"turn {number} ({says(shown.role)})", f"record {home}", place)
    for conversation in release.conversations:
        for each in conversation.corrections:
            home, what = each.record or conversation.records[0].record.ref, f"correction of {each.on.isoformat()}"
            for label, place in _seen(each.text, (), inspector, names):
                yield Warned(label, what, f"record {home}", place)
    for text, (file, where) in statements(release).items():
        for label, place in _seen(text, (), inspector, names):
            yield Warned(label, where, file, place)


def _seen(
    text: str, boxes: Collection[tuple[int, int]], inspector: Remembering, names: Collection[str]
) -> Iterator[tuple[str, str]]:
    """What is seen outside the boxes, each with its place."""
    seen = [(each.start, each.end, each.label) for each in inspector.inspect(text)]
    seen += [
        (word.start(), word.end(), "part of a name that is withheld")
        for word in _WORD.finditer(text)
        if word.group()[0].isupper() and plain(word.group()) in names
    ]
    for start, end, label in sorted(seen):
        if any(first < end and start < last for first, last in boxes):
            continue
        before = text[:start]
        yield label, f"line {before.count(chr(10)) + 1}, word {len(before.rsplit(chr(10), 1)[-1].split()) + 1}"


def statements(release: Release) -> dict[str, tuple[str, str]]:
    """What officers wrote that goes out with the records: file and place where each text stands first."""
    found: dict[str, tuple[str, str]] = {}
    for file, lines in (("schedule-of-redactions.csv", release.schedule), ("withheld.csv", release.withheld)):
        for line in lines:
            for text in (line.reason, line.public_interest):
                found.setdefault(text, (file, f"line {line.id}"))
    return {text: place for text, place in found.items() if text and text != REPLACED}


def names_of(values: Sequence[Withheld]) -> frozenset[str]:
    """The words of withheld names that are long enough to mean somebody."""
    words = (word for each in values if each.name for word in _WORD.findall(each.value))
    return frozenset(plain(word) for word in words if len(word) >= SHORTEST and word[0].isupper())
