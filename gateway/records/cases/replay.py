"""What a case is: its events, replayed. Pure and total: any sequence gives a case or a CaseError that says what to
do."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import singledispatch

from gateway.model.case import Approval, CaseFile, CaseKind, Correction, Opening, Pause, SearchRun, Step, TimeEntry
from gateway.records.cases import events as e
from gateway.records.cases.errors import CaseError
from gateway.records.cases.rules import require
from gateway.records.cases.states import state_of


def replay(entries: Iterable[e.Entry], case: CaseFile | None = None) -> CaseFile:
    """The case after `entries`, which follow what `case` has had. Raises CaseError for what can't have happened."""
    for entry in entries:
        case = apply(case, entry)
    if case is None:
        raise CaseError("A case begins with its opening; this one has no events.")
    return case


def apply(case: CaseFile | None, entry: e.Entry) -> CaseFile:
    """The case after one more event. Raises CaseError where the event is not possible in the case as it stands."""
    if entry.seq != (1 if case is None else case.seq + 1):
        raise CaseError(f"Event {entry.seq} does not follow event {0 if case is None else case.seq}.")
    if isinstance(entry.event, e.Opened):
        if case is not None:
            raise CaseError("This case is open already.")
        changed = _opened(entry.event, entry)
    else:
        if case is None:
            raise CaseError("A case begins with its opening.")
        require(case, entry)
        changed = _change(entry.event, case, entry)
    step = Step(entry.seq, entry.at, entry.by, entry.kind, entry.hash, _said(entry.event))
    changed = replace(
        changed, steps=(*changed.steps, step), officers={**changed.officers, entry.by: entry.role},
        persons={**changed.persons, entry.by: entry.person} if entry.person else changed.persons,
        due_on=entry.due_on, due_at=entry.due_at, clock=entry.clock,
    )  # fmt: skip
    return replace(changed, state=state_of(changed))


def _said(event: e.Event) -> str:
    """What was written with an event, for the chain of custody; notes have a place of their own."""
    if isinstance(event, e.Noted):
        return ""
    if isinstance(event, e.Extended):
        return event.extension.reason
    written = (getattr(event, name, "") for name in ("asked", "answer", "text", "reason"))
    return next((each for each in written if each), "")


def case_number(kind: CaseKind, prefix: str, year: int, number: int) -> str:
    """A case's number as people quote it: FOI-MBC-2026-0001. Numbers run through all kinds of a council's year."""
    return f"{ABBREVIATIONS[kind]}-{prefix}-{year}-{number:04d}"


ABBREVIATIONS = {
    CaseKind.FOI: "FOI",
    CaseKind.EIR: "EIR",
    CaseKind.SAR: "SAR",
    CaseKind.RECTIFICATION: "RCT",
    CaseKind.ERASURE: "ERA",
    CaseKind.RESTRICTION: "RES",
    CaseKind.OBJECTION: "OBJ",
    CaseKind.COMPLAINT: "DPC",
    CaseKind.INTERNAL_REVIEW: "IR",
    CaseKind.ICO: "ICO",
    CaseKind.INVESTIGATION: "INV",
    CaseKind.INCIDENT: "INC",
}


def _opened(event: e.Opened, entry: e.Entry) -> CaseFile:
    number = case_number(event.kind, event.prefix, event.year, event.number)
    return CaseFile(
        id=number, controller=event.controller, kind=event.kind, state="open", reference=event.reference or number,
        subject=event.subject, requester=event.requester, received_on=event.received_on, due_on=None, clock="",
        opened_at=entry.at, closed_at=None, second_reader=event.second_reader, due_given=event.due_given,
        incident=event.incident,
    )  # fmt: skip


@singledispatch
def _change(event: object, case: CaseFile, entry: e.Entry) -> CaseFile:
    """The case with what an event changes, but for its step, state and clock."""
    raise CaseError(f"Event {entry.seq} is of a kind that this version does not know.")


def _on(kind: type) -> Callable[[Callable[..., CaseFile]], Callable[..., CaseFile]]:
    return _change.register(kind)


@_on(e.Searched)
def _(event: e.Searched, case: CaseFile, entry: e.Entry) -> CaseFile:
    run = SearchRun(
        event.search,
        event.query,
        entry.at,
        entry.by,
        event.tree_size,
        len(event.units),
        event.millis / 1000,
        event.recall,
    )
    known = set(case.units)
    fresh = tuple(unit for unit in dict.fromkeys(event.units) if unit not in known)
    return replace(
        case,
        searches=(*case.searches, run),
        units=case.units + fresh,
        found_by={**case.found_by, **dict.fromkeys(fresh, event.search)},
        holds=(*case.holds, event.hold) if event.hold else case.holds,
    )


@_on(e.Noted)
def _(event: e.Noted, case: CaseFile, entry: e.Entry) -> CaseFile:
    return replace(case, notes=(*case.notes, (entry.at, entry.by, event.text)))


@_on(e.TimeSpent)
def _(event: e.TimeSpent, case: CaseFile, entry: e.Entry) -> CaseFile:
    spent = TimeEntry(event.activity, event.minutes, entry.by, event.on, event.note)
    return replace(case, time=(*case.time, spent))


@_on(e.Estimated)
def _(event: e.Estimated, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, estimates=(*case.estimates, event.estimate))


@_on(e.Paused)
def _(event: e.Paused, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, pauses=(*case.pauses, Pause(event.reason, event.since)))


@_on(e.Resumed)
def _(event: e.Resumed, case: CaseFile, _entry: e.Entry) -> CaseFile:
    ended = tuple(replace(each, until=event.until) if each.until is None else each for each in case.pauses)
    return replace(case, pauses=ended)


@_on(e.Extended)
def _(event: e.Extended, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, extension=event.extension)


@_on(e.Acknowledged)
def _(event: e.Acknowledged, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, acknowledged_on=event.on)


@_on(e.DueGiven)
def _(event: e.DueGiven, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, due_given=event.due_on)


@_on(e.Recounted)
def _(_event: e.Recounted, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return case


@_on(e.Related)
def _(event: e.Related, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, related=tuple(dict.fromkeys((*case.related, event.case))))


@_on(e.Marked)
def _(event: e.Marked, case: CaseFile, entry: e.Entry) -> CaseFile:
    readers = case.marks.get(event.unit, {})
    read = readers.get(entry.by, frozenset()) | frozenset(event.passages)
    return replace(case, marks={**case.marks, event.unit: {**readers, entry.by: read}})


@_on(e.Premarked)
def _(event: e.Premarked, case: CaseFile, _entry: e.Entry) -> CaseFile:
    known = case.premarks if event.suite == case.premarked_by else {}
    fresh = {(each.part, each.form): each.marks for each in event.texts}
    return replace(case, premarked_by=event.suite, premarks={**known, **fresh})


@_on(e.Decided)
def _(event: e.Decided, case: CaseFile, entry: e.Entry) -> CaseFile:
    unit = event.decision.unit
    sent_back = {each: why for each, why in case.sent_back.items() if each != unit}
    return replace(
        case, decisions={**case.decisions, unit: event.decision}, decided={**case.decided, unit: entry.seq},
        sent_back=sent_back,
    )  # fmt: skip


@_on(e.Confirmed)
def _(event: e.Confirmed, case: CaseFile, entry: e.Entry) -> CaseFile:
    appointed = isinstance(event, e.ConfirmedByAppointee)
    fresh = {
        unit: replace(case.decisions[unit], second=entry.by, second_at=entry.at, second_appointed=appointed)
        for unit in event.units
    }
    return replace(case, decisions={**case.decisions, **fresh})


@_on(e.SentBack)
def _(event: e.SentBack, case: CaseFile, _entry: e.Entry) -> CaseFile:
    decisions = {unit: each for unit, each in case.decisions.items() if unit != event.unit}
    return replace(case, decisions=decisions, sent_back={**case.sent_back, event.unit: event.reason})


@_on(e.ApprovalAsked)
def _(event: e.ApprovalAsked, case: CaseFile, entry: e.Entry) -> CaseFile:
    return replace(case, approvals=(*case.approvals, Approval(entry.by, entry.at, event.reason)))


@_on(e.ApprovalGiven)
def _(event: e.ApprovalGiven, case: CaseFile, entry: e.Entry) -> CaseFile:
    given = replace(
        case.approvals[-1], given_by=entry.by, given_at=entry.at, until=event.until,
        appointed=isinstance(event, e.ApprovalGivenByAppointee),
    )  # fmt: skip
    return replace(case, approvals=(*case.approvals[:-1], given))


@_on(e.ApprovalRefused)
def _(_event: e.ApprovalRefused, case: CaseFile, entry: e.Entry) -> CaseFile:
    refused = replace(case.approvals[-1], given_by=entry.by, given_at=entry.at, refused=True)
    return replace(case, approvals=(*case.approvals[:-1], refused))


@_on(e.Unsealed)
def _(event: e.Unsealed, case: CaseFile, entry: e.Entry) -> CaseFile:
    return replace(case, openings=(*case.openings, Opening(event.unit, entry.by, entry.at)))


@_on(e.Corrected)
def _(event: e.Corrected, case: CaseFile, entry: e.Entry) -> CaseFile:
    note = Correction(event.unit, event.ref, entry.at, entry.by, event.text)
    return replace(case, corrections=(*case.corrections, note))


@_on(e.Restricted)
def _(event: e.Restricted, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, restricted=case.restricted | frozenset(event.units))


@_on(e.Lifted)
def _(event: e.Lifted, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, restricted=case.restricted - frozenset(event.units))


@_on(e.Erased)
def _(event: e.Erased, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, erased=case.erased | frozenset(event.units))


@_on(e.IncidentChanged)
def _(event: e.IncidentChanged, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, incident=event.incident)


@_on(e.Told)
def _(event: e.Told, case: CaseFile, _entry: e.Entry) -> CaseFile:
    if case.incident is None:
        raise CaseError("This case is no incident.")
    if event.whom == "ico":
        return replace(case, incident=replace(case.incident, ico_told_at=event.at))
    return replace(case, incident=replace(case.incident, people_told_at=event.at))


@_on(e.Exported)
def _(_event: e.Exported, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return case


@_on(e.Closed)
def _(event: e.Closed, case: CaseFile, entry: e.Entry) -> CaseFile:
    return replace(
        case, outcome=event.outcome, closed_at=entry.at, dispose_after=event.dispose_after, answered_on=event.on
    )


@_on(e.Reopened)
def _(_event: e.Reopened, case: CaseFile, _entry: e.Entry) -> CaseFile:
    return replace(case, outcome="", closed_at=None, dispose_after=None, answered_on=None, reopened=True)
