"""The pages and tables of a package: they stand alone, run nothing, and name nobody."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger.checkpoint import Signer
from gateway.model.case import CaseKind, Estimate
from gateway.model.release import HoldOf
from gateway.records.export.export import Exporter
from gateway.records.export.plain import cell
from gateway.records.export.terms import ExportRefused
from gateway.store.release import release_source
from tests.records.export.conftest import Desk, everything, rows
from tests.support.casefile import TERMS, Nothing, Words, span


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", ["00-read-me.html", "release/records.html"])
def test_pages_stand_alone_and_are_accessible(desk: Desk, tmp_path: Path, name: str) -> None:
    package = desk.export(desk.case(), tmp_path / "p")
    text = (package.folder / "data" / name).read_text()
    page = _Page()
    page.feed(text)
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "img", "link", "iframe", "form"} & set(tags)
    assert "url(" not in text
    assert "@import" not in text
    assert dict(page.tags)["html"] == {"lang": "en-GB"}
    assert tags.count("main") == 1
    assert tags.count("h1") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [str(attrs["href"]) for tag, attrs in page.tags if tag == "a"]
    base = (package.folder / "data" / name).parent
    for target in targets:
        assert target[1:] in ids if target.startswith("#") else (base / target).exists()
    for tag, attrs in page.tags:
        if tag == "th":
            assert attrs.get("scope") in ("col", "row")


def test_spreadsheets_get_no_formulas(desk: Desk, tmp_path: Path) -> None:
    evil = (replace(span(desk.units[0], "Acme Homes Ltd offered £300"), reason='=HYPERLINK("http://x","y")'),)
    package = desk.export(desk.case(*evil), tmp_path / "p")
    cells = [cell for path in package.folder.rglob("*.csv") for row in rows(path) for cell in row.values()]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert '\'=HYPERLINK("http://x","y")' in cells


def test_searched_words_that_are_withheld_are_not_told(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    run = replace(case.searches[0], query=replace(case.searches[0].query, words="letter to JOHN SMITH", purpose="rent"))
    package = desk.export(replace(case, searches=(run,)), tmp_path / "p")
    search = json.loads((package.folder / "data/search.json").read_text())
    assert (search["searches"][0]["terms"]["words"], search["searches"][0]["terms"]["purpose"]) == (
        "[redacted]",
        "rent",
    )


def test_search_clock_and_custody_are_told_without_names(desk: Desk, tmp_path: Path) -> None:
    package = desk.export(desk.case(), tmp_path / "p")
    data = package.folder / "data"
    search = json.loads((data / "search.json").read_text())
    assert search["searches"][0]["terms"] == {"words": "rent", "people searched for": ["PERSON: [redacted]"]}
    assert search["section 12"]["minutes by activity"] == {"locating it": 35, "redacting": 90}
    assert search["section 12"]["at 25 pounds an hour"] == "14.58 pounds"
    clock = {row["event"]: row["date or time (UTC)"] for row in rows(data / "clock.csv")}
    assert (clock["received"], clock["due"], clock["clock paused"]) == ("2026-11-03", "2026-12-04", "2026-11-05")
    custody = rows(data / "chain-of-custody.csv")
    assert [row["by (role)"] for row in custody][:3] == [
        "information governance officer", "information governance officer", "data protection officer",
    ]  # fmt: skip
    assert custody[0]["SHA-256 of the event"] == f"{1:064x}"
    (hold,) = rows(data / "holds.csv")
    assert (hold["released"], hold["conversations held"]) == ("in force", "3")
    assert not re.search(r"off-[12]|Requester", everything(package.folder))


def test_every_hold_of_the_case_counts(desk: Desk, tmp_path: Path) -> None:
    class Split:
        """A source in which each search of the case has a hold of its own."""

        def __init__(self, source: Any, released: str | None) -> None:
            self._source, self._released = source, released

        def __getattr__(self, name: str) -> Any:
            return getattr(self._source, name)

        def hold(self, hold: str, units: Any) -> HoldOf:
            mine = desk.numbers[:1] if hold == "h1" else desk.numbers[1:]
            released = self._released if hold == "h2" else None
            return HoldOf(hold, "maidstone", "2026-11-04T09:00:00.000000Z", "off-1", released, frozenset(mine))

    signer = Signer(desk.archive.keystore)
    case = replace(desk.case(), holds=("h1", "h2"))
    with release_source(desk.archive.engine) as source:
        package = Exporter(Split(source, None), Nothing(), signer, "test").export(case, TERMS, tmp_path / "p")
        with pytest.raises(ExportRefused, match="the hold h2 was released"):
            Exporter(Split(source, "2026-11-20T00:00:00Z"), Nothing(), signer, "test").export(
                case, TERMS, tmp_path / "q"
            )
        one = replace(case, holds=("h1",))
        with pytest.raises(ExportRefused, match="2 of 3 conversations are not under a hold"):
            Exporter(Split(source, None), Nothing(), signer, "test").export(one, TERMS, tmp_path / "q")
    assert [row["conversations held"] for row in rows(package.folder / "data/holds.csv")] == ["1", "2"]


def test_an_estimate_stands_in_the_section_12_sheet(desk: Desk, tmp_path: Path) -> None:
    case = replace(desk.case(), estimates=(Estimate(20, 50, 900, "off-1", date(2026, 11, 18)),))
    package = desk.export(case, tmp_path / "p")
    sheet = json.loads((package.folder / "data/search.json").read_text())["section 12"]["minutes by activity"]
    assert desk.case().kind is CaseKind.FOI
    assert json.loads((package.folder / "data/search.json").read_text())["section 12"]["estimate from a sample"] == {
        "conversations sampled": 20, "minutes they took": 50, "conversations in all": 900, "minutes for all": 2250,
    }  # fmt: skip
    assert sheet == {"locating it": 35, "redacting": 90}


def test_two_officers_of_one_role_are_told_apart(desk: Desk, tmp_path: Path) -> None:
    case = replace(desk.case(), officers={"off-1": "IG officer", "off-2": "IG officer"})
    package = desk.export(case, tmp_path / "p")
    row = rows(package.folder / "data/schedule-of-redactions.csv")[0]
    assert (row["decided by (role)"], row["second reader (role)"]) == ("IG officer 1", "IG officer 2")


@pytest.mark.parametrize("start", ["", " ", "\u00a0", "\ufeff", "\u200b ", "\u2060"])
def test_nothing_in_front_of_a_formula_makes_it_one(start: str) -> None:
    assert cell(f"{start}=1+1") == f"'{start}=1+1"


def test_searched_words_that_look_like_somebody_are_not_told(desk: Desk, tmp_path: Path) -> None:
    """Nothing that is withheld holds the name: it was searched for, and what it found was not relevant."""
    case = desk.case()
    run = replace(case.searches[0], query=replace(case.searches[0].query, words="Olive Pemberton"))
    sees = Words({"Olive Pemberton": "PERSON"})
    package = desk.export(replace(case, searches=(run,)), tmp_path / "p", inspector=sees)
    assert "Pemberton" not in everything(package.folder)


def test_the_schedule_says_where_the_second_reader_was_the_firsts_own_choice(desk: Desk, tmp_path: Path) -> None:
    for appointed in (True, False):
        package = desk.export(desk.case(second_appointed=appointed), tmp_path / str(appointed))
        named = rows(package.folder / "data/schedule-of-redactions.csv")[0]["second reader (role)"]
        assert named
        assert named.endswith("(appointed by the officer who decided)") is appointed
