"""A ledger with three conversations, filled once; each test decides on them anew."""

import asyncio
import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.model.case import CaseFile, Decision, Redaction
from gateway.model.release import UnitOf
from gateway.records.export.terms import ExportRefused, Package, Terms
from tests.support.casefile import TERMS, Archive, case_file, decide, span
from tests.support.ledger import chat, service, turn

LETTER = (
    "Please draft a letter to John Smith about his rent of £412.\n\nHe is in arrears; Acme Homes Ltd offered £300 a "
    "week for a flat at 12 High Street.\n=SUM(A1)"
)
ANSWER = "Dear John Smith,\n\nWe write about your rent.\n\nYours sincerely"
TENDER = "The tender by Brown and Sons came to £1,234,567 before the award was announced."


@dataclass(frozen=True)
class Desk:
    """What an export test works with."""

    archive: Archive
    units: tuple[UnitOf, ...]
    opened: tuple[UnitOf, ...]

    @property
    def numbers(self) -> list[int]:
        """The conversations: the letter, the harmless one, the tender."""
        return [unit.unit for unit in self.units]

    def decisions(self, *redactions: Redaction, **letter: Any) -> list[Decision]:
        """The letter redacted, the harmless one released, the tender withheld."""
        first = redactions or (span(self.units[0], "Acme Homes Ltd offered £300", "FOIA s.43(2)"),)
        values: dict[str, Any] = {"redactions": first, "public_interest": "The balance favours withholding.", **letter}
        return [
            decide(self.units[0], values.pop("verdict", "redact"), **values),
            decide(self.units[1]),
            decide(self.units[2], "withhold", code="FOIA s.43(2)", public_interest="As above", reason="tender prices"),
        ]

    def case(self, *redactions: Redaction, **letter: Any) -> CaseFile:
        """The case with these decisions."""
        return case_file(self.numbers, self.decisions(*redactions, **letter))

    def export(
        self, case: CaseFile, target: Path, terms: Terms = TERMS, inspector: Any = None, *, opened: bool = True
    ) -> Package:
        """Export a case."""
        with self.archive.exporter(inspector, opened=opened) as exporter:
            package: Package = exporter.export(case, terms, target)
        return package


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The ledger, at rest."""
    folder = tmp_path_factory.mktemp("export")
    url = f"sqlite:///{folder / 'ledger.db'}"

    async def fill() -> None:
        ledger = service(url, folder)
        await ledger.start()
        replace = {"John Smith": "PERSON_K7QD2M8X"}
        await turn(ledger, chat(LETTER), ANSWER, replace=replace)
        await turn(ledger, chat(LETTER, ANSWER, "Shorter, please."), "Dear tenant, about your rent.", replace=replace)
        await turn(ledger, chat("What is the county town of Kent?"), "Maidstone, in Kent.")
        await turn(ledger, chat(TENDER), "I can't say.")
        await ledger.stop()

    asyncio.run(fill())
    archive = Archive(url, folder / "keys")
    units = archive.units()
    archive.hold(unit.unit for unit in units)
    yield Desk(archive, tuple(units), tuple(archive.units(opened=True)))
    archive.close()


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def everything(folder: Path) -> str:
    """All files of a package as one text."""
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.rglob("*")) if path.is_file())


def lacking(desk: Desk, case: Any, tmp_path: Path, terms: Any = TERMS, **more: Any) -> str:
    """What an export that is refused says; nothing may be left of it."""
    with pytest.raises(ExportRefused) as refused:
        desk.export(case, tmp_path / "p", terms, **more)
    assert not [path.name for path in tmp_path.iterdir() if path.name.strip(".").startswith("p")]
    return "\n".join((refused.value.why, *refused.value.missing))


def part_of(unit: UnitOf, start: str, form: str) -> int:
    """The text of this form that begins so."""
    return next(part for (part, each), text in unit.texts.items() if each == form and text.text.startswith(start))


@pytest.fixture(scope="module")
def made(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that holds."""
    target = tmp_path_factory.mktemp("made") / "p"
    desk.export(desk.case(), target)
    return target


@pytest.fixture
def package(made: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copytree(made, tmp_path / "p"))
