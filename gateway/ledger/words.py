"""Commitments to text, word by word, so that a release can prove what it shows and hide the rest.

A text is cut into pieces that together are exactly the text. Each piece gets its own 16-byte salt from
HKDF-Expand (RFC 5869) over the text's salt and the piece's index; the commitment is a Merkle root over
SHA-256(0x02 || salt || piece). Without its salt a withheld word can't be guessed by trying a dictionary.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass

from gateway.ledger.mac import Mac, mac
from gateway.ledger.merkle import root_of, split_point

_SPACE = " \\t\\n\\r\\x0b\\x0c"
_PIECE = re.compile(rf"[^{_SPACE}]{{1,64}}[{_SPACE}]{{0,64}}|[{_SPACE}]{{1,64}}")
_NODE = b"\x03"
SALT_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class OpenWord:
    """One word that is shown: its place, its text and the salt that proves it."""

    index: int
    text: str
    salt: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """Some words of a text of `count` pieces, with the hashes of what stays hidden, left to right."""

    count: int
    words: tuple[OpenWord, ...]
    hidden: tuple[bytes, ...]


def encode(text: str) -> bytes:
    """UTF-8; lone surrogates, which JSON can carry, are kept as they are."""
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """The inverse of `encode`."""
    return data.decode("utf-8", "surrogatepass")


def split(text: str) -> list[str]:
    """The pieces of a text: at most 64 characters with at most 64 white-space characters behind them.

    White space is space, tab, line feed, carriage return, vertical tab and form feed only, so that any
    language's regular expressions cut alike. An empty text is one empty piece.
    """
    return _PIECE.findall(text) or [""]


def commit(text: str, salt: bytes) -> bytes:
    """The commitment to `text` under a 32-byte `salt`."""
    return root_of(_leaves(text, salt), _NODE)


def open_words(text: str, salt: bytes, indexes: Collection[int]) -> Opening:
    """Open the pieces at `indexes` (as `split` counts them) and nothing else. Raises IndexError outside the text."""
    pieces, leaves = split(text), _leaves(text, salt)
    chosen = sorted(set(indexes))
    if chosen and not 0 <= chosen[0] <= chosen[-1] < len(pieces):
        raise IndexError("no such word in this text")
    hidden: list[bytes] = []

    def walk(lo: int, hi: int, inside: list[int]) -> None:
        if not inside:
            hidden.append(root_of(leaves[lo:hi], _NODE))
        elif hi - lo > 1:
            middle = lo + split_point(hi - lo)
            walk(lo, middle, [i for i in inside if i < middle])
            walk(middle, hi, [i for i in inside if i >= middle])

    walk(0, len(pieces), chosen)
    words = tuple(OpenWord(i, pieces[i], _salt(salt, i)) for i in chosen)
    return Opening(len(pieces), words, tuple(hidden))


def verify_words(commitment: bytes, opening: Opening) -> bool:
    """Whether the shown words stand at their places in the text that was committed to. Needs no secret."""
    shown = {word.index: word for word in opening.words}
    if len(shown) != len(opening.words) or any(not 0 <= i < opening.count for i in shown):
        return False
    hidden = list(opening.hidden)

    def walk(lo: int, hi: int, inside: list[int]) -> bytes:
        if not inside:
            return hidden.pop(0)
        if hi - lo == 1:
            return _leaf(shown[lo].salt, shown[lo].text)
        middle = lo + split_point(hi - lo)
        left = walk(lo, middle, [i for i in inside if i < middle])
        right = walk(middle, hi, [i for i in inside if i >= middle])
        return hashlib.sha256(_NODE + left + right).digest()

    try:
        return walk(0, opening.count, sorted(shown)) == commitment and not hidden
    except IndexError:  # fewer hidden hashes than the tree needs
        return False


def _leaf(salt: bytes, piece: str) -> bytes:
    return hashlib.sha256(b"\x02" + salt + encode(piece)).digest()


def _salt(salt: bytes, index: int) -> bytes:
    """One HKDF-Expand block serves two neighbouring pieces."""
    block = mac(salt, b"word" + (index >> 1).to_bytes(8, "big") + b"\x01")
    return block[SALT_BYTES:] if index & 1 else block[:SALT_BYTES]


def _leaves(text: str, salt: bytes) -> list[bytes]:
    sha256, expand = hashlib.sha256, Mac(salt)
    leaves: list[bytes] = []
    block = b""
    for index, piece in enumerate(split(text)):
        if index & 1:
            own = block[SALT_BYTES:]
        else:
            block = expand(b"word" + (index >> 1).to_bytes(8, "big") + b"\x01")
            own = block[:SALT_BYTES]
        leaves.append(sha256(b"\x02" + own + encode(piece)).digest())
    return leaves
