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
    return _texts(database, keys, ref, "reply_root")


def request_texts(database: Path, keys: Path, ref: str) -> list[tuple[str, str]]:
    """Each sealed text of one record's request, with what it is, those of earlier turns left out."""
    return _texts(database, keys, ref, "request_root")


def _texts(database: Path, keys: Path, ref: str, column: str) -> list[tuple[str, str]]:
    keystore = FileKeyStore(keys)
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        query = f"SELECT {column} FROM record WHERE ref = ?"  # noqa: S608 - a column named above
        root = connection.execute(query, (ref,)).fetchone()[0]
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
