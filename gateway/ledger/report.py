"""What `ledger verify` found, in words that an auditor can act on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.model.wording import many

MAX_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where the evidence doesn't hold: table, row (its key), record reference where one is known, and why."""

    table: str
    row: str
    ref: str
    what: str

    def __str__(self) -> str:
        record = f", record {self.ref}" if self.ref else ""
        return f"{self.table} {self.row}{record}: {self.what}"


@dataclass(slots=True)
class Report:
    """The outcome of a verification: `problems` break the proof, `notes` limit what it shows."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proven: list[str] = field(default_factory=list)
    """What others than the log's owner vouch for."""
    counts: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    root: bytes = b""
    size: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return not self.problems

    def add(self, table: str, row: object, ref: str, what: str) -> None:
        """Note a problem; beyond a thousand they are only counted."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(table, str(row), ref, what))
        else:
            self.dropped += 1

    def count(self, what: str, number: int = 1) -> None:
        """Count what was checked."""
        self.counts[what] = self.counts.get(what, 0) + number

    def lines(self) -> list[str]:
        """The report as plain text, the verdict first."""
        verdict = "The ledger is whole." if self.ok else f"THE LEDGER IS NOT WHOLE: {self._number()} found."
        checked = ", ".join(f"{what} {number:,}" for what, number in self.counts.items())
        head = [verdict, f"Checked: {checked}." if checked else "Nothing to check."]
        if self.size:
            head.append(f"Tree: {many(self.size, 'leaf', 'leaves')}, root {self.root.hex()}.")
        more = [f"... and {self.dropped} more."] if self.dropped else []
        said = [*(f"Proven: {what}" for what in self.proven), *(f"Note: {note}" for note in self.notes)]
        return [*head, *(f"- {problem}" for problem in self.problems), *more, *said]

    def _number(self) -> str:
        return many(len(self.problems) + self.dropped, "problem")


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A full check that was kept (BS 10008): times are UTC text, `lines` the report's beginning."""

    id: str
    started_at: str
    finished_at: str
    ok: bool
    tree_size: int
    problems: int
    lines: Sequence[str]


Row = Mapping[str, object]
"""A table's row by column name."""
