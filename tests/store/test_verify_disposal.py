# ruff: noqa: S608 - statements of a test over its own tables
"""`ledger verify` accepts what a leaf explains and nothing else: absence without a leaf, and what should be absent."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.report import Report
from gateway.model.search import Query
from gateway.store.evidence import verify_database
from tests.records.test_disposal import CANARY, OTHER, talk
from tests.store.test_verify import changed, variants
from tests.support.keeping import disposals, holds
from tests.support.ledger import service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def disposed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger in which one conversation is disposed of and another held."""
    folder = tmp_path_factory.mktemp("disposed")
    ledger = service(f"sqlite:///{folder / 'ledger.db'}", folder)
    await ledger.start()
    await talk(ledger, CANARY)
    await talk(ledger, OTHER)
    holds(ledger, folder / "keys").place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    disposals(ledger, folder / "keys").run("maidstone", "jo")
    await ledger.stop()
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder


def after(disposed: Path, folder: Path, *statements: str, keys: bool = True) -> Report:
    """The report on a copy to which somebody did something."""
    shutil.copytree(disposed, folder, dirs_exist_ok=True)
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement
    connection.close()
    ledger = service(f"sqlite:///{folder / 'ledger.db'}", folder)
    try:
        keystore = FileKeyStore(folder / "keys") if keys else None
        return verify_database(ledger._engine, ledger.vkey, keystore, folder / "data" / "checkpoints.log")
    finally:
        ledger.close()


GONE = "(SELECT ref FROM record WHERE disposed_at IS NOT NULL)"
KEPT = "(SELECT ref FROM record WHERE disposed_at IS NULL)"
LOST = f"(SELECT sent_id FROM node WHERE ref IN {GONE} AND sent_id IS NOT NULL LIMIT 1)"
ALL = "digest=NULL, sent_digest=NULL, box=NULL, wrapped=NULL, kept_root=NULL, text=NULL, salt=NULL, sent_root=NULL"
TRIALS = {  # what somebody did, where it shows, and what is said
    "a text is emptied without a leaf": (
        f"UPDATE part SET {ALL} WHERE id = (SELECT kept_id FROM node WHERE ref IN {KEPT} LIMIT 1)",
        "node",
        "is gone or is another",
    ),
    "every text of a record is emptied, and its row says disposed": (
        f"UPDATE record SET disposed_at = '2026-11-26T00:00:00Z' WHERE ref IN {KEPT}",
        "record",
        "column disposed_at",
    ),
    "the row denies the disposal": (
        f"UPDATE record SET disposed_at = NULL WHERE ref IN {GONE}",
        "record",
        "column disposed_at",
    ),
    "the leaf of a disposal is removed": (
        "DELETE FROM leaf WHERE kind = 'disposed'",
        "leaf",
        "were removed",
    ),
    "a text that went is there again": (
        f"UPDATE part SET text = x'41', salt = x'42', sent_root = x'43' WHERE id = {LOST}",
        "part",
        "still here",
    ),
    "where a text stood is there again": (
        f"UPDATE node SET place = x'41' WHERE ref IN {GONE}",
        "node",
        "still here",
    ),
    "a link of what went is removed": (f"DELETE FROM node WHERE ref IN {GONE}", "node", "removed or changed"),
    "a link of what went is changed": (
        f"UPDATE node SET role = 'x' WHERE ref IN {GONE}",
        "node",
        "do not give its root",
    ),
    "a hold is released behind the ledger's back": ("UPDATE hold SET released_at = 'x'", "hold", "newest admin leaf"),
    "a hold is removed": ("DELETE FROM hold", "hold", "removed without a leaf"),
    "a hold is emptied": ("UPDATE hold SET box = NULL, released_at = 'x'", "hold", "no leaf speaks of that"),
    "a certificate is changed": (
        "UPDATE disposal SET certificate = replace(certificate, 'maidstone', 'swale')",
        "disposal",
        "newest admin leaf",
    ),
    "a run is removed": ("DELETE FROM disposal", "disposal", "removed without a leaf"),
}


@pytest.mark.parametrize("keys", [True, False], ids=["with keys", "without keys"])
def test_what_a_leaf_explains_is_accepted(disposed: Path, tmp_path: Path, keys: bool) -> None:
    report = after(disposed, tmp_path, keys=keys)
    assert report.ok, report.lines()
    assert report.counts["records disposed of"] == 2
    assert (report.counts["holds"], report.counts["disposals"]) == (1, 1)


@pytest.mark.parametrize("what", TRIALS)
@pytest.mark.parametrize("keys", [True, False], ids=["with keys", "without keys"])
def test_everything_else_is_found(disposed: Path, tmp_path: Path, what: str, keys: bool) -> None:
    statement, table, said = TRIALS[what]
    report = after(disposed, tmp_path, statement, keys=keys)
    assert any(problem.table == table and said in problem.what for problem in report.problems), report.lines()


@pytest.mark.parametrize("table", ["hold", "disposal"])
def test_one_changed_byte_of_a_hold_or_a_run_is_found(disposed: Path, tmp_path: Path, table: str) -> None:
    shutil.copytree(disposed, tmp_path, dirs_exist_ok=True)
    ledger = service(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    cursor = connection.execute(f"SELECT * FROM {table}")
    names, row = [column[0] for column in cursor.description], cursor.fetchone()
    trials = 0
    for name, value in zip(names, row, strict=True):
        for new in variants(value) if name != "wrapped" else []:
            connection.execute(f"UPDATE {table} SET {name} = ?", (new,))
            report = verify_database(ledger._engine, ledger.vkey, None, tmp_path / "data" / "checkpoints.log")
            assert any(problem.table == table for problem in report.problems), name
            connection.execute(f"UPDATE {table} SET {name} = ?", (value if name != "id" else row[0],))
            trials += 1
    connection.close()
    ledger.close()
    assert trials > 10
    assert changed(b"ab", 0) == b"`b"
