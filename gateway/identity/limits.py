"""Token buckets: so many at once, so many a minute. Counted per worker, in memory that can't grow."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MAX_BUCKETS: Final = 10_000
"""Buckets kept; beyond that the one used longest ago is forgotten, which only makes it full again."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_minute` tokens come back a minute, up to `burst`."""

    per_minute: float
    burst: int

    def __post_init__(self) -> None:
        """Raise ValueError for a rate that would let nothing through."""
        if self.per_minute <= 0 or self.burst < 1:
            raise ValueError("a rate needs per_minute above 0 and burst of at least 1")


class Buckets:
    """One bucket for each name (a key id, a peer's address)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MAX_BUCKETS) -> None:
        self._clock = clock
        self._most = most
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, rate: Rate) -> int:
        """Take a token. Returns 0 where there was one, else the seconds until there is (at least 1)."""
        now = self._clock()
        tokens, since = self._filled.pop(name, (float(rate.burst), now))
        per_second = rate.per_minute / 60
        tokens = min(float(rate.burst), tokens + max(0.0, now - since) * per_second)
        wait = 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / per_second))
        self._filled[name] = (tokens - 1 if wait == 0 else tokens, now)
        if len(self._filled) > self._most:
            self._filled.popitem(last=False)
        return wait
