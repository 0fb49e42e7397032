"""Disposal: what is due goes whole, keys included; what is held stays; old backups open nothing that went."""

import asyncio
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.ledger.entry import LiveEntry
from gateway.ledger.keystore import FileKeyStore, KeyGone
from gateway.ledger.retention import RetentionClass, RetentionSchedule
from gateway.model.disposal import Busy
from gateway.model.errors import BadRequest
from gateway.model.search import Query
from gateway.records.certificates import certificate_lines, refs_hash
from gateway.store.engine import fold_wal
from gateway.store.open import LedgerService
from tests.store.conftest import ledger as ledger
from tests.store.conftest import url as url
from tests.support.keeping import LATER, disposals, holds, opened_texts, today, traces_in_files
from tests.support.ledger import CALLER, DECISION, SCHEDULE, TOOL, chat, outgoing, reply_events, service, turn

CANARY = "Zyxomma"
OTHER = "Quillaja"
FILLER = "Please draft a letter about the rent account of the tenant. "


async def talk(ledger: LedgerService, word: str, turns: int = 2, padding: str = "") -> list[str]:
    """A conversation in which `word` is said on every turn; its references."""
    texts = [f"{FILLER} {word}petiolatum writes from {word} House {padding}{word}"]
    refs = []
    for number in range(turns):
        answer = f"Dear {word}, this is answer number {number} of several about your rent."
        refs.append(await turn(ledger, chat(*texts), answer, replace={f"{word} House": "ADDRESS_AB12CD34"}))
        texts += [answer, f"and more about {word} please, part {number} of it"]
    return refs


async def test_what_is_due_goes_and_the_rest_stays(ledger: LedgerService, url: str, tmp_path: Path) -> None:
    refs = await talk(ledger, CANARY)
    kept = await talk(ledger, OTHER)
    keys = tmp_path / "keys"
    hold, fitting = holds(ledger, keys).place(Query("maidstone", words=OTHER), "FOI-2026-1, letters", "jo")
    assert fitting == 1
    service_ = disposals(ledger, keys)
    plan = service_.plan("maidstone")
    assert (len(plan.units), plan.held) == (1, 1)
    assert [(each.name, each.units, each.records, each.held) for each in plan.classes] == [("routine", 2, 4, 1)]
    run = service_.run("maidstone", "jo@maidstone.example")
    assert (run.disposed, run.held) == (2, 1)
    said = json.loads(run.certificate or "")
    assert said["refs_sha256"] == refs_hash(refs)
    assert said["classes"]["routine"]["authority"] == "Council schedule 12.3"
    assert "14" in str(said["backups"]["keystore_days"])
    assert any("Kept by legal holds: 1" in line for line in certificate_lines(said))
    shown = ledger.reader.show(refs[0])
    assert shown is not None
    assert [each.text for each in shown.request] == [None]
    assert ledger.reader.search(CANARY) == []
    assert len(ledger.reader.search(OTHER)) == 2
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["records disposed of"] == 2
    assert service_.plan("maidstone").units == ()
    assert service_.run("maidstone", "jo").disposed == 0
    assert holds(ledger, keys).release(hold, "answered", "jo")
    assert service_.run("maidstone", "jo").disposed == 2
    report = ledger.verify()
    assert report.ok, report.lines()
    assert len(kept) == 2


async def test_nothing_is_left_in_the_files(tmp_path: Path) -> None:
    """The database, its log and the data folder are searched for the words, which FTS5 keeps in lower case."""
    folder = tmp_path / "all"
    url, keys = f"sqlite:///{folder / 'ledger.db'}", tmp_path / "keys"
    ledger = service(url, folder, keys=keys)
    await ledger.start()
    for number in range(60):  # long enough for overflow pages, many enough for FTS5 to merge its segments meanwhile
        await talk(ledger, OTHER if number % 3 else CANARY, padding=" ".join(f"w{number}x{n}" for n in range(900)))
        if number % 10 == 0:
            fold_wal(ledger._engine)
    words = (CANARY, f"{CANARY}petiolatum")
    assert traces_in_files(folder, *words)
    holds(ledger, keys).place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    run = disposals(ledger, keys).run("maidstone", "jo")
    assert run.disposed == 40
    assert json.loads(run.certificate or "")["files_scrubbed"]
    assert traces_in_files(folder, *words) == {}
    assert len(ledger.reader.search(OTHER, limit=100)) == 80
    await ledger.stop()
    assert traces_in_files(folder, *words) == {}
    assert traces_in_files(folder, OTHER)


async def test_a_conversation_is_kept_until_its_last_record_is_due(ledger: LedgerService, tmp_path: Path) -> None:
    await talk(ledger, CANARY)
    with ledger._engine.connect() as connection:  # one record of the two came a year later
        last = connection.execute(text("SELECT max(ref) FROM record")).scalar()
        connection.execute(text("UPDATE record SET dispose_after = '2040-01-01' WHERE ref = :r"), {"r": last})
        connection.commit()
    assert disposals(ledger, tmp_path / "keys").plan("maidstone").units == ()
    assert len(disposals(ledger, tmp_path / "keys", date(2040, 1, 2)).plan("maidstone").units) == 1


async def test_dates_to_come_and_other_controllers(ledger: LedgerService, tmp_path: Path) -> None:
    await talk(ledger, CANARY)
    service_ = disposals(ledger, tmp_path / "keys", today())
    assert service_.plan("maidstone").units == ()
    with pytest.raises(ValueError, match="not come yet"):
        service_.plan("maidstone", "2031-01-01")
    with pytest.raises(ValueError, match="wants reviewed"):
        service_.plan("maidstone", "", frozenset({"routine"}))
    assert disposals(ledger, tmp_path / "keys").plan("swale").units == ()


async def test_a_disposed_conversation_is_not_gone_on_in(ledger: LedgerService, tmp_path: Path) -> None:
    """The next turn finds nothing of it and begins a conversation of its own, whose texts are sealed anew and open."""
    refs = await talk(ledger, CANARY, turns=1)
    disposals(ledger, tmp_path / "keys").run("maidstone", "jo")
    texts = [f"{FILLER} {CANARY}petiolatum writes from {CANARY} House", "Dear", "and more, please"]
    ref = await turn(ledger, chat(*texts), "Certainly.")
    shown, gone = ledger.reader.show(ref), ledger.reader.show(refs[0])
    assert shown is not None
    assert gone is not None
    assert shown.row.conversation != gone.row.conversation
    assert len(shown.request) == 3
    report = ledger.verify()
    assert report.ok, report.lines()


async def test_a_call_that_was_under_way_is_not_added_to_what_went(ledger: LedgerService, tmp_path: Path) -> None:
    """It had found its conversation; the disposal came before it was recorded. It becomes one of its own."""
    [before] = await talk(ledger, CANARY, turns=1)
    call = chat(
        f"{FILLER} {CANARY}petiolatum writes from {CANARY} House", "Dear all, a long answer indeed", "and more?"
    )
    entries = [ledger.open("openai_chat", CALLER) for _ in range(2)]

    async def refused(entry: LiveEntry) -> None:
        async with entry:
            await entry.recall(call, TOOL)
            await asyncio.to_thread(disposals(ledger, tmp_path / "keys").run, "maidstone", "jo")
            raise BadRequest("no")

    async with entries[0] as delivered:
        await delivered.recall(call, TOOL)
        with pytest.raises(BadRequest):
            await refused(entries[1])
        await delivered.opened(TOOL, DECISION, outgoing(call))
        for event in reply_events("Certainly."):
            await delivered.delivered(event)
    gone, kept = ledger.reader.show(before), ledger.reader.show(entries[0].ref)
    assert gone is not None
    assert kept is not None
    assert gone.row.conversation != kept.row.conversation
    assert [each.text is None for each in kept.request] == [False, False, False]
    late = ledger.reader.show(entries[1].ref)
    assert late is not None
    assert late.row.outcome == "refused"
    report = ledger.verify()
    assert report.ok, report.lines()


async def test_an_old_backup_with_every_live_key_opens_nothing_that_was_disposed_of(tmp_path: Path) -> None:
    """The proof: the database as it was before, beside all the keys that are left."""
    keys = tmp_path / "keys"
    ledger = service(f"sqlite:///{tmp_path / 'live' / 'ledger.db'}", tmp_path / "live", keys=keys)
    await ledger.start()
    gone, kept = await talk(ledger, CANARY), await talk(ledger, OTHER)
    holds(ledger, keys).place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    backup = tmp_path / "backup" / "ledger.db"
    ledger.backup(backup)
    before = opened_texts(backup, keys)
    assert set(gone) | set(kept) <= set(before)
    assert any(CANARY in each for ref in gone for each in before[ref])
    assert disposals(ledger, keys).run("maidstone", "jo").disposed == 2
    after = opened_texts(backup, keys)
    assert set(after) == set(before) - set(gone)
    assert all(after[ref] == before[ref] for ref in kept)
    await ledger.stop()


async def test_a_restored_backup_is_disposed_of_again_before_it_serves(url: str, tmp_path: Path) -> None:
    """The database is put back as it was (SQLite); its full text and redacted texts go again at the start."""
    if not url.startswith("sqlite"):
        pytest.skip("a PostgreSQL backup is restored by PostgreSQL's own tools")
    ledger = service(url, tmp_path)
    await ledger.start()
    refs, kept = await talk(ledger, CANARY), await talk(ledger, OTHER)
    holds(ledger, tmp_path / "keys").place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    ledger.backup(tmp_path / "backup.db")
    run = disposals(ledger, tmp_path / "keys").run("maidstone", "jo")
    await ledger.stop()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "ledger.db").write_bytes((tmp_path / "backup.db").read_bytes())
    again = service(url, tmp_path)
    assert len(again.reader.search(CANARY)) == 2
    await again.start()
    assert again.reader.search(CANARY) == []
    assert len(again.reader.search(OTHER)) == len(kept)
    [found] = disposals(again, tmp_path / "keys").runs("maidstone")
    assert found == run
    problems = {problem.table for problem in again.verify().problems}
    assert problems <= {"checkpoint log"}  # the leaves after the backup are gone, and that shows
    assert all(again.reader.show(ref) is not None for ref in refs)
    await again.stop()


async def test_two_runs_at_once(ledger: LedgerService, url: str, tmp_path: Path) -> None:
    for _ in range(6):
        await talk(ledger, CANARY, turns=1)
    first, second = disposals(ledger, tmp_path / "keys"), disposals(ledger, tmp_path / "keys")
    with first._store.exclusive(), pytest.raises(Busy, match="at work"):
        second.run("maidstone", "jo")
    assert second.run("maidstone", "jo").disposed == 6


async def test_days_that_are_over_are_cut_as_one(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.store import shredding

    await talk(ledger, CANARY)
    await talk(ledger, OTHER)
    keys = tmp_path / "keys"
    holds(ledger, keys).place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    day = (today() - date(1970, 1, 1)) // timedelta(days=1)
    monkeypatch.setattr(shredding, "today", lambda: day + 400)
    disposals(ledger, keys).run("maidstone", "jo")
    [tree] = [each for each in FileKeyStore(keys).trees() if each[1] == "routine"]
    assert tree[3] < 64  # the survivor's leaf and what comes after the day
    report = ledger.verify()
    assert report.ok, report.lines()
    with pytest.raises(KeyGone):
        FileKeyStore(keys).leaf("maidstone", "routine", 1, day - 3, 7)
    assert FileKeyStore(keys).leaf("maidstone", "routine", 1, day + 1, 7)
    assert disposals(ledger, keys, LATER).plan("maidstone").held == 1


async def test_what_is_to_be_reviewed_waits_and_so_does_a_class_that_the_schedule_lost(
    ledger: LedgerService, tmp_path: Path
) -> None:
    for word, name in ((CANARY, "casework"), (OTHER, "no-longer-there"), ("Marchpane", "routine")):
        refs = await talk(ledger, word, turns=1)
        change = text("UPDATE record SET retention_class = :name WHERE ref = :ref")
        with ledger._engine.connect() as connection:
            connection.execute(change, {"name": name, "ref": refs[0]})
            connection.commit()
    reviewing = RetentionClass("casework", 30, "created", "RS-2", action="review")
    schedule = RetentionSchedule({**SCHEDULE.classes, "casework": reviewing})
    service_ = disposals(ledger, tmp_path / "keys", schedule=schedule)
    plan = service_.plan("maidstone")
    assert (len(plan.units), plan.waiting) == (1, {"casework": 1, "no-longer-there": 1})
    assert service_.run("maidstone", "jo").disposed == 1
    done = service_.run("maidstone", "jo", reviewed=frozenset({"casework", "no-longer-there"}))
    said = json.loads(done.certificate or "")
    assert done.disposed == 2
    assert said["reviewed"] == ["casework", "no-longer-there"]
    assert said["classes"]["no-longer-there"]["authority"] == "not in the schedule any more"
    assert any("casework: 1 record, 30 days" in line for line in certificate_lines(said))
