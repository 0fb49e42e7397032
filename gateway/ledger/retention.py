"""The retention schedule: how long each class of record is kept, counted from when, and on what authority."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,60}$")


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class (FOIA s.46 Code; UK GDPR Art 5(1)(e)). `days` count from `trigger`; `basis` is the authority."""

    name: str
    days: int
    trigger: Literal["created"]
    basis: str


class UnknownClass(ValueError):
    """A retention class that the schedule does not have: such a record could never be disposed of."""


@dataclass(frozen=True, slots=True)
class RetentionSchedule:
    """The classes by name. `keep_refused_content` seals what was refused; by default only findings are kept.
    `keep_returned_files` seals the pictures and the sound that came back; without it only their digests are kept.

    `fallback` is the class of records that end before policy could name one (an unreadable body, say):
    `routine` where the schedule has it, else the class that is kept for the shortest time.
    """

    classes: Mapping[str, RetentionClass]
    keep_refused_content: bool = False
    keep_returned_files: bool = True

    def __post_init__(self) -> None:
        if not self.classes:
            raise ValueError("a retention schedule needs at least one class")
        for name, each in self.classes.items():
            if not _NAME.match(name) or each.name != name or each.days < 1:
                raise ValueError(f"retention class {name!r}: give it its own name (a-z, 0-9, - _) and at least one day")

    @property
    def fallback(self) -> str:
        """See the class."""
        return "routine" if "routine" in self.classes else min(self.classes, key=lambda name: self.classes[name].days)

    def dispose_after(self, name: str, at: datetime) -> date:
        """The last day on which a record of class `name`, made `at`, is kept. Raises UnknownClass."""
        if name not in self.classes:
            raise UnknownClass(f"the retention schedule has no class {name!r}")
        return (at + timedelta(days=self.classes[name].days)).date()
