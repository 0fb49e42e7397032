"""Corrections (UK GDPR Art 16) in a release: where they belong, and never more than was decided."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.model.case import StandingCorrection
from gateway.records.export.release import UNRELEASED
from gateway.records.export.terms import ExportRefused, Package
from tests.records.export.conftest import Desk
from tests.records.export.forging import Council, told
from tests.support.casefile import AT, TERMS, Words

BEFORE = AT - timedelta(days=20)
TEXT = "The rent was £395, <not> £412."


def correction(number: int = 1, ref: str = "", text: str = TEXT, at: datetime = BEFORE) -> StandingCorrection:
    return StandingCorrection(f"RCT-MBC-2026-0009/{number}", ref, at, text)


def export(
    desk: Desk, target: Path, *beside: StandingCorrection, released: tuple[str, ...] = (), **more: Any
) -> Package:
    """The letter's conversation with these corrections beside it."""
    case = desk.case(corrections=released)
    return desk.export(case, target, replace(TERMS, corrections={desk.numbers[0]: beside}), **more)


def rows(package: Package) -> list[dict[str, str]]:
    with (package.folder / "data/release/records.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_released_correction_stands_beside_its_record(desk: Desk, tmp_path: Path) -> None:
    ref = desk.units[0].records[1].ref
    package = export(desk, tmp_path / "p", correction(ref=ref), released=(correction().name,))
    page = (package.folder / "data/release/records.html").read_text("utf-8")
    section = page[page.index(f'id="c1-{ref}"') :]
    section = section[: section.index("</section>")]
    assert "Correction of 6 November 2026" in section
    assert "The rent was £395, &lt;not&gt; £412." in section
    [row] = [each for each in rows(package) if each["what"].startswith("Correction")]
    assert (row["record"], row["what"], row["words"]) == (ref, "Correction of 2026-11-06", TEXT)
    lines = [json.loads(line) for line in (package.folder / "data/release/records.jsonl").read_text().splitlines()]
    assert {each["record"]: each.get("corrections") for each in lines if each["conversation"] == 1} == {
        desk.units[0].records[0].ref: None,
        ref: [{"on": "2026-11-06", "text": TEXT}],
    }


@pytest.mark.parametrize("file", ["records.jsonl", "records.csv", "records.html"])
def test_every_file_has_the_same_corrections(desk: Desk, tmp_path: Path, file: str) -> None:
    """They are no part of the log: that they are the council's statements is said, and no file may have another."""
    package = export(desk, tmp_path / "p", correction(), released=(correction().name,))
    council = Council(desk, package.folder)
    assert "council's own statements of today" in told(package.folder, council.signer.vkey)
    said = council.edit(f"data/release/{file}", lambda text: text.replace("The rent was £395", "The rent was £396"))
    assert "data/release/records." in said


def test_one_that_is_not_released_is_named_without_its_words(desk: Desk, tmp_path: Path) -> None:
    package = export(desk, tmp_path / "p", correction(text="Her name is Zebedee Quill."))
    whole = b"".join(path.read_bytes() for path in sorted(package.folder.rglob("*")) if path.is_file())
    assert b"Zebedee" not in whole
    assert b"RCT-MBC" not in whole  # who asked for it is nobody's business
    page = (package.folder / "data/release/records.html").read_text("utf-8")
    assert page.count(UNRELEASED) == 1
    assert page.index(UNRELEASED) > page.rindex("</section>", 0, page.index('id="c2"'))
    [row] = [each for each in rows(package) if each["what"].startswith("Correction")]
    assert (row["record"], row["words"]) == (desk.units[0].records[-1].ref, UNRELEASED)


def test_a_correction_that_came_after_the_decision_has_to_be_read_first(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused) as refused:
        export(desk, tmp_path / "p", correction(at=datetime(2026, 11, 25, tzinfo=UTC)))
    assert "put beside it after it was decided on" in "\n".join(refused.value.missing)
    with pytest.raises(ExportRefused) as refused:
        export(desk, tmp_path / "p", released=(correction().name,))
    assert "no longer on file" in "\n".join(refused.value.missing)


def test_a_correction_is_searched_like_a_text_for_what_is_withheld(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="stands elsewhere"):
        export(desk, tmp_path / "p", correction(text="Acme Homes Ltd offered £300"), released=(correction().name,))
    case = desk.case(corrections=(correction().name,))
    terms = replace(TERMS, confirmed=False, corrections={desk.numbers[0]: (correction(text="Ask Zebedee Quill."),)})
    with pytest.raises(ExportRefused) as refused:
        desk.export(case, tmp_path / "p", terms, Words({"Zebedee Quill": "PERSON"}))
    assert any("correction of 2026-11-06, line 1, word 2: PERSON" in each for each in refused.value.missing)
