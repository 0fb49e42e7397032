"""The trees of the checker, with nothing but Python's standard library.

RFC 6962 trees and word commitments (docs/ledger.md). Written apart from what the ledger proves with, so that a mistake
there is not checked by itself; signatures are `gateway.ledger.standalone_keys`.
"""

from __future__ import annotations

import hashlib
import re


class Wrong(ValueError):
    """Something that does not hold; the message says what."""


def under(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Whether the leaf's bytes stand at `index` under `root` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    last, result = size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for step in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            result = hashlib.sha256(b"\x01" + step + result).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            result = hashlib.sha256(b"\x01" + result + step).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and result == root


def consistent(old: int, size: int, path: list[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether a tree of `old` leaves is the beginning of that of `size` (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= size or old == size:
        return old == size and not path and old_root == root
    steps = ([old_root] if old & (old - 1) == 0 else []) + path
    index, last = old - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    if not steps:
        return False
    older = newer = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            older = hashlib.sha256(b"\x01" + step + older).digest()
            newer = hashlib.sha256(b"\x01" + step + newer).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            newer = hashlib.sha256(b"\x01" + newer + step).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and older == old_root and newer == root


GENESIS = hashlib.sha256(b"\x04").hexdigest()


def extended(root: str, entry: bytes) -> str:
    """The next root of a manifest; `entry` is the entry's canonical JSON."""
    return hashlib.sha256(b"\x04" + bytes.fromhex(root) + hashlib.sha256(entry).digest()).hexdigest()


_SPACE = " \\t\\n\\r\\x0b\\x0c"
_PIECE = re.compile("[^" + _SPACE + "]{1,64}[" + _SPACE + "]{0,64}|[" + _SPACE + "]{1,64}")


def pieces_of(text: str) -> list[str]:
    """The pieces of a text, as the commitment counts them."""
    return _PIECE.findall(text) or [""]


def words_root(count: int, shown: dict[int, tuple[str, bytes]], hidden: list[bytes]) -> bytes:
    """The commitment that the shown pieces (text and salt by index) and the hidden subtrees give. Raises Wrong."""
    left = iter(hidden)

    def walk(low: int, high: int, inside: list[int]) -> bytes:
        if not inside:
            return next(left)
        if high - low == 1:
            text, salt = shown[low]
            return hashlib.sha256(b"\x02" + salt + text.encode("utf-8", "surrogatepass")).digest()
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        first = walk(low, middle, [i for i in inside if i < middle])
        second = walk(middle, high, [i for i in inside if i >= middle])
        return hashlib.sha256(b"\x03" + first + second).digest()

    if any(not 0 <= index < count for index in shown):
        raise Wrong("a word stands outside its text")
    try:
        root = walk(0, count, sorted(shown))
    except (StopIteration, RuntimeError) as error:
        raise Wrong("hashes of hidden words are missing") from error
    if next(left, None) is not None:
        raise Wrong("there are more hashes of hidden words than there is room for")
    return root
