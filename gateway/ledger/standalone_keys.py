"""Ed25519, C2SP verifier keys and signed checkpoints in plain Python, for the checkers that travel.

It becomes a part of each checker's one file (`gateway.ledger.exporting`): Python 3.9, standard library only. Written
apart from what the gateway itself signs with, so that a mistake there is not checked by itself.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timezone

Check = Callable[[bytes, bytes, bytes], bool]
"""Whether (public key, message, signature) fit."""

LAST_SECOND = 253_402_300_799
"""The end of the year 9999: no later time can be shown."""

# Ed25519, RFC 8032 section 5.1.7, slow and plain: about 3 ms a signature.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `public` over `message`."""
    if len(public) != 32 or len(signature) != 64 or BASE is None:
        return False
    key, first = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or first is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = _times(s, BASE), _add(first, _times(h, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


class Key:
    """A C2SP verifier key; `kind` is 1 for a log, 4 for a witness. Raises ValueError for what is none."""

    def __init__(self, vkey: str, kind: int, check: Check = ed25519) -> None:
        try:
            self.name, given, encoded = vkey.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ValueError("the key is not of the form name+hash+key") from None
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if len(raw) != 33 or given != self.id.hex() or raw[0] not in (1, 4):
            raise ValueError("the key's own hash does not fit it")
        if raw[0] != kind:
            raise ValueError(
                "this is a witness's key, not a log's" if kind == 1 else "this is a log's key, not a witness's"
            )
        self._public, self._check = raw[1:], check

    def signature(self, line: str) -> bytes | None:
        """What a signature line of this key holds; None for a line of another."""
        words = line.rstrip("\n").split(" ")
        if len(words) != 3 or words[:2] != ["\u2014", self.name]:
            return None
        try:
            raw = base64.b64decode(words[2], validate=True)
        except ValueError:
            return None
        return raw[4:] if raw[:4] == self.id and base64.b64encode(raw).decode() == words[2] else None

    def signed(self, text: str, line: str) -> bool:
        """Whether a line is this log's signature over a checkpoint's text."""
        raw = self.signature(line)
        return raw is not None and self._check(self._public, text.encode(), raw)

    def cosigned(self, text: str, line: str) -> int | None:
        """When this witness cosigned the text, in seconds since 1970; None where it did not."""
        raw = self.signature(line)
        if raw is None or len(raw) != 72:
            return None
        at = int.from_bytes(raw[:8], "big")
        fits = at <= LAST_SECOND and self._check(self._public, f"cosignature/v1\ntime {at}\n{text}".encode(), raw[8:])
        return at if fits else None


def opened(note: str, key: Key) -> tuple[int, bytes]:
    """Size and root of a signed checkpoint. Raises ValueError unless `key`, the log's, signed it."""
    text, _, signatures = note.partition("\n\n")
    text, lines = text + "\n", text.split("\n")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError):
        raise ValueError("not a checkpoint") from None
    if lines[0] != key.name or str(size) != lines[1] or size < 0 or len(root) != 32:
        raise ValueError("not a checkpoint of this log")
    if not any(key.signed(text, line) for line in signatures.splitlines()):
        raise ValueError("the checkpoint is not signed by the log's key")
    return size, root


def moment(seconds: int) -> str:
    """Seconds since 1970 as people read them."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"  # noqa: UP017 - Python 3.9


def printable(text: str) -> str:
    """A line for a terminal: what it checks may hold anything, also codes that would rewrite the lines above."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
