"""Indexes without gaps, tiles, and proofs served from them, with two sequencers competing."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete

from gateway.ledger import leaf, verify
from gateway.ledger.merkle import root_of, verify_consistency, verify_inclusion
from gateway.ledger.rows import Job, LeafDraft
from gateway.store import evidence, proofs, sequencer, tables
from gateway.store.open import LedgerService
from gateway.store.sequencer import read_log
from tests.support.ledger import chat, service, turn


def write(ledger: LedgerService, count: int) -> None:
    """Leaves that belong to no record, straight through the committer."""
    at = datetime.now(UTC)
    drafts = [LeafDraft("gap", "", leaf.gap(begun=at, ended=at, refused=number)) for number in range(count)]
    ledger._committer.commit([Job(leaves=drafts)])


@pytest.mark.parametrize("tile", [4, 256])
async def test_every_proof_from_tiles_holds(
    url: str, tmp_path: Path, tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sequencer, proofs, verify):
        monkeypatch.setattr(module, "TILE", tile)
    ledger = service(url, tmp_path)
    sizes: list[int] = []
    for batch in (1, 2, 3, 60, 200, 1, 7, 16):
        write(ledger, batch)
        ledger._sequencer.drain()
        sizes.append(sizes[-1] + batch if sizes else batch)
    with ledger._engine.connect() as connection:
        query = "SELECT leaf.hash FROM leaf JOIN sequenced ON sequenced.leaf = leaf.id ORDER BY sequenced.idx"
        hashes = [bytes(row[0]) for row in connection.exec_driver_sql(query)]
        roots = {size: root_of(hashes[:size]) for size in sizes}
        for size in sizes:
            for index in range(0, size, 7):
                proof = proofs.inclusion(connection, index, size)
                assert verify_inclusion(hashes[index], index, size, proof, roots[size])
        for old in sizes:
            proof = proofs.consistency(connection, old, sizes[-1])
            assert verify_consistency(old, sizes[-1], proof, roots[old], roots[sizes[-1]])
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["checkpoints"] == len(sizes)
    assert report.counts["tiles"] == (290 // 4 + 72 // 4 + 18 // 4 + 4 // 4 if tile == 4 else 1)
    ledger.close()


async def test_two_workers_write_and_sequence_side_by_side(url: str, tmp_path: Path) -> None:
    ledgers = [service(url, tmp_path) for _ in range(2)]
    for ledger in ledgers:
        await ledger.start()

    async def sequence(ledger: LedgerService) -> None:
        for _ in range(20):
            await asyncio.to_thread(ledger._sequencer.step)

    calls = [turn(ledgers[n % 2], chat(f"Question {n} about bins"), f"Answer {n}") for n in range(40)]
    await asyncio.gather(*calls, *(sequence(ledger) for ledger in ledgers))
    for ledger in ledgers:
        await ledger.stop()
    reader = service(url, tmp_path)
    report = reader.verify()
    assert report.ok, report.lines()
    assert report.size == 80
    assert len(reader.reader.search(limit=100)) == 40
    reader.close()


async def test_the_log_outside_names_every_checkpoint(url: str, tmp_path: Path) -> None:
    ledger = service(url, tmp_path)
    for _ in range(3):
        write(ledger, 2)
        ledger._sequencer.drain()
    log_file = tmp_path / "data" / "checkpoints.log"
    assert [line["size"] for line in read_log(log_file)] == [2, 4, 6]
    lines = log_file.read_bytes().splitlines(keepends=True)
    log_file.write_bytes(b"".join(lines[:2]) + lines[2][:10])
    assert [line["size"] for line in read_log(log_file)] == [2, 4], "a half-written line is a crash, not a change"
    ledger._sequencer.catch_up_log()
    assert [line["size"] for line in read_log(log_file)] == [2, 4, 6]
    log_file.write_bytes(b"".join([lines[0], b"{}\n", lines[2]]))
    report = ledger.verify()
    assert [problem.row for problem in report.problems] == ["line 2"]
    ledger.close()


async def test_leaves_that_wait_are_verified_too(url: str, tmp_path: Path) -> None:
    ledger = service(url, tmp_path)
    write(ledger, 3)
    report = ledger.verify()
    assert report.ok, report.lines()
    assert (report.size, report.counts["pending"]) == (0, 3)
    with ledger._engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM pending")
        connection.commit()
    assert len(ledger.verify().problems) == 3
    ledger.close()


async def test_a_checkpoint_that_is_signed_during_a_check_is_no_rollback(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just before the check reads the log, another worker signs and logs a checkpoint; a real rollback still shows."""
    ledger, other = service(url, tmp_path), service(url, tmp_path)
    write(ledger, 3)
    ledger._sequencer.drain()

    def late(path: Path) -> list[dict[str, object]]:
        write(other, 2)
        assert other._sequencer.drain() == 2
        return read_log(path)

    monkeypatch.setattr(evidence, "read_log", late)
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["logged checkpoints"] == 2
    monkeypatch.undo()
    change = delete(tables.checkpoint).where(tables.checkpoint.c.size == 5)
    with ledger._engine.connect() as connection:
        connection.execute(change)
        connection.execute(delete(tables.sequenced).where(tables.sequenced.c.idx >= 3))
        connection.commit()
    assert any("rolled back" in problem.what for problem in ledger.verify().problems)
    ledger.close()
    other.close()
