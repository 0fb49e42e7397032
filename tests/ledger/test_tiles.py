"""Paths and sizes of C2SP tlog-tiles, by the specification's own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.tiles import BadTile, Tile, available, bundle, bundles_of, parse_path, tiles_of, unbundle


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "0/000"),
        (Tile(0, 1_234_067), "0/x001/x234/067"),
        (Tile(1, 999, 17), "1/999.p/17"),
        (Tile(63, 1000), "63/x001/000"),
        (Tile(None, 273, 112), "entries/273.p/112"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_every_path_names_one_tile(level: int | None, number: int, width: int) -> None:
    tile = Tile(level, number, width)
    assert parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "0", "0/0", "00/000", "64/000", "0/x000/001", "0/1000", "0/001/000", "0/x001/x000", "0/000.p/0",
        "0/000.p/01", "0/000.p/256", "0/000.p/300", "0/000.p/", "-1/000", "0/000/", "/0/000", "0/000.p/1/2", "entries",
        "0/٠٠٠", "entry/000", "0/" + "x001/" * 30 + "000",
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(path: str) -> None:
    with pytest.raises(BadTile):
        parse_path(path)


def test_the_tree_of_70000_leaves_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    full = [tile for tile in tiles if tile.width == 256]
    assert sum(tile.level == 0 for tile in full) == 273
    assert sum(tile.level == 1 for tile in full) == 1
    assert [tile for tile in tiles if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []
    assert list(bundles_of(257)) == [Tile(None, 0), Tile(None, 1, 1)]


def test_what_a_tree_has_or_had() -> None:
    assert available(Tile(0, 0, 5), 5)
    assert available(Tile(0, 0, 5), 300)
    assert not available(Tile(0, 0, 6), 5)
    assert not available(Tile(0, 0), 255)
    assert available(Tile(1, 0, 1), 256)
    assert not available(Tile(1, 0, 1), 255)
    assert not available(Tile(63, 0, 1), 2**62)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_open_to_what_they_were_made_of(entries: list[bytes]) -> None:
    assert unbundle(bundle(entries)) == entries


def test_a_bundle_that_is_cut_short_is_refused() -> None:
    data = bundle([b"one", b"x" * 65_535])
    assert len(data) == 5 + 65_537
    with pytest.raises(BadTile):
        bundle([b"x" * 65_536])
    for cut in (1, 4, 6, len(data) - 1):
        with pytest.raises(BadTile):
            unbundle(data[:cut])
