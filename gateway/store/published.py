"""The log as outsiders read it: the newest checkpoint, tiles, bundles of entries, and proofs; no content in any."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.ledger.merkle import inclusion_proof
from gateway.ledger.tiles import WIDTH, BadTile, Tile, available, bundle
from gateway.store import keeping, proofs, tables
from gateway.store.writer import unavailable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Included:
    """Where one leaf of a record stands, and the audit path from it to the checkpoint's root (RFC 6962 2.1.1)."""

    index: int
    kind: str
    leaf_hash: bytes
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A record's leaves in the tree of `note`. `waiting` leaves are durable and not yet in the tree."""

    note: str
    size: int
    leaves: Sequence[Included]
    waiting: int


class DatabaseLog:
    """Reads the log from a ledger's database. Every method raises Unavailable when it can't be reached.

    Only what a signed checkpoint covers is given out, so that a reader can check every byte of it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def checkpoint(self) -> str | None:
        """The newest signed note with the cosignatures it has so far; None for an empty log."""
        return self._read(lambda connection: _newest(connection)[1])

    def tile(self, tile: Tile) -> bytes | None:
        """A tile's hashes, or a bundle's entries; None where the log has no such tile (yet)."""
        try:
            return self._read(lambda connection: tile_bytes(connection, tile, newest_size(connection)))
        except BadTile:  # an entry that somebody made too long; `ledger verify` names it
            return None

    def inclusion(self, ref: str) -> Inclusion | None:
        """Proofs for every leaf of a record under the newest checkpoint; None where there is no such record."""

        def read(connection: Connection) -> Inclusion | None:
            size, note = _newest(connection)
            leaf, sequenced = tables.leaf, tables.sequenced
            query = select(leaf.c.kind, leaf.c.hash, sequenced.c.idx).where(leaf.c.ref == ref)
            rows = connection.execute(query.join(sequenced, sequenced.c.leaf == leaf.c.id, isouter=True)).all()
            if not rows or not ref:
                return None
            subtrees = proofs.subtrees(connection)
            placed = sorted((row.idx, row.kind, row.hash) for row in rows if row.idx is not None and row.idx < size)
            leaves = [
                Included(index, kind, digest, inclusion_proof(index, size, subtrees)) for index, kind, digest in placed
            ]
            return Inclusion(note or "", size, leaves, len(rows) - len(leaves))

        return self._read(read)

    def consistency(self, old: int, new: int | None = None) -> tuple[int, list[bytes]] | None:
        """The newer size, and the proof that the tree of `old` leaves is a prefix of it (RFC 6962 2.1.2); None where
        the log has no such sizes."""

        def read(connection: Connection) -> tuple[int, list[bytes]] | None:
            size = newest_size(connection)
            to = size if new is None else new
            return (to, proofs.consistency(connection, old, to)) if 0 < old <= to <= size else None

        return self._read(read)

    def _read(self, question: Callable[[Connection], _T]) -> _T:
        try:
            with self._engine.connect() as connection:
                return question(connection)
        except SQLAlchemyError as error:
            raise unavailable() from error


def newest_size(connection: Connection) -> int:
    """Leaves that the newest checkpoint covers; 0 without one."""
    table = tables.checkpoint
    return connection.scalar(select(table.c.size).order_by(table.c.size.desc()).limit(1)) or 0


def tile_bytes(connection: Connection, tile: Tile, size: int) -> bytes | None:
    """The bytes of a tile as a tree of `size` leaves has it; None where it has not."""
    if not available(tile, size):
        return None
    if tile.level is None:
        return bundle(_entries(connection, tile.number * WIDTH, tile.width))
    hashes = proofs.tile_hashes(connection, tile.level, tile.number)[: tile.width]
    return b"".join(hashes) if len(hashes) == tile.width else None


def _entries(connection: Connection, first: int, count: int) -> Sequence[bytes]:
    leaf, sequenced = tables.leaf, tables.sequenced
    query = select(leaf.c.body).join(sequenced, sequenced.c.leaf == leaf.c.id)
    query = query.where(sequenced.c.idx.between(first, first + count - 1)).order_by(sequenced.c.idx)
    return connection.scalars(query).all()


def _newest(connection: Connection) -> tuple[int, str | None]:
    table, cosigned = tables.checkpoint, keeping.cosignature
    row = connection.execute(select(table.c.size, table.c.note).order_by(table.c.size.desc()).limit(1)).first()
    if row is None:
        return 0, None
    lines = select(cosigned.c.line).where(cosigned.c.size == row.size).order_by(cosigned.c.witness)
    return row.size, str(row.note) + "".join(connection.scalars(lines))
