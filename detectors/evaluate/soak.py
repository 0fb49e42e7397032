"""A memory soak: names that were never seen before, without end, and whether memory stays flat.

The cache of names is bounded by a number of units, not by time, so it is made small here: it is full when the warm-up
ends, and what grows after that grows for ever.
"""

import gc
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detectors.config import SuiteConfig
from detectors.suite import Suite, compile_suite

CACHE_UNITS = 200
PER_TEXT = 10
STEPS = 20
WARM_UP = 0.25
FLAT = 0.05
"""Growth after the warm-up that still counts as flat."""

_CONSONANTS, _VOWELS = "bdfghjklmnprstvwz", "aeiou"
_SENTENCE = "Please write to {} of flat {} about the repair."


@dataclass(frozen=True, slots=True)
class Step:
    """Memory in megabytes after so many tokens."""

    tokens: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class Soak:
    """Memory over the run. `growth` is from the end of the warm-up to the most seen after it, as a share."""

    steps: tuple[Step, ...]

    @property
    def growth(self) -> float:
        """Growth after the warm-up."""
        last = self.steps[-1].tokens
        after = [s.megabytes for s in self.steps if s.tokens >= WARM_UP * last]
        return max(after) / after[0] - 1

    @property
    def flat(self) -> bool:
        """Whether memory stays where it is."""
        return self.growth < FLAT


def soak(config: SuiteConfig, tokens: int, say: Callable[[Step], None] = lambda _: None) -> Soak:
    """Feed `tokens` unique names, ten to a text, and watch the memory of this process."""
    small = config.model_copy(update={"names": config.names.model_copy(update={"cache_units": CACHE_UNITS})})
    return run(compile_suite(small), tokens, say)


def run(suite: Suite, tokens: int, say: Callable[[Step], None] = lambda _: None) -> Soak:
    """The soak on a suite that is compiled already."""
    steps: list[Step] = []
    every = max(PER_TEXT, tokens // STEPS)
    fed = due = 0
    for text in _texts(tokens):
        suite.inspect(text)
        fed += PER_TEXT
        if fed >= due + every:
            due = fed
            gc.collect()
            steps.append(Step(fed, megabytes()))
            say(steps[-1])
    return Soak(tuple(steps))


def _texts(tokens: int) -> Iterator[str]:
    for first in range(0, tokens, PER_TEXT):
        yield "\n".join(_SENTENCE.format(token(n), n % 90 + 1) for n in range(first, first + PER_TEXT))


def token(number: int) -> str:
    """A name that no other number has: syllables in place of digits."""
    syllables = len(_CONSONANTS) * len(_VOWELS)
    letters: list[str] = []
    for _ in range(4):
        number, digit = divmod(number, syllables)
        letters += (_CONSONANTS[digit % len(_CONSONANTS)], _VOWELS[digit // len(_CONSONANTS)])
    return "".join(letters).capitalize()


def megabytes() -> float:
    """Memory of this process: what is resident now, or the most there has been where the system doesn't say."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3
