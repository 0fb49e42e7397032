"""The statutory clocks: when an answer is due, and why, in words that an officer can put in a letter.

Pure: dates in, a date out. Sources are named beside each rule. Where guidance and statute differ, the statute is
followed; where a rule leaves doubt, the earlier date is given.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.model.case import CaseFile, CaseKind, Extension, Incident, Pause
from gateway.model.counting import counted
from gateway.records.cases.calendar import Calendar, months_later
from gateway.records.cases.errors import CaseError

LONDON = ZoneInfo("Europe/London")
BREACH_HOURS = 72
"""UK GDPR Art 33(1): hours, so nights, weekends and holidays count."""
_WORKING_DAYS = 20
_EXTENDED = 40
_ACKNOWLEDGE_DAYS = 30
_EIR_FEE_DAYS = 60

RIGHTS = frozenset({CaseKind.SAR, CaseKind.RECTIFICATION, CaseKind.ERASURE, CaseKind.RESTRICTION, CaseKind.OBJECTION})
"""Requests whose clock is UK GDPR Art 12(3) and 12A: a month."""
_TWENTY = {
    CaseKind.FOI: "FOIA s.10(1), (6)",
    CaseKind.EIR: "EIR reg.5(2), 2(1)",
    CaseKind.INTERNAL_REVIEW: "FOIA s.45 Code of Practice (2018) part 5; EIR reg.11(4)",
}
Reason = Literal["clarification", "identity", "fee"]
PAUSES: dict[CaseKind, frozenset[Reason]] = {
    CaseKind.FOI: frozenset({"clarification", "fee"}),
    CaseKind.EIR: frozenset({"clarification", "fee"}),
    CaseKind.SAR: frozenset({"clarification", "identity", "fee"}),
    **{kind: frozenset({"identity", "fee"}) for kind in RIGHTS - {CaseKind.SAR}},
}
"""What stops each clock. FOIA s.1(3), s.10(2); EIR reg.9(4), 8(6); UK GDPR Art 12A (DUAA 2025 s.76), whose
clarification is for access requests only."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What of a case the clock looks at."""

    kind: CaseKind
    received_on: date
    pauses: tuple[Pause, ...] = ()
    extension: Extension | None = None
    due_given: date | None = None
    acknowledged_on: date | None = None
    incident: Incident | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The last day (and for hours, the moment) and how it was worked out. `on` is None where no clock runs."""

    on: date | None
    words: str
    at: datetime | None = None


def timing_of(case: CaseFile) -> Timing:
    """The clock's view of a case."""
    return Timing(
        case.kind, case.received_on, case.pauses, case.extension, case.due_given, case.acknowledged_on, case.incident
    )


def due(timing: Timing, calendar: Calendar) -> Due:
    """When an answer is due."""
    if timing.kind is CaseKind.INCIDENT:
        return _breach(timing.incident)
    stopped = next((pause for pause in timing.pauses if pause.until is None), None)
    if stopped is not None:
        return Due(None, _stopped(timing, stopped, calendar))
    if timing.kind in _TWENTY:
        return _working(timing, calendar)
    if timing.kind in RIGHTS:
        return _month(timing, calendar)
    if timing.kind is CaseKind.COMPLAINT:
        return _complaint(timing)
    return _given(timing)


def pausable(timing: Timing, reason: Reason) -> None:
    """Raise CaseError where the law does not stop this clock for that."""
    allowed = PAUSES.get(timing.kind, frozenset())
    if reason in allowed:
        return
    if not allowed:
        raise CaseError(f"The clock of a case of kind {timing.kind.value} can't be stopped.")
    because = ""
    if timing.kind in RIGHTS and reason == "clarification":
        because = " Asking for clarification stops the clock of an access request only (UK GDPR Art 12A)."
    elif reason == "identity":
        because = (
            " A request without the requester's real name is not yet valid (FOIA s.8): ask for it as clarification."
        )
    names = " or ".join(sorted(allowed))
    raise CaseError(f"This clock stops for {names}, not for {reason}.{because}")


def extendable(timing: Timing, extension: Extension, calendar: Calendar) -> None:
    """Raise CaseError where the law gives no such extension, or gave it only until a day that has passed."""
    if extension.ground == "public_interest":
        _public_interest(timing, extension, calendar)
        return
    if timing.kind not in RIGHTS and timing.kind not in (CaseKind.EIR, CaseKind.INTERNAL_REVIEW):
        hint = " For the public interest test, give the ground public_interest." if timing.kind is CaseKind.FOI else ""
        raise CaseError(f"A case of kind {timing.kind.value} has no extension for complexity.{hint}")
    if extension.until is not None:
        raise CaseError("The law gives this extension its length: leave out the date.")
    first = due(_unextended(timing), calendar).on
    if first is not None and extension.told_on > first:
        law = "EIR reg.7(3)" if timing.kind is CaseKind.EIR else "UK GDPR Art 12A"
        if timing.kind is CaseKind.INTERNAL_REVIEW:
            return  # the Code sets no time by which to say so
        raise CaseError(
            f"The requester has to be told of the extension by {said(first)} ({law}); you gave "
            f"{said(extension.told_on)}. "
            "The answer is late: send it as soon as you can, and note why."
        )


def said(day: date) -> str:
    """A date as people write it: 3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def today(at: datetime) -> date:
    """The civil date in the United Kingdom at a moment."""
    return at.astimezone(LONDON).date()


def _unextended(timing: Timing) -> Timing:
    return Timing(timing.kind, timing.received_on, timing.pauses)


def _public_interest(timing: Timing, extension: Extension, calendar: Calendar) -> None:
    if timing.kind is not CaseKind.FOI:
        raise CaseError(
            "More time for the public interest test is given by FOIA s.10(3) only."
            + (" The EIR give it for requests that are complex and voluminous." if timing.kind is CaseKind.EIR else "")
        )
    first = due(_unextended(timing), calendar).on
    if extension.until is None:
        raise CaseError("State the date by which you expect to decide on the public interest (FOIA s.17(2)).")
    if timing.extension is not None and timing.extension.until is not None and first is not None:
        first = max(first, timing.extension.until)  # put off again, before the date stated last
    if first is None:
        return
    if extension.until <= first:
        raise CaseError(f"The answer is due on {said(first)} already: state a later date.")
    if extension.told_on > first:
        raise CaseError(
            f"The requester has to be told by {said(first)}, with the exemption and the date (FOIA s.17(2)); you gave "
            f"{said(extension.told_on)}. The answer is late: send it as soon as you can, and note why."
        )


def _start(timing: Timing) -> tuple[date, str]:
    """Day 0 and why. Clarification starts the clock of FOIA and EIR anew: the date of receipt is the day on which the
    information asked for was received (FOIA s.10(6)(b), ICO guidance on s.10; EIR reg.9(4))."""
    start, why = timing.received_on, f"Received on {said(timing.received_on)}, which is day 0."
    for pause in timing.pauses:
        if pause.reason != "fee" and pause.until is not None and pause.until > start:
            start = pause.until
            law = "FOIA s.1(3), s.10(6)" if timing.kind is CaseKind.FOI else "EIR reg.9(4)"
            why = f"Clarified on {said(start)}, which is the new day 0 ({law})."
    return start, why


def _working(timing: Timing, calendar: Calendar) -> Due:
    start, why = _start(timing)
    extension = timing.extension
    count = _EXTENDED if extension is not None and extension.ground == "complex" else _WORKING_DAYS
    fees = tuple((each.since, each.until) for each in timing.pauses if each.reason == "fee" and each.until is not None)
    last = calendar.nth(start, count, fees)
    words = [
        why,
        f"The answer is due promptly, and by the {count}th working day after it, {said(last)} ({_law(timing)}).",
    ]
    words.extend(_holidays(calendar, start, last))
    for since, until in fees:
        law = "FOIA s.10(2)" if timing.kind is CaseKind.FOI else "EIR reg.8(6)"
        words.append(f"{said(since)} to {said(until)} does not count: a fee was asked for ({law}).")
    if extension is not None and extension.ground == "public_interest" and extension.until is not None:
        words.append(_interest_words(calendar, last, extension.until))
        last = max(last, extension.until)
    return Due(last, " ".join(words))


def _law(timing: Timing) -> str:
    extended = timing.extension is not None and timing.extension.ground == "complex"
    return f"{_TWENTY[timing.kind]}; reg.7" if extended and timing.kind is CaseKind.EIR else _TWENTY[timing.kind]


def _interest_words(calendar: Calendar, last: date, until: date) -> str:
    words = f"The public interest is to be decided by {said(until)} (FOIA s.10(3)); everything else by {said(last)}."
    if calendar.working_days(last, until) > _WORKING_DAYS:
        words += " That is more than 20 further working days, which the ICO accepts in exceptional cases only."
    return words


def _holidays(calendar: Calendar, start: date, last: date) -> list[str]:
    passed = calendar.passed_over(start, last)
    if not passed:
        return []
    named = ", ".join(f"{day.day} {day:%B} ({name})" for day, name in passed)
    return [f"Besides weekends these don't count, holidays anywhere in the UK: {named}."]


def _month(timing: Timing, calendar: Calendar) -> Due:
    """UK GDPR Art 12(3), 12A: a month from the day of receipt, of proof of identity or of a fee, whichever is last; the
    corresponding date, or the last day of a shorter month (ICO, right of access)."""
    start, why = timing.received_on, f"Received on {said(timing.received_on)}."
    for pause in timing.pauses:
        if pause.reason != "clarification" and pause.until is not None and pause.until > start:
            start = pause.until
            what = "Proof of identity" if pause.reason == "identity" else "The fee"
            why = f"{what} came on {said(start)}, from which the month runs (UK GDPR Art 12A)."
    months = 3 if timing.extension is not None else 1
    days = _stopped_days(timing, start)
    end = months_later(start, months) + timedelta(days=days)
    last = calendar.end_of_period(end)
    length = "one month" if months == 1 else "three months (complex or numerous requests)"
    words = [
        why,
        f"The answer is due without undue delay, and within {length}: by {said(last)} (UK GDPR Art 12(3), 12A).",
    ]
    if days:
        words.append(
            f"{counted(days, 'day does', 'days do')} not count: clarification was asked for, "
            "counting the days of asking and of answer."
        )
    if last != end:
        words.append(f"{said(end)} is a weekend or public holiday, so the next working day counts.")
    return Due(last, " ".join(words))


def _stopped_days(timing: Timing, start: date) -> int:
    """Days of clarification, the day of asking and the day of the answer included (Art 12A as DUAA s.76 words it)."""
    stopped: set[date] = set()
    for pause in timing.pauses:
        if pause.reason == "clarification" and pause.until is not None:
            first = max(pause.since, start)
            stopped.update(first + timedelta(days=n) for n in range((pause.until - first).days + 1))
    return len(stopped)


def _stopped(timing: Timing, pause: Pause, calendar: Calendar) -> str:
    what = {"clarification": "clarification", "identity": "proof of identity", "fee": "a fee"}[pause.reason]
    words = f"The clock has stood still since {said(pause.since)}: the requester was asked for {what}."
    if pause.reason == "clarification" and timing.kind is not CaseKind.SAR:
        return words + " It starts again at day 0 when the answer comes."
    if pause.reason == "fee" and timing.kind is CaseKind.FOI:
        return words + f" If it is not paid by {said(months_later(pause.since, 3))}, no answer is owed (FOIA s.9(2))."
    if pause.reason == "fee" and timing.kind is CaseKind.EIR:
        until = calendar.nth(pause.since - timedelta(days=1), _EIR_FEE_DAYS)
        return words + f" If it is not paid within 60 working days, by {said(until)}, no answer is owed (EIR reg.8(5))."
    return words


def _complaint(timing: Timing) -> Due:
    """DPA 2018 s.164A(3): acknowledge within 30 days beginning when the complaint is received, so that day is the
    first."""
    last = timing.received_on + timedelta(days=_ACKNOWLEDGE_DAYS - 1)
    if timing.acknowledged_on is not None:
        return Due(
            None,
            f"Acknowledged on {said(timing.acknowledged_on)} (due by {said(last)}). Enquire, keep the complainant "
            "informed "
            "and tell them the outcome without undue delay (DPA 2018 s.164A(4)).",
        )
    return Due(
        last,
        f"Received on {said(timing.received_on)}, which is day 1. Acknowledge it within 30 days, by {said(last)} "
        "(DPA 2018 s.164A(3)).",
    )


def _given(timing: Timing) -> Due:
    if timing.due_given is None:
        return Due(None, "No statutory clock runs. Give a date if somebody has set one.")
    return Due(timing.due_given, f"{said(timing.due_given)} is the date that was set for this case.")


def _breach(incident: Incident | None) -> Due:
    if incident is None or incident.near_miss or not incident.personal_data:
        what = "a near miss" if incident is not None and incident.near_miss else "no breach of personal data"
        return Due(None, f"Recorded as {what}: no statutory clock runs (policy clause 14.2).")
    limit = incident.aware_at.astimezone(UTC) + timedelta(hours=BREACH_HOURS)
    words = (
        f"Aware at {_moment(incident.aware_at)}. A breach that is likely to be a risk to people has to reach the "
        "ICO within "
        f"72 hours, by {_moment(limit)}; weekends and nights count (UK GDPR Art 33(1))."
    )
    if incident.ico_told_at is not None:
        late = incident.ico_told_at > limit
        words += f" The ICO was told at {_moment(incident.ico_told_at)}{', late: say why (Art 33(1))' if late else ''}."
        return Due(None, words)
    return Due(today(limit), words, limit)


def _moment(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local:%H:%M} on {said(local.date())}"
