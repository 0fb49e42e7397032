"""A bounded cache of findings. It never holds text: a key is a keyed digest, a value holds offsets."""

import hmac
import secrets
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")

_SEPARATOR = b"\x1f"


class PartCache(Generic[Value]):
    """Least recently used first out. Safe to share between threads.

    The key is an HMAC-SHA256 under a key made for this process alone, so that a memory dump's digests can't be
    tried against guessed values by anyone without that key.
    """

    def __init__(self, entries: int = 20_000) -> None:
        if entries < 1:
            raise ValueError("a cache needs at least one entry")
        self._entries = entries
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, Value] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def key(self, *fields: str) -> bytes:
        """A digest of the fields. Lengths are part of it, so that no two lists of fields share one."""
        lengths = ",".join(str(len(f)) for f in fields)
        message = _SEPARATOR.join([lengths.encode(), *(f.encode("utf-8", "surrogatepass") for f in fields)])
        return hmac.digest(self._secret, message, "sha256")

    def get(self, key: bytes) -> Value | None:
        """The value, if it is still known."""
        with self._lock:
            value = self._known.get(key)
            if value is None:
                self.misses += 1
                return None
            self.hits += 1
            self._known.move_to_end(key)
            return value

    def put(self, key: bytes, value: Value) -> None:
        """Remember a value, forgetting the least recently used one where the cache is full."""
        with self._lock:
            self._known[key] = value
            self._known.move_to_end(key)
            if len(self._known) > self._entries:
                self._known.popitem(last=False)

    def __len__(self) -> int:
        with self._lock:
            return len(self._known)

    def __repr__(self) -> str:
        return f"PartCache({len(self)} of {self._entries} entries)"
