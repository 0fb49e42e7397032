"""Holds and disposal on a ledger, and a look into every file for what should go."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.identity.pseudonyms import Pseudonyms
from gateway.ledger import sealing
from gateway.ledger.keystore import FileKeyStore, KeyGone
from gateway.ledger.manifest import part_name
from gateway.ledger.retention import RetentionSchedule
from gateway.ledger.words import decode
from gateway.records.certificates import BackupLife
from gateway.records.disposal import Disposals
from gateway.records.holds import Holds
from gateway.records.keys import KeyKeeper
from gateway.records.redating import Redatings
from gateway.records.search import Searcher
from gateway.store.finding import units as units
from gateway.store.open import LedgerService
from tests.support.ledger import SCHEDULE

LATER = date(2031, 1, 1)
"""A day by which every record made today is due."""
BACKUPS = BackupLife(35, 14)


def holds(ledger: LedgerService, keys: Path) -> Holds:
    return Holds(
        ledger.holds(units), Searcher(ledger.hits, FileKeyStore(keys), Pseudonyms(b"p" * 32)), FileKeyStore(keys)
    )


def keeper(ledger: LedgerService, keys: Path) -> KeyKeeper:
    return KeyKeeper(FileKeyStore(keys), ledger.rewrapper, ledger.admin.act)


def disposals(
    ledger: LedgerService, keys: Path, today: date = LATER, schedule: RetentionSchedule = SCHEDULE
) -> Disposals:
    store = ledger.disposal(holds(ledger, keys).filter_of, units)
    return Disposals(store, ledger.shredder, schedule, BACKUPS, keeper(ledger, keys).retire_flat, lambda: today)


def traces_in_files(folder: Path, *words: str) -> dict[str, list[str]]:
    """Which of the words stand in which file below a folder, in any letter case, as UTF-8 bytes."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes().lower()
            here = [word for word in words if word.lower().encode() in data]
            if here:
                found[path.name] = here
    return found


def opened_texts(database: Path, keys: Path) -> dict[str, list[str]]:
    """Every sealed text of a database file that opens with the keys of a folder, by record reference."""
    keystore = FileKeyStore(keys)
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    found: dict[str, list[str]] = {}
    try:
        rows = connection.execute(
            "SELECT n.ref, p.id, p.conversation, p.controller, p.retention_class, p.wrapped, p.box "
            "FROM node n JOIN part p ON p.id = n.kept_id WHERE p.box IS NOT NULL"
        ).fetchall()
    finally:
        connection.close()
    for ref, *home, wrapped, box in rows:
        name = part_name(*home)
        try:
            key = sealing.unwrap(keystore, home[2], home[3], wrapped, name)
        except KeyGone:
            continue
        found.setdefault(ref, []).append(decode(sealing.open_text(key, box, name)))
    return found


def today() -> date:
    return datetime.now(UTC).date()


def redatings(ledger: LedgerService, keys: Path, schedule: RetentionSchedule, day: date | None = None) -> Redatings:
    return Redatings(ledger.redating(holds(ledger, keys).filter_of, units), schedule, lambda: day or today())
