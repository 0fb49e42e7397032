"""A key tree gives every leaf its own key, and what was taken out of it can't be worked out from what is left."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.keytree import (
    LEAVES,
    KeyTree,
    Range,
    all_but,
    days_range,
    leaf_index,
    slot_of,
)

ROOT = bytes(range(32))
WHOLE = KeyTree.of_root(ROOT)
INDEXES = st.integers(0, LEAVES - 1)


def key(tree: KeyTree, index: int) -> bytes | None:
    node = tree.above(index)
    return None if node is None else node.leaf(index)


def test_the_definition_is_fixed() -> None:
    """Keys on disk depend on it: another value here means that old content no longer opens."""
    assert slot_of(b"unit/1") == 0xE5EE9E7F615A
    found = key(WHOLE, leaf_index(20_783, slot_of(b"unit/1")))
    assert found is not None
    assert found.hex() == "5b7d7a88409b244df690c388d7e9adf9fdf9a6039448c7c452fcfd7494b8333d"
    assert key(WHOLE, 0) != key(WHOLE, 1)


@given(st.lists(st.tuples(INDEXES, INDEXES), max_size=6), st.lists(INDEXES, min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_what_is_left_opens_as_before_and_what_is_gone_does_not(pairs: list[Range], asked: list[int]) -> None:
    ranges = [(min(pair), max(pair)) for pair in pairs]
    tree = WHOLE.punctured(ranges)
    edges = [edge for pair in ranges for edge in (pair[0] - 1, pair[0], pair[1] - 1, pair[1])]
    for index in [*asked, *(edge for edge in edges if 0 <= edge < LEAVES)]:
        gone = any(lo <= index < hi for lo, hi in ranges)
        assert key(tree, index) == (None if gone else key(WHOLE, index))
    assert KeyTree.from_bytes(tree.to_bytes()).nodes == tree.nodes
    assert not tree.holds_any(ranges)


@given(st.lists(INDEXES, min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_no_node_above_a_destroyed_leaf_is_kept(gone: list[int]) -> None:
    tree = WHOLE.punctured((index, index + 1) for index in gone)
    for index in gone:
        assert not any(node.start <= index < node.end for node in tree.nodes)


def test_days_that_are_over_cost_little() -> None:
    """Two years of days, each with a few survivors among thousands: a node for each survivor, and a few above."""
    rnd = random.Random(7)
    survivors = {day: {rnd.getrandbits(48) for _ in range(day % 3)} for day in range(20_000, 20_730)}
    ranges = [pair for day, slots in survivors.items() for pair in all_but(day, slots)]
    tree = WHOLE.punctured([days_range(0, 20_000), *ranges])
    kept = sum(len(slots) for slots in survivors.values())
    assert kept <= len(tree.nodes) <= kept + 64
    assert all(key(tree, leaf_index(day, slot)) for day, slots in survivors.items() for slot in slots)
    assert tree.punctured([days_range(0, 20_730)]).nodes == WHOLE.punctured([days_range(0, 20_730)]).nodes


@pytest.mark.parametrize(
    "damage", [b"\x00", WHOLE.to_bytes() * 2, b"\x41" + bytes(40), b"\x01" + bytes(7) + bytes([1]) + bytes(32)]
)
def test_a_damaged_tree_is_refused(damage: bytes) -> None:
    with pytest.raises(ValueError, match="key tree"):
        KeyTree.from_bytes(damage)
