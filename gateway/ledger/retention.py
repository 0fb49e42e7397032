"""The retention schedule: how long each class of record is kept, counted from when, and on what authority."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from gateway.ledger.canonical import digest

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,60}$")
_YEAR_END = (3, 31)
"""Of an English council's financial year (Local Government Finance Act 1992 s.116; Accounts and Audit Regulations)."""

Trigger = Literal["created", "last_activity", "financial_year_end", "case_closed"]
Action = Literal["destroy", "review"]


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class (FOIA s.46 Code; UK GDPR Art 5(1)(e)). `days` count from `trigger`; `basis` is the authority.

    A conversation is kept until the last of its records is due, so `created` and `last_activity` both count from its
    last call; `financial_year_end` counts from the 31 March on which or after which that was. `case_closed` is for
    request files alone. `function` is the code of the function in the council's classification scheme, such as that of
    the Local Government Classification Scheme (LGCS). What has the action `review` is destroyed only after somebody
    reviewed it.
    """

    name: str
    days: int
    trigger: Trigger
    basis: str
    function: str = ""
    action: Action = "destroy"


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
        fit = [name for name, each in self.classes.items() if each.trigger != "case_closed"] or list(self.classes)
        return "routine" if "routine" in fit else min(fit, key=lambda name: self.classes[name].days)

    @property
    def version(self) -> str:
        """16 hexadecimal digits that stand for exactly these classes; a certificate of disposal names them."""
        return digest({name: asdict(each) for name, each in self.classes.items()}).hex()[:16]

    def dispose_after(self, name: str, at: datetime) -> date:
        """The last day on which a record of class `name`, made `at` (or a case closed `at`), is kept. Raises
        UnknownClass."""
        if name not in self.classes:
            raise UnknownClass(f"the retention schedule has no class {name!r}")
        found, begin = self.classes[name], at.date()
        if found.trigger == "financial_year_end":
            end = date(begin.year, *_YEAR_END)
            begin = end if begin <= end else date(begin.year + 1, *_YEAR_END)
            return begin + timedelta(days=found.days)
        return (at + timedelta(days=found.days)).date()

    def last_day(self, name: str, at: str) -> str:
        """The same as text, from the time as it stands in a row; empty for a class that the schedule does not have."""
        return self.dispose_after(name, datetime.fromisoformat(at)).isoformat() if name in self.classes else ""
