"""Scans find in opened originals whom detection missed, and leave the index so that a search finds them."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, select, text

from gateway.model.search import Query, Subject
from gateway.records import scan
from gateway.records.search import BadQuery
from gateway.store import scans, tables
from gateway.store.committer import writing
from gateway.store.destruction import destroy_units
from gateway.store.keeping import blind
from gateway.store.locking import alone
from gateway.store.open import LedgerService
from gateway.store.scans import ScanMoved
from tests.support.ledger import CALLER, chat, turn
from tests.support.searching import Desk, sequenced

QUERY = Query("maidstone", subjects=(Subject("PERSON", "Xanthe Quillfeather"),), facts={"service": "housing"})


@pytest_asyncio.fixture
async def desk(ledger: LedgerService, tmp_path: Path) -> Desk:
    """Three conversations that name her, none of them noticed; one of another service, one of another council."""
    made = Desk(ledger, tmp_path)
    refs = [
        await turn(ledger, chat("call xanthe quillfeather back please"), "Done."),
        await turn(ledger, chat("Who paid?"), "It was Mrs X. Quillfeather who paid."),
        await turn(ledger, chat("Ring Xan\u200bthe Quilfeather."), "Done."),
        await turn(ledger, chat("Xanthe Quillfeather again"), "Done.", caller=replace(CALLER, service="legal")),
        await turn(ledger, chat("Xanthe Quillfeather too"), "Done.", caller=replace(CALLER, controller="swale")),
        await turn(ledger, chat("Nobody in particular."), "Done."),
    ]
    made.refs = tuple(refs)
    sequenced(ledger)
    return made


def anybody(case: str) -> None:
    """Leave that never ends."""


def total(desk: Desk, query: Query = QUERY) -> int:
    return desk.searcher.search(query).total


async def test_what_detection_missed_is_found_and_stays_found(desk: Desk, ledger: LedgerService) -> None:
    assert total(desk) == 0
    begun = desk.scans.start(QUERY, "officer@example.org", "a1", "SAR-1")
    assert (begun.texts, begun.left, begun.finished) == (0, 8, False)
    steps = list(desk.scans.run("maidstone", begun.id, "officer@example.org", allowed=anybody))
    assert steps[-1].finished
    assert (steps[-1].texts, steps[-1].unreadable, steps[-1].found, steps[-1].left) == (8, 0, 3, 0)
    page = desk.searcher.search(desk.scans.query("maidstone", begun.id))
    assert {hit.refs[0] for hit in page.hits} == set(desk.refs[:3])
    assert all(hit.excerpt == "" for hit in page.hits)
    assert total(desk, replace(QUERY, facts={})) == 3, "nothing outside the filtered set was opened"
    assert total(desk, replace(QUERY, controller="swale", facts={})) == 0
    sequenced(ledger)
    assert ledger.verify().ok, ledger.verify().lines()
    assert list(desk.scans.run("maidstone", begun.id, "officer@example.org", allowed=anybody)) == [], "it is over"


async def test_a_scan_stops_where_the_leave_of_its_case_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "STEP", 3)
    begun = desk.scans.start(QUERY, "officer", "a1", "SAR-1")
    asked: list[str] = []

    def one_step(case: str) -> None:
        asked.append(case)
        if len(asked) > 1:
            raise PermissionError

    with pytest.raises(PermissionError):
        list(desk.scans.run("maidstone", begun.id, "officer", allowed=one_step))
    assert asked == ["SAR-1", "SAR-1"]
    assert desk.scans.progress("maidstone", begun.id).texts == 3
    assert desk.scans.case_of("maidstone", begun.id) == "SAR-1"


async def test_a_scan_stops_and_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "STEP", 3)
    begun = desk.scans.start(QUERY, "officer", "a1")
    first = next(desk.scans.run("maidstone", begun.id, "officer", allowed=anybody))
    assert (first.texts, first.left) == (3, 5)
    assert desk.scans.progress("maidstone", begun.id) == first
    (second,) = desk.scans.run("maidstone", begun.id, "officer", most=2, allowed=anybody)
    assert (second.texts, second.left) == (5, 3)
    last = list(desk.scans.run("maidstone", begun.id, "officer", allowed=anybody))[-1]
    assert (last.texts, last.finished) == (8, True)
    assert total(desk) == 3


async def test_two_officers_do_not_run_one_scan_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "STEP", 3)
    begun = desk.scans.start(QUERY, "officer", "a1")
    one, other = (desk.scans.run("maidstone", begun.id, name, allowed=anybody) for name in ("one", "other"))
    next(one)
    row = desk.ledger.scans.get("maidstone", begun.id)
    assert row is not None
    next(other)
    with pytest.raises(ScanMoved):
        next(one)


async def test_originals_whose_key_is_gone_are_counted(desk: Desk, ledger: LedgerService) -> None:
    with ledger._engine.connect() as connection:
        connection.execute(
            text("UPDATE part SET box = wrapped WHERE id = (SELECT min(id) FROM part WHERE text IS NOT NULL)")
        )
        connection.commit()
    begun = desk.scans.start(replace(QUERY, facts={}), "officer", "a1")
    last = list(desk.scans.run("maidstone", begun.id, "officer", allowed=anybody))[-1]
    assert last.unreadable == 1


async def test_facts_about_callers_stay_shut(desk: Desk) -> None:
    query = Query("maidstone", subjects=(Subject("EMAIL", CALLER.identity),))
    begun = desk.scans.start(query, "officer", "a1")
    last = list(desk.scans.run("maidstone", begun.id, "officer", allowed=anybody))[-1]
    assert (last.found, total(desk, query)) == (0, 0)


async def test_nothing_that_is_looked_for_leaks(
    desk: Desk, ledger: LedgerService, tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    """No name in blind index, leaves, rows or logs: only sealed."""
    caplog.set_level(logging.DEBUG)
    query = Query(
        "maidstone", subjects=(Subject("PERSON", "Zebedee Quincewater"),), people=("jo.canary@example.org",),
        case_ref="CANARY/77", words="canarywords",
    )  # fmt: skip
    desk.keep(query, "officer.canary@example.org")
    begun = desk.scans.start(replace(query, words="", people=(), case_ref=""), "officer.canary@example.org", "a1")
    await turn(ledger, chat("x Zebedee Quincewater x"), "Ok.", replace={"Zebedee Quincewater": "P"})
    list(desk.scans.run("maidstone", begun.id, "officer.canary@example.org", allowed=anybody))
    assert total(desk, Query("maidstone", subjects=query.subjects)) == 1
    sequenced(ledger)
    assert repr(query).count("Zebedee") == repr(query).count("canary") == 0
    for table in ("blind", "leaf", "saved_search", "scan_run", "record", "trace"):
        with ledger._engine.connect() as connection:
            for row in connection.execute(text(f"SELECT * FROM {table}")):  # noqa: S608
                said = " ".join(
                    bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in row
                ).lower()
                for canary in ("zebedee", "quincewater", "canary"):
                    assert canary not in said, table
    assert "quincewater" not in caplog.text.lower()
    assert "canary" not in caplog.text.lower()


async def test_a_changed_row_is_detected(desk: Desk, ledger: LedgerService) -> None:
    begun = desk.scans.start(QUERY, "officer", "a1")
    list(desk.scans.run("maidstone", begun.id, "officer", allowed=anybody))
    sequenced(ledger)
    with ledger._engine.connect() as connection:
        connection.execute(text("UPDATE scan_run SET found = 0"))
        connection.commit()
    assert any(begun.id in line for line in ledger.verify().lines())


async def test_mistakes_are_said(desk: Desk) -> None:
    with pytest.raises(BadQuery, match="whom to look for"):
        desk.scans.start(Query("maidstone", words="rent"), "officer", "a1")
    begun = desk.scans.start(QUERY, "officer", "a1")
    with pytest.raises(BadQuery, match="no such scan"):
        next(desk.scans.run("swale", begun.id, "officer", allowed=anybody))


async def test_a_disposal_beside_a_scan_leaves_nothing_of_what_went_in_the_index(
    desk: Desk, ledger: LedgerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation goes between the scan's look at what is there and its rows: one of the two has to wait."""
    begun = desk.scans.start(QUERY, "officer", "a1")
    with ledger._engine.connect() as connection:
        query = select(tables.record.c.unit).where(tables.record.c.ref == desk.refs[0])
        unit = connection.scalars(query).one()
    looked, gone = threading.Event(), threading.Event()
    there = scans._still_there

    def slow(connection: Connection, parts: Sequence[int]) -> set[int]:
        found = there(connection, parts)
        looked.set()
        gone.wait(0.5)
        return found

    def destroy() -> None:
        assert looked.wait(10)
        with writing(ledger._engine) as connection:
            alone(connection)
            destroy_units(connection, [unit], [desk.refs[0]])
        gone.set()

    monkeypatch.setattr(scans, "_still_there", slow)
    run = asyncio.to_thread(list, desk.scans.run("maidstone", begun.id, "officer", allowed=anybody))
    await asyncio.gather(run, asyncio.to_thread(destroy))
    with ledger._engine.connect() as connection:
        mine = select(tables.part.c.id).where(tables.part.c.conversation == unit)
        assert connection.scalars(select(blind.c.part).where(blind.c.part.in_(mine))).all() == []
        assert connection.scalars(select(blind.c.part)).all()
