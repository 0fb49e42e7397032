"""Counting the records' rows, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.ledger.scribe import now
from gateway.model.statistic import Count
from gateway.store import actor_keys
from gateway.store.open import LedgerService
from gateway.store.statistics import DatabaseCounts
from tests.support.ledger import CALLER, chat, turn


async def test_calls_and_people_are_counted_by_month(ledger: LedgerService) -> None:
    month = f"{now():%Y-%m}"
    for person in ("a1", "a1", "a2"):
        await turn(ledger, chat("The bins in Union Street"), "Noted.", caller=replace(CALLER, actor=person))
    await turn(ledger, chat("Planning"), "Noted.", caller=replace(CALLER, actor="a3", service="planning"))
    await turn(ledger, chat("Swale"), "Noted.", caller=replace(CALLER, controller="swale"))
    counts = DatabaseCounts(ledger.admin)
    (found,) = counts.months("maidstone", month, month, ())
    assert (found.month, found.total) == (month, Count(4, 3))
    assert found.tables == {
        "service": {"housing": Count(3, 2), "planning": Count(1, 1)},
        "tool": {"copilot": Count(4, 3)},
        "outcome": {"delivered": Count(4, 3)},
        "label": {"PERSON": Count(4, 3)},
    }
    (limited,) = counts.months("maidstone", month, month, {"planning"})
    assert limited.total == Count(1, 1)
    assert limited.tables["service"] == {"planning": Count(1, 1)}
    assert counts.months("maidstone", "2020-01", "2020-12", ()) == []
    assert counts.months("tunbridge-wells", month, month, ()) == []


async def test_new_pseudonyms_make_no_new_people(ledger: LedgerService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three people before a rotation are three after it, under other pseudonyms; five of them would be shown."""
    lag = timedelta(seconds=0.2)
    monkeypatch.setattr("gateway.store.statistics.LAG", lag)
    assert lag < actor_keys.LAG
    month = f"{now():%Y-%m}"

    async def calls(*people: str) -> None:
        for person in people:
            await turn(ledger, chat("The bins in Union Street"), "Noted.", caller=replace(CALLER, actor=person))

    await calls("a1", "a2", "a3")
    ledger.actor_keys.rotate("root")
    await calls("a1")  # a worker that has not heard of it yet
    await asyncio.sleep(lag.total_seconds())
    await calls("b1", "b2", "b3", "b3")
    (found,) = DatabaseCounts(ledger.admin).months("maidstone", month, month, ())
    assert found.total == Count(8, 3)
    assert found.tables["service"] == {"housing": Count(8, 3)}
    assert found.tables["label"] == {"PERSON": Count(8, 3)}
