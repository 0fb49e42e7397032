"""A puncturable key: a binary tree of keys from which single leaves can be taken away for good (GGM, J. ACM 33, 1986).

The tree has depth 64. A node's children are SHA-256 of the node with 0x00 or 0x01 behind it, so whoever has a node can
work out every key below it and none above or beside it. A store begins with the root alone. To destroy leaves it puts
the nodes beside the paths to them in the place of the nodes above them: what is left opens everything else.

A leaf's index is the day of sealing (16 bits: days since 1970-01-01, UTC) and 48 bits of a hash of what was sealed for,
its slot. So all that was sealed on a day hangs under one node, and days that are over cost little to keep or destroy.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DEPTH = 64
SLOT_BITS = 48
LEAVES = 1 << DEPTH
_LEFT = b"aigw/tree/1\x00"
_RIGHT = b"aigw/tree/1\x01"
_NODE_BYTES = 1 + 8 + 32
Range = tuple[int, int]
"""Leaf indexes from the first to before the second."""


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """A key of the tree: that of the leaves `start` to before `start + 2**(64 - depth)`."""

    start: int
    depth: int
    key: bytes

    @property
    def end(self) -> int:
        """The first leaf behind it."""
        return self.start + (1 << (DEPTH - self.depth))

    def children(self) -> "tuple[Node, Node]":
        """The two nodes below."""
        half = 1 << (DEPTH - self.depth - 1)
        left = hashlib.sha256(_LEFT + self.key).digest()
        right = hashlib.sha256(_RIGHT + self.key).digest()
        return Node(self.start, self.depth + 1, left), Node(self.start + half, self.depth + 1, right)

    def leaf(self, index: int) -> bytes:
        """The key of a leaf below."""
        return descend(self, index, DEPTH).key


def descend(node: Node, index: int, depth: int) -> Node:
    """The node at `depth` on the way from `node` to a leaf."""
    key = node.key
    for level in range(node.depth, depth):
        side = _RIGHT if index >> (DEPTH - 1 - level) & 1 else _LEFT
        key = hashlib.sha256(side + key).digest()
    width = DEPTH - depth
    return Node(index >> width << width, depth, key)


def leaf_index(day: int, slot: int) -> int:
    """The leaf of a slot on a day."""
    return day << SLOT_BITS | slot


def slot_of(subject: bytes) -> int:
    """The slot of what is sealed for: 48 bits of its hash."""
    return int.from_bytes(hashlib.sha256(subject).digest()[: SLOT_BITS // 8], "big")


def days_range(first: int, end: int) -> Range:
    """Every leaf of the days `first` to before `end`."""
    return first << SLOT_BITS, end << SLOT_BITS


def all_but(day: int, slots: Iterable[int]) -> list[Range]:
    """Every leaf of a day except those of `slots`."""
    start, end = days_range(day, day + 1)
    ranges: list[Range] = []
    for slot in sorted(set(slots)):
        index = leaf_index(day, slot)
        if index > start:
            ranges.append((start, index))
        start = index + 1
    return ranges if start == end else [*ranges, (start, end)]


class KeyTree:
    """The nodes that are left of one tree. Immutable: `punctured` gives another."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = tuple(sorted(nodes, key=lambda node: node.start))
        self._starts = [node.start for node in self.nodes]

    @classmethod
    def of_root(cls, key: bytes) -> "KeyTree":
        """A whole tree."""
        return cls([Node(0, 0, key)])

    def above(self, index: int) -> Node | None:
        """The node that leads to a leaf; None where the leaf was destroyed."""
        place = bisect_right(self._starts, index) - 1
        if place < 0 or self.nodes[place].end <= index:
            return None
        return self.nodes[place]

    def holds_any(self, ranges: Iterable[Range]) -> bool:
        """Whether any leaf of `ranges` is left."""
        return any(self._touches(lo, hi) for lo, hi in ranges if lo < hi)

    def punctured(self, ranges: Iterable[Range]) -> "KeyTree":
        """This tree without the leaves of `ranges`."""
        wanted = _merged(ranges)
        starts = [lo for lo, _ in wanted]
        kept: list[Node] = []
        waiting = list(self.nodes)
        while waiting:
            node = waiting.pop()
            place = max(0, bisect_right(starts, node.start) - 1)
            if place < len(wanted) and wanted[place][1] <= node.start:
                place += 1
            cut = wanted[place] if place < len(wanted) else (LEAVES, LEAVES)
            if cut[0] >= node.end:
                kept.append(node)
            elif not (cut[0] <= node.start and node.end <= cut[1]):
                waiting.extend(node.children())
        return KeyTree(kept)

    def _touches(self, lo: int, hi: int) -> bool:
        place = bisect_right(self._starts, lo) - 1
        if place >= 0 and self.nodes[place].end > lo:
            return True
        return place + 1 < len(self.nodes) and self.nodes[place + 1].start < hi

    def to_bytes(self) -> bytes:
        """The nodes in order: depth (1 byte), first leaf (8 bytes), key (32 bytes) each."""
        return b"".join(bytes([node.depth]) + node.start.to_bytes(8, "big") + node.key for node in self.nodes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "KeyTree":
        """The inverse of `to_bytes`. Raises ValueError."""
        if len(data) % _NODE_BYTES:
            raise ValueError("a key tree is cut off")
        nodes: list[Node] = []
        for place in range(0, len(data), _NODE_BYTES):
            depth, start = data[place], int.from_bytes(data[place + 1 : place + 9], "big")
            node = Node(start, depth, data[place + 9 : place + _NODE_BYTES])
            if depth > DEPTH or node.start % (1 << (DEPTH - depth)) or (nodes and nodes[-1].end > start):
                raise ValueError("a key tree's nodes are not in order")
            nodes.append(node)
        return cls(nodes)


def _merged(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for lo, hi in sorted(each for each in ranges if each[0] < each[1]):
        if merged and lo <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(hi, merged[-1][1]))
        else:
            merged.append((lo, hi))
    return merged
