"""Backups of the ledger, and the proof that what is restored is the beginning of what was checkpointed."""

import os
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import Connection, Engine, create_engine, select

from gateway.ledger.checkpoint import BadCheckpoint, Verifier
from gateway.ledger.keyfiles import sync_folder
from gateway.ledger.merkle import Frontier, leaf_hash
from gateway.store import tables
from gateway.store.engine import LedgerError, is_sqlite
from gateway.store.sequencer import read_log


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a database goes, against the checkpoint log: `problems` are what can't be, `missing` how many leaves the
    log has seen beyond the database."""

    size: int
    root: bytes
    logged: int
    problems: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Leaves that were signed for and are not here."""
        return max(0, self.logged - self.size)


def back_up(engine: Engine, to: Path) -> int:
    """Copy a running SQLite ledger to a new private file; its size in bytes. Raises LedgerError."""
    if not is_sqlite(engine):
        raise LedgerError("A PostgreSQL ledger is backed up with pg_dump (docs/retention.md).")
    if to.exists():
        raise LedgerError(f"{to} exists already: name a file that doesn't.")
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = to.with_name(to.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with engine.connect() as connection:
        source: Any = connection.connection.dbapi_connection
        target = sqlite3.connect(part)
        try:
            # In one step, which reads one moment of the database while writers go on (WAL). In several it would begin
            # anew after each commit of somebody else, and not come to an end while calls are made.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(to)
    sync_folder(to.parent)
    return to.stat().st_size


def copy_in(backup: Path, to: Path) -> None:
    """Copy a backup to a private file, on disk when this returns. Raises LedgerError for what is no sound database."""
    if not backup.is_file():
        raise LedgerError(f"There is no backup {backup}.")
    check = sqlite3.connect(f"file:{quote(str(backup.resolve()))}?mode=ro&immutable=1", uri=True)
    try:
        if check.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise LedgerError(f"{backup} is damaged: use another backup.")
    except sqlite3.DatabaseError:
        raise LedgerError(f"{backup} is not a sound SQLite database: use another backup.") from None
    finally:
        check.close()
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with to.open("wb") as target, backup.open("rb") as source:
        to.chmod(0o600)
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())


def cut_log(log_file: Path, size: int) -> Path | None:
    """After a restore that loses leaves: go on with the checkpoints that the database still has; the whole log is kept
    beside it, under the name that is returned. None where nothing was cut."""
    lines = read_log(log_file)
    kept = [line for line in lines if int(str(line["size"])) <= size]
    if len(kept) == len(lines):
        return None
    aside = log_file.with_name(f"{log_file.name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    os.link(log_file, aside)
    part = log_file.with_name(log_file.name + ".part")
    with part.open("wb") as file:
        part.chmod(0o600)
        file.write(b"".join(orjson.dumps(line) + b"\n" for line in kept))
        file.flush()
        os.fsync(file.fileno())
    part.rename(log_file)
    sync_folder(log_file.parent)
    return aside


def standing(engine: Engine, vkey: str, log_file: Path) -> Standing:
    """Compute the tree again from the leaves' bytes and hold it against every line of the checkpoint log."""
    verifier = Verifier(vkey)
    problems: list[str] = []
    signed: dict[int, bytes] = {}
    for number, line in enumerate(read_log(log_file), 1):
        try:
            checkpoint = verifier.open(str(line.get("note", "")))
        except BadCheckpoint as error:
            problems.append(f"checkpoint log, line {number}: {error}")
            continue
        before = signed.setdefault(checkpoint.size, checkpoint.root)
        if before != checkpoint.root:
            problems.append(
                f"checkpoint log, line {number}: another root was signed for {checkpoint.size} leaves before"
            )
    frontier = Frontier()
    with engine.connect() as connection:
        for digest in _leaf_hashes(connection, problems):
            frontier.append(digest)
            if frontier.size in signed and signed[frontier.size] != frontier.root():
                problems.append(f"the first {frontier.size} leaves are not those that were signed for")
    return Standing(frontier.size, frontier.root(), max(signed, default=0), tuple(problems))


def standing_of(file: Path, vkey: str, log_file: Path) -> Standing:
    """The same for a file that nobody writes to: a backup. Raises SQLAlchemyError."""
    engine = create_engine(f"sqlite:///file:{quote(str(file.resolve()))}?mode=ro&immutable=1&uri=true")
    try:
        return standing(engine, vkey, log_file)
    finally:
        engine.dispose()


def _leaf_hashes(connection: Connection, problems: list[str]) -> list[bytes]:
    leaf, sequenced = tables.leaf, tables.sequenced
    query = select(sequenced.c.idx, leaf.c.body).join(leaf, leaf.c.id == sequenced.c.leaf).order_by(sequenced.c.idx)
    hashes: list[bytes] = []
    for row in connection.execution_options(yield_per=5000).execute(query):
        if row.idx != len(hashes):
            problems.append(f"leaf {len(hashes)} is missing")
            break
        hashes.append(leaf_hash(row.body))
    return hashes
