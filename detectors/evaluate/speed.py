"""How fast: processor time of cold texts on one thread, and of a part that is known already.

Processor time (all threads of this process together) and not the clock, so that other work on the machine counts as
little as can be. Compare within one run only: the ratios travel between machines, the milliseconds do not.
"""

import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.cache import PartCache
from detectors.evaluate.fairness import Name, documents
from detectors.evaluate.runner import OURS, Column
from detectors.finding import Finding

REPEATS = {300: 15, 4_000: 7, 200_000: 1}
"""Lengths in characters, and how many texts of each are timed."""
BOUNDS = {300: 10.0, 4_000: 120.0}
"""Goals for ours, in milliseconds."""
CACHED_BOUND = 0.2


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of processor time for cold texts of a length: median and worst."""

    characters: int
    median_ms: float
    worst_ms: float

    @property
    def per_second(self) -> float:
        """Characters in a second."""
        return self.characters / self.median_ms * 1000 if self.median_ms else 0.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Timings by column; `cached_ms`: looking up the findings of 4,000 characters that were inspected before."""

    cpu: str
    timings: dict[str, tuple[Timing, ...]]
    cached_ms: float

    def ratio(self, column: str, characters: int) -> float:
        """How many times longer a column takes than ours."""
        return self._of(column, characters) / self._of(OURS, characters)

    def _of(self, column: str, characters: int) -> float:
        return next(t.median_ms for t in self.timings[column] if t.characters == characters)


def speed(columns: Sequence[Column], people: Sequence[Name], version: str) -> Speed:
    """Time every column on the same texts, one after another."""
    texts = {length: list(_texts(length, times, people)) for length, times in REPEATS.items()}
    timings = {column.name: tuple(_time(column, length, texts[length]) for length in REPEATS) for column in columns}
    return Speed(cpu(), timings, _cached(texts[4_000][0], version))


def _time(column: Column, length: int, texts: Sequence[str]) -> Timing:
    column.detect("A first call that pays for what is loaded late.")
    spent: list[float] = []
    for text in texts:
        start = time.process_time()
        column.detect(text)
        spent.append((time.process_time() - start) * 1000)
    return Timing(length, statistics.median(spent), max(spent))


def _texts(length: int, times: int, people: Sequence[Name]) -> Iterator[str]:
    """Different council writing each time: no cache of names or findings can help."""
    carried = [d.text for d in documents(people)]
    number = 0
    for index in range(times):
        parts: list[str] = []
        size = 0
        while size < length:
            # A stride that shares no factor with the list visits every sentence before one comes again.
            part = f"{carried[(number * 1_009 + index) % len(carried)]} (note {length}/{number})\n\n"
            parts.append(part)
            size += len(part)
            number += 1
        yield "".join(parts)[:length]


def _cached(text: str, version: str) -> float:
    """What a part that was inspected before costs: its digest and one look-up."""
    cache: PartCache[tuple[Finding, ...]] = PartCache()
    cache.put(cache.key(text, "", "text", version), ())
    spent: list[float] = []
    for _ in range(200):
        start = time.process_time()
        cache.get(cache.key(text, "", "text", version))
        spent.append((time.process_time() - start) * 1000)
    return statistics.median(spent)


def cpu() -> str:
    """The processor's name, as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
