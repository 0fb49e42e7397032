"""Whole cases worked through the services on a real ledger: FOI, EIR, SAR, an incident; verified at the end of each."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Engine, select, text

from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.words import commit
from gateway.model.case import CaseFile, CaseKind, Redaction
from gateway.model.disposal import Rule
from gateway.model.errors import Unavailable
from gateway.model.hold import CaseOpen
from gateway.model.search import Query, Subject
from gateway.records.cases.errors import CaseError, Incomplete
from gateway.records.cases.incidents import OpenIncident
from gateway.records.cases.passages import ShownText
from gateway.records.cases.reviewing import Wanted
from gateway.records.cases.service import OpenCase
from gateway.records.holds import Holds
from gateway.records.search import Searcher
from gateway.store import keeping, tables
from gateway.store.engine import make_engine
from gateway.store.finding import units
from gateway.store.open import LedgerService
from gateway.store.texts import Damaged
from tests.support.cases import DPO, FIRST, INVESTIGATOR, SECOND, Nobody, Office, database_office
from tests.support.ledger import CALLER, chat, turn

QUESTION = "Which contractor empties the bins in Tovil? Jane Patel asked me."
HIDDEN = {"Jane Patel": "PERSON_K7QD2M8X"}
DAY = date(2026, 3, 2)
CANARY = "Zebedee Quill"


@pytest.fixture
def engine(url: str, ledger: LedgerService) -> Iterator[Engine]:
    made = make_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def office(ledger: LedgerService, tmp_path: Path) -> Office:
    return database_office(
        ledger, FileKeyStore(tmp_path / "keys"), words={"Jane Patel": "PERSON", "Biffa": "ORGANISATION"}
    )


async def conversations(ledger: LedgerService) -> list[str]:
    """Two conversations about bins, of two turns and of one; one about something else; one of another council."""
    named = [("PERSON", "Jane Patel")]
    first = await turn(ledger, chat(QUESTION), "It is Biffa, since May.", replace=HIDDEN, named=named)
    grown = chat(QUESTION, "It is Biffa, since May.", "Draft a reply about the bins for Jane Patel.")
    second = await turn(ledger, grown, "Dear Jane Patel, it is Biffa.", replace=HIDDEN, named=named)
    third = await turn(ledger, chat("When are bins emptied on bank holidays?"), "A day later.")
    await turn(ledger, chat("Write a poem about spring"), "Spring is here.")
    await turn(ledger, chat("bins in Swale"), "Ours.", caller=replace(CALLER, controller="swale"))
    return [first, second, third]


def opened(office: Office, kind: CaseKind, words: str = "bins", reference: str = "") -> CaseFile:
    query = Query("maidstone", words) if words else None
    asked = OpenCase("maidstone", kind, DAY, "bin contracts", "A. Requester", reference, query=query)
    return office.cases.open(FIRST, asked)


def read(office: Office, case: CaseFile, unit: int, form: str = "sent") -> tuple[ShownText, ...]:
    """Read a conversation and mark every passage."""
    _, shown = office.reviews.show(FIRST, case.id, unit, form)  # type: ignore[arg-type]
    office.reviews.mark(FIRST, case.id, unit, [each.passage for one in shown for each in one.passages])
    return shown


def where(shown: tuple[ShownText, ...], word: str) -> tuple[ShownText, int, int]:
    for each in shown:
        if word in each.text:
            return each, each.text.index(word), each.text.index(word) + len(word)
    raise AssertionError("no such word is shown")


def whole(ledger: LedgerService) -> None:
    report = ledger.verify()
    assert report.ok, report.lines()


async def test_a_freedom_of_information_request_from_receipt_to_closing(
    ledger: LedgerService, office: Office, engine: Engine, tmp_path: Path
) -> None:
    await conversations(ledger)
    case = opened(office, CaseKind.FOI, reference="FOI/26/0815")
    assert (case.id, case.reference, case.due_on) == ("FOI-MBC-2026-0001", "FOI/26/0815", date(2026, 3, 31))
    assert len(case.units) == 2
    with engine.connect() as connection:
        holds = connection.execute(select(keeping.hold.c.id, keeping.hold.c.matter)).all()
        assert [tuple(each) for each in holds] == [(case.hold, case.id)]
        assert set(connection.scalars(select(keeping.hold_unit.c.unit))) == set(case.units)
    office.cases.spend(FIRST, case.id, "locate", 45)

    short, long = case.units  # newest first
    shown = read(office, case, long)
    # The second call resent the first question and answer; each is shown once, where it first stood.
    assert [each.role for each in shown] == ["user", "assistant", "user", "assistant"]
    assert [each.again for each in shown] == [0, 1, 0, 0]
    assert all("Jane Patel" not in each.text for each in shown)
    assert {(mark.label, mark.source) for each in shown for mark in each.marks} == {
        ("PERSON", "pseudonym"),
        ("ORGANISATION", "detector"),
    }
    part, start, end = where(shown, "PERSON_K7QD2M8X")
    redact = Redaction(part.part, "sent", start, end, "FOIA s.40(2)", "a resident, who does not expect this")
    office.reviews.decide(FIRST, case.id, long, Wanted("redact", redactions=(redact,)))
    with pytest.raises(Incomplete, match="passages have not been marked"):
        office.reviews.decide(FIRST, case.id, short, Wanted("release"))
    read(office, case, short)
    case = office.reviews.decide(FIRST, case.id, short, Wanted("release"))
    assert case.state == "second_reading"
    case = office.reviews.confirm(SECOND, case.id, case.units)
    office.clock.forward(days=14)
    case = office.cases.close(FIRST, case.id, "part_released", "sent by e-mail")
    assert (case.state, case.dispose_after) == ("closed", date(2029, 3, 16))
    assert [step.what for step in case.steps] == [
        "opened", "searched", "time_spent", "marked", "decided", "marked", "decided", "confirmed", "closed",
    ]  # fmt: skip
    with engine.connect() as connection:
        leaves = connection.scalars(select(tables.leaf.c.body).where(tables.leaf.c.kind == "matter")).all()
    assert len(leaves) == len(case.steps)
    assert {step.hash for step in case.steps} == {_row(body) for body in leaves}
    fresh = database_office(
        ledger, FileKeyStore(tmp_path / "keys"), clock=office.clock
    )  # another worker, which remembers nothing
    assert fresh.cases.read(SECOND, case.id) == case
    whole(ledger)


def _row(body: bytes) -> str:
    import orjson

    return str(orjson.loads(body)["row"])


async def test_an_environmental_request_is_extended_and_refused_for_internal_communications(
    ledger: LedgerService, office: Office
) -> None:
    await conversations(ledger)
    case = opened(office, CaseKind.EIR)
    office.clock.forward(days=28)
    case = office.cases.extend(FIRST, case.id, "complex", "4,000 conversations", told_on=date(2026, 3, 30))
    assert case.due_on == office.desk.calendar.nth(DAY, 40)
    balance = "Room to think against openness about a decision that is still to be taken, which outweighs for now."
    for unit in case.units:
        read(office, case, unit)
        wanted = Wanted("withhold", code="EIR reg.12(4)(e)", reason="advice to members", public_interest=balance)
        office.reviews.decide(FIRST, case.id, unit, wanted)
    office.reviews.confirm(SECOND, case.id, case.units)
    case = office.cases.close(FIRST, case.id, "withheld")
    assert case.outcome == "withheld"
    assert {decision.public_interest for decision in case.decisions.values()} == {balance}
    whole(ledger)


async def test_a_subject_access_request_opens_originals_by_leave(
    ledger: LedgerService, office: Office, engine: Engine
) -> None:
    await conversations(ledger)
    case = opened(office, CaseKind.SAR, "", reference="SAR/26/17")
    case = office.cases.pause(FIRST, case.id, "identity", DAY, "passport")
    office.clock.forward(days=7)
    case = office.cases.resume(FIRST, case.id, date(2026, 3, 9))
    assert case.due_on == date(2026, 4, 9)
    about = Query("maidstone", subjects=(Subject("PERSON", "J. Patel"),))  # as she signs herself
    case = office.cases.search(FIRST, case.id, about)
    assert len(case.units) == 1
    unit = case.units[0]
    office.openings.request(FIRST, case.id, "she is to have her own words, not their pseudonyms")
    office.openings.approve(DPO, case.id)

    shown = read(office, case, unit, "kept")
    assert "Jane Patel" in " ".join(each.text for each in shown)
    assert any(each.manifest == "facts" for each in shown)  # who asked, and for what: theirs to withhold or release
    facts = next(each for each in shown if each.manifest == "facts")
    assert "jo.bloggs@maidstone.example" in facts.text
    cut = Redaction(facts.part, "kept", 0, len(facts.text), "DPA Sch.2 para.16", "a member of staff")
    case = office.reviews.decide(FIRST, case.id, unit, Wanted("redact", "kept", redactions=(cut,)))
    assert [(each.unit, each.by) for each in case.openings] == [(unit, FIRST.id)]
    case = office.reviews.confirm(SECOND, case.id, [unit])
    assert office.cases.close(FIRST, case.id, "part_released").state == "closed"
    with engine.connect() as connection:
        acts = connection.scalars(select(keeping.matter_event.c.kind).order_by(keeping.matter_event.c.seq)).all()
    assert acts.index("unsealed") < acts.index("marked") < acts.index("decided")
    whole(ledger)


async def test_an_incident_from_a_record(ledger: LedgerService, office: Office) -> None:
    refs = await conversations(ledger)
    aware = office.clock.at - timedelta(hours=5)
    asked = OpenIncident(
        "maidstone", aware, "a name left the council", (refs[0],), personal_data=True, self_reported=True
    )
    case = office.incidents.open(INVESTIGATOR, asked)
    assert case.id == "INC-MBC-2026-0001"
    assert case.due_at == aware + timedelta(hours=72)
    assert len(case.units) == len(case.holds) == 1
    office.clock.forward(hours=20)
    case = office.incidents.told(INVESTIGATOR, case.id, "ico", office.clock.at)
    assert case.due_at is None
    case = office.cases.close(INVESTIGATOR, case.id, "completed", "the tool now masks names")
    assert office.incidents.counts(FIRST, "maidstone", DAY, DAY + timedelta(days=30)).closed == 1
    whole(ledger)


async def test_the_opening_is_on_disk_before_anything_is_read(ledger: LedgerService, office: Office, url: str) -> None:
    """The store of texts sees the event and its leaf, committed, by the time it is asked."""
    await conversations(ledger)
    case = opened(office, CaseKind.FOI)
    office.openings.request(FIRST, case.id, "names")
    office.openings.approve(DPO, case.id)
    seen: list[int] = []
    texts, other = ledger.texts.texts, make_engine(url)

    def watched(controller: str, unit: int, *, sealed: bool = False):  # type: ignore[no-untyped-def]
        with other.connect() as connection:
            seen.append(len(connection.execute(text("SELECT seq FROM matter_event WHERE kind = 'unsealed'")).all()))
            assert connection.scalar(text("SELECT count(*) FROM leaf WHERE kind = 'matter'")) == 5
        return texts(controller, unit, sealed=sealed)

    ledger.texts.texts = watched  # type: ignore[method-assign]
    try:
        office.openings.open(FIRST, case.id, case.units[0])
    finally:
        other.dispose()
    assert seen == [1]


async def test_texts_carry_what_proves_them(ledger: LedgerService, office: Office) -> None:
    await conversations(ledger)
    unit = opened(office, CaseKind.FOI).units[0]
    for each in ledger.texts.texts("maidstone", unit, sealed=True):
        assert each.kept is not None
        assert each.kept_salt is not None
        assert commit(each.kept, each.kept_salt) == each.kept_root
        if each.sent is not None:
            assert each.sent_salt is not None
            assert commit(each.sent, each.sent_salt) == each.sent_root
    assert all(each.kept is None for each in ledger.texts.texts("maidstone", unit))
    assert ledger.texts.texts("swale", unit) == ()
    assert ledger.texts.texts("maidstone", 1) == ()


async def test_a_damaged_conversation_is_not_shown_as_if_it_were_whole(
    ledger: LedgerService, office: Office, engine: Engine
) -> None:
    await conversations(ledger)
    case = opened(office, CaseKind.FOI)
    with engine.connect() as connection:
        connection.execute(text("UPDATE part SET wrapped = NULL WHERE box IS NOT NULL"))
        connection.commit()
    with pytest.raises(Unavailable, match="can't be opened with the keys"):
        ledger.texts.texts("maidstone", case.units[0], sealed=True)
    with engine.connect() as connection:
        connection.execute(text("DELETE FROM node WHERE position = 1"))
        connection.commit()
    with pytest.raises(Damaged, match="ledger verify"):
        office.reviews.show(FIRST, case.id, case.units[0])


async def test_a_case_whose_time_is_up_is_destroyed_but_for_its_chain(
    ledger: LedgerService, office: Office, engine: Engine, tmp_path: Path
) -> None:
    await conversations(ledger)
    keystore = FileKeyStore(tmp_path / "keys")
    store = ledger.holds(cast("Any", units))
    holds = Holds(store, Searcher(ledger.hits, keystore, Nobody()), keystore)
    disposal = ledger.disposal(holds.filter_of, cast("Any", units))
    case = opened(office, CaseKind.FOI)
    with pytest.raises(CaseOpen, match="Close the case first"):
        holds.release(case.hold, "by mistake", DPO.id)
    case = office.cases.close(FIRST, case.id, "withdrawn", CANARY)
    assert case.dispose_after == date(2029, 3, 2)
    due = Rule("maidstone", "2029-03-03", frozenset({"request-file"}))
    assert disposal.destroy_matters("run-1", due, [case.id], DPO.id) == ()  # its hold is in force
    assert holds.release(case.hold, "no review came", DPO.id)
    early = Rule("maidstone", "2029-03-02", frozenset({"request-file"}))
    assert disposal.destroy_matters("run-1", early, [case.id], DPO.id) == ()
    assert disposal.destroy_matters("run-1", due, [case.id], DPO.id) == (case.id,)
    with pytest.raises(CaseError, match="was destroyed on"):
        office.cases.read(FIRST, case.id)
    with pytest.raises(CaseError, match="was destroyed on"):
        database_office(ledger, keystore).cases.read(FIRST, case.id)
    with engine.connect() as connection:
        event, matter = keeping.matter_event, keeping.matter
        assert connection.scalars(select(event.c.box).where(event.c.box.is_not(None))).all() == []
        assert connection.scalar(select(matter.c.wrapped)) is None
    assert [each.row.id for each in office.cases.list(FIRST)] == [case.id]  # that it was stays on record
    assert opened(office, CaseKind.FOI).id == "FOI-MBC-2026-0002"
    whole(ledger)
    with engine.connect() as connection:
        connection.execute(text("UPDATE matter_event SET actor = 'ff' WHERE seq = 1"))
        connection.commit()
    assert any("columns are not those" in each.what for each in ledger.verify().problems)


async def test_what_people_write_in_a_case_is_nowhere_in_clear(
    ledger: LedgerService, office: Office, engine: Engine, url: str, tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    await conversations(ledger)
    query = Query("maidstone", "bins", case_ref=CANARY, subjects=(Subject("PERSON", CANARY),), people=(CANARY,))
    asked = OpenCase("maidstone", CaseKind.SAR, DAY, CANARY, CANARY, CANARY, query=query)
    case = office.cases.open(FIRST, asked)
    assert case.units == ()
    case = office.cases.search(FIRST, case.id, Query("maidstone", "bins"))
    office.cases.note(FIRST, case.id, CANARY)
    office.cases.spend(FIRST, case.id, "locate", 5, note=CANARY)
    office.cases.pause(FIRST, case.id, "clarification", DAY, CANARY)
    office.cases.resume(FIRST, case.id, DAY, CANARY)
    office.openings.request(FIRST, case.id, CANARY)
    office.openings.refuse(DPO, case.id, CANARY)
    unit = case.units[0]
    read(office, case, unit)
    office.reviews.decide(FIRST, case.id, unit, Wanted("withhold", code="DPA Sch.2 para.16", reason=CANARY))
    office.reviews.send_back(SECOND, case.id, unit, CANARY)
    office.incidents.open(FIRST, OpenIncident("maidstone", office.clock.at, CANARY, reporter=CANARY))
    case = office.cases.close(FIRST, case.id, "withdrawn", CANARY)
    assert case.notes[0][2] == CANARY
    with engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(select(table)).all():
                for value in row:
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    assert b"Zebedee" not in raw, table.name
    if url.startswith("sqlite"):
        path = make_engine(url).url.database or ""
        for suffix in ("", "-wal"):
            with open(path + suffix, "rb") as file:  # noqa: PTH123 - the raw bytes
                assert b"Zebedee" not in file.read()
    shown = capsys.readouterr()
    assert "Zebedee" not in caplog.text + shown.out + shown.err
    whole(ledger)
