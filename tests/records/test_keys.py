"""Keys are rotated and wrapped anew; flat keys from before there were trees go with the first disposal."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from gateway.ledger import keyfiles, sealing
from gateway.ledger.keystore import FileKeyStore, KeyGone
from gateway.ledger.manifest import part_name
from gateway.ledger.sealing import REQUEST_FILE
from gateway.model.search import Query, Subject
from gateway.store import keeping, shredding, tables
from gateway.store.destruction import case_tables, sealed_name
from gateway.store.open import LedgerService
from tests.records.test_disposal import CANARY, OTHER, talk
from tests.records.test_matters import file_case
from tests.store.conftest import ledger as ledger
from tests.store.conftest import url as url
from tests.support.keeping import disposals, holds, keeper
from tests.support.searching import Desk

WHERE = ("maidstone", "routine")


def heads(ledger: LedgerService) -> dict[bytes, int]:
    """How many data keys are wrapped in which format and under which version."""
    part = tables.part
    head = func.substr(part.c.wrapped, 1, 3)
    with ledger._engine.connect() as connection:
        query = select(head, func.count()).where(part.c.wrapped.is_not(None)).group_by(head)
        return {bytes(row[0]): row[1] for row in connection.execute(query)}


def flatten(ledger: LedgerService, keys: Path, flat: bytes = b"f" * 32) -> list[bytes]:
    """Make the ledger what an earlier version would have written: every key wrapped flat. The wrapped keys."""
    with keyfiles.locked(keys):
        keyfiles.make(keys / "kek.maidstone.routine.v1", flat)
    store, part = FileKeyStore(keys), tables.part
    made = []
    with ledger._engine.connect() as connection:
        for row in connection.execute(select(part).where(part.c.wrapped.is_not(None))).all():
            name = part_name(row.id, row.conversation, row.controller, row.retention_class)
            key = sealing.unwrap(store, *WHERE, row.wrapped, name)
            made.append(b"\x01\x00\x01" + sealing._encrypt(flat, key, b"wrap" + name))
            connection.execute(update(part).where(part.c.id == row.id).values(wrapped=made[-1]))
        connection.commit()
    return made


async def test_a_rotation_seals_under_the_new_version_and_opens_under_the_old(
    ledger: LedgerService, tmp_path: Path
) -> None:
    await talk(ledger, CANARY)
    before = heads(ledger)
    assert set(before) == {b"\x02\x00\x01"}
    assert keeper(ledger, tmp_path / "keys").rotate(*WHERE, "jo").version == 2
    await talk(ledger, OTHER)
    assert set(heads(ledger)) <= {b"\x02\x00\x01", b"\x02\x00\x02"}
    report = ledger.verify()
    assert report.ok, report.lines()
    done = keeper(ledger, tmp_path / "keys").rotate(*WHERE, "jo", rewrap=True)
    assert (done.version, done.stuck) == (3, 0)
    assert done.rewrapped == sum(heads(ledger).values())
    assert set(heads(ledger)) == {b"\x02\x00\x03"}
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["sealed texts opened"] == done.rewrapped
    assert disposals(ledger, tmp_path / "keys").run("maidstone", "jo").disposed == 4


async def test_flat_keys_go_with_the_first_disposal_and_the_held_stay_readable(
    ledger: LedgerService, tmp_path: Path
) -> None:
    await talk(ledger, CANARY)
    kept = await talk(ledger, OTHER)
    flatten(ledger, tmp_path / "keys")
    assert set(heads(ledger)) == {b"\x01\x00\x01"}
    assert ledger.verify().ok
    holds(ledger, tmp_path / "keys").place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    assert disposals(ledger, tmp_path / "keys").run("maidstone", "jo").disposed == 2
    assert not (tmp_path / "keys" / "kek.maidstone.routine.v1").exists()
    assert set(heads(ledger)) == {b"\x02\x00\x01"}
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["sealed texts opened"] > len(kept)
    with pytest.raises(KeyGone):
        FileKeyStore(tmp_path / "keys").unwrapping_key(*WHERE, 1)


async def test_a_flat_key_that_something_still_needs_is_kept(ledger: LedgerService, tmp_path: Path) -> None:
    await talk(ledger, CANARY)
    wrapped = flatten(ledger, tmp_path / "keys")
    part = tables.part
    with ledger._engine.connect() as connection:  # one that can't be opened: a byte of it was changed
        one = wrapped[0]
        changed = one[:-1] + bytes([one[-1] ^ 1])
        connection.execute(update(part).where(part.c.wrapped == one).values(wrapped=changed))
        connection.commit()
    assert keeper(ledger, tmp_path / "keys").retire_flat(*WHERE, "jo") == 1
    assert (tmp_path / "keys" / "kek.maidstone.routine.v1").exists()


async def test_a_key_store_from_a_backup_is_cut_again(ledger: LedgerService, tmp_path: Path) -> None:
    gone, kept = await talk(ledger, CANARY), await talk(ledger, OTHER)
    keys, part = tmp_path / "keys", tables.part
    with ledger._engine.connect() as connection:
        before = connection.execute(select(part).where(part.c.wrapped.is_not(None))).all()
    shutil.copytree(keys, tmp_path / "old-keys")
    holds(ledger, keys).place(Query("maidstone", refs=tuple(kept)), "FOI-2026-1", "jo")
    assert disposals(ledger, keys).run("maidstone", "jo").disposed == len(gone)

    def opens() -> int:
        store, count = FileKeyStore(keys), 0
        for row in before:
            name = part_name(row.id, row.conversation, row.controller, row.retention_class)
            try:
                count += bool(sealing.unwrap(store, *WHERE, row.wrapped, name))
            except KeyGone:
                continue
        return count

    left = opens()
    assert 0 < left < len(before)
    shutil.copyfile(tmp_path / "old-keys" / "tree.maidstone.routine.v1", keys / "tree.maidstone.routine.v1")
    assert opens() == len(before)
    assert ledger.shredder.again() > 0
    assert opens() == left
    assert ledger.verify().ok


async def test_a_clock_that_was_wrong_costs_nobody_a_key(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text sealed on another day than its record was open: its leaf stays while the days around it are cut."""
    right = sealing.today()
    monkeypatch.setattr(sealing, "today", lambda: right - 30)
    await talk(ledger, OTHER)
    monkeypatch.setattr(sealing, "today", lambda: right)
    await talk(ledger, CANARY)
    monkeypatch.setattr(shredding, "today", lambda: right + 400)
    holds(ledger, tmp_path / "keys").place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    assert disposals(ledger, tmp_path / "keys").run("maidstone", "jo").disposed == 2
    report = ledger.verify()
    assert report.ok, report.lines()


async def test_a_flat_key_of_a_conversation_in_two_classes(ledger: LedgerService, tmp_path: Path) -> None:
    """What is wrapped anew is wrapped for a day that its own class's records name."""
    await talk(ledger, OTHER)
    flatten(ledger, tmp_path / "keys")
    record = tables.record
    with ledger._engine.connect() as connection:  # the conversation began long before, in another class
        first = connection.execute(select(record).order_by(record.c.opened_at)).first()
        assert first is not None
        older = {**first._mapping, "ref": "MBC-AAAA-AAAA", "opened_at": "2020-01-01T12:00:00.000000Z"}
        connection.execute(record.insert().values({**older, "retention_class": "refused"}))
        connection.commit()
    assert keeper(ledger, tmp_path / "keys").retire_flat(*WHERE, "jo") == 0
    part = tables.part
    with ledger._engine.connect() as connection:
        days = {
            sealing.day_of(row.wrapped)
            for row in connection.execute(select(part.c.wrapped).where(part.c.wrapped.is_not(None)))
        }
    assert days <= {sealing.today(), sealing.today() - 1}


@pytest.mark.parametrize("flat", [False, True])
async def test_the_keys_of_cases_and_of_what_is_theirs_are_wrapped_anew_too(
    ledger: LedgerService, tmp_path: Path, flat: bool
) -> None:
    """Cases, holds (also those of no case), saved searches and scans; once the old key is gone they still open."""
    keys, place = tmp_path / "keys", ("maidstone", REQUEST_FILE)
    desk = Desk(ledger, tmp_path)
    file_case(ledger, keys, 1, "2027-01-01")
    hold, _ = holds(ledger, keys).place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    free, _ = holds(ledger, keys).place(Query("maidstone", words=CANARY), "FOI-2026-2", "jo")
    assert holds(ledger, keys).release(free, "closed", "jo")
    desk.scans.start(Query("maidstone", subjects=(Subject("PERSON", "Petra Lindqvist"),)), "jo", "a")
    every = [keeping.matter, *case_tables()]
    if flat:
        flatten_cases(ledger, keys)
        assert keeper(ledger, keys).retire_flat(*place, "jo") == 0
        assert not list(keys.glob("kek.*"))
    else:
        done = keeper(ledger, keys).rotate(*place, "jo", rewrap=True)
        assert (done.version, done.rewrapped, done.stuck) == (2, 5, 0)
        (keys / "tree.maidstone.request-file.v1").unlink()
    with ledger._engine.connect() as connection:
        for table in every:
            for wrapped in connection.scalars(select(table.c.wrapped)):
                assert wrapped[:3] == (b"\x02\x00\x01" if flat else b"\x02\x00\x02")
        [case_key] = connection.scalars(select(keeping.matter.c.wrapped))
    assert all(each.readable and each.reason for each in holds(ledger, keys).list("maidstone", released=True))
    assert holds(ledger, keys).release(hold, "answered", "jo")
    [saved] = desk.saved.list("maidstone")
    assert saved.query is not None
    assert saved.query.words == "Requester1"
    assert ledger.matters.read("FOI-MBC-2026-0001") is not None
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["case events opened"] == 1
    disposals(ledger, keys).run("maidstone", "jo")
    with pytest.raises(KeyGone):
        FileKeyStore(keys).leaf(
            *place, 1 if flat else 2, sealing.day_of(case_key), sealing.slot_for(b"matter/FOI-MBC-2026-0001")
        )


def flatten_cases(ledger: LedgerService, keys: Path, flat: bytes = b"f" * 32) -> None:
    """The same for what is sealed in cases."""
    with keyfiles.locked(keys):
        keyfiles.make(keys / "kek.maidstone.request-file.v1", flat)
    store = FileKeyStore(keys)
    with ledger._engine.connect() as connection:
        for table in (keeping.matter, *case_tables()):
            for row in connection.execute(select(table)).all():
                name = sealed_name(table, row)
                key = sealing.unwrap(store, "maidstone", REQUEST_FILE, row.wrapped, name)
                made = b"\x01\x00\x01" + sealing._encrypt(flat, key, b"wrap" + name)
                connection.execute(update(table).where(table.c.id == row.id).values(wrapped=made))
        connection.commit()
