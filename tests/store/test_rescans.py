"""A rescan by a better detection leaves the index so that the ordinary search finds what was missed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select, text

from detectors.errors import BudgetExceeded
from detectors.finding import Finding
from gateway.model.search import Query, Subject
from gateway.records import rescan
from gateway.records.rescan import Rescans
from gateway.records.search import BadQuery
from gateway.store import tables
from gateway.store.keeping import blind, scan_run
from gateway.store.open import LedgerService
from tests.support.ledger import CALLER, chat, turn
from tests.support.searching import Desk, sequenced

NAME = "Xanthe Quillfeather"
BY_NAME = Query("maidstone", subjects=(Subject("PERSON", NAME),))


class Better:
    """A detection that knows one name, one number and one secret; `allowed` are the councils that were asked for."""

    version = "suite-2"
    patterns = (("PERSON", NAME), ("PHONE", r"07700 900\d{3}"), ("SECRET", r"hunter2\w*"))

    def __init__(self) -> None:
        self.allowed: set[str | None] = set()

    def inspect(self, text: str, *, allow: str | None = None) -> Sequence[Finding]:
        self.allowed.add(allow)
        return [
            Finding(found.start(), found.end(), label, 1.0, "test", "1")
            for label, pattern in self.patterns
            for found in re.finditer(pattern, text)
        ]


@pytest_asyncio.fixture
async def desk(ledger: LedgerService, tmp_path: Path) -> Desk:
    """Missed: in a request with a secret, in an answer, in a request of another council. And nothing at all."""
    made = Desk(ledger, tmp_path)
    asked = f"Thank {NAME} on 07700 900123, hunter2forever. Reply to Ann Field."
    refs = [
        await turn(ledger, chat(asked), "Done.", replace={"Ann Field": "PERSON_AAAA1111"}),
        await turn(ledger, chat("Who paid?"), f"It was {NAME}."),
        await turn(ledger, chat(f"Ask {NAME}."), "Done.", caller=replace(CALLER, controller="swale")),
        await turn(ledger, chat("Nobody in particular."), "Done."),
    ]
    more = chat(asked, "Done.", "Shorter, please.")
    refs.append(await turn(ledger, more, "Short.", replace={"Ann Field": "PERSON_AAAA1111"}))
    made.refs = tuple(refs)
    sequenced(ledger)
    return made


def rescans(desk: Desk) -> Rescans:
    return Rescans(desk.ledger.scans, desk.keystore, desk.ledger.saved.tree_size)


def total(desk: Desk, query: Query = BY_NAME) -> int:
    return desk.searcher.search(query).total


def index(desk: Desk, controller: str = "maidstone") -> tuple[dict[str, dict[str, int]], rescan.Indexed]:
    rows = desk.ledger.reader.search(controller=controller)
    done = rescans(desk).index(controller, rows, Better(), "officer@example.org", "a1")
    assert done.indexed is not None
    return {miss.ref: miss.missed for miss in done.misses}, done.indexed


async def test_what_is_found_now_is_reported_once_and_written_nowhere(desk: Desk) -> None:
    detector = Better()
    found = rescans(desk).read(desk.ledger.reader.search(controller="maidstone"), detector)
    assert (found.unreadable, found.indexed) == (0, None)
    assert [(miss.ref, miss.missed) for miss in found.misses] == [
        (desk.refs[0], {"PERSON": 1, "PHONE": 1, "SECRET": 1})
    ]
    assert detector.allowed == {"maidstone"}
    assert total(desk) == 0
    with desk.ledger._engine.connect() as connection:
        assert connection.execute(select(scan_run)).all() == []


async def test_indexed_it_is_found_by_the_ordinary_search(desk: Desk, ledger: LedgerService) -> None:
    assert total(desk) == 0
    kept = desk.keep(BY_NAME)
    missed, run = index(desk)
    assert missed == {desk.refs[0]: {"PERSON": 1, "PHONE": 1, "SECRET": 1}}
    assert (run.controller, run.texts, run.found) == ("maidstone", 9, 2)
    page = desk.searcher.search(BY_NAME)
    assert {hit.refs for hit in page.hits} == {(desk.refs[0], desk.refs[4]), (desk.refs[1],)}
    assert total(desk, replace(BY_NAME, subjects=(Subject("PERSON", "Xanthe Quilfeather"),))) == 2
    assert total(desk, Query("maidstone", subjects=(Subject("PHONE", "+44 7700 900 123"),))) == 1
    assert total(desk, replace(BY_NAME, controller="swale")) == 0, "another council's was not read"
    assert len(desk.saved.repeat("maidstone", kept.id).more) == 2
    sequenced(ledger)
    assert ledger.verify().ok, ledger.verify().lines()


async def test_again_is_no_more_than_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescan, "STEP", 1)
    _, first = index(desk)
    with desk.ledger._engine.connect() as connection:
        before = connection.execute(select(blind).order_by(blind.c.part, blind.c.digest)).all()
    _, second = index(desk)
    assert (first.texts, first.found) == (second.texts, second.found)
    with desk.ledger._engine.connect() as connection:
        assert connection.execute(select(blind).order_by(blind.c.part, blind.c.digest)).all() == before


async def test_it_is_an_act_and_says_no_name(desk: Desk, ledger: LedgerService) -> None:
    _, run = index(desk)
    sequenced(ledger)
    with ledger._engine.connect() as connection:
        bodies = connection.scalars(select(tables.leaf.c.body).where(tables.leaf.c.kind == "admin")).all()
        acts = [orjson.loads(body) for body in bodies]
        (row,) = connection.execute(text("SELECT finished_at, texts, found, actor FROM scan_run")).all()
    mine = [act["act"] for act in acts if act["subject"] == run.run]
    assert mine == ["scan_start", "scan_step", "scan_finish"]
    assert all("Quillfeather" not in str(act) for act in acts)
    assert row.finished_at
    assert (row.texts, row.found, row.actor) == (9, 2, "a1")
    with ledger._engine.connect() as connection:
        connection.execute(text("UPDATE scan_run SET found = 0"))
        connection.commit()
    assert any(run.run in line for line in ledger.verify().lines())


async def test_it_is_no_scan_to_go_on_with(desk: Desk) -> None:
    _, run = index(desk)
    with pytest.raises(BadQuery, match="no such scan"):
        desk.scans.progress("maidstone", run.run)


async def test_what_was_disposed_of_meanwhile_is_not_indexed(desk: Desk, ledger: LedgerService) -> None:
    """The text is destroyed while detection looks at it."""

    class Slow(Better):
        def inspect(self, text_: str, *, allow: str | None = None) -> Sequence[Finding]:
            with ledger._engine.connect() as connection:
                connection.execute(text("UPDATE part SET box = NULL, text = NULL"))
                connection.commit()
            return super().inspect(text_, allow=allow)

    rows = ledger.reader.search(controller="maidstone")
    rescans(desk).index("maidstone", rows, Slow(), "officer", "a1")
    facts = select(tables.node.c.kept_id).where(tables.node.c.role == "facts")
    with ledger._engine.connect() as connection:
        assert connection.execute(select(blind).where(blind.c.part.not_in(facts))).all() == []


async def test_what_needs_too_much_work_is_counted_and_the_rest_is_read(desk: Desk) -> None:
    class Tired(Better):
        def inspect(self, text: str, *, allow: str | None = None) -> Sequence[Finding]:
            if "Thank" in text:
                raise BudgetExceeded("characters", 10)
            return super().inspect(text, allow=allow)

    rows = desk.ledger.reader.search(controller="maidstone")
    assert rescans(desk).read(rows, Tired()).unreadable == 1
    done = rescans(desk).index("maidstone", rows, Tired(), "officer", "a1")
    assert done.unreadable == 1
    assert done.indexed is not None
    assert done.indexed.found == 1
    assert total(desk) == 1
    row = desk.ledger.scans.get("maidstone", done.indexed.run)
    assert row is not None
    assert row.unreadable == 1
