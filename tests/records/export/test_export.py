"""Whole packages: what is in them, and that they hold."""

import base64
import hashlib
import hmac
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import bagit
import pytest

from gateway.ledger.checkpoint import Signer, Verifier
from gateway.ledger.words import split
from gateway.model.case import CaseKind, Decision, Exemption, Redaction
from gateway.records.export import export as exporting
from gateway.records.export.checker.files import Findings
from gateway.records.export.checker.main import verify_package
from tests.records.export.conftest import TENDER, Desk, everything, lacking, part_of, rows
from tests.support.casefile import AT, TERMS, decide, span


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


def test_a_stop_in_the_middle_leaves_no_package(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while it is proof-read: what was not checked has no name that somebody could take for a package's."""
    seen: list[str] = []

    def stopped(path: str, _key: str) -> Findings:
        seen.extend(each.name for each in tmp_path.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "verify_package", stopped)
    with pytest.raises(KeyboardInterrupt):
        desk.export(desk.case(), tmp_path / "p")
    assert sorted(seen) == [".p.part", ".p.zip.part"]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    (tmp_path / ".p.part").mkdir()
    (tmp_path / ".p.part" / "left").write_text("from a process that was killed")
    package = desk.export(desk.case(), tmp_path / "p")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["p", "p.zip"]
    assert verify_package(str(package.folder)).problems == []
    assert (package.folder.stat().st_mode | package.archive.stat().st_mode) & 0o077 == 0
