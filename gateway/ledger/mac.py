"""HMAC-SHA-256 and random bytes for small inputs, many times a call.

`hmac.digest` and `os.urandom` let go of the interpreter's lock on every call; with a writer thread beside the
event loop each of them then waits for its turn again, which costs ten times the work itself. These don't.
"""

import hashlib
import os
import threading

_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_POOL_BYTES = 4096


class Mac:
    """HMAC-SHA-256 (RFC 2104) under one key, for many messages."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def __call__(self, message: bytes) -> bytes:
        """The 32-byte tag of `message`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def mac(key: bytes, message: bytes) -> bytes:
    """The tag of one message."""
    return Mac(key)(message)


class _Pool:
    """The system's random bytes, fetched a page at a time; never handed out twice, nor shared with a child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._bytes, self._at = b"", 0

    def take(self, count: int) -> bytes:
        """`count` fresh bytes."""
        with self._lock:
            if self._at + count > len(self._bytes):
                self._bytes, self._at = os.urandom(max(_POOL_BYTES, count)), 0
            taken = self._bytes[self._at : self._at + count]
            self._at += count
            return taken


_pool = _Pool()


def random_bytes(count: int) -> bytes:
    """`count` bytes that nobody can guess."""
    return _pool.take(count)
