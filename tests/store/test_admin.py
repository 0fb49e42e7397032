"""Keys and suspensions, each change with its leaf, with or without a running ledger."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.identity.keys import create_key
from gateway.model.key import KeyRecord, KeyStore
from gateway.store.open import LedgerError, LedgerService
from tests.support.ledger import service

WHEN = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)


def key(controller: str = "maidstone") -> KeyRecord:
    return create_key(
        pepper=b"p" * 32, controller=controller, kind="app", owner="jo@maidstone.example", name="chat UI",
        service="housing", person_class="officer", purposes=["drafting", "research"], valid_for=timedelta(days=90),
        now=WHEN, note_mode="sidecar", refusal_as_message=True, rate_per_minute=60, burst=9, proxy="edge",
    )[1]  # fmt: skip


async def test_a_key_comes_back_as_it_was_stored(ledger: LedgerService) -> None:
    keys: KeyStore = ledger.admin.keys
    record = key()
    await keys.add(record)
    assert await keys.get(record.id) == record
    assert await keys.get("absent") is None
    with pytest.raises(ValueError):
        await keys.add(record)


async def test_keys_are_listed_by_controller_and_revoked_once(ledger: LedgerService) -> None:
    keys = ledger.admin.keys
    mine, theirs = key(), key("swale")
    await keys.add(mine)
    await keys.add(theirs)
    assert [record.id for record in await keys.list("swale")] == [theirs.id]
    assert {record.id for record in await keys.list()} == {mine.id, theirs.id}
    assert await keys.revoke(mine.id, WHEN)
    assert await keys.revoke(mine.id, WHEN + timedelta(days=1))
    assert not await keys.revoke("absent", WHEN)
    revoked = await keys.get(mine.id)
    assert revoked is not None
    assert revoked.revoked == WHEN


async def test_suspension_is_seen_by_every_worker_and_recorded(ledger: LedgerService, url: str, tmp_path: Path) -> None:
    other = service(url, tmp_path)
    assert other.admin.suspended() == frozenset()
    ledger.admin.suspend("copilot", "sec@maidstone.example", "vendor incident")
    ledger.admin.suspend("copilot", "siro@maidstone.example", "still going on")
    assert other.admin.suspended() == {"copilot"}
    [suspension] = other.admin.suspensions()
    assert (suspension.who, suspension.reason) == ("siro@maidstone.example", "still going on")
    assert other.admin.resume("copilot", "siro@maidstone.example")
    assert not other.admin.resume("copilot", "siro@maidstone.example")
    assert ledger.admin.suspended() == frozenset()
    report = other.verify()
    assert report.ok, report.lines()
    with ledger._engine.connect() as connection:
        leaves = [bytes(row[0]) for row in connection.exec_driver_sql("SELECT body FROM leaf WHERE kind = 'admin'")]
    assert len(leaves) == 3
    assert not any(b"maidstone.example" in body or b"vendor" in body for body in leaves)
    other.close()


async def test_an_admin_act_without_a_running_ledger_is_sequenced_at_once(url: str, tmp_path: Path) -> None:
    idle = service(url, tmp_path)
    idle.admin.suspend("copilot", "", "")
    report = idle.verify()
    assert report.ok
    assert report.size == 1
    idle.close()


async def test_a_foreign_key_store_is_refused(url: str, tmp_path: Path) -> None:
    service(url, tmp_path).close()
    with pytest.raises(LedgerError, match="key store"):
        service(url, tmp_path, keys=tmp_path / "other-keys")
