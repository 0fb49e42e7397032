"""Writes the release package of a case: preconditions, release, files, safety scan, manifest, signature."""

import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Protocol

from gateway.model.case import CaseFile
from gateway.model.counting import counted
from gateway.model.release import HoldOf, SignedCheckpoint, UnitOf
from gateway.records.export import bag, sheets
from gateway.records.export.checker.main import verify_package
from gateway.records.export.checker.shipped import verify_py
from gateway.records.export.checks import missing
from gateway.records.export.page import KINDS, records_page
from gateway.records.export.proofs import FOLDER, proof_files
from gateway.records.export.readme import read_me
from gateway.records.export.redact import BOX
from gateway.records.export.release import Builder, Release, says
from gateway.records.export.scan import SHORTEST, Leak, Scanner, plain
from gateway.records.export.sealed import seal, write_sealed
from gateway.records.export.source import Source
from gateway.records.export.terms import ExportRefused, Package, Terms, Warned
from gateway.records.export.values import Inspector, Withheld, withheld_values

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
        values = list(withheld_values(release, relevant, self._inspector))
        scanner = Scanner(values, terms.accepted)
        unsearched = _unsearched(release, relevant, scanner)
        files = self._files(release, holds, checkpoint, scanner)
        _scan(release, files, scanner)
        warnings = tuple(_warnings(release, self._inspector, names_of(values)))
        if warnings and not terms.confirmed:
            raise ExportRefused(
                "Detection still sees personal or secret data in what is to be released: look at each, then confirm",
                [str(each) for each in warnings],
            )
        signed = bag.to_sign(self._signer.origin, files["tagmanifest-sha256.txt"])
        digest = signed.split("\n")[2].split(" ")[1]
        files[bag.SIGNATURE] = self._signer.note(signed).encode()
        archive = target.with_name(f"{target.name}.zip")
        bag.write(files, target, archive, terms.at)
        self._proof_read(target, archive)
        return Package(
            target, archive, digest, len(release.conversations),
            sum(len(each.records) for each in release.conversations),
            sum(len(text.redacted.gaps) for text in release.texts.values()), len(release.withheld),
            warnings, unsearched, tuple(sorted(scanner.accepted)),
        )  # fmt: skip

    def seal_original(self, case: CaseFile, target: Path, passphrase: str = "") -> str:
        """Write everything that the case found, as it came, into one encrypted file; the key to tell, if it is random.

        For the Information Commissioner or a tribunal. Raises ExportRefused where an original was not opened.
        """
        units = list(self._source.units(case.units))
        closed = [unit for unit in units if not unit.disposed and not any(form == "kept" for _, form in unit.texts)]
        if closed:
            raise ExportRefused(
                "The originals were not opened",
                [f"the conversation of record {each.records[0].ref}" for each in closed],
            )
        data, told = seal([unit for unit in units if not unit.disposed], case.id, passphrase)
        write_sealed(target, data)
        return told

    def _read(self, case: CaseFile) -> tuple[list[UnitOf], list[HoldOf], SignedCheckpoint | None]:
        checkpoint = self._source.checkpoint()
        units = list(self._source.units(case.units))
        names = dict.fromkeys(name for name in (case.hold, *case.holds) if name)
        holds = [hold for name in names if (hold := self._source.hold(name, case.units)) is not None]
        return units, holds, checkpoint

    def _files(
        self, release: Release, holds: Sequence[HoldOf], checkpoint: SignedCheckpoint, scanner: Scanner
    ) -> dict[str, bytes]:
        gone = self._source.disposed(release.case.units)
        files = {
            "data/00-read-me.html": read_me(release, checkpoint, self._signer.vkey, _notes(release)),
            "data/release/records.html": records_page(release),
            "data/release/records.csv": sheets.records_csv(release),
            "data/release/records.jsonl": sheets.records_jsonl(release),
            "data/schedule-of-redactions.csv": sheets.schedule(release),
            "data/withheld.csv": sheets.withheld(release),
            "data/search.json": sheets.search_json(release, scanner),
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

    def _proof_read(self, folder: Path, archive: Path) -> None:
        """A package that does not verify never leaves: check what was written, as its reader will."""
        for path in (folder, archive):
            found = verify_package(str(path), self._signer.vkey)
            if found.problems:
                shutil.rmtree(folder)
                archive.unlink()
                raise ExportRefused(
                    "The package does not verify, so it was removed again: run `ai-gateway ledger verify`",
                    [f"{where}: {what}" for where, what in found.problems],
                )


def _scan(release: Release, files: Mapping[str, bytes], scanner: Scanner) -> None:
    """Search the released texts, then the whole package. Raises ExportRefused.

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
    if leaks:
        raise ExportRefused(
            "Something that is withheld stands elsewhere in the package: redact it there too, or accept the line if an "
            "officer has looked and it may stand",
            [str(leak) for leak in leaks],
        )


def homes(release: Release) -> dict[str, tuple[str, int]]:
    """Where each text is shown: record and turn."""
    return {
        turn.text: (each.record.ref, number)
        for conversation in release.conversations
        for each in conversation.records
        for number, turn in enumerate(each.turns, 1)
        if not turn.again
    }


def _unsearched(release: Release, units: Sequence[UnitOf], scanner: Scanner) -> tuple[str, ...]:
    found = []
    closed = sum(not any(form == "kept" for _, form in unit.texts) for unit in units)
    if closed:
        found.append(
            f"the originals of {counted(closed, 'conversation')} were not opened: what pseudonyms stand for, "
            "and who made the calls, was not looked for"
        )
    if scanner.short:
        found.append(
            f"not looked for, having fewer than {SHORTEST} letters or digits: "
            f"{counted(scanner.short, 'withheld value')}"
        )
    return tuple(found)


def _notes(release: Release) -> list[str]:
    """What the reader of a package should know of it."""
    notes = []
    if not release.terms.proofs:
        notes.append("The entries of the log and the proofs of single words are not part of this package.")
    sealed = sum(text.source is None for text in release.texts.values())
    if sealed:
        notes.append(f"Withheld whole, existing as sealed originals only: {counted(sealed, 'text')}.")
    plain = [text.id for text in release.texts.values() if text.source and text.key[0] in release.terms.without_words]
    if plain:
        notes.append(f"The words of {', '.join(plain)} are shown without a proof of each word, so that the size of the "
                     "gaps is not told.")  # fmt: skip
    return notes


def _warnings(release: Release, inspector: Inspector, names: Collection[str]) -> list[Warned]:
    """What detection sees in the released texts, and parts of names that are withheld elsewhere, by place."""
    places = homes(release)
    found = []
    for shown in release.texts.values():
        text = shown.redacted.text
        boxes = [(box.start(), box.end()) for box in BOX.finditer(text)]
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
            place = f"line {before.count(chr(10)) + 1}, word {len(before.rsplit(chr(10), 1)[-1].split()) + 1}"
            home, number = places[shown.id]
            found.append(Warned(label, f"turn {number} ({says(shown.role)})", f"record {home}", place))
    return found


def names_of(values: Sequence[Withheld]) -> frozenset[str]:
    """The words of withheld names that are long enough to mean somebody."""
    words = (word for each in values if each.name for word in _WORD.findall(each.value))
    return frozenset(plain(word) for word in words if len(word) >= SHORTEST and word[0].isupper())
