"""Row numbers that need no database to hand them out."""

import secrets
import threading

_COUNTER_BITS = 24


class Numbers:
    """63-bit numbers: 39 random bits for each run of a worker, then a counter, so that neighbours are stored together.

    A clash (two runs drawing the same 39 bits) would break a primary key and refuse that call; it can't mix records.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._base = 0
        self._next = 1 << _COUNTER_BITS

    def new(self) -> int:
        """A number that was not handed out before."""
        with self._lock:
            if self._next >> _COUNTER_BITS:
                self._base = secrets.randbits(39) << _COUNTER_BITS
                self._next = 1
            number = self._base | self._next
            self._next += 1
            return number


def conversation_name(number: int) -> str:
    """A conversation's number as leaves and people write it: 16 hexadecimal digits."""
    return f"{number:016x}"
