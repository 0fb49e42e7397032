"""Erasure before its time: like disposal in all but its reason, also when it is killed or the schedule changed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.model.officer import Officer, Role
from gateway.model.search import Query
from gateway.records.certificates import certificate_lines
from gateway.records.erasure import Erasures
from gateway.store import tables
from gateway.store.open import LedgerService
from tests.records.test_disposal import CANARY, OTHER, talk
from tests.records.test_keys import flatten
from tests.store.conftest import ledger as ledger
from tests.store.conftest import url as url
from tests.support.keeping import BACKUPS, disposals, holds, keeper, units


def now() -> datetime:
    return datetime.now(UTC)


DPO = Officer(
    "ofc-1", "dpo@maidstone.example", "The DPO", frozenset({Role.DPO}), frozenset({"maidstone"}),
    now() + timedelta(days=1),
)  # fmt: skip


def erasures(ledger: LedgerService, keys: Path) -> Erasures:
    store = ledger.disposal(holds(ledger, keys).filter_of, units)
    return Erasures(store, ledger.shredder, BACKUPS, keeper(ledger, keys).retire_flat, now)


def unit_of(ledger: LedgerService, ref: str) -> int:
    with ledger._engine.connect() as connection:
        query = select(tables.record.c.unit).where(tables.record.c.ref == ref)
        return int(connection.scalars(query).one())


async def test_an_erasure_takes_what_the_schedule_has_no_class_for(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    refs, kept = await talk(ledger, CANARY), await talk(ledger, OTHER)
    with ledger._engine.connect() as connection:
        lost = update(tables.record).where(tables.record.c.ref.in_(refs)).values(retention_class="no-longer-there")
        connection.execute(lost)
        connection.commit()
    run = erasures(ledger, keys).erase("maidstone", [unit_of(ledger, refs[0])], DPO, "Art 17(1)(d)").run
    [done] = disposals(ledger, keys).runs("maidstone")
    said = json.loads(done.certificate or "")
    assert (done.id, done.disposed, said["classes"]) == (run, 2, {"no-longer-there": 2})
    told = certificate_lines(said)
    assert told[0] == f"Certificate of erasure {run}, maidstone (complete)"
    assert any("UK GDPR Art 17, on request" in line for line in told)
    assert any("up to 35 days" in line for line in told)
    hold, _ = holds(ledger, keys).place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    held = erasures(ledger, keys).erase("maidstone", [unit_of(ledger, kept[0])], DPO, "Art 17(1)(d)")
    assert held.gone == frozenset()
    assert hold


async def test_an_erasure_does_away_with_flat_keys(ledger: LedgerService, tmp_path: Path) -> None:
    """Else an old backup beside the flat key opens what was erased."""
    keys = tmp_path / "keys"
    refs, kept = await talk(ledger, CANARY), await talk(ledger, OTHER)
    flatten(ledger, keys)
    erasures(ledger, keys).erase("maidstone", [unit_of(ledger, refs[0])], DPO, "Art 17(1)(d)")
    assert not (keys / "kek.maidstone.routine.v1").exists()
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["sealed texts opened"] >= len(kept)


@pytest.mark.parametrize("flat", [False, True])
async def test_one_that_was_stopped_is_closed_as_what_it_was(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat: bool
) -> None:
    """The next disposal closes it, with an erasure's certificate, and does away with the flat key that it left."""
    keys = tmp_path / "keys"
    refs = await talk(ledger, CANARY)
    if flat:
        flatten(ledger, keys)
    with monkeypatch.context() as patch:

        def stop() -> int:
            raise KeyboardInterrupt

        patch.setattr(ledger.shredder, "finish", stop)
        patch.setattr(type(keeper(ledger, keys)), "retire_flat", lambda *_: 0)
        with pytest.raises(KeyboardInterrupt):
            erasures(ledger, keys).erase("maidstone", [unit_of(ledger, refs[0])], DPO, "Art 17(1)(d)")
    disposals(ledger, keys).run("maidstone", "jo")
    [stopped] = [each for each in disposals(ledger, keys).runs("maidstone") if each.id.startswith("ERAS-")]
    said = json.loads(stopped.certificate or "")
    assert (said["certificate"], said["state"], said["records"]) == ("erasure", "stopped before its end", 2)
    assert not list(keys.glob("kek.*"))
    report = ledger.verify()
    assert report.ok, report.lines()
