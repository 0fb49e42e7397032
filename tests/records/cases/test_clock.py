"""When answers are due: worked examples from statute and guidance, and what holds for every date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.case import CaseKind, Extension, Incident, Pause
from gateway.records.cases.calendar import Calendar, OneOff, months_later
from gateway.records.cases.clock import RIGHTS, Timing, due, extendable, pausable, said
from gateway.records.cases.errors import CaseError

CALENDAR = Calendar()
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


def last(kind: CaseKind, received: date, *pauses: Pause, extension: Extension | None = None) -> date | None:
    return due(Timing(kind, received, pauses, extension), CALENDAR).on


@pytest.mark.parametrize(
    ("received", "answer"),
    [
        # A date of receipt need not be a working day, and is never counted (FOIA s.10(1)): 1 December 2014 was a bank
        # holiday in Scotland, and what came on it was due earlier than what came on the 2nd.
        (date(2014, 12, 1), date(2014, 12, 31)),
        (date(2014, 12, 2), date(2015, 1, 5)),
        # St Patrick's Day does not count in Kent (s.10(6): a bank holiday in any part of the UK).
        (date(2026, 3, 2), date(2026, 3, 31)),
        # Received on a Saturday, a Sunday or late on Friday: Monday is day 1 for all.
        (date(2026, 1, 9), date(2026, 2, 6)),
        (date(2026, 1, 10), date(2026, 2, 6)),
        (date(2026, 1, 11), date(2026, 2, 6)),
        # Christmas Day, Boxing Day's substitute, New Year's Day, and Scotland's 2 January, substituted on the 4th.
        (date(2026, 12, 7), date(2027, 1, 8)),
        # 13 July stands in for 12 July in Northern Ireland; 3 August is Scotland's summer holiday.
        (date(2026, 7, 10), date(2026, 8, 11)),
    ],
)
def test_twenty_working_days(received: date, answer: date) -> None:
    assert last(CaseKind.FOI, received) == answer
    assert last(CaseKind.EIR, received) == answer
    assert last(CaseKind.INTERNAL_REVIEW, received) == answer


def test_the_words_say_which_holidays_were_not_counted() -> None:
    words = due(Timing(CaseKind.FOI, date(2026, 3, 2)), CALENDAR).words
    assert "31 March 2026" in words
    assert "17 March (Saint Patrick's Day)" in words
    assert "FOIA s.10" in words


def test_an_england_only_calendar_would_be_wrong_on_most_days() -> None:
    """The figure that the design notes give: the union matters for 167 of the 365 dates of receipt of 2026."""

    class England(Calendar):
        def works(self, day: date) -> bool:
            return day.weekday() < 5 and not self.holiday(day, ("ENG",))

    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    different = [day for day in days if England().nth(day, 20) != CALENDAR.nth(day, 20)]
    assert len(different) == 167
    assert all(England().nth(day, 20) < CALENDAR.nth(day, 20) for day in different)


def test_clarification_starts_foi_and_eir_anew() -> None:
    """FOIA s.1(3), s.10(6)(b) and EIR reg.9(4): received when the clarification is."""
    pause = Pause("clarification", date(2026, 3, 9), date(2026, 4, 20))
    assert last(CaseKind.FOI, date(2026, 3, 2), pause) == last(CaseKind.FOI, date(2026, 4, 20))
    assert last(CaseKind.EIR, date(2026, 3, 2), pause) == last(CaseKind.EIR, date(2026, 4, 20))
    stopped = due(Timing(CaseKind.FOI, date(2026, 3, 2), (Pause("clarification", date(2026, 3, 9)),)), CALENDAR)
    assert stopped.on is None
    assert "stood still since 9 March 2026" in stopped.words


def test_a_fee_takes_its_days_out() -> None:
    """s.10(2): from the day of the notice to the day of payment, both included, is disregarded."""
    # 2 March to 31 March without; Monday 9 to Friday 13 March are five working days that don't count.
    fee = Pause("fee", date(2026, 3, 9), date(2026, 3, 13))
    assert last(CaseKind.FOI, date(2026, 3, 2), fee) == date(2026, 4, 9)  # Good Friday and Easter Monday between
    unpaid = due(Timing(CaseKind.FOI, date(2026, 3, 2), (Pause("fee", date(2026, 3, 9)),)), CALENDAR)
    assert "9 June 2026" in unpaid.words  # s.9(2): three months
    assert (
        "60 working days"
        in due(Timing(CaseKind.EIR, date(2026, 3, 2), (Pause("fee", date(2026, 3, 9)),)), CALENDAR).words
    )


def test_public_interest_has_a_stated_date() -> None:
    timing = Timing(CaseKind.FOI, date(2026, 3, 2))
    later = Extension("public_interest", date(2026, 3, 30), "s.43 balance", date(2026, 4, 28))
    extendable(timing, later, CALENDAR)
    found = due(Timing(CaseKind.FOI, date(2026, 3, 2), extension=later), CALENDAR)
    assert found.on == date(2026, 4, 28)
    assert "everything else by 31 March 2026" in found.words
    assert "exceptional" not in found.words
    far = Extension("public_interest", date(2026, 3, 30), "s.43 balance", date(2026, 6, 30))
    assert "exceptional" in due(Timing(CaseKind.FOI, date(2026, 3, 2), extension=far), CALENDAR).words
    with pytest.raises(CaseError, match="later date"):
        extendable(timing, Extension("public_interest", date(2026, 3, 30), "x", date(2026, 3, 31)), CALENDAR)
    with pytest.raises(CaseError, match=r"told by 31 March 2026.*s\.17\(2\)"):
        extendable(timing, Extension("public_interest", date(2026, 4, 1), "x", date(2026, 4, 30)), CALENDAR)
    put_off = Timing(CaseKind.FOI, date(2026, 3, 2), extension=later)
    extendable(put_off, Extension("public_interest", date(2026, 4, 20), "again", date(2026, 5, 12)), CALENDAR)
    with pytest.raises(CaseError, match="due on 28 April 2026 already"):
        extendable(put_off, Extension("public_interest", date(2026, 4, 20), "again", date(2026, 4, 28)), CALENDAR)
    with pytest.raises(CaseError, match="State the date"):
        extendable(timing, Extension("public_interest", date(2026, 3, 30), "x"), CALENDAR)
    with pytest.raises(CaseError, match="complex and voluminous"):
        extendable(Timing(CaseKind.EIR, date(2026, 3, 2)), later, CALENDAR)


def test_eir_doubles_where_complex_and_voluminous_and_the_requester_was_told_in_time() -> None:
    timing = Timing(CaseKind.EIR, date(2026, 3, 2))
    told = Extension("complex", date(2026, 3, 31), "4,000 conversations")
    extendable(timing, told, CALENDAR)
    assert last(CaseKind.EIR, date(2026, 3, 2), extension=told) == CALENDAR.nth(date(2026, 3, 2), 40)
    with pytest.raises(CaseError, match=r"by 31 March 2026 \(EIR reg\.7\(3\)\)"):
        extendable(timing, Extension("complex", date(2026, 4, 1), "x"), CALENDAR)
    with pytest.raises(CaseError, match="public_interest"):
        extendable(Timing(CaseKind.FOI, date(2026, 3, 2)), told, CALENDAR)


@pytest.mark.parametrize(
    ("received", "answer"),
    [
        (date(2025, 9, 3), date(2025, 10, 3)),  # the ICO's own example: 3 September, 3 October
        (date(2025, 8, 1), date(2025, 9, 1)),
        (date(2025, 1, 30), date(2025, 2, 28)),  # no corresponding date: the last day of the month
        (date(2024, 1, 30), date(2024, 2, 29)),
        (date(2026, 1, 31), date(2026, 3, 2)),  # 28 February 2026 is a Saturday
        (date(2025, 11, 25), date(2025, 12, 29)),  # Christmas Day, Boxing Day, a weekend
        (date(2026, 2, 17), date(2026, 3, 17)),  # St Patrick's Day gives a council in England no more time
        (date(2026, 3, 3), date(2026, 4, 7)),  # Good Friday to Easter Monday
    ],
)
def test_one_calendar_month(received: date, answer: date) -> None:
    assert {last(kind, received) for kind in RIGHTS} == {answer}


def test_a_council_in_northern_ireland_has_its_own_holidays() -> None:
    assert due(Timing(CaseKind.SAR, date(2026, 2, 17)), Calendar(nation="NIR")).on == date(2026, 3, 18)


def test_identity_starts_the_month_and_clarification_stops_it() -> None:
    """UK GDPR Art 12A (DUAA 2025 s.76)."""
    proved = Pause("identity", date(2026, 6, 2), date(2026, 6, 15))
    assert last(CaseKind.SAR, date(2026, 6, 1), proved) == date(2026, 7, 15)
    # Asked on the 4th, answered on the 10th: seven days do not count, both ends included.
    asked = Pause("clarification", date(2026, 6, 4), date(2026, 6, 10))
    assert last(CaseKind.SAR, date(2026, 6, 1), asked) == date(2026, 7, 8)
    assert last(
        CaseKind.SAR, date(2026, 6, 1), proved, Pause("clarification", date(2026, 6, 16), date(2026, 6, 18))
    ) == date(2026, 7, 20)  # 15 July and three days are 18 July, a Saturday
    words = due(Timing(CaseKind.SAR, date(2026, 6, 1), (asked,)), CALENDAR).words
    assert "7 days do not count" in words


def test_two_more_months_where_complex() -> None:
    told = Extension("complex", date(2026, 6, 30), "records of eleven years")
    extendable(Timing(CaseKind.SAR, date(2026, 6, 1)), told, CALENDAR)
    assert last(CaseKind.SAR, date(2026, 6, 1), extension=told) == date(2026, 9, 1)
    with pytest.raises(CaseError, match="Art 12A"):
        extendable(Timing(CaseKind.SAR, date(2026, 6, 1)), Extension("complex", date(2026, 7, 2), "x"), CALENDAR)


def test_a_complaint_is_acknowledged_within_thirty_days_of_which_receipt_is_the_first() -> None:
    """DPA 2018 s.164A(3): within the period of 30 days beginning when it is received."""
    assert last(CaseKind.COMPLAINT, date(2026, 7, 1)) == date(2026, 7, 30)
    done = due(Timing(CaseKind.COMPLAINT, date(2026, 7, 1), acknowledged_on=date(2026, 7, 3)), CALENDAR)
    assert done.on is None
    assert "without undue delay" in done.words


def test_seventy_two_hours_run_through_weekends_and_clock_changes() -> None:
    """UK GDPR Art 33(1): hours. Summer time begins on 29 March 2026."""
    aware = datetime(2026, 3, 27, 17, 0, tzinfo=UTC)
    found = due(
        Timing(CaseKind.INCIDENT, date(2026, 3, 27), incident=Incident(aware, False, False, True, ())), CALENDAR
    )
    assert found.at == datetime(2026, 3, 30, 17, 0, tzinfo=UTC)
    assert found.on == date(2026, 3, 30)
    assert "18:00 on 30 March 2026" in found.words
    near = due(Timing(CaseKind.INCIDENT, date(2026, 3, 27), incident=Incident(aware, True, False, True, ())), CALENDAR)
    assert (near.on, near.at) == (None, None)
    late = Incident(aware, False, False, True, (), ico_told_at=aware + timedelta(hours=73))
    assert "late: say why" in due(Timing(CaseKind.INCIDENT, date(2026, 3, 27), incident=late), CALENDAR).words


def test_cases_of_the_commissioner_have_the_date_that_was_given() -> None:
    assert due(Timing(CaseKind.ICO, date(2026, 3, 2), due_given=date(2026, 3, 20)), CALENDAR).on == date(2026, 3, 20)
    assert due(Timing(CaseKind.INVESTIGATION, date(2026, 3, 2)), CALENDAR).on is None


@pytest.mark.parametrize(
    ("kind", "reason", "said_"),
    [
        (CaseKind.FOI, "identity", "real name"),
        (CaseKind.ERASURE, "clarification", "access request only"),
        (CaseKind.INCIDENT, "fee", "can't be stopped"),
        (CaseKind.COMPLAINT, "clarification", "can't be stopped"),
    ],
)
def test_a_pause_that_the_law_does_not_know_is_refused(kind: CaseKind, reason: str, said_: str) -> None:
    with pytest.raises(CaseError, match=said_):
        pausable(Timing(kind, date(2026, 3, 2)), reason)  # type: ignore[arg-type]


def test_one_off_days_are_edited_in_with_a_reason() -> None:
    late = Calendar([OneOff(date(2026, 3, 10), "holiday", "Day of mourning")])
    assert late.nth(date(2026, 3, 2), 20) == date(2026, 4, 1)
    assert "Day of mourning" in due(Timing(CaseKind.FOI, date(2026, 3, 2)), late).words
    moved = Calendar([OneOff(date(2026, 3, 17), "working", "St Patrick's Day moved by proclamation")])
    assert moved.nth(date(2026, 3, 2), 20) == date(2026, 3, 30)
    scots = Calendar([OneOff(date(2026, 4, 2), "holiday", "Scotland only", ("SCT",))])
    assert scots.works(date(2026, 4, 2)) is False
    assert scots.end_of_period(date(2026, 4, 2)) == date(2026, 4, 2)
    with pytest.raises(ValueError, match="reason"):
        OneOff(date(2026, 3, 10), "holiday", " ")
    with pytest.raises(ValueError, match="twice"):
        Calendar([OneOff(date(2026, 3, 10), "holiday", "a"), OneOff(date(2026, 3, 10), "working", "b")])


@given(DAYS)
def test_the_answer_is_due_on_a_working_day_with_nineteen_between(received: date) -> None:
    answer = last(CaseKind.FOI, received)
    assert answer is not None
    assert CALENDAR.works(answer)
    assert CALENDAR.working_days(received, answer) == 20


@given(DAYS, DAYS)
def test_what_comes_later_is_never_due_earlier(one: date, other: date) -> None:
    first, second = sorted((one, other))
    for kind in (CaseKind.FOI, CaseKind.SAR, CaseKind.COMPLAINT):
        a, b = last(kind, first), last(kind, second)
        assert a is not None
        assert b is not None
        assert a <= b


@given(DAYS, st.integers(0, 40), st.integers(0, 60), st.sampled_from(["clarification", "identity", "fee"]))
def test_a_pause_never_brings_the_date_forward(received: date, after: int, length: int, reason: str) -> None:
    since = received + timedelta(days=after)
    pause = Pause(reason, since, since + timedelta(days=length))  # type: ignore[arg-type]
    for kind in (CaseKind.FOI, CaseKind.SAR):
        plain, paused = last(kind, received), last(kind, received, pause)
        assert plain is not None
        assert paused is not None
        assert paused >= plain


@given(DAYS, st.integers(1, 24))
def test_a_month_later_is_the_same_day_or_the_last(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


def test_dates_are_said_as_people_write_them() -> None:
    assert said(date(2026, 3, 2)) == "2 March 2026"
