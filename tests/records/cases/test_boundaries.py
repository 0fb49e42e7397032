"""What officers get wrong, and what happens to a case while somebody else looks: dates, second readers, erasure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.model.case import CaseKind, Pause
from gateway.model.errors import BadRequest
from gateway.records.cases.calendar import Calendar, OneOff
from gateway.records.cases.clock import Timing, due
from gateway.records.cases.errors import CaseError
from gateway.records.cases.incidents import OpenIncident
from gateway.records.cases.service import OpenCase
from tests.support.cases import DPO, FIRST, SECOND, MemoryMatters
from tests.support.casework import DAY, REDACT, RELEASE, made, opened, read_all

# -- dates


def sar(received: date, *pauses: Pause) -> date | None:
    return due(Timing(CaseKind.SAR, received, pauses), Calendar()).on


def asked(since: date, until: date) -> Pause:
    return Pause("clarification", since, until)


@pytest.mark.parametrize(
    ("received", "pause", "answer"),
    [
        (
            date(2026, 1, 31),
            asked(date(2026, 2, 27), date(2026, 3, 2)),
            date(2026, 3, 4),
        ),  # four days after 28 February
        (date(2026, 3, 2), asked(date(2026, 4, 2), date(2026, 4, 9)), date(2026, 4, 10)),  # asked on the last day
        (date(2026, 3, 2), asked(date(2026, 4, 3), date(2026, 4, 9)), date(2026, 4, 2)),  # the month was over
        (
            date(2026, 4, 2),
            asked(date(2026, 5, 5), date(2026, 5, 6)),
            date(2026, 5, 7),
        ),  # 2 May: Saturday, holiday after
        (date(2026, 4, 2), asked(date(2026, 5, 6), date(2026, 5, 7)), date(2026, 5, 5)),
    ],
)
def test_a_question_stops_the_month_only_while_it_runs(received: date, pause: Pause, answer: date) -> None:
    assert sar(received, pause) == answer


def test_questions_that_touch_count_a_day_once() -> None:
    first, second = asked(date(2026, 3, 9), date(2026, 3, 11)), asked(date(2026, 3, 11), date(2026, 3, 12))
    assert sar(date(2026, 3, 2), first, second) == date(2026, 4, 7)  # 2 April and 4 days: Easter Monday


def test_a_clock_that_ran_out_is_not_stopped() -> None:
    it = made()
    case = opened(it)
    it.clock.forward(days=40)
    with pytest.raises(CaseError, match="was due on 31 March 2026: asking after that stops no clock"):
        it.cases.pause(FIRST, case.id, "clarification", date(2026, 4, 1))
    assert it.cases.pause(FIRST, case.id, "clarification", date(2026, 3, 31)).state == "paused"


def test_a_due_date_moves_for_nothing_but_the_clock() -> None:
    it = made()
    case = opened(it)
    with pytest.raises(CaseError, match="is the same"):
        it.cases.recount(FIRST, case.id, "checking")
    it.desk.calendar = Calendar([OneOff(date(2026, 3, 10), "holiday", "Day of mourning")])
    noted = it.cases.note(FIRST, case.id, "spoke to the requester")
    assert (noted.due_on, noted.clock) == (case.due_on, case.clock)
    moved = it.cases.recount(FIRST, case.id, "proclamation of 4 March")
    assert moved.due_on == date(2026, 4, 1)
    assert moved.steps[-1].said == "proclamation of 4 March"


@pytest.mark.parametrize("until", [date(2027, 4, 1), date(9999, 12, 31)])
def test_a_public_interest_test_does_not_take_years(until: date) -> None:
    it = made()
    case = opened(it)
    with pytest.raises(CaseError, match="more than a year later"):
        it.cases.extend(FIRST, case.id, "public_interest", "s.43", told_on=DAY, until=until)


@pytest.mark.parametrize(
    ("kind", "received", "given", "said"),
    [
        (CaseKind.FOI, DAY, date(2026, 5, 1), "follows from the law"),
        (CaseKind.SAR, DAY, date(2026, 5, 1), "follows from the law"),
        (CaseKind.ICO, DAY, date(2026, 3, 1), "due before it came"),
        (CaseKind.FOI, date(202, 3, 2), None, "received then"),
        (CaseKind.FOI, date(2026, 3, 3), None, "in the future"),
    ],
)
def test_a_case_opens_with_dates_that_can_be(kind: CaseKind, received: date, given: date | None, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        made().cases.open(FIRST, OpenCase("maidstone", kind, received, "bins", due_given=given))


def test_an_answer_does_not_go_out_before_the_request() -> None:
    it = made()
    case = opened(it)
    with pytest.raises(BadRequest, match="before the request came"):
        it.cases.close(FIRST, case.id, "withdrawn", on=date(2026, 3, 1))
    closed = it.cases.close(FIRST, case.id, "withdrawn", "told by letter", on=DAY)
    assert (closed.answered_on, closed.steps[-1].said) == (DAY, "told by letter")
    assert it.cases.reopen(FIRST, case.id, "they came back").answered_on is None
    assert "told by letter" not in repr(closed)


def test_an_outcome_is_what_the_law_and_the_decisions_say() -> None:
    it = made()
    with pytest.raises(CaseError, match="limit of cost"):
        it.cases.close(FIRST, opened(it, CaseKind.SAR).id, "exceeds_limit")
    case = opened(it)
    read_all(it, case, 11)
    it.reviews.decide(FIRST, case.id, 11, REDACT)
    with pytest.raises(CaseError, match="it is held"):
        it.cases.close(FIRST, case.id, "not_held")
    it.reviews.decide(FIRST, case.id, 11, replace(RELEASE, verdict="not_relevant"))
    assert it.cases.close(FIRST, case.id, "not_held").state == "closed"


def test_what_is_written_with_a_step_can_be_read_again() -> None:
    it = made()
    case = opened(it)
    it.cases.pause(FIRST, case.id, "clarification", DAY, "which wards?")
    it.cases.resume(FIRST, case.id, DAY, "all of them")
    it.openings.request(FIRST, case.id, "names are asked for")
    it.openings.refuse(DPO, case.id, "not yet")
    case = it.cases.note(FIRST, case.id, "a note has its own place")
    assert [step.said for step in case.steps] == [
        "",
        "",
        "which wards?",
        "all of them",
        "names are asked for",
        "not yet",
        "",
    ]


# -- leave, and the second reader


def test_leave_ends_at_its_moment() -> None:
    it = made()
    case = opened(it)
    it.openings.request(FIRST, case.id, "names are asked for")
    it.openings.approve(DPO, case.id, 1)
    it.clock.forward(days=1, microseconds=-1)
    it.openings.open(FIRST, case.id, 11)
    it.clock.forward(microseconds=1)
    with pytest.raises(CaseError, match="has ended"):
        it.openings.open(FIRST, case.id, 11)


def test_a_decision_that_was_made_anew_is_not_confirmed_unread() -> None:
    it = made()
    case = opened(it)
    read_all(it, case, 11)
    read = it.reviews.decide(FIRST, case.id, 11, REDACT).seq
    it.cases.note(FIRST, case.id, "another view was taken")
    it.reviews.decide(FIRST, case.id, 11, RELEASE)
    with pytest.raises(CaseError, match="decided anew after you read it"):
        it.reviews.confirm(SECOND, case.id, [11], as_of=read)
    case = it.reviews.confirm(SECOND, case.id, [11], as_of=it.cases.read(SECOND, case.id).seq)
    assert case.decisions[11].second == SECOND.id


# -- rights


def test_a_decision_does_not_lift_a_restriction() -> None:
    it = made()
    case = opened(it, CaseKind.RESTRICTION)
    it.rights.restrict(FIRST, case.id, [11], "accuracy is contested")
    read_all(it, case, 11)
    it.reviews.decide(FIRST, case.id, 11, replace(RELEASE, verdict="not_relevant"))
    restricted = [each.unit for each in it.cases.hits(FIRST, case.id, decision="restricted")]
    assert restricted == [11]
    it.reviews.send_back(SECOND, case.id, 11, "look again")
    assert [(each.unit, each.second) for each in it.cases.hits(FIRST, case.id, decision="restricted")] == [
        (11, "sent_back")
    ]
    it.rights.lift(FIRST, case.id, [11], "told on 9 March")
    assert it.cases.hits(FIRST, case.id, decision="restricted") == ()


# -- incidents

AWARE = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)


def test_incidents_are_counted_by_when_the_council_became_aware_as_known_now() -> None:
    it = made()
    late = it.incidents.open(FIRST, OpenIncident("maidstone", AWARE, "a name was sent", personal_data=True))
    it.incidents.change(FIRST, late.id, aware_at=AWARE - timedelta(days=2), reason="an earlier e-mail was found")
    march, february = (date(2026, 3, 1), date(2026, 4, 1)), (date(2026, 2, 1), date(2026, 3, 1))
    assert it.incidents.counts(FIRST, "maidstone", *march).incidents == 0
    assert it.incidents.counts(FIRST, "maidstone", *february).incidents == 1


def test_a_breach_of_which_nobody_was_told_in_time_is_counted() -> None:
    it = made()
    breach = it.incidents.open(FIRST, OpenIncident("maidstone", AWARE, "a name was sent", personal_data=True))
    it.incidents.open(FIRST, OpenIncident("maidstone", AWARE, "almost", personal_data=True, near_miss=True))
    days = (date(2026, 3, 1), date(2026, 4, 1))
    it.clock.at = AWARE + timedelta(hours=72)
    assert it.incidents.counts(FIRST, "maidstone", *days).untold == 0
    it.clock.forward(seconds=1)
    assert it.incidents.counts(FIRST, "maidstone", *days).untold == 1
    it.incidents.told(FIRST, breach.id, "ico", it.clock.at)
    counted = it.incidents.counts(FIRST, "maidstone", *days)
    assert (counted.untold, counted.late) == (0, 1)


def test_nobody_was_told_before_the_council_was_aware() -> None:
    it = made()
    case = it.incidents.open(FIRST, OpenIncident("maidstone", AWARE, "a name was sent", personal_data=True))
    it.incidents.told(FIRST, case.id, "ico", AWARE + timedelta(hours=1))
    with pytest.raises(BadRequest, match="told before that"):
        it.incidents.change(FIRST, case.id, aware_at=AWARE + timedelta(hours=2), reason="x")


def test_every_record_of_an_incident_has_to_be_there() -> None:
    it = made()
    refs = ("MBC-AAAA-AAAA", "MBC-ZZZZ-ZZZZ")
    with pytest.raises(CaseError, match=r"number 2 of those given"):
        it.incidents.open(FIRST, OpenIncident("maidstone", AWARE, "two records", refs))
    matters = it.matters
    assert isinstance(matters, MemoryMatters)
    assert (matters.rows, it.holds.placed) == ({}, [])
