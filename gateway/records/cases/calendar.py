"""Working days, as the Freedom of Information Act and the retained rules on periods count them.

A working day is any day other than a Saturday, a Sunday, Christmas Day, Good Friday or a bank holiday in any part of
the United Kingdom (FOIA s.10(6), taken over by EIR reg.2(1)): St Patrick's Day does not count in Kent. Where a period
of a month ends on a weekend or public holiday (Regulation (EEC, Euratom) 1182/71 Art 3(4), as UK law has it), only
the holidays of the council's own nation move its end: those of another nation would give more time than the law does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

Nation = Literal["ENG", "WLS", "SCT", "NIR"]
NATIONS: tuple[Nation, ...] = ("ENG", "WLS", "SCT", "NIR")
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class OneOff:
    """A day that the published lists do not know: a holiday proclaimed late (`holiday`), or one that was moved away
    (`working`). `nations` says where; `reason` is shown to whoever asks why a date is what it is."""

    day: date
    change: Literal["holiday", "working"]
    reason: str
    nations: tuple[Nation, ...] = NATIONS

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"the one-off day {self.day} needs a reason")
        if not self.nations:
            raise ValueError(f"the one-off day {self.day} needs at least one nation")


class Calendar:
    """The days that do not count. `nation` is the council's own; `one_offs` are its edits of the published lists."""

    def __init__(self, one_offs: Iterable[OneOff] = (), *, nation: Nation = "ENG") -> None:
        self.nation = nation
        self.one_offs = tuple(one_offs)
        seen: set[date] = set()
        for each in self.one_offs:
            if each.day in seen:
                raise ValueError(f"the one-off day {each.day} is given twice")
            seen.add(each.day)
        self._edits = {each.day: each for each in self.one_offs}

    def holiday(self, day: date, nations: tuple[Nation, ...] = NATIONS) -> str:
        """The name of the holiday that `day` is in any of `nations`, empty where it is none."""
        edit = self._edits.get(day)
        if edit is not None and edit.change == "holiday" and set(edit.nations) & set(nations):
            return edit.reason
        for nation in nations:
            if edit is not None and edit.change == "working" and nation in edit.nations:
                continue
            name = _published(nation, day.year).get(day)
            if name is not None:
                return name
        return ""

    def works(self, day: date) -> bool:
        """Whether `day` is a working day under FOIA s.10(6)."""
        return day.weekday() < _SATURDAY and not self.holiday(day)

    def nth(self, start: date, count: int, skipped: Iterable[tuple[date, date]] = ()) -> date:
        """The `count`-th working day after `start`; days in `skipped` (from, to: both inclusive) do not count."""
        gaps = tuple(skipped)
        day = start
        while count:
            day += _ONE_DAY
            if self.works(day) and not any(first <= day <= last for first, last in gaps):
                count -= 1
        return day

    def working_days(self, after: date, until: date) -> int:
        """How many working days lie after `after`, up to and with `until`."""
        return sum(self.works(after + timedelta(days=n)) for n in range(1, (until - after).days + 1))

    def passed_over(self, after: date, until: date) -> list[tuple[date, str]]:
        """The holidays on weekdays between two days: what somebody who counts by hand may have missed."""
        days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
        return [(day, name) for day in days if day.weekday() < _SATURDAY and (name := self.holiday(day))]

    def end_of_period(self, day: date) -> date:
        """`day`, or the next day that is neither a weekend nor a public holiday where the council is."""
        while day.weekday() >= _SATURDAY or self.holiday(day, (self.nation,)):
            day += _ONE_DAY
        return day


def months_later(day: date, months: int) -> date:
    """The corresponding date `months` later; the last day of that month where it has none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - _ONE_DAY).day
    return date(year, month + 1, min(day.day, last))


@cache
def _published(nation: Nation, year: int) -> dict[date, str]:
    """The bank and public holidays of one nation and year, as the `holidays` package has them."""
    import holidays  # here, because it is needed only where cases are worked

    return dict(holidays.country_holidays("GB", subdiv=nation, years=year, language="en_GB"))
