"""Request cases on a real database: two officers at once, numbers without gaps, and every tampering found."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text

from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.matter import Changed, Draft, HitChange, MatterRow
from gateway.ledger.report import Report
from gateway.ledger.rows import LeafDraft
from gateway.model.errors import Unavailable
from gateway.store import keeping, tables
from gateway.store.engine import make_engine
from gateway.store.evidence import verify_database
from gateway.store.matters import restricted
from gateway.store.open import LedgerService
from tests.support.ledger import service

AT = "2026-03-02T09:30:00.000000Z"
ROW = MatterRow(
    "FOI-MBC-2026-0001", "maidstone", "foi", "open", 2026, 1, AT, "2026-03-02", "2026-03-31", None, "request-file", None
)


@pytest.fixture
def engine(url: str, ledger: LedgerService) -> Iterator[Engine]:
    made = make_engine(url)
    yield made
    made.dispose()


def opened(ledger: LedgerService, row: MatterRow = ROW, *hits: int) -> None:
    found = tuple(HitChange(unit, "s1") for unit in hits)
    ledger.matters.append([Draft("opened", b'{"secret":"Zebedee"}', row, found)], expected=0, at=AT, who="off-1")


def noted(ledger: LedgerService, expected: int, body: bytes = b"{}", *hits: HitChange, **changed: Any) -> None:
    draft = Draft("noted", body, replace(ROW, **changed), hits)
    ledger.matters.append([draft], expected=expected, at=AT, who="off-2")


def whole(ledger: LedgerService) -> Report:
    report = ledger.verify()
    assert report.ok, report.lines()
    return report


def test_events_come_back_in_order_and_the_ledger_is_whole(ledger: LedgerService) -> None:
    opened(ledger, ROW, 5, 2**62 + 1)
    noted(ledger, 1, b'{"n":1}', HitChange(5, "s1", "release", "wanted"), state="second_reading")
    found = ledger.matters.read(ROW.id)
    assert found is not None
    matter, events = found
    assert (matter.row, matter.seq, matter.disposed_at) == (replace(ROW, state="second_reading"), 2, "")
    assert [(event.seq, event.kind, event.body) for event in events] == [
        (1, "opened", b'{"secret":"Zebedee"}'),
        (2, "noted", b'{"n":1}'),
    ]
    assert events[0].actor != events[1].actor
    assert events[-1].hash == matter.head
    later = ledger.matters.read(ROW.id, 1)
    assert later is not None
    assert [event.seq for event in later[1]] == [2]
    assert ledger.matters.read("FOI-MBC-2026-0002") is None
    assert ledger.matters.hits(ROW.id) == (HitChange(5, "s1", "release", "wanted"), HitChange(2**62 + 1, "s1"))
    assert ledger.matters.hits(ROW.id, decision="") == (HitChange(2**62 + 1, "s1"),)
    assert ledger.matters.hits(ROW.id, after=5) == (HitChange(2**62 + 1, "s1"),)
    assert ledger.matters.hits(ROW.id, second="wanted", limit=1) == (HitChange(5, "s1", "release", "wanted"),)
    assert ledger.matters.matters_of(5) == (ROW.id,)
    assert ledger.matters.matters_of(5, "sar") == ()
    report = whole(ledger)
    assert report.counts["cases"] == 1
    assert report.counts["case events opened"] == 2
    assert report.counts["case hits"] == 2


def test_several_events_and_a_change_are_one_transaction(ledger: LedgerService, engine: Engine) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("UPDATE matter SET state = 'nonsense'"))
        raise RuntimeError("the hold could not be placed")

    drafts = [Draft("opened", b"{}", ROW), Draft("searched", b"{}", ROW, (HitChange(5, "s1"),))]
    with pytest.raises(RuntimeError):
        ledger.matters.append(drafts, expected=0, at=AT, who="off-1", change=fail)
    assert ledger.matters.read(ROW.id) is None
    with engine.connect() as connection:
        assert connection.scalar(select(tables.leaf.c.id).where(tables.leaf.c.kind == "matter")) is None
        assert connection.scalar(select(keeping.matter_hit.c.unit)) is None
    ledger.matters.append(drafts, expected=0, at=AT, who="off-1")
    with engine.connect() as connection:
        kinds = connection.scalars(select(tables.leaf.c.kind).where(tables.leaf.c.kind == "matter")).all()
    assert len(kinds) == 2
    whole(ledger)


def test_leaves_of_a_change_go_with_it(ledger: LedgerService, engine: Engine) -> None:
    from gateway.ledger import leaf
    from gateway.ledger.scribe import now

    body = leaf.gap(begun=now(), ended=now(), refused=0)
    ledger.matters.append(
        [Draft("opened", b"{}", ROW)], expected=0, at=AT, who="off-1", leaves=[LeafDraft("gap", "", body)]
    )
    with engine.connect() as connection:
        assert connection.scalar(select(tables.leaf.c.kind).where(tables.leaf.c.kind == "gap")) == "gap"
    whole(ledger)


def together(count: int, act: Callable[[int], object]) -> list[BaseException | None]:
    """Run `act` in threads at once; what each raised."""
    barrier = threading.Barrier(count)
    raised: list[BaseException | None] = [None] * count

    def run(number: int) -> None:
        barrier.wait()
        try:
            act(number)
        except Exception as error:  # noqa: BLE001 - the test compares what was raised
            raised[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_of_two_officers_at_once_one_is_told(ledger: LedgerService, url: str, tmp_path: Path) -> None:
    """Two workers, each with a connection of its own: only the database can tell who was first."""
    opened(ledger)
    other = service(url, tmp_path)
    workers = [ledger, other]
    try:
        for turn in range(10):
            raised = together(2, lambda n, turn=turn: noted(workers[n], turn + 1))  # type: ignore[misc]
            assert sorted(type(each).__name__ for each in raised) == ["Changed", "NoneType"]
        with pytest.raises(Changed, match="Read it again"):
            noted(other, 3)
    finally:
        other.close()
    whole(ledger)


def test_numbers_have_no_gaps_and_none_is_given_twice(ledger: LedgerService, url: str, tmp_path: Path) -> None:
    other = service(url, tmp_path)
    workers = [ledger, other]

    def take(number: int) -> None:
        for _ in range(5):
            while True:
                store = workers[number % 2].matters
                free = store.next_number("maidstone", 2026)
                kind = ("FOI", "SAR")[number % 2]
                try:
                    opened(workers[number % 2], replace(ROW, id=f"{kind}-MBC-2026-{free:04d}", number=free))
                    break
                except Changed:
                    continue

    try:
        assert together(4, take) == [None] * 4
    finally:
        other.close()
    numbers = sorted(each.row.number for each in ledger.matters.find(["maidstone"], limit=100))
    assert numbers == list(range(1, 21))
    assert ledger.matters.next_number("maidstone", 2026) == 21
    assert ledger.matters.next_number("swale", 2026) == 1
    assert ledger.matters.next_number("maidstone", 2027) == 1
    whole(ledger)


def test_lists_are_by_council_state_kind_and_date(ledger: LedgerService) -> None:
    opened(ledger)
    closed = replace(
        ROW, id="SAR-MBC-2026-0002", number=2, kind="sar", state="closed", closed_at=AT, due_on="2026-03-20"
    )
    opened(ledger, closed)
    opened(ledger, replace(ROW, id="FOI-SBC-2026-0001", controller="swale"))

    def ids(*controllers: str, **wanted: Any) -> list[str]:
        return [each.row.id for each in ledger.matters.find(controllers, **wanted)]

    assert ids("maidstone") == ["FOI-MBC-2026-0001", "SAR-MBC-2026-0002"]
    assert ids("maidstone", limit=1, after="FOI-MBC-2026-0001") == ["SAR-MBC-2026-0002"]
    assert ids("swale", "maidstone", kinds=["foi"]) == ["FOI-MBC-2026-0001", "FOI-SBC-2026-0001"]
    assert ids("maidstone", state="closed") == ["SAR-MBC-2026-0002"]
    assert ids("maidstone", due_by="2026-04-01") == ["FOI-MBC-2026-0001"]
    assert ids() == []


def test_restricted_conversations_are_told_to_searches(ledger: LedgerService, engine: Engine) -> None:
    opened(ledger, replace(ROW, kind="restriction"), 5, 6, 7)
    noted(ledger, 1, b"{}", HitChange(5, "s1", "restricted"), HitChange(6, "s1", "lifted"), kind="restriction")
    with engine.connect() as connection:
        assert connection.scalars(restricted("maidstone")).all() == [5]
        assert connection.scalars(restricted("swale")).all() == []


def test_nothing_that_people_wrote_is_in_clear(ledger: LedgerService, engine: Engine, url: str, tmp_path: Path) -> None:
    opened(ledger, ROW, 5)
    noted(ledger, 1, b'{"text":"Zebedee Quill lives in Tovil"}')
    with engine.connect() as connection:
        for name in ("matter", "matter_event", "matter_hit", "leaf"):
            for row in connection.execute(select(tables.metadata.tables[name])).all():
                for value in row:
                    assert b"Zebedee" not in (value if isinstance(value, bytes) else str(value).encode())
    if url.startswith("sqlite"):
        for file in tmp_path.glob("ledger.db*"):
            assert b"Zebedee" not in file.read_bytes()


TAMPERINGS = {
    "an event removed": ("DELETE FROM matter_event WHERE seq = 2", r"FOI-MBC-2026-0001/2.*removed"),
    "the last event removed": ("DELETE FROM matter_event WHERE seq = 3", "removed"),
    "its time changed": (
        "UPDATE matter_event SET at = '2026-03-01T09:30:00.000000Z' WHERE seq = 2",
        r"matter_event FOI-MBC-2026-0001/2.*columns are not those",
    ),
    "who did it changed": ("UPDATE matter_event SET actor = 'ff' WHERE seq = 1", "/1.*not the event that its leaf"),
    "its kind changed": ("UPDATE matter_event SET kind = 'closed' WHERE seq = 2", "not the event that its leaf"),
    "sealed bytes emptied": ("UPDATE matter_event SET box = NULL WHERE seq = 2", "/2.*sealed bytes were removed"),
    "sealed bytes exchanged": (
        "UPDATE matter_event SET box = (SELECT b.box FROM matter_event b WHERE b.seq = 1) WHERE seq = 2",
        "/2.*sealed bytes were removed or changed",
    ),
    "the date moved": ("UPDATE matter SET due_on = '2026-06-30'", "matter FOI-MBC-2026-0001.*column due_on"),
    "the date moved in the event too": (
        "UPDATE matter_event SET row = REPLACE(row, '2026-03-31', '2026-06-30')",
        "columns are not those that its hash stands for",
    ),
    "closed behind its back": ("UPDATE matter SET state = 'closed', closed_at = '2026-03-03'", "column state"),
    "kept for less": ("UPDATE matter SET dispose_after = '2026-03-04'", "column dispose_after"),
    "its head set back": ("UPDATE matter SET seq = 2", "does not end with its newest event"),
    "the case removed": ("DELETE FROM matter", "its row was removed"),
    "said to be destroyed": (
        "UPDATE matter SET disposed_at = '2026-03-04T00:00:00.000000Z', wrapped = NULL",
        "the leaves say otherwise",
    ),
    "its key exchanged": (
        "UPDATE matter SET wrapped = (SELECT box FROM matter_event WHERE seq = 1)",
        "key can't be unwrapped",
    ),
    "a hit removed": ("DELETE FROM matter_hit WHERE unit = 5", "matter_hit FOI-MBC-2026-0001/5.*removed"),
    "a hit added": (
        "INSERT INTO matter_hit VALUES ('FOI-MBC-2026-0001', 9, 's1', '', '', 1)",
        "matter_hit FOI-MBC-2026-0001/9.*not what the case's events say",
    ),
    "a decision changed": (
        "UPDATE matter_hit SET decision = 'withhold' WHERE unit = 5",
        "not what the case's events say",
    ),
    "a hit of no case": ("INSERT INTO matter_hit VALUES ('FOI-MBC-2026-0009', 9, 's1', '', '', 1)", "no such case"),
    "a case added": (
        ("INSERT INTO matter (id, controller, kind, state, year, number, seq, head, opened_at, received_on, "
        "retention_class) "
        "SELECT 'FOI-MBC-2026-0009', controller, kind, state, year, 9, seq, head, opened_at, received_on, "
        "retention_class "
        "FROM matter"),
        "FOI-MBC-2026-0009.*no events",
    ),
    "an event added": (
        ("INSERT INTO matter_event (matter, seq, at, actor, kind, row, box, box_hash, hash) "
        "SELECT matter, 4, at, actor, kind, row, box, box_hash, hash FROM matter_event WHERE seq = 3"),
        "/4.*no leaf speaks of this event",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TAMPERINGS))
def test_every_tampering_is_found_and_named(name: str, ledger: LedgerService, engine: Engine) -> None:
    opened(ledger, ROW, 5, 6)
    noted(ledger, 1)
    noted(ledger, 2, b"{}", HitChange(5, "s1", "release", "wanted"))
    whole(ledger)
    statement, said = TAMPERINGS[name]
    with engine.connect() as connection:
        connection.execute(text(statement))
        connection.commit()
    report = ledger.verify()
    assert not report.ok
    assert any(re.search(said, str(problem)) for problem in report.problems), report.lines()


def test_without_keys_all_but_the_hits_is_still_checked(ledger: LedgerService, engine: Engine, tmp_path: Path) -> None:
    opened(ledger, ROW, 5)
    noted(ledger, 1)
    assert verify_database(engine, ledger.vkey, None, None).ok
    with engine.connect() as connection:
        connection.execute(text("UPDATE matter SET due_on = '2027-01-01'"))
        connection.commit()
    problems = verify_database(engine, ledger.vkey, None, None).problems
    assert [problem.what for problem in problems] == ["column due_on is not what its newest event says"]
    assert FileKeyStore(tmp_path / "keys").folder.exists()


def test_a_case_whose_key_is_another_is_not_opened(ledger: LedgerService, engine: Engine) -> None:
    opened(ledger)
    with engine.connect() as connection:
        connection.execute(text("UPDATE matter SET wrapped = (SELECT box FROM matter_event WHERE seq = 1)"))
        connection.commit()
    with pytest.raises(Unavailable, match="can't be opened with the keys"):
        ledger.matters.read(ROW.id)
    with pytest.raises(Unavailable, match="can't be opened with the keys"):
        noted(ledger, 1)
