"""Counts of calls in which nobody stands out (policy clauses 9.1 and 14.1; ICO, Monitoring workers, 2023).

A count is hidden where it stands for fewer than five calls, or for the calls of fewer than five people: a thousand
calls of one person are about that person. Where one hidden count could be worked out from the total, another one is
hidden with it (complementary suppression: Hundepool et al., Statistical Disclosure Control, 2012).

So that no two questions can be subtracted from one another, everything is made of one release: one-way tables for whole
calendar months (UTC), the same for whoever may see them. A longer time is the sum of what is shown of its months. The
running month would show each call as it comes, so its counts are rounded down to fives. An officer who is limited to
services gets tables of those, and of nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gateway.model.errors import BadRequest
from gateway.model.statistic import Count, MonthCounts

LEAST: Final = 5
"""Fewer calls than this, or fewer people, are not shown."""
MOST_MONTHS: Final = 36
DIMENSIONS: Final = ("service", "tool", "outcome", "label")
ADDITIVE: Final = frozenset({"service", "tool", "outcome"})
"""Each call counts once in these; in a label's table it counts for every label that was found in it."""


class Counts(Protocol):
    """Where counts come from."""

    def months(self, controller: str, since: str, until: str, services: Collection[str]) -> Iterable[MonthCounts]:
        """Every month (`2026-11`) from `since` to `until`, both included, that has calls; of `services`, all where it
        is empty."""
        ...


@dataclass(frozen=True, slots=True)
class Cell:
    """One count. `calls` is None where it is hidden; `at_least`: months of it are hidden, so there are more."""

    name: str
    calls: int | None
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """One month. `provisional` is the running one, rounded down to fives."""

    month: str
    total: int | None
    provisional: bool
    tables: Mapping[str, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The months asked for, newest first, and what is shown of them added up."""

    controller: str
    services: tuple[str, ...]
    since: str
    until: str
    least: int
    months: tuple[Month, ...]
    total: Cell
    tables: Mapping[str, tuple[Cell, ...]]


class Statistics:
    """Makes the figures. `now` gives the time, by which the running month is known."""

    def __init__(self, counts: Counts, now: Callable[[], datetime]) -> None:
        self._counts = counts
        self._now = now

    def figures(self, controller: str, since: str = "", until: str = "", services: Collection[str] = ()) -> Figures:
        """The months `since` to `until` (`2026-11`), both included; the last twelve where nothing is said.

        Raises BadRequest for what are no months, or too many.
        """
        running = f"{self._now():%Y-%m}"
        until = until or running
        since = since or _shifted(until, -11)
        if (spanned := _number(until) - _number(since) + 1) < 1:
            raise BadRequest("The first month must not be after the last.", code="bad_months")
        if spanned > MOST_MONTHS:
            raise BadRequest(f"At most {MOST_MONTHS} months can be asked for at once.", code="too_many_months")
        found = self._counts.months(controller, since, until, services)
        months = sorted((_shown(each, each.month >= running) for each in found), key=lambda m: m.month, reverse=True)
        return Figures(
            controller,
            tuple(sorted(services)),
            since,
            until,
            LEAST,
            tuple(months),
            _sum("total", [month.total for month in months]),
            {name: _added(months, name) for name in DIMENSIONS},
        )


def protected(cells: Mapping[str, Count], *, additive: bool) -> dict[str, int | None]:
    """The counts by name, None where one must not be shown.

    In an additive table the smallest of the others are hidden too until what is hidden can't be worked out, neither by
    subtraction from the total nor by one of few people who subtracts the own calls too.
    """
    hidden = {name for name, count in cells.items() if small(count)}
    if additive:
        others = sorted((name for name in cells if name not in hidden), key=lambda name: (cells[name].calls, name))
        while hidden and others and told([cells[name] for name in hidden], of_few=True):
            hidden.add(others.pop(0))
    return {name: None if name in hidden else count.calls for name, count in cells.items()}


def told(hidden: Sequence[Count], *, of_few: bool) -> bool:
    """Whether the total less what is shown gives hidden counts away: one alone is that difference, several that make
    fewer than five are few calls together, and as many calls as counts are one each.

    With `of_few` also where they may be the calls of fewer than five people together, of whom each knows the own ones:
    nobody counts how many people two of them share, so one has to have five by itself. Where everything is hidden the
    difference is the total, and that is known to be of enough people.
    """
    calls = sum(count.calls for count in hidden)
    few = of_few and max(count.people for count in hidden) < LEAST
    return len(hidden) == 1 or calls < LEAST or calls == len(hidden) or few


def small(count: Count) -> bool:
    """Whether a count stands for too few calls or too few people."""
    return count.calls < LEAST or count.people < LEAST


def _shown(month: MonthCounts, provisional: bool) -> Month:
    safe = {name: protected(month.tables[name], additive=name in ADDITIVE) for name in DIMENSIONS}
    if small(month.total) or any(_open(month.tables[name], safe[name]) for name in ADDITIVE):
        nothing = {name: tuple(Cell(each, None) for each in sorted(month.tables[name])) for name in DIMENSIONS}
        return Month(month.month, None, provisional, nothing)
    tables = {
        name: tuple(Cell(each, _rounded(calls, provisional)) for each, calls in sorted(shown.items()))
        for name, shown in safe.items()
    }
    return Month(month.month, _rounded(month.total.calls, provisional), provisional, tables)


def _open(cells: Mapping[str, Count], shown: Mapping[str, int | None]) -> bool:
    """Whether what is hidden in a table can be worked out even so, because nothing is left to be hidden with it."""
    hidden = [cells[name] for name, calls in shown.items() if calls is None]
    return bool(hidden) and told(hidden, of_few=len(hidden) < len(cells))


def _rounded(calls: int | None, provisional: bool) -> int | None:
    return calls if calls is None or not provisional else calls - calls % LEAST


def _added(months: Sequence[Month], table: str) -> tuple[Cell, ...]:
    """What is shown of a table's months, by name. A month in which a name does not occur adds nothing."""
    names: dict[str, list[int | None]] = {}
    for month in months:
        for cell in month.tables[table]:
            names.setdefault(cell.name, []).append(cell.calls)
    return tuple(_sum(name, names[name]) for name in sorted(names))


def _sum(name: str, parts: Sequence[int | None]) -> Cell:
    known = [each for each in parts if each is not None]
    if parts and not known:
        return Cell(name, None, at_least=True)
    return Cell(name, sum(known), at_least=len(known) < len(parts))


def _number(month: str) -> int:
    """A month as a number that grows by one a month. Raises BadRequest."""
    year, _, number = month.partition("-")
    if not (len(month) == 7 and month.isascii() and year.isdecimal() and number.isdecimal() and 1 <= int(number) <= 12):
        raise BadRequest("A month is written as year and month: 2026-11.", code="bad_months")
    return int(year) * 12 + int(number) - 1


def _shifted(month: str, by: int) -> str:
    year, number = divmod(_number(month) + by, 12)
    return f"{year:04}-{number + 1:02}"
