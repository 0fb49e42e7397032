"""Inclusion and consistency proofs from tiles, without reading the whole tree."""

from sqlalchemy import Connection, select

from gateway.ledger.merkle import Subtree, consistency_proof, inclusion_proof, root_of
from gateway.store import tables
from gateway.store.sequencer import TILE, cut, leaf_hashes


def inclusion(connection: Connection, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of `size` leaves."""
    return inclusion_proof(index, size, subtrees(connection))


def consistency(connection: Connection, old: int, size: int) -> list[bytes]:
    """The proof that the tree of `old` leaves is a prefix of that of `size`."""
    return consistency_proof(old, size, subtrees(connection))


def subtrees(connection: Connection) -> Subtree:
    """Hashes of subtrees, each tile read once."""
    cache: dict[tuple[int, int], list[bytes]] = {}

    def tile(level: int, number: int) -> list[bytes]:
        if (level, number) not in cache:
            cache[level, number] = tile_hashes(connection, level, number)
        return cache[level, number]

    def subtree(lo: int, hi: int) -> bytes:
        level, width = 0, 1
        while width * TILE <= hi - lo and lo % (width * TILE) == 0 and (hi - lo) % (width * TILE) == 0:
            level, width = level + 1, width * TILE
        first, last = lo // width, hi // width
        if first // TILE == (last - 1) // TILE and lo % width == 0 and hi % width == 0:
            hashes = tile(level, first // TILE)[first % TILE : (last - 1) % TILE + 1]
            if len(hashes) == last - first:
                return root_of(hashes)
        middle = lo + (1 << ((hi - lo - 1).bit_length() - 1))
        return root_of([subtree(lo, middle), subtree(middle, hi)])

    return subtree


def tile_hashes(connection: Connection, level: int, number: int) -> list[bytes]:
    """The hashes of a tile, as many as there are: partial tiles are not stored, but worked out from what is below."""
    table = tables.tile
    data = connection.scalar(select(table.c.hashes).where(table.c.level == level, table.c.number == number))
    if data is not None:
        return cut(data)
    if level == 0:
        return leaf_hashes(connection, number)
    first = number * TILE
    below = select(table.c.hashes).where(table.c.level == level - 1, table.c.number.between(first, first + TILE - 1))
    return [root_of(cut(hashes)) for hashes in connection.scalars(below.order_by(table.c.number))]
