"""Whole packages: what is in them, when they are refused, and that they hold."""

import base64
import csv
import hashlib
import hmac
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import bagit
import pytest

from gateway.ledger.checkpoint import Signer, Verifier
from gateway.ledger.words import split
from gateway.model.case import CaseKind, Decision, Estimate, Exemption, Redaction
from gateway.model.release import HoldOf, UnitOf
from gateway.records.export.checker.main import verify_package
from gateway.records.export.export import Exporter
from gateway.records.export.sealed import NotOpened, unseal_original
from gateway.records.export.terms import ExportRefused
from gateway.store.release import release_source
from tests.records.export.conftest import ANSWER, LETTER, TENDER, Desk
from tests.support.casefile import AT, TERMS, Nothing, Words, decide, span


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def everything(folder: Path) -> str:
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.rglob("*")) if path.is_file())


def lacking(desk: Desk, case: Any, tmp_path: Path, terms: Any = TERMS, **more: Any) -> str:
    with pytest.raises(ExportRefused) as refused:
        desk.export(case, tmp_path / "p", terms, **more)
    assert not (tmp_path / "p").exists()
    assert not (tmp_path / "p.zip").exists()
    return "\n".join((refused.value.why, *refused.value.missing))


def part_of(unit: UnitOf, start: str, form: str) -> int:
    return next(part for (part, each), text in unit.texts.items() if each == form and text.text.startswith(start))


def test_a_package_holds_what_was_decided_and_nothing_else(desk: Desk, tmp_path: Path) -> None:
    package = desk.export(desk.case(), tmp_path / "p")
    assert (package.conversations, package.records, package.withheld, package.unsearched) == (2, 3, 1, ())
    whole = everything(package.folder)
    for withheld in ("Acme", "Brown and Sons", "1,234,567", "John Smith", "PERSON_K7QD2M8X", "jo.bloggs", "HSG/2026"):
        assert withheld not in whole
    records = [json.loads(line) for line in (package.folder / "data/release/records.jsonl").read_text().splitlines()]
    assert records[0]["turns"][0]["text"] == (
        "Please draft a letter to [name redacted] about his rent of £412.\n\nHe is in arrears; [redacted: FOIA s.43(2)]"
        " a week for a flat at 12 High Street.\n=SUM(A1)"
    )
    assert records[0]["turns"][1]["text"] == "Dear [name redacted]\n\nWe write about your rent.\n\nYours sincerely"
    assert [turn["what"] for turn in records[1]["turns"]] == ["Earlier answer", "Message to the AI", "Answer of the AI"]
    assert records[0]["service_name"] == "Housing and Regulatory Services"
    assert set(records[0]) >= {"caller_role", "tool", "outcome", "model"}
    schedule = rows(package.folder / "data/schedule-of-redactions.csv")
    assert [(row["exemption"], row["gaps"]) for row in schedule[:2]] == [("FOIA s.40(2)", "1"), ("FOIA s.43(2)", "1")]
    assert schedule[1]["public interest"] == "The balance favours withholding."
    assert schedule[1]["place"] == "paragraph 2, after released word 4"
    assert schedule[1]["decided by (role)"] == "information governance officer"
    (withheld_row,) = rows(package.folder / "data/withheld.csv")
    assert (withheld_row["exemption"], withheld_row["text"]) == ("FOIA s.43(2)", "1 record")


def test_it_is_a_valid_bag(desk: Desk, tmp_path: Path) -> None:
    package = desk.export(desk.case(), tmp_path / "p")
    assert bagit.Bag(str(package.folder)).validate()
    with zipfile.ZipFile(package.archive) as archive:
        archive.extractall(tmp_path / "out")
    bag = bagit.Bag(str(tmp_path / "out" / "p"))
    assert bag.validate()
    assert bag.info["External-Identifier"] == "FOI/2026/0117"
    assert bag.info["Bagging-Date"] == "2026-11-26"
    verifier = Verifier((package.folder / "data/proofs/verifier-key.txt").read_text())
    assert verifier.name == Signer(desk.archive.keystore).origin


def test_the_same_case_gives_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = desk.export(desk.case(), tmp_path / "a/p"), desk.export(desk.case(), tmp_path / "b/p")
    assert first.archive.read_bytes() == second.archive.read_bytes()
    assert first.digest == second.digest
    later = desk.export(desk.case(), tmp_path / "c", replace(TERMS, at=AT + timedelta(hours=1)))
    assert later.digest != first.digest


def test_it_verifies_with_the_shipped_file_alone(desk: Desk, tmp_path: Path) -> None:
    package = desk.export(desk.case(), tmp_path / "p")
    checker = package.folder / "data/proofs/verify.py"
    key = Signer(desk.archive.keystore).vkey
    for arguments in ([str(package.folder)], [str(package.archive), key]):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(checker), *arguments], capture_output=True, text=True, cwd="/", check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("The package holds")
    assert "log 8" not in done.stdout
    assert "leaves in the signed log 6, records 3" in done.stdout
    other = re.sub(r"[0-9a-f]{8}\+", "00000000+", key)
    done = subprocess.run(
        [sys.executable, "-I", str(checker), str(package.folder), other], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1


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


def test_the_schedule_says_where_the_second_reader_was_the_firsts_own_choice(desk: Desk, tmp_path: Path) -> None:
    for appointed in (True, False):
        package = desk.export(desk.case(second_appointed=appointed), tmp_path / str(appointed))
        named = rows(package.folder / "data/schedule-of-redactions.csv")[0]["second reader (role)"]
        assert named
        assert named.endswith("(appointed by the officer who decided)") is appointed


def test_nothing_is_exported_before_everything_is_settled(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    assert "no hold is in force" in lacking(desk, replace(case, hold=""), tmp_path)
    assert "no search is recorded" in lacking(desk, replace(case, searches=()), tmp_path)
    undecided = {**case.decisions}
    del undecided[desk.numbers[1]]
    told = lacking(desk, replace(case, decisions=undecided), tmp_path)
    assert f"the conversation of record {desk.units[1].records[0].ref}: no decision yet" in told
    assert "a second reader has still to confirm" in lacking(desk, desk.case(second="", second_at=None), tmp_path)
    assert "the second reader is the officer who decided" in lacking(desk, desk.case(second="off-1"), tmp_path)
    assert "no balance is stated" in lacking(desk, desk.case(public_interest=" "), tmp_path)
    assert "not marked as read" in lacking(desk, desk.case(seen=frozenset()), tmp_path)
    assert "is marked for release in full but has redactions" in lacking(desk, desk.case(verdict="release"), tmp_path)
    assert "belongs to another controller" in lacking(desk, replace(case, controller="swale"), tmp_path)
    gone = replace(case, units=(*case.units, 17))
    assert "conversation 0000000000000011: it is not on record" in lacking(desk, gone, tmp_path)
    assert "3 of 3 conversations" not in lacking(desk, gone, tmp_path)
    odd = span(desk.units[0], "rent", "FOIA s.99")
    assert "FOIA s.99 is not in the list of exemptions" in lacking(desk, desk.case(odd), tmp_path)
    far = Redaction(odd.part, "sent", 5, 10_000, "FOIA s.40(2)")
    assert "empty, or beyond the end of the text: 1 redaction" in lacking(desk, desk.case(far), tmp_path)
    stray = Redaction(odd.part, "kept", 5, 10, "FOIA s.40(2)")
    assert "not the one released" in lacking(desk, desk.case(stray), tmp_path)


def test_without_a_second_reader_by_policy_none_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    alone = [replace(each, second="", second_at=None) for each in desk.decisions()]
    case = replace(desk.case(), second_reader=False, decisions={each.unit: each for each in alone})
    assert desk.export(case, tmp_path / "p").conversations == 2


def test_originals_need_an_approved_opening(desk: Desk, tmp_path: Path) -> None:
    unit = desk.opened[1]
    seen = frozenset(part for part, _ in unit.texts)
    kept = decide(unit, form="kept", seen=seen - {part_of(unit, "identity", "kept")})
    case = replace(desk.case(), decisions={**desk.case().decisions, unit.unit: kept})
    assert desk.export(case, tmp_path / "fine").conversations == 2
    whole = decide(unit, form="kept")
    package = desk.export(replace(case, decisions={**case.decisions, unit.unit: whole}), tmp_path / "read")
    assert "jo.bloggs" not in everything(package.folder)
    assert "no approved opening is recorded" in lacking(desk, replace(case, openings=()), tmp_path)
    refused = tuple(replace(each, refused=True) for each in case.approvals)
    assert "no approved opening is recorded" in lacking(desk, replace(case, approvals=refused), tmp_path)
    told = lacking(desk, case, tmp_path, opened=False)
    assert "as a sealed original only" in told


def test_an_opened_original_is_released_with_its_own_redactions(desk: Desk, tmp_path: Path) -> None:
    unit = desk.opened[0]
    spans = tuple(
        Redaction(part, form, at.start(), at.end(), "FOIA s.40(2)", "third party")
        for (part, form), text in unit.texts.items()
        if form == "kept" and not text.text.startswith("identity")
        for at in re.finditer("John Smith|Acme Homes Ltd offered £300", text.text)
    )
    seen = frozenset(part for part, _ in unit.texts) - {part_of(unit, "identity", "kept")}
    package = desk.export(desk.case(*spans, form="kept", seen=seen), tmp_path / "p")
    text = (package.folder / "data/release/records.csv").read_text()
    assert "Dear [redacted: FOIA s.40(2)]" in text
    assert "John" not in everything(package.folder)


def test_a_value_that_was_missed_elsewhere_stops_the_export(desk: Desk, tmp_path: Path) -> None:
    told = lacking(desk, desk.case(span(desk.units[0], "rent")), tmp_path)
    assert re.search(r"record MBC-\S+, turn 2, Answer of the AI: holds what is withheld at R0000\d", told)
    assert "rent" not in told.replace("different", "").replace("current", "")
    line = re.findall(r"R0000\d", told)[0]
    package = desk.export(
        desk.case(span(desk.units[0], "rent")), tmp_path / "q", replace(TERMS, accepted=frozenset({line}))
    )
    assert package.accepted == (line,)


def test_words_of_a_withheld_conversation_may_not_stand_elsewhere(desk: Desk, tmp_path: Path) -> None:
    reason = span(desk.units[0], "Acme Homes Ltd offered £300", reason=f"see: {TENDER.upper()}")
    told = lacking(desk, desk.case(reason), tmp_path)
    assert "data/schedule-of-redactions.csv, row 3: holds what is withheld at W0001.1" in told
    assert "Brown" not in told


def test_a_caller_may_not_be_named(desk: Desk, tmp_path: Path) -> None:
    terms = replace(TERMS, contact="Jo Bloggs")
    assert "withheld at caller #1" in lacking(desk, desk.case(), tmp_path, terms)
    package = desk.export(desk.case(), tmp_path / "q", terms, opened=False)
    assert "who made the calls, was not looked for" in package.unsearched[0]


def test_what_stands_under_a_redaction_may_not_stand_elsewhere(desk: Desk, tmp_path: Path) -> None:
    sees = Words({"Acme Homes Ltd": "CONFIDENTIAL"})
    terms = replace(TERMS, council="ACME-Homes (Ltd)")
    told = lacking(desk, desk.case(), tmp_path, terms, inspector=sees)
    assert "holds what is withheld at R00002" in told
    assert desk.export(desk.case(), tmp_path / "q", terms).conversations == 2


def test_what_detection_still_sees_is_shown_before_it_goes(desk: Desk, tmp_path: Path) -> None:
    sees = Words({"12 High Street": "ADDRESS", "[name redacted]": "PERSON"})
    told = lacking(desk, desk.case(), tmp_path, replace(TERMS, confirmed=False), inspector=sees)
    ref = desk.units[0].records[0].ref
    assert f"record {ref}, turn 1 (Message to the AI), line 3, word 14: ADDRESS" in told
    assert "High Street" not in told
    assert "PERSON" not in told
    assert len(desk.export(desk.case(), tmp_path / "q", inspector=sees).warnings) == 1


def test_part_of_a_withheld_name_is_pointed_at(desk: Desk, tmp_path: Path) -> None:
    """Detection may miss a surname on its own; that it belongs to a name withheld elsewhere is known."""
    second = decide(desk.units[1], "redact", redactions=(span(desk.units[1], "county town of Kent"),))
    case = replace(desk.case(), decisions={**desk.case().decisions, desk.numbers[1]: second})
    terms = replace(TERMS, confirmed=False)
    told = lacking(desk, case, tmp_path, terms, inspector=Words({"town of Kent": "PERSON"}))
    ref = desk.units[1].records[0].ref
    assert f"record {ref}, turn 2 (Answer of the AI), line 1, word 3: part of a name that is withheld" in told
    assert desk.export(case, tmp_path / "q", terms, inspector=Words({"town of Kent": "ADDRESS"})).warnings == ()


def test_a_package_is_never_overwritten(desk: Desk, tmp_path: Path) -> None:
    desk.export(desk.case(), tmp_path / "p")
    before = (tmp_path / "p.zip").read_bytes()
    with pytest.raises(FileExistsError):
        desk.export(desk.case(), tmp_path / "p")
    assert (tmp_path / "p.zip").read_bytes() == before


def test_the_size_of_gaps_can_be_kept_back(desk: Desk, tmp_path: Path) -> None:
    redaction = span(desk.units[0], "Acme Homes Ltd offered £300", "FOIA s.43(2)")
    terms = replace(TERMS, without_words=frozenset({redaction.part}))
    package = desk.export(desk.case(redaction), tmp_path / "p", terms)
    proof = json.loads((package.folder / "data/proofs/words/T00001.json").read_text())
    assert set(proof) == {"text", "form", "runs", "unproved"}
    assert all("first" not in run and "count" not in run for run in proof["runs"])
    assert "without a proof of each word" in (package.folder / "data/00-read-me.html").read_text()


def test_a_text_withheld_whole_does_not_even_tell_its_length(desk: Desk, tmp_path: Path) -> None:
    redaction = span(desk.units[1], "What is the county town of Kent?")
    others = [each for each in desk.decisions() if each.unit != desk.numbers[1]]
    second = decide(desk.units[1], "redact", redactions=(redaction,))
    case = replace(desk.case(), decisions={each.unit: each for each in [*others, second]})
    package = desk.export(case, tmp_path / "p")
    proofs = [json.loads(path.read_text()) for path in (package.folder / "data/proofs/words").iterdir()]
    (hidden,) = [proof for proof in proofs if proof.get("withheld")]
    assert set(hidden) == {"text", "form", "runs", "withheld"}
    assert set(hidden["runs"][0]) == {"shown", "after", "schedule"}


@pytest.mark.parametrize(
    ("kind", "code"),
    [(CaseKind.FOI, "FOIA s.40(2)"), (CaseKind.EIR, "EIR reg.13(1)"), (CaseKind.SAR, "DPA Sch.2 para.16")],
)
def test_names_are_left_out_under_the_law_of_the_case(desk: Desk, tmp_path: Path, kind: CaseKind, code: str) -> None:
    package = desk.export(replace(desk.case(), kind=kind), tmp_path / "p")
    assert rows(package.folder / "data/schedule-of-redactions.csv")[0]["exemption"] == code


def test_a_package_without_proofs_says_that_it_has_none(desk: Desk, tmp_path: Path) -> None:
    package = desk.export(desk.case(), tmp_path / "p", replace(TERMS, proofs=False))
    assert sorted(path.name for path in (package.folder / "data/proofs").iterdir()) == [
        "checkpoint", "verifier-key.txt", "verify.py",
    ]  # fmt: skip
    found = verify_package(str(package.folder))
    assert found.problems == []
    assert found.lines()[0].startswith("The package holds: nothing was changed since it was signed. Not every word")
    assert "act-7f" not in everything(package.folder)
    assert bagit.Bag(str(package.folder)).validate()


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
    case = replace(desk.case(), hold="h1", holds=("h1", "h2"))
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


def test_facts_about_the_caller_go_out_only_as_redacted(desk: Desk, tmp_path: Path) -> None:
    unit = desk.opened[1]
    facts = part_of(unit, "identity", "kept")
    text = unit.texts[facts, "kept"].text
    marks = tuple(
        Redaction(facts, "kept", found.start(), found.end(), "FOIA s.40(2)", "junior officer")
        for found in re.finditer(r"jo\.bloggs\S+|k1|HSG\S+", text)
    )
    kept = decide(unit, "redact", form="kept", redactions=marks)
    case = replace(desk.case(), decisions={**desk.case().decisions, unit.unit: kept})
    package = desk.export(case, tmp_path / "out")
    text = (package.folder / "data/release/records.csv").read_text()
    assert "identity\t[redacted: FOIA s.40(2)]\nkey\t[redacted: FOIA s.40(2)]\npurpose\tdrafting\n" in text
    assert "jo.bloggs" not in everything(package.folder)
    assert verify_package(str(package.folder)).problems == []
    case = replace(case, decisions={**case.decisions, unit.unit: replace(kept, redactions=marks[1:])})
    assert "holds what is withheld at caller #1" in lacking(desk, case, tmp_path)


def test_no_dictionary_confirms_a_withheld_word_from_a_package(desk: Desk, tmp_path: Path) -> None:
    """Every hash, salt and key-like string in the package, tried as salt and key with every piece that was withheld."""
    package = desk.export(desk.case(), tmp_path / "p")
    whole = everything(package.folder)
    hashes = {bytes.fromhex(found) for found in re.findall(r"\b[0-9a-f]{64}\b", whole)}
    salts = {b"", *hashes}
    for path in (package.folder / "data/proofs/words").iterdir():
        packed = base64.b64decode(json.loads(path.read_text()).get("salts", ""))
        salts |= {packed[at : at + 16] for at in range(0, len(packed), 16)}
    hidden = {piece for words in ("Acme Homes Ltd offered £300 ", "PERSON_K7QD2M8X ", TENDER) for piece in split(words)}
    hidden |= {piece.strip() for piece in hidden}
    shown = split("Please ")
    digest = hashlib.sha256
    hit = 0
    for piece in [*hidden, *shown]:
        made = {digest(prefix + salt + piece.encode()).digest() for salt in salts for prefix in (b"", b"\x00", b"\x02")}
        made |= {hmac.digest(salt, piece.encode(), "sha256") for salt in salts}
        hit += bool(made & hashes)
    assert hit == 0
    # The same trial does find a word whose salt is known, so it would have found one here.
    salt = min(each for each in salts if len(each) == 16)
    assert digest(b"\x02" + salt + b"Acme ").digest() in {
        digest(prefix + each + b"Acme ").digest() for each in salts for prefix in (b"", b"\x00", b"\x02")
    }


def test_two_officers_of_one_role_are_told_apart(desk: Desk, tmp_path: Path) -> None:
    case = replace(desk.case(), officers={"off-1": "IG officer", "off-2": "IG officer"})
    package = desk.export(case, tmp_path / "p")
    row = rows(package.folder / "data/schedule-of-redactions.csv")[0]
    assert (row["decided by (role)"], row["second reader (role)"]) == ("IG officer 1", "IG officer 2")


def test_sealed_originals_lie_apart_and_open_with_their_key_only(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    with desk.archive.exporter(opened=True) as exporter:
        told = exporter.seal_original(case, tmp_path / "o.sealed")
        assert exporter.seal_original(case, tmp_path / "q.sealed", "correct horse battery staple") == ""
    data = (tmp_path / "o.sealed").read_bytes()
    assert (tmp_path / "o.sealed").stat().st_mode & 0o077 == 0
    inside = unseal_original(data, told.lower().replace("-", " "))
    assert len(inside) == 3
    assert any(LETTER.replace("\n", "\\n") in content.decode() for content in inside.values())
    assert any(ANSWER.replace("\n", "\\n") in content.decode() for content in inside.values())
    assert b"Acme" not in data
    assert unseal_original((tmp_path / "q.sealed").read_bytes(), "correct horse battery staple").keys() == inside.keys()
    for wrong, key in (
        (data, "A" * 52),
        (data[:-1] + b"x", told),
        (data.replace(b"matter", b"mbtter", 1), told),
        (b"x", "y"),
    ):
        with pytest.raises(NotOpened):
            unseal_original(wrong, key)
    with desk.archive.exporter(opened=False) as exporter, pytest.raises(ExportRefused):
        exporter.seal_original(case, tmp_path / "r.sealed")
    with desk.archive.exporter(opened=True) as exporter, pytest.raises(ValueError, match="14 characters"):
        exporter.seal_original(case, tmp_path / "r.sealed", "short")


def test_a_package_without_any_release_still_answers(desk: Desk, tmp_path: Path) -> None:
    decisions: list[Decision] = [
        decide(unit, "withhold", code="FOIA s.40(2)") if number else decide(unit, "not_relevant")
        for number, unit in enumerate(desk.units)
    ]
    case = replace(desk.case(), decisions={each.unit: each for each in decisions})
    terms = replace(TERMS, exemptions={"FOIA s.40(2)": Exemption("FOIA s.40(2)", "FOIA", "Personal", False)})
    package = desk.export(case, tmp_path / "p", terms)
    assert (package.conversations, package.withheld) == (0, 2)
    assert "No record is released" in (package.folder / "data/release/records.html").read_text()
    assert json.loads((package.folder / "data/search.json").read_text())["excluded as not relevant"] == 1
