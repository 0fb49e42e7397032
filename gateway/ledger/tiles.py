"""The log as a set of files: tiles of hashes and bundles of entries, by path (C2SP tlog-tiles).

See https://c2sp.org/tlog-tiles. A tile holds 256 consecutive hashes of one level, a bundle the leaves under one tile of
level 0; the rightmost are partial and named by their width. What a path names never changes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WIDTH = 256
"""Hashes in a full tile."""
MAX_LEVEL = 63
MAX_ENTRY = 65_535
_ENTRIES = "entries"
_PATH = re.compile(
    r"(?P<level>0|[1-9][0-9]?|entries)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII
)


class BadTile(ValueError):
    """A path that names no tile, or a bundle that can't be read."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: `level` is None for a bundle of entries. `width` is 256 for a full one."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The path below `tile/`, such as `0/x001/x234/067` or `entries/000.p/12`."""
        digits = f"{self.number:03d}"
        digits = digits.rjust(-(-len(digits) // 3) * 3, "0")
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"{_ENTRIES if self.level is None else self.level}/{name}{part}"


def parse_path(path: str) -> Tile:
    """The tile that a path below `tile/` names. Raises BadTile for any other spelling than `Tile.path` gives."""
    match = _PATH.fullmatch(path)
    if match is None or len(path) > 64:
        raise BadTile("no such tile")
    level = None if match["level"] == _ENTRIES else int(match["level"])
    number = int(match["number"].replace("x", "").replace("/", ""))
    tile = Tile(level, number, int(match["width"] or WIDTH))
    if tile.path != path or (level or 0) > MAX_LEVEL or tile.width > WIDTH:
        raise BadTile("no such tile")
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of hashes of a tree of `size` leaves, the partial ones too; empty tiles don't exist."""
    level = 0
    while size:
        yield from (Tile(level, number) for number in range(size // WIDTH))
        if size % WIDTH:
            yield Tile(level, size // WIDTH, size % WIDTH)
        size, level = size // WIDTH, level + 1


def bundles_of(size: int) -> Iterator[Tile]:
    """Every bundle of entries of a tree of `size` leaves."""
    for tile in tiles_of(size):
        if tile.level != 0:
            return
        yield Tile(None, tile.number, tile.width)


def available(tile: Tile, size: int) -> bool:
    """Whether a tree of `size` leaves has this tile, or had it when it was smaller."""
    hashes: int = size // WIDTH ** (tile.level or 0)
    return hashes >= tile.number * WIDTH + tile.width


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle: each behind its length, a big-endian uint16. Raises BadTile for one that is too long."""
    entries = list(entries)
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise BadTile("an entry is too long for a bundle")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises BadTile where it is cut short."""
    entries, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + size]
        if at + 2 > len(data) or len(entry) != size:
            raise BadTile("the bundle is cut short")
        entries.append(entry)
        at += 2 + size
    return entries
