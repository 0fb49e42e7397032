"""Cases worked through the services: who may do what, what is written down, what is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.ledger.matter import Changed
from gateway.model.case import CaseKind, Redaction
from gateway.model.errors import BadRequest, GatewayError, Unavailable
from gateway.model.search import Query, Subject
from gateway.records.access import Forbidden
from gateway.records.cases.errors import CaseError, Held, Incomplete, NoSuchCase
from gateway.records.cases.incidents import OpenIncident
from gateway.records.cases.reviewing import Wanted
from gateway.records.cases.service import OpenCase
from tests.support.cases import AUDITOR, DPO, FIRST, INVESTIGATOR, SECOND, STRANGER, MemoryFinder, MemoryMatters, hit
from tests.support.casework import BINS, DAY, REDACT, RELEASE, made, opened, read_all


def test_a_case_opens_with_number_clock_hits_and_hold() -> None:
    it = made()
    case = opened(it)
    assert (case.id, case.reference, case.state) == ("FOI-MBC-2026-0001", "FOI-MBC-2026-0001", "open")
    assert case.due_on == date(2026, 3, 31)
    assert case.units == (11, 12)
    assert case.holds == tuple(it.holds.placed)
    assert len(case.holds) == 1
    assert [step.what for step in case.steps] == ["opened", "searched"]
    assert all(len(step.hash) == 64 for step in case.steps)
    assert it.cases.read(SECOND, "foi-mbc-2026-0001 ").steps == case.steps
    assert opened(it, CaseKind.SAR, None).id == "SAR-MBC-2026-0002"


def test_numbers_are_taken_in_turn_when_two_open_at_once() -> None:
    it = made()
    matters = it.matters
    assert isinstance(matters, MemoryMatters)
    matters.between = lambda: opened(it, CaseKind.EIR)
    assert opened(it).id == "FOI-MBC-2026-0002"
    assert sorted(matters.rows) == ["EIR-MBC-2026-0001", "FOI-MBC-2026-0002"]
    assert len(it.holds.placed) == 2  # the hold of the try that failed was not placed


def test_the_second_of_two_officers_is_told() -> None:
    it = made()
    case = opened(it)
    matters = it.matters
    assert isinstance(matters, MemoryMatters)
    matters.between = lambda: it.cases.note(SECOND, case.id, "second was faster")
    with pytest.raises(Changed, match="Somebody changed this case meanwhile"):
        it.cases.note(FIRST, case.id, "first")
    assert [note[2] for note in it.cases.read(FIRST, case.id).notes] == ["second was faster"]
    it.cases.note(FIRST, case.id, "first, again")
    assert len(it.cases.read(FIRST, case.id).notes) == 2


def test_nobody_sees_another_councils_case() -> None:
    it = made()
    case = opened(it)
    with pytest.raises(NoSuchCase) as absent:
        it.cases.read(FIRST, "FOI-MBC-1")
    acts: list[Callable[[], object]] = [
        lambda: it.cases.read(STRANGER, case.id),
        lambda: it.cases.note(STRANGER, case.id, "x"),
        lambda: it.reviews.show(STRANGER, case.id, 11),
        lambda: it.openings.open(STRANGER, case.id, 11),
    ]
    for act in acts:
        with pytest.raises(NoSuchCase) as caught:
            act()
        assert caught.value.message == absent.value.message
    with pytest.raises(Forbidden):
        it.cases.list(STRANGER, controller="maidstone")
    assert it.cases.list(STRANGER) == ()


def test_roles_bind() -> None:
    it = made()
    with pytest.raises(Forbidden):
        opened(it, who=AUDITOR)
    with pytest.raises(Forbidden):
        opened(it, who=INVESTIGATOR)
    assert opened(it, CaseKind.INVESTIGATION, who=INVESTIGATOR).id.startswith("INV-")
    case = opened(it)
    assert it.cases.read(AUDITOR, case.id).id == case.id
    acts: list[Callable[[], object]] = [
        lambda: it.cases.note(AUDITOR, case.id, "x"),
        lambda: it.cases.search(AUDITOR, case.id, BINS),
        lambda: it.openings.request(AUDITOR, case.id, "x"),
        lambda: it.openings.approve(SECOND, case.id),  # an IG officer asks; the DPO approves
        lambda: it.reviews.confirm(AUDITOR, case.id, [11]),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()


def test_a_search_for_a_person_needs_its_own_leave() -> None:
    it = made()
    case = opened(it, CaseKind.SAR, None)
    about = Query("swale", subjects=(Subject("PERSON", "Jane Patel"),))
    found = it.cases.search(FIRST, case.id, about)
    assert found.units == (11,)
    finder = it.finder
    assert isinstance(finder, MemoryFinder)
    assert {query.controller for query in finder.asked} == {"maidstone"}  # never another council's records


def test_searching_again_finds_what_is_new_and_holds_it() -> None:
    it = made()
    case = opened(it)
    case = read_all(it, case, 11)
    case = it.reviews.decide(FIRST, case.id, 11, RELEASE)
    finder = it.finder
    assert isinstance(finder, MemoryFinder)
    finder.by_word["bins"] = (11, 12, 13)
    case = it.cases.search_again(FIRST, case.id, case.searches[0].id)
    assert case.units == (11, 12, 13)
    assert case.decisions[11].verdict == "release"
    assert len(case.holds) == 2
    with pytest.raises(CaseError, match="no search"):
        it.cases.search_again(FIRST, case.id, "nope")


def test_review_second_reading_and_closing() -> None:
    it = made()
    case = opened(it)
    assert it.reviews.next(FIRST, case.id) == 11
    with pytest.raises(Incomplete, match="2 of 2 passages"):
        it.reviews.decide(FIRST, case.id, 11, REDACT)
    case = read_all(it, case, 11)
    case = it.reviews.decide(FIRST, case.id, 11, REDACT)
    assert case.decisions[11].seen == {1, 4}
    with pytest.raises(Incomplete):
        it.reviews.decide(SECOND, case.id, 12, RELEASE)  # read by nobody
    read_all(it, case, 12, SECOND)
    with pytest.raises(Incomplete):
        it.reviews.decide(FIRST, case.id, 12, RELEASE)  # read by somebody else
    case = it.reviews.decide(SECOND, case.id, 12, Wanted("not_relevant"))
    assert (case.state, it.reviews.next(FIRST, case.id)) == ("second_reading", None)
    with pytest.raises(Incomplete, match="2 decisions wait for the second reader"):
        it.cases.close(FIRST, case.id, "part_released")
    with pytest.raises(CaseError, match="yourself"):
        it.reviews.confirm(FIRST, case.id, [11])
    case = it.reviews.confirm(SECOND, case.id, [11])
    case = it.reviews.send_back(FIRST, case.id, 12, "the second turn is about bins")
    assert it.reviews.next(SECOND, case.id) == 12
    case = it.reviews.decide(SECOND, case.id, 12, RELEASE)
    case = it.reviews.confirm(FIRST, case.id, [12])
    assert case.state == "ready"
    waiting = it.cases.hits(FIRST, case.id, second="confirmed")
    assert [(each.unit, each.decision) for each in waiting] == [(11, "redact"), (12, "release")]
    it.clock.forward(days=10)
    case = it.cases.close(FIRST, case.id, "part_released", "sent by e-mail")
    assert (case.state, case.outcome, case.dispose_after) == ("closed", "part_released", date(2029, 3, 12))
    with pytest.raises(CaseError, match="Reopen it first"):
        it.cases.search(FIRST, case.id, BINS)
    assert it.cases.note(FIRST, case.id, "thanked us").state == "closed"
    assert it.cases.reopen(FIRST, case.id, "internal review").dispose_after is None


def test_alike_conversations_are_decided_together_only_when_confirmed() -> None:
    it = made()
    case = it.cases.search(FIRST, opened(it).id, Query("maidstone", "more"))
    case = read_all(it, case, 11)
    case = it.reviews.decide(FIRST, case.id, 11, REDACT)
    assert it.reviews.alike(FIRST, case.id, 11) == (12,)
    with pytest.raises(CaseError, match="decides 1 conversation at once"):
        it.reviews.decide_alike(FIRST, case.id, 11, [12])
    with pytest.raises(CaseError, match="does not read the same"):
        it.reviews.decide_alike(FIRST, case.id, 11, [13], confirmed=True)
    with pytest.raises(CaseError, match="Only your own"):
        it.reviews.decide_alike(SECOND, case.id, 11, [12], confirmed=True)
    case = it.reviews.decide_alike(FIRST, case.id, 11, [12], confirmed=True)
    assert case.decisions[12].redactions == (Redaction(24, "sent", 4, 19, "FOIA s.40(2)", "a member of staff"),)
    assert case.decisions[12].seen == {21, 24}
    assert set(case.decisions) == {11, 12}


def test_clocks_stop_go_on_and_stretch() -> None:
    it = made()
    it.clock.forward(days=60)
    case = opened(it)
    assert case.due_on == date(2026, 3, 31)
    case = it.cases.pause(FIRST, case.id, "clarification", date(2026, 3, 9), "which wards?")
    assert (case.due_on, case.state) == (None, "paused")
    case = it.cases.resume(FIRST, case.id, date(2026, 3, 20), "all of them")
    assert case.due_on == date(2026, 4, 21)
    assert "Clarified on 20 March 2026" in case.clock
    case = it.cases.extend(
        FIRST, case.id, "public_interest", "s.43", told_on=date(2026, 4, 20), until=date(2026, 5, 12)
    )  # fmt: skip
    assert case.due_on == date(2026, 5, 12)
    with pytest.raises(BadRequest, match="future"):
        it.cases.pause(FIRST, case.id, "fee", date(2026, 12, 1))
    with pytest.raises(CaseError, match="stops for clarification or fee"):
        it.cases.pause(FIRST, case.id, "identity", date(2026, 4, 1))
    due = it.cases.list(FIRST, due_by=date(2026, 5, 12))
    assert [each.row.id for each in due] == [case.id]
    assert it.cases.list(FIRST, due_by=date(2026, 5, 11)) == ()


def test_a_complaint_an_ico_case_and_a_review() -> None:
    it = made()
    complaint = opened(it, CaseKind.COMPLAINT, None)
    assert complaint.due_on == date(2026, 3, 31)
    assert it.cases.acknowledge(FIRST, complaint.id, DAY).due_on is None
    ico = opened(it, CaseKind.ICO, None)
    assert ico.due_on is None
    assert it.cases.give_due(FIRST, ico.id, date(2026, 3, 23), "letter of 2 March").due_on == date(2026, 3, 23)
    review = it.cases.relate(FIRST, opened(it, CaseKind.INTERNAL_REVIEW, None).id, ico.id)
    assert review.related == (ico.id,)
    assert review.due_on == date(2026, 3, 31)
    it.cases.extend(FIRST, review.id, "complex", "four exemptions", told_on=DAY)
    with pytest.raises(CaseError, match="case of kind ico has no extension"):
        it.cases.extend(FIRST, ico.id, "complex", "x", told_on=DAY)


def test_the_section_12_sheet_of_a_case() -> None:
    it = made()
    case = opened(it)
    with pytest.raises(CaseError, match="Estimate first"):
        it.cases.narrowing(FIRST, case.id)
    it.cases.spend(FIRST, case.id, "locate", 90)
    it.cases.spend(FIRST, case.id, "redact", 300)
    it.cases.estimate(FIRST, case.id, sampled=1, minutes=600)
    other = it.cases.spend(FIRST, opened(it, query=None).id, "extract", 30)
    it.cases.relate(FIRST, case.id, other.id)
    made_ = it.cases.sheet(FIRST, case.id)
    assert (made_.counted, made_.aggregate, made_.estimated, made_.over) == (90, 30, 1200, True)
    advice = it.cases.narrowing(FIRST, case.id)
    assert advice.affordable == 1
    assert advice.by_month == {"2026-02": 2}
    with pytest.raises(CaseError, match="1 to 2"):
        it.cases.estimate(FIRST, case.id, sampled=3, minutes=5)
    with pytest.raises(BadRequest, match="Which activity"):
        it.cases.spend(FIRST, case.id, "tea", 5)  # type: ignore[arg-type]
    assert hit(1).services == ("housing",)


def test_an_incident_from_a_record_with_its_hours() -> None:
    it = made()
    aware = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    asked = OpenIncident("maidstone", aware, "a name was sent", ("MBC-AAAA-AAAA",), self_reported=True)
    case = it.incidents.open(INVESTIGATOR, asked)
    assert (case.id, case.units, case.due_at) == ("INC-MBC-2026-0001", (11,), None)
    case = it.incidents.change(INVESTIGATOR, case.id, personal_data=True, reason="it was a resident's")
    assert case.due_at == datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
    near = it.incidents.open(FIRST, OpenIncident("maidstone", aware, "almost", near_miss=True, personal_data=True))
    assert near.due_at is None
    it.clock.forward(days=3)
    case = it.incidents.told(INVESTIGATOR, case.id, "ico", aware + timedelta(hours=73))
    assert "late: say why" in case.clock
    case = it.incidents.told(INVESTIGATOR, case.id, "people", aware + timedelta(hours=20))
    counts = it.incidents.counts(FIRST, "maidstone", date(2026, 3, 1), date(2026, 4, 1))
    assert (counts.incidents, counts.near_misses, counts.self_reported, counts.personal_data) == (2, 1, 1, 2)
    assert (counts.told_ico, counts.told_people, counts.late, counts.closed) == (1, 1, 1, 0)
    assert it.incidents.counts(FIRST, "maidstone", date(2026, 4, 1), date(2026, 5, 1)).incidents == 0
    case = it.cases.close(INVESTIGATOR, case.id, "completed", "training given")
    assert case.state == "closed"
    with pytest.raises(CaseError, match="no record of that reference"):
        it.incidents.open(FIRST, OpenIncident("maidstone", aware, "x", ("MBC-ZZZZ-ZZZZ",)))
    with pytest.raises(BadRequest, match="future"):
        it.incidents.open(FIRST, OpenIncident("maidstone", aware + timedelta(days=9), "x"))
    with pytest.raises(BadRequest, match="opened from the record"):
        opened(it, CaseKind.INCIDENT)
    linked = it.incidents.link(FIRST, near.id, ["MBC-AAAA-AAAA"])
    assert (linked.units, linked.incident.refs if linked.incident else ()) == ((11,), ("MBC-AAAA-AAAA",))


def test_a_restriction_is_placed_and_lifted() -> None:
    it = made()
    case = opened(it, CaseKind.OBJECTION)
    case = it.rights.restrict(FIRST, case.id, [11, 12], "Art 21(1), balance pending")
    assert [each.decision for each in it.cases.hits(FIRST, case.id)] == ["restricted", "restricted"]
    case = it.rights.lift(FIRST, case.id, [12], "told on 9 March")
    assert case.restricted == {11}
    assert [each.unit for each in it.cases.hits(FIRST, case.id, decision="restricted")] == [11]
    with pytest.raises(CaseError, match="no restriction"):
        it.rights.lift(FIRST, case.id, [12], "again")


def test_erasure_is_refused_while_a_hold_stands() -> None:
    it = made()
    case = opened(it, CaseKind.ERASURE)
    assert case.holds == ()  # what is to be erased is not kept by its own case
    it.holds.kept = {12}
    with pytest.raises(Held, match=r"1 of 2 conversations is under a legal hold"):
        it.rights.erase(FIRST, case.id, [11, 12], "Art 17(1)(a)")
    assert it.eraser.erased == []
    case = it.rights.erase(FIRST, case.id, [11], "Art 17(1)(a)")
    assert it.eraser.erased == [11]
    assert case.erased == {11}
    with pytest.raises(CaseError, match="kind erasure"):
        it.rights.erase(FIRST, opened(it).id, [11], "x")


def test_no_message_repeats_what_people_wrote() -> None:
    """Whatever is refused: the name, the query and the note of a case stay out of the error."""
    it = made()
    name = "Zebedee Quill"
    case = it.cases.open(
        FIRST, OpenCase("maidstone", CaseKind.FOI, DAY, name, name, name, query=Query("maidstone", "bins"))
    )
    tried = 0
    acts: list[Callable[[], object]] = [
        lambda: it.cases.read(FIRST, name),
        lambda: it.cases.close(FIRST, case.id, name, name),
        lambda: it.cases.note(STRANGER, case.id, name),
        lambda: it.reviews.decide(FIRST, case.id, 11, Wanted("withhold", code=name, reason=name)),
        lambda: it.reviews.send_back(SECOND, case.id, 11, name),
        lambda: it.rights.correct(FIRST, case.id, 11, name, name),
        lambda: it.cases.search_again(FIRST, case.id, name),
        lambda: it.cases.spend(FIRST, case.id, name, 5, note=name),  # type: ignore[arg-type]
        lambda: it.cases.pause(FIRST, case.id, "identity", DAY, name),
        lambda: it.cases.note(FIRST, case.id, name + "\ud800"),
        lambda: it.openings.refuse(DPO, case.id, name),
        lambda: it.incidents.open(FIRST, OpenIncident("maidstone", it.clock.at, name, (name,))),
    ]
    for act in acts:
        with pytest.raises(GatewayError) as caught:
            act()
        tried += 1
        assert "Zebedee" not in str(caught.value) + repr(caught.value)
    assert tried == 12
    assert "Zebedee" not in repr(case)


def test_an_erasure_that_was_done_reaches_its_case() -> None:
    it = made()
    case = opened(it, CaseKind.ERASURE)
    matters = it.matters
    assert isinstance(matters, MemoryMatters)
    matters.between = lambda: it.cases.note(SECOND, case.id, "meanwhile")
    case = it.rights.erase(FIRST, case.id, [11], "Art 17(1)(a)")
    assert case.erased == {11}
    assert it.eraser.erased == [11]
    assert len(case.notes) == 1


def test_a_conversation_is_not_shown_when_detection_fails() -> None:
    it = made()
    case = opened(it)
    it.inspector.fails = True
    with pytest.raises(Unavailable, match="not shown as if it had none"):
        it.reviews.show(FIRST, case.id, 11)
