"""The cryptography of the checker, with nothing but Python's standard library.

Ed25519 (RFC 8032), C2SP signed notes and checkpoints, RFC 6962 trees, word commitments (docs/ledger.md). Written
apart from `gateway.ledger`, so that a mistake there is not checked by itself.
"""

from __future__ import annotations

import base64
import hashlib
import re

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)


class Wrong(Exception):
    """Something that does not hold; the message says what."""


def _x_of(y: int, sign: int) -> int | None:
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    return _P - x if x & 1 != sign else x


def _point(data: bytes) -> tuple[int, int, int, int] | None:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


def _add(p: tuple[int, int, int, int], q: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, p: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, p)
        p = _add(p, p)
        number >>= 1
    return result


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE = (_x_of(_BASE_Y, 0) or 0, _BASE_Y, 1, (_x_of(_BASE_Y, 0) or 0) * _BASE_Y % _P)


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032 section 5.1.7."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    left, right = _times(s, _BASE), _add(r, _times(h, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


class Key:
    """A C2SP verifier key, `name+hash+key`. Raises Wrong."""

    def __init__(self, vkey: str) -> None:
        try:
            self.name, key_hash, key = vkey.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
        except ValueError as error:
            raise Wrong("the verifier key is not of the form name+hash+key") from error
        self.public = raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if raw[:1] != b"\x01" or len(raw) != 33 or key_hash != self.id.hex():
            raise Wrong("the verifier key's own hash does not fit it")

    def text_of(self, note: str) -> str:
        """The text of a signed note. Raises Wrong unless this key signed it."""
        text, gap, signatures = note.partition("\n\n")
        text += "\n"
        if not gap or not signatures.endswith("\n"):
            raise Wrong("it is not a signed note")
        for line in signatures.split("\n")[:-1]:
            parts = line.split(" ")
            if len(parts) == 3 and parts[0] == "\u2014" and parts[1] == self.name:
                raw = base64.b64decode(parts[2], validate=True)
                exact = base64.b64encode(raw).decode() == parts[2]
                if exact and raw[:4] == self.id and ed25519_verify(self.public, text.encode(), raw[4:]):
                    return text
        raise Wrong("it is not signed by this key")


def checkpoint_of(text: str, origin: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint's text. Raises Wrong."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != origin or not lines[1].isdigit():
        raise Wrong("it is not a checkpoint of this log")
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


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
