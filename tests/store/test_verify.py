"""Every changed byte in a table that holds evidence is found, and its place is named."""

import hashlib
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.identity.keys import create_key
from gateway.ledger.cosignature import Cosignatures, Cosigner
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.report import Report
from gateway.ledger.verify_outside import Outside
from gateway.store.evidence import verify_database
from gateway.store.open import LedgerService
from tests.store.test_open import LONG, leave, refusal
from tests.support.ledger import chat, service, turn
from tests.support.witnessed import Neighbour

EVIDENCE = {
    "leaf": "replica, replica_seq",
    "sequenced": "idx",
    "tree": "id",
    "tile": "level, number",
    "checkpoint": "size",
    "record": "ref",
    "node": "root",
    "part": "id",
    "gateway_key": "id",
    "suspension": "tool",
    "fingerprint": "name",
    "check_run": "id",
    "cosignature": "size, witness",
}
WITNESS = "swale.example/witness"
OUTSIDE = Outside([Cosignatures(Cosigner(WITNESS, hashlib.sha256(WITNESS.encode()).digest()).vkey)], demanded=True)


async def fill(ledger: LedgerService, folder: Path) -> None:
    """Delivered, refused and cut calls; a conversation; keys, a suspension, a check run and a cosignature."""
    await ledger.start()
    texts = [LONG]
    for number in range(3):
        answer = f"Dear John Smith, this is answer {number} of several."
        await turn(ledger, chat(*texts), answer, replace={"John Smith": "PERSON_AB12CD34"})
        texts += [answer, f"and more about it, part {number}"]
    await leave(ledger, refusal(), opened=False)
    await leave(ledger, RuntimeError("bug"), opened=True)
    _, record = create_key(
        pepper=b"p" * 32, controller="maidstone", kind="person", owner="a@b.example", name="n", service="housing",
        person_class="officer", purposes=["drafting"], valid_for=timedelta(days=1),
    )  # fmt: skip
    await ledger.admin.keys.add(record)
    _, revoked = create_key(
        pepper=b"p" * 32, controller="swale", kind="person", owner="a@b.example", name="n", service="housing",
        person_class="officer", purposes=["drafting"], valid_for=timedelta(days=1),
    )  # fmt: skip
    await ledger.admin.keys.add(revoked)
    assert await ledger.admin.keys.revoke(revoked.id, datetime.now(UTC))
    ledger.admin.suspend("copilot", "sec@maidstone.example", "vendor incident")
    ledger.admin.suspend("other", "sec@maidstone.example", "test")
    assert ledger.admin.resume("other", "sec@maidstone.example")
    await ledger.stop()
    at = datetime.now(UTC)
    ledger.checks.keep(ledger.verify(), at, at)
    assert Neighbour(folder, ledger.vkey, WITNESS).cosign(ledger) == "ok"
    ledger.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a whole ledger in it, its write-ahead log folded in."""
    folder = tmp_path_factory.mktemp("filled")
    await fill(service(f"sqlite:///{folder / 'ledger.db'}", folder), folder)
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder


def check(folder: Path, *, keys: bool = True, log: bool = True) -> Report:
    ledger = service(f"sqlite:///{folder / 'ledger.db'}", folder, keys=folder / "keys")
    keystore = FileKeyStore(folder / "keys") if keys else None
    try:
        log_file = folder / "data" / "checkpoints.log" if log else None
        return verify_database(ledger._engine, ledger.vkey, keystore, log_file)
    finally:
        ledger.close()


PLACES = {"sequenced": {"sequenced", "leaf"}}
"""Where a fault may show: an index that is moved to the leaf that waits makes that leaf the odd one."""


def variants(value: object) -> list[object]:
    """The value with a byte changed at its start, middle and end; nothing for an empty one."""
    if value is None or value in ("", b""):
        return []
    places = {0, len(value) // 2, len(value) - 1} if isinstance(value, bytes | str) else {0, 1}
    return [changed(value, place) for place in sorted(places)]


def changed(value: object, which: int) -> object:
    """The value with one byte changed."""
    if isinstance(value, bytes):
        return value[:which] + bytes([value[which] ^ 1]) + value[which + 1 :]
    if isinstance(value, str):
        return value[:which] + ("x" if value[which] != "x" else "y") + value[which + 1 :]
    assert isinstance(value, int)
    return value ^ 1 if which == 0 else value + 2


def test_a_whole_ledger_verifies_with_keys_and_without(filled: Path) -> None:
    report = check(filled)
    assert report.ok, report.lines()
    assert any("No independent witness" in note for note in report.notes)
    assert report.counts["records"] == 5
    assert report.counts["sealed texts opened"] > 5
    without = check(filled, keys=False, log=False)
    assert without.ok, without.lines()
    assert any("no key store" in note for note in without.notes)
    assert any("No checkpoint log" in note for note in without.notes)


@pytest.mark.parametrize("table", EVIDENCE)
def test_one_changed_byte_is_found_and_placed(filled: Path, tmp_path: Path, table: str) -> None:
    """Every column of the first, the middle and the last row, at its first, middle and last byte."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    ledger = service(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, keys=tmp_path / "keys")
    keystore, log_file = FileKeyStore(tmp_path / "keys"), tmp_path / "data" / "checkpoints.log"
    shutil.copyfile(filled / "ledger.db", tmp_path / "whole.db")
    whole = sqlite3.connect(tmp_path / "whole.db")
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    for pragma in ("foreign_keys=OFF", "synchronous=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    cursor = connection.execute(f"SELECT rowid, * FROM {table} ORDER BY {EVIDENCE[table]}")  # noqa: S608
    names = [column[0] for column in cursor.description][1:]
    rows = cursor.fetchall()
    trials = 0
    for number in sorted({0, len(rows) // 2, len(rows) - 1} & set(range(len(rows)))):
        place, *values = rows[number]
        for name, new in ((name, new) for name, value in zip(names, values, strict=True) for new in variants(value)):
            connection.execute("BEGIN")
            try:
                connection.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = ?", (new, place))  # noqa: S608
            except sqlite3.IntegrityError:  # the change would make two rows one; the database itself refuses
                connection.execute("ROLLBACK")
                continue
            connection.execute("COMMIT")
            report = verify_database(ledger._engine, ledger.vkey, keystore, log_file, OUTSIDE)
            places = PLACES.get(table, {table})
            assert any(problem.table in places for problem in report.problems), f"{table}.{name}, row {number}"
            whole.backup(connection)
            trials += 1
    whole.close()
    connection.close()
    ledger.close()
    assert trials or table == "tile"
    assert check(tmp_path).ok, "the changes were undone"


@pytest.mark.parametrize(
    "table", ["leaf", "record", "node", "part", "sequenced", "checkpoint", "gateway_key", "tree", "check_run"]
)
def test_a_removed_row_is_found(filled: Path, tmp_path: Path, table: str) -> None:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
    middle = f"SELECT rowid FROM {table} LIMIT 1 OFFSET {count // 2}"  # noqa: S608
    connection.execute(f"DELETE FROM {table} WHERE rowid IN ({middle})")  # noqa: S608
    connection.close()
    report = check(tmp_path)
    assert not report.ok


def test_the_report_names_table_row_and_record(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    [ref] = connection.execute("SELECT ref FROM record ORDER BY opened_at LIMIT 1").fetchone()
    connection.execute("UPDATE record SET outcome = 'refused' WHERE ref = ?", (ref,))
    connection.close()
    lines = check(tmp_path).lines()
    assert lines[0] == "THE LEDGER IS NOT WHOLE: 1 problem found."
    assert f"- record {ref}, record {ref}: column outcome is not what the leaves say" in lines


def test_a_truncated_tail_is_found_by_the_log_outside(filled: Path, tmp_path: Path) -> None:
    """Somebody who cuts the newest leaves and forges the database's own state can't cut the log."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "data" / "checkpoints.log").open() as file:
        assert file.read().count("\n") >= 1
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    for table in ("sequenced", "checkpoint", "tree", "leaf", "record", "node", "part", "gateway_key", "suspension"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
    connection.close()
    report = check(tmp_path)
    assert any("rolled back" in problem.what for problem in report.problems)


def test_a_file_that_is_no_database_is_a_finding(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    ledger = service(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, keys=tmp_path / "keys")
    data = bytearray((tmp_path / "ledger.db").read_bytes())
    for at in range(len(data) // 4, len(data)):
        data[at] = 0x5A
    (tmp_path / "ledger.db").write_bytes(data)
    report = verify_database(ledger._engine, ledger.vkey, None, None)
    ledger.close()
    assert not report.ok
