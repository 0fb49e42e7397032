"""Gives leaves their place in the tree: gap-free indexes, tiles, a signed checkpoint, all in one transaction.

Any number of workers may run one; the write transaction (SQLite) or an advisory lock (PostgreSQL) lets one at a time.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
from sqlalchemy import Connection, Engine, delete, func, insert, select, text, update

from gateway.ledger.checkpoint import Signer
from gateway.ledger.merkle import Frontier, root_of
from gateway.store import tables
from gateway.store.committer import writing
from gateway.store.engine import is_sqlite
from gateway.store.outside import append, drop_half_line
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

BATCH = 4096
TILE = 256
"""Hashes in a full tile (C2SP tlog-tiles)."""
INTERVAL_SECONDS = 0.25
_LOCK = 0x53455155


class Sequencer:
    """Sequences what is pending. `log_file` gets a line for every checkpoint, outside the database."""

    def __init__(self, engine: Engine, signer: Signer, log_file: Path) -> None:
        self._engine = engine
        self._signer = signer
        self._log_file = log_file

    def step(self) -> int:
        """Sequence one batch; the number of leaves sequenced, 0 where there was nothing or another worker is at it."""
        with self._engine.connect() as connection:
            waiting = connection.scalar(select(func.count()).select_from(tables.pending)) or 0
        metrics.ledger_pending(waiting)
        if not waiting:
            return 0
        with writing(self._engine) as connection:
            if not self._alone(connection):
                return 0
            leaves = _pending(connection)
            if not leaves:
                return 0
            size, root, note = self._append(connection, leaves)
        self._log(size, root, note)
        metrics.ledger_pending(max(0, waiting - len(leaves)))
        return len(leaves)

    def drain(self) -> int:
        """Sequence until nothing is pending that this worker may take."""
        total = 0
        while count := self.step():
            total += count
        return total

    def catch_up_log(self) -> None:
        """Add the newest checkpoint to the log file if a crash came between its commit and its line, or within it."""
        table = tables.checkpoint
        drop_half_line(self._log_file)
        with self._engine.connect() as connection:
            newest = connection.execute(select(table).order_by(table.c.size.desc()).limit(1)).first()
        if newest is not None and newest.size not in {line["size"] for line in read_log(self._log_file)[-1:]}:
            self._log(newest.size, newest.root, newest.note)

    def _alone(self, connection: Connection) -> bool:
        if is_sqlite(self._engine):
            return True
        return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:n)"), {"n": _LOCK}))

    def _append(self, connection: Connection, leaves: Sequence[tuple[int, bytes]]) -> tuple[int, bytes, str]:
        state = connection.execute(select(tables.tree).where(tables.tree.c.id == 1)).first()
        hashes = b"" if state is None else state.frontier
        frontier = Frontier(0 if state is None else state.size, (hashes[i : i + 32] for i in range(0, len(hashes), 32)))
        first = frontier.size
        for _, digest in leaves:
            frontier.append(digest)
        rows = [{"idx": first + offset, "leaf": number} for offset, (number, _) in enumerate(leaves)]
        connection.execute(insert(tables.sequenced), rows)
        _write_tiles(connection, first, frontier.size)
        root, blob = frontier.root(), b"".join(frontier.hashes)
        values = {"size": frontier.size, "frontier": blob}
        if state is None:
            connection.execute(insert(tables.tree).values(id=1, **values))
        else:
            connection.execute(update(tables.tree).where(tables.tree.c.id == 1).values(**values))
        note = self._signer.sign(frontier.size, root)
        connection.execute(insert(tables.checkpoint).values(size=frontier.size, root=root, note=note))
        done = [number for number, _ in leaves]
        for start in range(0, len(done), 500):
            chunk = done[start : start + 500]
            connection.execute(delete(tables.pending).where(tables.pending.c.leaf.in_(chunk)))
        return frontier.size, root, note

    def _log(self, size: int, root: bytes, note: str) -> None:
        append(self._log_file, orjson.dumps({"size": size, "root": root.hex(), "note": note}) + b"\n")


def read_log(path: Path) -> list[dict[str, object]]:
    """The lines of a checkpoint log; a half-written last line (a crash) is left out, any other raises ValueError."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    return [dict(orjson.loads(line)) for line in lines[:-1]]


class SequencerThread:
    """Runs a sequencer soon after each commit, and other chores (heartbeat, the dead) now and then."""

    def __init__(self, sequencer: Sequencer, chores: Sequence[Callable[[], object]]) -> None:
        self._sequencer = sequencer
        self._chores = chores
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-sequencer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to sequence."""
        self._wake.set()

    def stop(self) -> None:
        """End after the step in hand. Blocks."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(timeout=INTERVAL_SECONDS * 8)
            self._stop.wait(timeout=INTERVAL_SECONDS)
            self._wake.clear()
            for chore in (self._sequencer.drain, *self._chores):
                self._try(chore)

    @staticmethod
    def _try(chore: Callable[[], object]) -> None:
        try:
            chore()
        except Exception as error:  # noqa: BLE001 - a chore that fails now is tried again; what it does is durable already
            log.warning("ledger_chore_failed", kind=type(error).__name__)


def _pending(connection: Connection) -> list[tuple[int, bytes]]:
    """Leaves that wait, each replica's in its own order."""
    leaf = tables.leaf
    query = select(leaf.c.id, leaf.c.hash).join(tables.pending, tables.pending.c.leaf == leaf.c.id)
    rows = connection.execute(query.order_by(leaf.c.replica, leaf.c.replica_seq).limit(BATCH))
    return [(row.id, row.hash) for row in rows]


def _write_tiles(connection: Connection, old: int, size: int) -> None:
    """Write the tiles that became full between two sizes."""
    rows = [
        {"level": 0, "number": number, "hashes": b"".join(leaf_hashes(connection, number))}
        for number in range(old // TILE, size // TILE)
    ]
    if rows:
        connection.execute(insert(tables.tile), rows)
        _write_upper_tiles(connection, 1, old // TILE, size // TILE)


def _write_upper_tiles(connection: Connection, level: int, old: int, size: int) -> None:
    tile = tables.tile
    rows = []
    for number in range(old // TILE, size // TILE):
        below = select(tile.c.hashes).where(
            tile.c.level == level - 1, tile.c.number.between(number * TILE, number * TILE + TILE - 1)
        )
        hashes = [root_of(cut(row.hashes)) for row in connection.execute(below.order_by(tile.c.number))]
        rows.append({"level": level, "number": number, "hashes": b"".join(hashes)})
    if rows:
        connection.execute(insert(tile), rows)
        _write_upper_tiles(connection, level + 1, old // TILE, size // TILE)


def cut(hashes: bytes) -> list[bytes]:
    """A tile's hashes one by one."""
    return [hashes[i : i + 32] for i in range(0, len(hashes), 32)]


def leaf_hashes(connection: Connection, tile_number: int) -> list[bytes]:
    """The leaf hashes of one tile's range, as many as there are."""
    leaf, sequenced = tables.leaf, tables.sequenced
    first = tile_number * TILE
    query = select(leaf.c.hash).join(sequenced, sequenced.c.leaf == leaf.c.id)
    query = query.where(sequenced.c.idx.between(first, first + TILE - 1)).order_by(sequenced.c.idx)
    return list(connection.scalars(query))
