"""Disposal that is killed, raced by a hold, or run twice: nothing held is lost, nothing due is left half destroyed."""

import asyncio
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.ledger.keystore import FileKeyStore
from gateway.model.disposal import Rule
from gateway.model.search import Query
from gateway.store import keeping, tables
from gateway.store.disposal import DatabaseDisposal
from gateway.store.disposed_log import DisposedLog
from gateway.store.open import LedgerService
from gateway.store.unseal import unseal
from tests.records.test_disposal import CANARY, OTHER, talk
from tests.store.conftest import ledger as ledger
from tests.store.conftest import url as url
from tests.support import nursery
from tests.support.disposing import STEPS
from tests.support.keeping import LATER, disposals, holds, units
from tests.support.ledger import SCHEDULE, service

RULE = Rule("maidstone", LATER.isoformat(), frozenset(SCHEDULE.classes))


def whole(ledger: LedgerService, keys: Path) -> tuple[set[str], set[str]]:
    """References disposed of and not; each record is wholly the one or the other, in rows, texts and keys."""
    record, node, part = tables.record, tables.node, tables.part
    gone: set[str] = set()
    kept: set[str] = set()
    keystore = FileKeyStore(keys)
    with ledger._engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(keeping.shred)) == 0
        for row in connection.execute(select(record)).all():
            (gone if row.disposed_at else kept).add(row.ref)
            parts = select(part).join(node, node.c.kept_id == part.c.id).where(node.c.ref == row.ref)
            for text in connection.execute(parts).mappings().all():
                if row.disposed_at:
                    assert text["box"] is None
                    assert text["wrapped"] is None
                    assert text["text"] is None
                else:
                    assert unseal(keystore, dict(text))
    report = ledger.verify()
    assert report.ok, report.lines()
    return gone, kept


@pytest.mark.slow
@pytest.mark.parametrize("step", [*STEPS, "commit"])
async def test_a_run_that_is_killed_is_finished_by_the_next_start(url: str, tmp_path: Path, step: str) -> None:
    ledger = service(url, tmp_path)
    await ledger.start()
    due, held = await talk(ledger, CANARY), await talk(ledger, OTHER)
    holds(ledger, tmp_path / "keys").place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    await ledger.stop()
    killed = nursery.run((url, str(tmp_path), step), env=os.environ, check=False, module="tests.support.disposing")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = service(url, tmp_path)
    await again.start()
    gone, kept = whole(again, tmp_path / "keys")
    assert set(held) <= kept
    assert gone in (set(), set(due))
    assert bool(gone) == (step in ("log", "shred", "puncture", "key file", "forget", "scrub", "finish"))
    logged = {line["ref"] for line in DisposedLog(tmp_path / "data" / "disposed.log").lines() if "ref" in line}
    assert logged == gone
    run = disposals(again, tmp_path / "keys").run("maidstone", "jo")
    gone, kept = whole(again, tmp_path / "keys")
    assert (gone, kept) == (set(due), set(held))
    runs = disposals(again, tmp_path / "keys").runs("maidstone")
    assert all(each.finished_at for each in runs)
    assert sum(each.disposed for each in runs) == len(due)
    assert {json.loads(each.certificate or "")["state"] for each in runs} <= {"complete", "stopped before its end"}
    assert run in runs
    await again.stop()


async def test_a_hold_placed_while_disposal_runs_keeps_what_is_not_gone_yet(
    ledger: LedgerService, url: str, tmp_path: Path
) -> None:
    """Many rounds of a hold on one conversation against the disposal of all: whoever comes first, it is whole."""
    other = service(url, tmp_path)
    won = 0
    for number in range(12):
        word = f"Perigord{number}"
        refs = await talk(ledger, word, turns=1)
        store = ledger.disposal(holds(ledger, tmp_path / "keys").filter_of, units)
        due = list(store.plan(RULE).units)
        started = threading.Barrier(2)

        def put(word: str = word, barrier: threading.Barrier = started) -> int:
            barrier.wait()
            return holds(other, tmp_path / "keys").place(Query("maidstone", words=word), "race", "jo")[1]

        def drop(barrier: threading.Barrier = started, wanted: list[int] = due, at: DatabaseDisposal = store) -> int:
            barrier.wait()
            return len(at.destroy("DISP-RACE", RULE, wanted, "jo").refs)

        named, destroyed = await asyncio.gather(asyncio.to_thread(put), asyncio.to_thread(drop))
        ledger.shredder.finish()
        gone, kept = whole(ledger, tmp_path / "keys")
        if named:  # the hold was first: it is kept
            won += 1
            assert set(refs) <= kept
        else:
            assert destroyed
            assert set(refs) <= gone
    other.close()
    assert won  # each round is decided by a few milliseconds; a dozen without a single hold would have tried nothing


async def test_two_disposals_of_the_same_units_at_once(ledger: LedgerService, url: str, tmp_path: Path) -> None:
    others = [service(url, tmp_path) for _ in range(2)]
    refs = [ref for _ in range(8) for ref in await talk(ledger, CANARY)]
    store = ledger.disposal(holds(ledger, tmp_path / "keys").filter_of, units)
    due = list(store.plan(RULE).units)
    barrier = threading.Barrier(3)

    def run(service_: LedgerService) -> list[str]:
        mine = service_.disposal(holds(service_, tmp_path / "keys").filter_of, units)
        barrier.wait()
        found: list[str] = []
        for unit in due:
            found.extend(mine.destroy("DISP-X", RULE, [unit], "jo").refs)
        service_.shredder.finish()
        return found

    results = await asyncio.gather(*(asyncio.to_thread(run, each) for each in (ledger, *others)))
    assert sorted(ref for found in results for ref in found) == sorted(refs)
    gone, kept = whole(ledger, tmp_path / "keys")
    assert (gone, kept) == (set(refs), set())
    for each in others:
        each.close()


async def test_calls_go_on_while_old_ones_are_disposed_of(ledger: LedgerService, tmp_path: Path) -> None:
    for _ in range(10):
        await talk(ledger, CANARY, turns=1)
    run = asyncio.create_task(asyncio.to_thread(disposals(ledger, tmp_path / "keys").run, "maidstone", "jo"))
    fresh = [await talk(ledger, OTHER, turns=2) for _ in range(5)]
    done = await run
    gone, kept = whole(ledger, tmp_path / "keys")
    assert done.disposed == len(gone) >= 10
    assert len(gone) + len(kept) == 10 + sum(map(len, fresh))
