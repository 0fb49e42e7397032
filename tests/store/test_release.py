"""Reads for a release, on both databases: records with proofs and texts, holds, disposals; and a whole package."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import bagit
import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from gateway.ledger.checkpoint import Verifier
from gateway.ledger.manifest import GENESIS, entry, extend
from gateway.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from gateway.ledger.words import commit
from gateway.model.errors import Refused
from gateway.records.export.checker.main import verify_package
from gateway.records.export.terms import ExportRefused
from gateway.store import keeping, tables
from gateway.store.open import LedgerService
from gateway.store.release import release_source
from tests.support.casefile import HOLD, TERMS, Archive, case_file, decide, span
from tests.support.ledger import CALLER, DECISION, DEPLOYMENT, TOOL, chat, outgoing, reply_events, turn


@pytest_asyncio.fixture
async def archive(ledger: LedgerService, url: str, tmp_path: Path) -> AsyncIterator[Archive]:
    """A ledger with two conversations, one of two records."""
    stand_in = {"John Smith": "PERSON_K7QD2M8X"}
    first = "Write to John Smith about the rent of £412."
    await turn(ledger, chat(first), "Dear tenant, about the rent.", replace=stand_in)
    await turn(ledger, chat(first, "Dear tenant, about the rent.", "Shorter."), "Dear tenant.", replace=stand_in)
    await turn(ledger, chat("What is the county town of Kent?"), "Maidstone.")
    await ledger.stop()
    opened = Archive(url, tmp_path / "keys")
    yield opened
    opened.close()


async def test_everything_read_is_proved(archive: Archive) -> None:
    units = archive.units(opened=True)
    assert [len(unit.records) for unit in units] == [2, 1]
    with release_source(archive.engine) as source:
        checkpoint = source.checkpoint([])
    assert checkpoint is not None
    for record in (record for unit in units for record in unit.records):
        assert [leaf.kind for leaf in record.leaves] == ["opened", "closed"]
        for leaf in record.leaves:
            assert leaf.index is not None
            assert verify_inclusion(leaf_hash(leaf.body), leaf.index, checkpoint.size, list(leaf.path), checkpoint.root)
        assert [manifest.name for manifest in record.manifests] == ["facts", "request", "reply"]
        for manifest in record.manifests:
            root = manifest.base
            for each in manifest.entries:
                root = extend(root, entry(each.role, each.kept, each.sent, each.box, each.place))
            assert root == manifest.root
    assert units[0].records[0].manifests[1].base == GENESIS
    assert units[0].records[1].manifests[1].base == units[0].records[0].manifests[1].root
    texts = [text for unit in units for text in unit.texts.values()]
    assert {text.form for text in texts} == {"sent", "kept"}
    assert all(commit(text.text, text.salt) == text.root for text in texts)
    assert units[0].identities == ("jo.bloggs@maidstone.example",)


async def test_nothing_sealed_is_read_without_an_opener(archive: Archive) -> None:
    for unit in archive.units():
        assert {form for _, form in unit.texts} == {"sent"}
        assert unit.identities == ()


async def test_what_can_not_be_opened_is_left_out(archive: Archive) -> None:
    with archive.engine.begin() as connection:
        number = connection.scalar(select(tables.part.c.id).where(tables.part.c.box.is_not(None)).limit(1))
        connection.execute(update(tables.part).where(tables.part.c.id == number).values(wrapped=bytes(63)))
    units = archive.units(opened=True)
    assert not any((number, "kept") in unit.texts for unit in units)


async def test_a_hold_covers_the_units_it_names(archive: Archive) -> None:
    first, second = archive.units()
    archive.hold([first.unit])
    with release_source(archive.engine) as source:
        hold = source.hold(HOLD, [first.unit, second.unit])
        assert source.hold("other", [first.unit]) is None
    assert hold is not None
    assert (set(hold.units), hold.released_at, hold.controller) == ({first.unit}, None, "maidstone")


async def test_checkpoints_that_others_saw_go_with_the_newest(archive: Archive) -> None:
    """Of each witness the last cosignature; of each authority the first stamp over all that the case is about."""
    first, second = archive.units()
    ends = [max(leaf.index or 0 for record in unit.records for leaf in record.leaves) + 1 for unit in (first, second)]
    sizes = archive.checkpoints()
    assert len(sizes) > 2
    assert sizes[-1] == ends[1]
    with archive.engine.begin() as connection:
        for size in sizes[:-1]:
            for who in ("swale", "wells")[: 1 if size > sizes[0] else 2]:
                values = {"size": size, "witness": who, "at": "2026-11-26T10:00:00.000000Z", "line": f"{who} {size}"}
                connection.execute(insert(keeping.cosignature).values(**values))
        for size in sizes:
            values = {"size": size, "authority": "tsa", "at": "2026-11-26T10:00:00.000000Z", "token": b"%d" % size}
            connection.execute(insert(keeping.time_stamp).values(**values))
        notes = {row.size: row.note for row in connection.execute(select(tables.checkpoint))}
        roots = {row.size: row.root for row in connection.execute(select(tables.checkpoint))}
    for units, end in (((first.unit,), ends[0]), ((first.unit, second.unit), ends[1])):
        with release_source(archive.engine) as source:
            checkpoint = source.checkpoint(units)
        assert checkpoint is not None
        assert checkpoint.size == sizes[-1]
        for each in checkpoint.attested:
            assert each.note == notes[each.size]
            roots_of = (roots[each.size], checkpoint.root)
            assert verify_consistency(each.size, checkpoint.size, each.path, *roots_of)
        cosigned = {line: each.size for each in checkpoint.attested for line in each.cosignatures}
        assert cosigned == {f"swale {sizes[-2]}": sizes[-2], f"wells {sizes[0]}": sizes[0]}
        covering = min(size for size in sizes if size >= end)
        stamped = [(each.size, each.time_stamps) for each in checkpoint.attested if each.time_stamps]
        assert stamped == [(covering, (("tsa", b"%d" % covering),))]


async def test_a_package_from_this_database_holds(archive: Archive, ledger: LedgerService, tmp_path: Path) -> None:
    units = archive.units()
    archive.hold(unit.unit for unit in units)
    decisions = [decide(units[0], "redact", redactions=(span(units[0], "£412"),)), decide(units[1])]
    with archive.exporter(opened=True) as exporter:
        package = exporter.export(case_file([u.unit for u in units], decisions), TERMS, tmp_path / "p")
    assert bagit.Bag(str(package.folder)).validate()
    found = verify_package(str(package.archive), ledger.vkey)
    assert found.problems == []
    assert (found.counts["records"], found.counts["leaves in the signed log"]) == (3, 6)
    Verifier(ledger.vkey).open((package.folder / "data/proofs/checkpoint").read_text())
    whole = b"".join(path.read_bytes() for path in package.folder.rglob("*") if path.is_file())
    assert "£412".encode() not in whole
    assert b"John" not in whole


async def test_records_that_were_tampered_with_do_not_leave(archive: Archive, tmp_path: Path) -> None:
    """The export proof-reads what it wrote: a text changed in the database is not the one that was committed to."""
    units = archive.units()
    archive.hold(unit.unit for unit in units)
    number = next(part for (part, form), text in units[1].texts.items() if "county town" in text.text)
    with archive.engine.begin() as connection:
        change = update(tables.part).where(tables.part.c.id == number).values(text=b"What is the capital of Kent?")
        connection.execute(change)
    with archive.exporter() as exporter, pytest.raises(ExportRefused) as refused:
        exporter.export(case_file([u.unit for u in units], map(decide, units)), TERMS, tmp_path / "p")
    assert "a released word is not the one that was recorded" in refused.value.missing[0]
    assert not (tmp_path / "p").exists()
    assert not (tmp_path / "p.zip").exists()


async def test_a_destroyed_conversation_is_told_of(archive: Archive, tmp_path: Path) -> None:
    """As a disposal run leaves it: rows of texts gone, the record marked, a `disposed` leaf in its chain."""
    from gateway.ledger import leaf as leaves

    units = archive.units()
    gone = units[1]
    archive.hold([units[0].unit])
    ref = gone.records[0].ref
    body = leaves.disposed(ref=ref, at=TERMS.at, run="run-7", retention_class="routine", actor="ab")
    with archive.engine.begin() as connection:
        connection.execute(update(tables.record).where(tables.record.c.ref == ref).values(disposed_at=body["at"]))
        data, digest = leaves.finish(body, "r-test", 1, b"")
        row = {
            "id": 7,
            "replica": "r-test",
            "replica_seq": 1,
            "ref": ref,
            "kind": "disposed",
            "body": data,
            "hash": digest,
        }
        connection.execute(insert(tables.leaf).values(**row))
    with archive.exporter() as exporter:
        case = case_file([unit.unit for unit in units], [decide(units[0])])
        package = exporter.export(case, TERMS, tmp_path / "p")
    told = (package.folder / "data/disposal.csv").read_text()
    assert f"{ref},not held: destroyed on 2026-11-26 under rule routine," in told
    assert "Council schedule 12.3,run-7" in told
    assert package.conversations == 1
    assert not verify_package(str(package.folder)).problems


HOSTILE = (
    "=HYPERLINK(1)\r\n</div></main><script>alert(1)</script>\x00\x07\x85\u2028\ud800 <b onclick=x>&amp;&lt; "
    "\t]]> \"',;\n" + "x" * 200 + " " * 200 + "\U0001f600 e\u0301 \u202eevil"
)


async def test_hostile_and_odd_calls_make_a_sound_package(ledger: LedgerService, url: str, tmp_path: Path) -> None:
    """A text that would break pages and sheets, a call that was refused, one that was tried twice, an empty text."""
    await turn(ledger, chat(HOSTILE, system=""), "Ok.")
    async with ledger.open("openai_chat", CALLER) as entry:
        call = chat("Second try, please.")
        await entry.recall(call, TOOL)
        await entry.opened(TOOL, DECISION, outgoing(call))
        await entry.attempt(DEPLOYMENT, 2, "timeout", {})
        for event in reply_events("Here."):
            await entry.delivered(event)
    with pytest.raises(Refused):  # noqa: PT012 - it is raised inside the entry
        async with ledger.open("openai_chat", CALLER) as entry:
            await entry.recall(chat("He has diabetes."), TOOL)
            raise Refused(replace(DECISION, effect="deny"), counts={"HEALTH": 1})
    await ledger.stop()
    archive = Archive(url, tmp_path / "keys")
    units = archive.units()
    archive.hold(unit.unit for unit in units)
    with archive.exporter(opened=True) as exporter:
        package = exporter.export(case_file([u.unit for u in units], map(decide, units)), TERMS, tmp_path / "p")
    archive.close()
    release = package.folder / "data/release"
    done = subprocess.run(
        [sys.executable, "-I", str(package.folder / "data/proofs/verify.py"), str(package.archive), ledger.vkey],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "leaves in the signed log 7, records 3, texts 5" in done.stdout
    records = [json.loads(line) for line in (release / "records.jsonl").read_text().split("\n") if line]
    assert records[0]["turns"][1]["text"] == HOSTILE
    assert (records[2]["outcome"], records[2]["turns"]) == ("refused", [])
    page = (release / "records.html").read_text()
    assert "<script" not in page
    assert "The content of this call is not kept." in page
    rows = list(csv.DictReader(io.StringIO((release / "records.csv").read_bytes().decode("utf-8-sig"), newline="")))
    assert rows[1]["words"].startswith("'=HYPERLINK(1)\n</div>")
    assert bagit.Bag(str(package.folder)).validate()
