"""Request files that are due go too, unless a hold of theirs is in force."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from detectors.labels import LABELS
from gateway.ledger import sealing
from gateway.ledger.keystore import FileKeyStore, KeyGone
from gateway.ledger.matter import Draft, MatterRow
from gateway.ledger.retention import RetentionClass, RetentionSchedule
from gateway.ledger.scribe import now
from gateway.ledger.sealing import REQUEST_FILE
from gateway.model.disposal import UnreadableHold
from gateway.model.search import Query
from gateway.store import admin, keeping, tables
from gateway.store.destruction import SEALED_AS, case_tables
from gateway.store.open import LedgerService
from tests.records.test_disposal import CANARY, talk
from tests.store.conftest import ledger as ledger
from tests.store.conftest import url as url
from tests.support.keeping import disposals, holds, today
from tests.support.ledger import SCHEDULE, service
from tests.support.searching import Desk

CASE = "FOI-MBC-2026-0001"
AT = "2026-11-26T09:00:00.000000Z"


def file_case(ledger: LedgerService, keys: Path, number: int, due: str | None, closed: str | None = AT) -> bytes:
    """A case with an event and a saved search; its wrapped key."""
    name = f"FOI-MBC-2026-000{number}"
    row = MatterRow(
        name, "maidstone", "foi", "closed" if closed else "open", 2026, number, AT, "2026-11-26", "2026-12-24", closed,
        REQUEST_FILE, due,
    )  # fmt: skip
    ledger.matters.append([Draft("opened", b"Mr Requester asks", row)], expected=0, at=AT, who="jo")
    Desk(ledger, keys.parent).keep(Query("maidstone", words=f"Requester{number}"), "jo", name)
    with ledger._engine.connect() as connection:
        wrapped = connection.scalar(select(keeping.matter.c.wrapped).where(keeping.matter.c.id == name))
    assert wrapped is not None
    return bytes(wrapped)


def test_every_table_with_a_wrapped_key_is_known_to_disposal() -> None:
    """A new one must be destroyed with its case, under the name that its key is wrapped by, or be named here."""
    wrapped = {name for name, table in tables.metadata.tables.items() if "wrapped" in table.c}
    assert wrapped - {table.name for table in case_tables()} == {"part", "matter"}
    assert {table.name for table in case_tables()} <= set(SEALED_AS)


async def test_a_closed_case_goes_with_its_searches_and_holds(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    refs = await talk(ledger, CANARY)
    wrapped = file_case(ledger, keys, 1, "2027-01-01")
    kept = [
        file_case(ledger, keys, 2, "2040-01-01"),
        file_case(ledger, keys, 3, "2027-01-01", closed=None),
        file_case(ledger, keys, 4, None),
    ]
    hold, _ = holds(ledger, keys).place(Query("maidstone", refs=tuple(refs)), "FOI-1, letters", "jo", CASE)
    run = disposals(ledger, keys).run("maidstone", "jo")
    assert (run.disposed, json.loads(run.certificate or "")["request_files"]) == (0, 0)
    assert holds(ledger, keys).release(hold, "answered", "jo")
    plan = disposals(ledger, keys).plan("maidstone")
    assert plan.matters == (CASE,)
    run = disposals(ledger, keys).run("maidstone", "jo")
    assert (run.disposed, json.loads(run.certificate or "")["request_files"]) == (2, 1)
    store = FileKeyStore(keys)
    with pytest.raises(KeyGone):
        sealing.unwrap(store, "maidstone", REQUEST_FILE, wrapped, f"matter/{CASE}".encode())
    for name, other in zip((2, 3, 4), kept, strict=True):
        assert sealing.unwrap(store, "maidstone", REQUEST_FILE, other, f"matter/FOI-MBC-2026-000{name}".encode())
    with ledger._engine.connect() as connection:
        case = connection.execute(select(keeping.matter).where(keeping.matter.c.id == CASE)).one()
        assert (case.wrapped, bool(case.disposed_at)) == (None, True)
        events = connection.execute(select(keeping.matter_event.c.matter, keeping.matter_event.c.box)).all()
        assert {row.matter for row in events if row.box is None} == {CASE}
        searches = connection.execute(select(keeping.saved_search.c.matter, keeping.saved_search.c.box)).all()
        assert {row.matter for row in searches if row.box is None} == {CASE}
    [shown] = holds(ledger, keys).list("maidstone", released=True)
    assert (shown.id, shown.reason, shown.query) == (hold, "", "")
    report = ledger.verify()
    assert report.ok, report.lines()


async def test_a_case_that_a_backup_brings_back_goes_again(url: str, tmp_path: Path) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("a PostgreSQL backup is restored by PostgreSQL's own tools")
    ledger = service(url, tmp_path)
    await ledger.start()
    file_case(ledger, tmp_path / "keys", 1, "2027-01-01")
    ledger.backup(tmp_path / "backup.db")
    disposals(ledger, tmp_path / "keys").run("maidstone", "jo")
    await ledger.stop()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "ledger.db").write_bytes((tmp_path / "backup.db").read_bytes())
    again = service(url, tmp_path)
    await again.start()
    with again._engine.connect() as connection:
        assert connection.scalar(select(keeping.matter.c.wrapped)) is None
        assert connection.scalar(select(keeping.matter_event.c.box)) is None
    await again.stop()


async def test_a_hold_says_why_and_is_listed_and_found_out_when_changed(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    await talk(ledger, CANARY)
    service_ = holds(ledger, keys)
    for reason in ("", "  "):
        with pytest.raises(ValueError, match="why"):
            service_.place(Query("maidstone"), reason, "jo")
    _, fitting = service_.place(
        Query("maidstone", words=CANARY, facts={"tool": "copilot"}), "FOI-2026-7: Ms Requester", "jo@maidstone.example"
    )
    assert fitting == 1
    [shown] = service_.list("maidstone")
    assert (shown.reason, shown.units, shown.placed_at[:10]) == ("FOI-2026-7: Ms Requester", 1, today().isoformat())
    assert shown.query == f"controller: maidstone, words: {CANARY}, facts: tool=copilot"
    assert service_.list("swale") == []
    with ledger._engine.connect() as connection:
        row = connection.execute(select(keeping.hold)).one()
        said = repr([bytes(each) if isinstance(each, bytes) else each for each in row])
        leaves = b"".join(connection.exec_driver_sql("SELECT body FROM leaf WHERE kind = 'admin'").scalars())
    for secret in ("Requester", "jo@", CANARY):
        assert secret not in said
        assert secret.encode() not in leaves
    assert ledger.verify().ok
    with ledger._engine.connect() as connection:
        connection.execute(keeping.hold.update().values(released_at=AT))
        connection.commit()
    report = ledger.verify()
    assert [problem.table for problem in report.problems] == ["hold"]
    with ledger._engine.connect() as connection:
        connection.execute(keeping.hold_unit.delete())
        connection.execute(keeping.hold.delete())
        connection.commit()
    assert [problem.what for problem in ledger.verify().problems] == ["its row was removed without a leaf"]


async def test_a_hold_that_can_not_be_read_keeps_everything(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    await talk(ledger, CANARY)
    holds(ledger, keys).place(Query("maidstone", words="nothing like it"), "FOI-2026-1", "jo")
    assert len(disposals(ledger, keys).plan("maidstone").units) == 1
    with ledger._engine.connect() as connection:
        connection.execute(keeping.hold.update().values(box=b"x" * 60))
        connection.commit()
    plan = disposals(ledger, keys).plan("maidstone")
    [shown] = holds(ledger, keys).list("maidstone")
    assert (plan.units, plan.held, plan.unreadable_hold) == ((), 1, shown.id)
    with pytest.raises(UnreadableHold, match=f"{shown.id} .* nothing is disposed of"):
        disposals(ledger, keys).run("maidstone", "jo")
    assert (shown.readable, shown.reason) == (False, "")
    assert holds(ledger, keys).release(shown.id, "its key is lost; FOI-2026-1 is closed", "jo")
    [shown] = holds(ledger, keys).list("maidstone", released=True)
    assert (shown.readable, shown.release_reason) == (False, "its key is lost; FOI-2026-1 is closed")
    report = ledger.verify()
    assert report.ok, report.lines()
    assert disposals(ledger, keys).run("maidstone", "jo").disposed == 2


def key_gone(*_: object) -> None:
    raise KeyGone("the index's key is gone")


async def test_a_hold_that_looks_for_what_is_not_known_any_more_keeps_everything_and_is_named(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    await talk(ledger, CANARY)
    other, _ = holds(ledger, keys).place(Query("maidstone", words="nothing like it"), "FOI-2026-1", "jo")
    hold, _ = holds(ledger, keys).place(Query("maidstone", label="BIOMETRIC"), "FOI-2026-2, passes", "jo")
    assert [each.readable for each in holds(ledger, keys).list("maidstone")] == [True, True]
    monkeypatch.setattr("gateway.records.search.LABELS", {name: LABELS[name] for name in LABELS if name != "BIOMETRIC"})
    plan = disposals(ledger, keys).plan("maidstone")
    assert (plan.units, plan.held, plan.unreadable_hold) == ((), 1, hold)
    with pytest.raises(UnreadableHold, match=f"{hold} .* place it anew"):
        disposals(ledger, keys).run("maidstone", "jo")
    shown = {each.id: (each.readable, each.reason) for each in holds(ledger, keys).list("maidstone")}
    assert shown == {other: (True, "FOI-2026-1"), hold: (False, "FOI-2026-2, passes")}
    with monkeypatch.context() as lost:
        lost.setattr("gateway.records.search.Searcher.compile", key_gone)
        assert [each.readable for each in holds(ledger, keys).list("maidstone")] == [False, False]
    assert holds(ledger, keys).release(hold, "placed anew", "jo")
    shown = {each.id: (each.readable, each.reason) for each in holds(ledger, keys).list("maidstone", released=True)}
    assert shown == {other: (True, "FOI-2026-1"), hold: (True, "FOI-2026-2, passes")}
    assert disposals(ledger, keys).run("maidstone", "jo").disposed == 2


async def test_request_files_that_are_to_be_reviewed_wait(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    file_case(ledger, keys, 1, "2027-01-01")
    review = RetentionClass(REQUEST_FILE, 1095, "case_closed", "RS-IG-3", action="review")
    service_ = disposals(ledger, keys, schedule=RetentionSchedule({**SCHEDULE.classes, REQUEST_FILE: review}))
    plan = service_.plan("maidstone")
    assert (plan.matters, dict(plan.waiting), plan.matters_held) == ((), {REQUEST_FILE: 1}, 0)
    assert json.loads(service_.run("maidstone", "jo").certificate or "")["request_files"] == 0
    said = json.loads(service_.run("maidstone", "jo", reviewed=frozenset({REQUEST_FILE})).certificate or "")
    assert (said["request_files"], said["reviewed"]) == (1, [REQUEST_FILE])


async def test_a_release_by_a_host_whose_clock_is_slow_is_the_newest_leaf(
    ledger: LedgerService, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaves are in the order of the tree: by their times the hold would seem to be in force."""
    keys, other = tmp_path / "keys", service(url, tmp_path)
    hold, _ = holds(ledger, keys).place(Query("maidstone", words="x"), "FOI-2026-1", "jo")
    ledger._sequencer.drain()
    slow = now() - timedelta(minutes=5)
    monkeypatch.setattr(admin, "now", lambda: slow)
    assert holds(other, keys).release(hold, "closed", "jo")
    report = ledger.verify()
    assert report.ok, report.lines()
    other.close()


@pytest.mark.parametrize("released", [False, True])
async def test_a_backup_from_before_a_release_opens_no_hold_of_a_case_that_went(
    ledger: LedgerService, tmp_path: Path, released: bool
) -> None:
    """A release seals the hold anew, maybe years later: both leaves go with the case."""
    keys = tmp_path / "keys"
    file_case(ledger, keys, 1, "2027-01-01")
    hold, _ = holds(ledger, keys).place(Query("maidstone", words="x"), "FOI-1: Ms Requester", "jo", CASE)
    table = keeping.hold
    with ledger._engine.connect() as connection:
        before = connection.scalar(select(table.c.wrapped).where(table.c.id == hold))
    name = f"hold/{hold}/maidstone".encode()
    assert before is not None
    assert sealing.unwrap(FileKeyStore(keys), "maidstone", REQUEST_FILE, before, name)
    with pytest.MonkeyPatch.context() as patch:
        if released:
            patch.setattr(sealing, "today", lambda: sealing.day_of(before) + 500)
        assert holds(ledger, keys).release(hold, "answered", "jo")
    assert disposals(ledger, keys).run("maidstone", "jo").certificate
    with pytest.raises(KeyGone):
        sealing.unwrap(FileKeyStore(keys), "maidstone", REQUEST_FILE, before, name)


async def test_a_record_that_comes_later_falls_under_the_hold(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    _, fitting = holds(ledger, keys).place(Query("maidstone", words=CANARY), "FOI-2026-1", "jo")
    assert fitting == 0
    await talk(ledger, CANARY)
    run = disposals(ledger, keys).run("maidstone", "jo")
    assert (run.disposed, run.held) == (0, 1)
