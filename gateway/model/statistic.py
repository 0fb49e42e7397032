"""Counts as they are counted, before anything is hidden (`gateway.records.statistics`). Never shown as such."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """So many calls, by so many different pseudonymous people."""

    calls: int
    people: int


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """A calendar month (UTC), `2026-11`: all calls, and tables by service, tool, outcome and label."""

    month: str
    total: Count
    tables: Mapping[str, Mapping[str, Count]]
