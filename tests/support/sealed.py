"""Opens what the ledger has sealed, as only a test and the recovery at start-up may."""

import sqlite3
from pathlib import Path

from gateway.ledger import sealing
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.manifest import GENESIS, part_name
from gateway.ledger.words import decode


def reply_text(database: Path, keys: Path, ref: str) -> str:
    """The sealed reply of one record, in clear; empty where none was kept."""
    return "".join(text for _, text in reply_texts(database, keys, ref))


def reply_texts(database: Path, keys: Path, ref: str) -> list[tuple[str, str]]:
    """Each sealed text of one record's reply, with what it is."""
    keystore = FileKeyStore(keys)
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        root = connection.execute("SELECT reply_root FROM record WHERE ref = ?", (ref,)).fetchone()[0]
        found: list[tuple[str, str]] = []
        while root is not None and root != GENESIS:
            row = connection.execute(
                "SELECT n.prev, n.ref, p.id, p.conversation, p.controller, p.retention_class, p.wrapped, p.box, n.role "
                "FROM node n JOIN part p ON p.id = n.kept_id WHERE n.root = ?",
                (root,),
            ).fetchone()
            if row is None or row[1] != ref:
                break
            name = part_name(*row[2:6])
            key = sealing.unwrap(keystore, row[4], row[5], row[6], name)
            found.insert(0, (row[8], decode(sealing.open_text(key, row[7], name))))
            root = row[0]
        return found
    finally:
        connection.close()
