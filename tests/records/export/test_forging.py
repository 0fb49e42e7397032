"""Packages that are signed and not true: what even the council, with its key, can not make the checker accept."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger.checkpoint import Signer
from gateway.records.export import bag
from tests.records.export.conftest import Desk
from tests.records.export.forging import WORDS, Council, as_json, files_of, told


@pytest.fixture
def council(desk: Desk, package: Path) -> Council:
    return Council(desk, package)


def test_even_the_council_can_not_change_a_released_word(council: Council) -> None:
    said = council.edit(WORDS, lambda text: text.replace("rent of £412", "rent of £413"))
    assert f"{WORDS}: a released word is not the one that was recorded" in said
    for name in ("records.jsonl", "records.csv", "records.html"):
        said = council.edit(f"data/release/{name}", lambda text: text.replace("£412", "£413"))
        assert f"data/release/{name}" in said
        assert "T00001: its words are not those proved" in said


def test_even_the_council_can_not_move_drop_or_forge_a_word(council: Council) -> None:
    def drop(body: dict[str, Any]) -> None:
        body["runs"][0]["text"] = body["runs"][0]["text"].replace("draft ", "")

    assert "its runs do not follow each other" in council.edit(WORDS, as_json(drop))

    def swap(body: dict[str, Any]) -> None:
        body["runs"][0]["text"] = body["runs"][0]["text"].replace("draft a ", "a draft ")

    assert "a released word is not the one that was recorded" in council.edit(WORDS, as_json(swap))

    def salt(body: dict[str, Any]) -> None:
        body["salts"] = "A" + body["salts"][1:] if body["salts"][0] != "A" else "B" + body["salts"][1:]

    assert "a forged salt" in council.edit(WORDS, as_json(salt))

    def hide(body: dict[str, Any]) -> None:
        body["hidden"] = body["hidden"][:-1]

    assert "hashes of hidden words are missing" in council.edit(WORDS, as_json(hide))

    def another(body: dict[str, Any]) -> None:
        body["commitment"] = "00" * 32

    assert "not the one that the log holds" in council.edit(WORDS, as_json(another))

    def fewer(body: dict[str, Any]) -> None:
        gap = next(run for run in body["runs"] if "count" in run)
        gap["count"] += 1

    assert WORDS in council.edit(WORDS, as_json(fewer))

    def stuffed(body: dict[str, Any]) -> None:
        next(run for run in body["runs"] if "count" in run)["after"] = " not at all "

    assert "a gap holds other words" in council.edit(WORDS, as_json(stuffed))


def test_even_the_council_can_not_change_a_record(council: Council, package: Path) -> None:
    name = sorted(each for each in files_of(package) if "/records/MBC" in each)[0]
    said = council.edit(name, lambda text: text.replace("housing", "parking"))
    assert "the leaf is not in the log at this place" in said

    def box(body: dict[str, Any]) -> None:
        body["manifests"]["request"]["entries"][0]["box"] = "00" * 32

    assert "request manifest is not the one that the log names" in council.edit(name, as_json(box))

    def unnamed(body: dict[str, Any]) -> None:
        del body["manifests"]["request"]["entries"][0]["text"]

    assert "neither shown nor marked as withheld" in council.edit(name, as_json(unnamed))

    def no_reply(body: dict[str, Any]) -> None:
        del body["manifests"]["reply"]

    assert "its reply manifest is missing" in council.edit(name, as_json(no_reply))
    proof = sorted(each for each in files_of(package) if each.endswith(".tlog-proof"))[0]
    said = council.edit(proof, lambda text: text.replace("index ", "index 1"))
    assert f"{proof}: the leaf is not in the log" in said


def test_the_release_says_what_the_log_says(council: Council) -> None:
    name = "data/release/records.jsonl"
    said = council.edit(name, lambda text: text.replace('"outcome":"delivered"', '"outcome":"refused"', 1))
    assert "outcome is not what the log says" in said
    said = council.edit(name, lambda text: text.split("\n", 1)[1])
    assert "is proved but not in the release" in said
    said = council.edit("data/release/records.html", lambda text: text.replace("<main", "<script>1</script><main"))
    assert "it has a <script>" in said
    said = council.edit("data/release/records.html", lambda text: text.replace("<h1", "<h1 onclick='x'"))
    assert "a <h1> of it has onclick" in said
    said = council.edit(name, lambda text: re.sub('"model":"[^"]*"', '"model":"another"', text, count=1))
    assert "model is not what the log says" in said
    said = council.edit(name, lambda text: text.replace('"turns":[', '"note":"He was told.","turns":[', 1))
    assert "says more than a release does" in said
    said = council.edit(name, lambda text: text.replace('"text":"Please', '"text":"No.","text":"Please', 1))
    assert "a name stands twice in it" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<div class="text"', '<div hidden class="text"'),
        ('<div class="text"', '<div style="display:none" class="text"'),
        ('<div class="turn', '<div class="skip" id="x"><div class="turn'),
        ("Please draft", '<span class="note">Please</span> draft'),
        ("Please draft", "<!-- Not this: -->Please draft"),
        ('href="#main"', 'href="https://elsewhere.example/"'),
        ('http-equiv="Content-Security-Policy"', 'http-equiv="refresh"'),
        ("<main", "<main data-text='T00099'"),
    ],
)
def test_the_page_hides_nothing_and_leads_nowhere(council: Council, old: str, new: str) -> None:
    assert "data/release/records.html: " in council.edit("data/release/records.html", lambda t: t.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<main", "<script>alert(1)</script><main"),
        ("<main", "<main onclick='x()'"),
        ('href="release/records.html"', 'href="javascript:x()"'),
        ('href="release/records.html"', 'href="//elsewhere.example/"'),
        ('href="release/records.html"', 'href="\\\\\\\\elsewhere.example\\\\x"'),
    ],
)
def test_the_read_me_runs_nothing(council: Council, old: str, new: str) -> None:
    assert "data/00-read-me.html: " in council.edit("data/00-read-me.html", lambda text: text.replace(old, new, 1))


def test_a_sheet_has_no_formulas(council: Council) -> None:
    def formula(text: str) -> str:
        head, rest = text.split("\r\n", 1)
        return f"{head}\r\n{'=1+1,' * head.count(',')}x\r\n{rest}"

    for name in ("clock", "holds", "disposal"):
        said = council.edit(f"data/{name}.csv", formula)
        assert f"data/{name}.csv: row 1: a spreadsheet would take a cell of it for a formula" in said


def test_a_release_has_three_files(council: Council, package: Path) -> None:
    (package / "data/release/what-was-really-said.html").write_text("<p>He did it.</p>")
    council.resign()
    said = told(package, council.signer.vkey)
    assert "data/release/what-was-really-said.html: it is no part of a release" in said


def ending(row: str, sheet: str) -> str:
    return sheet + row


def test_the_spreadsheet_holds_the_release_and_nothing_else(council: Council) -> None:
    name = "data/release/records.csv"
    for text in ("", "T00001"):
        row = f'1,MBC-X,2026-11-26,9,Answer of the AI,{text},"He did it, and said so",x,x,x,x,x\r\n'
        assert f"{name}: it has " in council.edit(name, partial(ending, row))
    said = council.edit(name, lambda text: text.replace(",delivered", ",refused", 1))
    assert "it says something else than records.jsonl" in said
    said = council.edit(name, lambda text: text.replace("(shown above as ", "(shown below as ", 1))
    assert "its words are not those proved" in said
    said = council.edit(name, lambda text: text.replace("outcome\r\n", "outcome,words\r\n", 1))
    assert "a column stands twice" in said


@pytest.mark.parametrize("words", ["[He did it] [redacted: FOIA s.43(2)]", "[he did it redacted]"])
def test_a_box_says_nothing_but_its_ground(council: Council, package: Path, words: str) -> None:
    """Words of the council's own, in brackets, the same in every file: they are no gap."""
    for name in (WORDS, *(f"data/release/records.{kind}" for kind in ("jsonl", "csv", "html"))):
        path = package / name
        path.write_bytes(path.read_bytes().replace(b"[redacted: FOIA s.43(2)]", words.encode(), 1))
    council.resign()
    assert "a gap says something else than its grounds" in told(package, council.signer.vkey)


def test_the_schedule_fits_the_gaps(council: Council) -> None:
    name = "data/schedule-of-redactions.csv"
    said = council.edit(name, lambda text: text.replace(",1,FOIA s.43(2),", ",1,FOIA s.42,"))
    assert "the release gives another ground than FOIA s.42" in said
    said = council.edit(name, lambda text: "".join(text.splitlines(keepends=True)[:2]))
    assert "is missing: a gap of the release names it" in said
    said = council.edit(name, lambda text: text.replace(",1,FOIA s.43(2),", ",2,FOIA s.43(2),"))
    assert "it speaks of 2 gaps, the release has 1" in said
    said = council.edit(name, lambda text: text + text.splitlines(keepends=True)[1])
    assert "line R00001: it stands there twice" in said

    def unlisted(body: dict[str, Any]) -> None:
        next(run for run in body["runs"] if "count" in run)["schedule"] = ["none"]

    assert "line none is missing" in council.edit(WORDS, as_json(unlisted))


def test_a_checkpoint_of_another_log_is_no_proof(council: Council, package: Path, tmp_path: Path) -> None:
    from gateway.ledger.keystore import FileKeyStore

    other = Signer(FileKeyStore(tmp_path / "k"))
    said = council.edit("data/proofs/checkpoint", lambda _: other.sign(8, bytes(32)))
    assert "data/proofs/checkpoint" in said
    rewritten = council.signer.sign(8, bytes(32))
    assert "for another checkpoint" in council.edit("data/proofs/checkpoint", lambda _: rewritten)
    assert "it is another key than the one that was given" in told(package, other.vkey)
    checkpoint_as_signature = (package / "data/proofs/checkpoint").read_text()
    (package / bag.SIGNATURE).write_text(checkpoint_as_signature)
    assert "signed for another tagmanifest" in told(package)
