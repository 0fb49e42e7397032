"""Statistics: nobody stands out, not by a small number, not by subtraction, not by watching."""

import itertools
import random
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import pytest

from gateway.model.errors import BadRequest
from gateway.model.statistic import Count, MonthCounts
from gateway.records.statistics import DIMENSIONS, LEAST, Cell, Statistics, protected, small

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def month(name: str, services: Mapping[str, Count]) -> MonthCounts:
    total = Count(sum(each.calls for each in services.values()), sum(each.people for each in services.values()))
    tables = {dimension: dict(services) if dimension == "service" else {"all": total} for dimension in DIMENSIONS}
    return MonthCounts(name, total, tables)


class Fixed:
    def __init__(self, *months: MonthCounts) -> None:
        self.given = months

    def months(self, controller: str, since: str, until: str, services: Collection[str]) -> Iterable[MonthCounts]:
        return [each for each in self.given if since <= each.month <= until]


def figures(*months: MonthCounts, **asked: str) -> object:
    return Statistics(Fixed(*months), lambda: NOW).figures("swale", **asked)


def test_few_calls_and_few_people_are_hidden() -> None:
    assert small(Count(4, 4))
    assert small(Count(1000, 1))
    assert not small(Count(5, 5))


def test_what_one_subtraction_would_give_is_hidden_with_it() -> None:
    plain = {"housing": Count(50, 9), "planning": Count(20, 8), "benefits": Count(3, 3)}
    assert protected(plain, additive=True) == {"housing": 50, "planning": None, "benefits": None}
    assert protected(plain, additive=False) == {"housing": 50, "planning": 20, "benefits": None}


def test_what_few_people_share_is_hidden_with_others() -> None:
    """Each of two people could take their own calls from what is hidden, and have the other's."""
    shared = {"housing": Count(500, 30), "planning": Count(150, 1), "legal": Count(50, 1), "benefits": Count(90, 9)}
    assert protected(shared, additive=True) == {"housing": 500, "planning": None, "legal": None, "benefits": None}
    (found,) = figures(month("2026-09", shared), since="2026-09", until="2026-09").months  # type: ignore[attr-defined]
    assert found.total == 790


def test_a_month_of_small_services_shows_its_total_alone() -> None:
    small_ones = {f"s{n}": Count(40, 4) for n in range(3)}
    (found,) = figures(month("2026-09", small_ones), since="2026-09", until="2026-09").months  # type: ignore[attr-defined]
    assert found.total == 120
    assert {cell.calls for cell in found.tables["service"]} == {None}


def test_no_hidden_count_follows_from_what_is_shown() -> None:
    """For any table, every hidden count could have another value, given the total and all that is shown."""
    dice = random.Random(5)
    tried = 0
    for _ in range(3000):
        table = {
            f"s{n}": Count(calls, min(calls, dice.randint(1, 12)))
            for n in range(dice.randint(1, 4))
            if (calls := dice.choice([1, 1, 2, 3, 4, 5, 6, 9]))
        }
        (found,) = figures(month("2026-09", table), since="2026-09", until="2026-09").months  # type: ignore[attr-defined]
        shown = {cell.name: cell.calls for cell in found.tables["service"]}
        hidden = [name for name, calls in shown.items() if calls is None]
        assert not [name for name, calls in shown.items() if calls is not None and small(table[name])]
        if found.total is None or not hidden:
            continue
        tried += 1
        rest = found.total - sum(calls for calls in shown.values() if calls is not None)
        if len(hidden) < len(table):
            assert max(table[name].people for name in hidden) >= LEAST, (table, shown)
        could = [split for split in itertools.product(range(1, rest), repeat=len(hidden)) if sum(split) == rest]
        assert all(len({split[place] for split in could}) > 1 for place in range(len(hidden))), (table, shown)
    assert tried > 500


def test_a_month_with_too_few_calls_shows_nothing_and_adds_nothing() -> None:
    found = figures(
        month("2026-09", {"housing": Count(40, 10)}), month("2026-10", {"housing": Count(3, 3)}), since="2026-09",
        until="2026-10",
    )  # fmt: skip
    assert [(each.month, each.total) for each in found.months] == [("2026-10", None), ("2026-09", 40)]  # type: ignore[attr-defined]
    assert found.total == Cell("total", 40, at_least=True)  # type: ignore[attr-defined]
    assert found.tables["service"] == (Cell("housing", 40, at_least=True),)  # type: ignore[attr-defined]
    assert found.least == LEAST  # type: ignore[attr-defined]


def test_the_running_month_moves_in_fives() -> None:
    seen = set()
    for calls in range(20, 25):
        found = figures(month("2026-11", {"housing": Count(calls, 9), "planning": Count(50, 9)}))
        seen.add((found.months[0].total, found.months[0].tables["service"]))  # type: ignore[attr-defined]
        assert found.months[0].provisional  # type: ignore[attr-defined]
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [("2026-13", "", "bad_months"), ("2026-10", "2026-09", "bad_months"), ("2020-01", "2026-01", "too_many_months"),
     ("x", "", "bad_months"), ("2026-1", "", "bad_months")],
)  # fmt: skip
def test_months_that_are_none(since: str, until: str, code: str) -> None:
    with pytest.raises(BadRequest) as error:
        figures(since=since, until=until)
    assert error.value.code == code
