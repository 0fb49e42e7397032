"""The work that inspecting one call may cost, counted so that the answer doesn't depend on load."""

import time
from dataclasses import dataclass, field

from detectors.errors import BudgetExceeded

CHARACTERS = 400_000
CANDIDATES = 400_000
CPU_SECONDS = 120.0


@dataclass(slots=True)
class Budget:
    """Counts characters inspected and candidates weighed; both are functions of the text alone.

    Processor time of the working thread (seconds, not wall-clock: waiting for others costs nothing) is a
    backstop only, set far above what the counts allow. Raises `BudgetExceeded`.
    """

    characters: int = CHARACTERS
    candidates: int = CANDIDATES
    cpu_seconds: float = CPU_SECONDS
    used_characters: int = 0
    used_candidates: int = 0
    used_seconds: float = 0.0
    _since: float = field(default=0.0, repr=False)

    def charge_characters(self, count: int) -> None:
        """Count `count` characters of new text."""
        self.used_characters += count
        if self.used_characters > self.characters:
            raise BudgetExceeded("characters", self.characters)

    def charge_candidates(self, count: int) -> None:
        """Count `count` candidates that a recogniser looked at closely."""
        self.used_candidates += count
        if self.used_candidates > self.candidates:
            raise BudgetExceeded("candidates", self.candidates)

    def begin_slice(self) -> None:
        """A slice of work starts on this thread."""
        self._since = time.thread_time()

    def end_slice(self) -> None:
        """The slice ended on the same thread: its processor time counts."""
        self.used_seconds += time.thread_time() - self._since
        if self.used_seconds > self.cpu_seconds:
            raise BudgetExceeded("seconds of processor time", self.cpu_seconds)
