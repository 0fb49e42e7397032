"""Cases: opened, searched in, timed, closed."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, status
from pydantic import Field

from gateway.http.records.case_models import Case, Listed, Progress, listed, progress, whole
from gateway.http.records.common import UNIT, Body, Perhaps, Unit, View, Words
from gateway.http.records.desk import AT, Desk, May
from gateway.http.records.queries import QueryIn
from gateway.model.case import Activity, CaseFile, CaseKind, OfHit, Second, State
from gateway.records.access import Act
from gateway.records.cases.errors import no_such_case
from gateway.records.cases.service import OpenCase

router = APIRouter(prefix=f"{AT}/cases", tags=["cases"])
MOST = 500

CaseId = Annotated[str, Path(max_length=60, description="The case's number: FOI-MBC-2026-0001.")]
Reading = Annotated[Desk, Depends(May(Act.READ_CASE))]
Working = Annotated[Desk, Depends(May(Act.WORK_CASE, Act.WORK_INCIDENT))]


def at_desk(desk: Desk, case_id: str) -> CaseFile:
    """The case, if it is this council's. Raises NoSuchCase, the same where there is none."""
    case = desk.office.cases.read(desk.officer, case_id)
    if case.controller != desk.controller:
        raise no_such_case()
    return case


class NewCase(Body):
    """A request as it came in."""

    kind: Annotated[CaseKind, Field(description="Incidents are opened by their own route.")]
    received_on: Annotated[date, Field(description="The day it came (UK).")]
    subject: Annotated[Words, Field(description="What it is about.")]
    requester: Annotated[Perhaps, Field(description="Who asks.")] = ""
    reference: Annotated[Perhaps, Field(description="The number that the council's other systems use.")] = ""
    due_given: Annotated[date | None, Field(description="The date that the ICO or an investigation set.")] = None
    second_reader: Annotated[bool | None, Field(description="None: as the council's settings say.")] = None
    query: Annotated[QueryIn | None, Field(description="A first search; its hold begins with the case.")] = None


class Cases(View):
    """A page of cases, by number."""

    items: list[Listed]
    after: Annotated[str, Field(description="Ask with this for the next page; empty on the last.")]


class HitView(View):
    """A conversation that the case found."""

    unit: Unit
    search: Annotated[str, Field(description="The search that found it first.")]
    decision: Annotated[str, Field(description="Empty until decided.")]
    second: Annotated[str, Field(description="wanted, confirmed, sent_back, or empty.")]


class HitsPage(View):
    """A page of a case's conversations."""

    items: list[HitView]
    after: Annotated[str, Field(description="Ask with this for the next page; empty on the last.")]


@router.get("", summary="Cases")
def cases(
    desk: Reading,
    state: Annotated[State | None, Query(description="Only in this state.")] = None,
    kind: Annotated[CaseKind | None, Query(description="Only of this kind.")] = None,
    due_by: Annotated[date | None, Query(description="Only those to be answered by then, still open.")] = None,
    after: Annotated[str, Query(max_length=60, description="The `after` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST, description="At most this many.")] = 50,
) -> Cases:
    """The cases of this council, without anything that people wrote."""
    found = desk.office.cases.list(
        desk.officer, controller=desk.controller, state=state, kind=kind, due_by=due_by, after=after, limit=limit
    )
    return Cases(items=[listed(each) for each in found], after=found[-1].row.id if len(found) == limit else "")


@router.post("", summary="Open a case", status_code=status.HTTP_201_CREATED)
def open_case(new: NewCase, desk: Working) -> Progress:
    """Open a case under the council's next number. With a query, what it finds is held from the same moment on.

    A request is opened by who may work cases, an investigation by who may work incidents.
    """
    asked = OpenCase(
        controller=desk.controller,
        kind=new.kind,
        received_on=new.received_on,
        subject=new.subject,
        requester=new.requester,
        reference=new.reference,
        due_given=new.due_given,
        second_reader=new.second_reader,
        query=new.query.query(desk.controller) if new.query else None,
    )
    return progress(desk.office.cases.open(desk.officer, asked))


@router.get("/{case_id}", summary="One case")
def case(case_id: CaseId, desk: Reading) -> Case:
    """A whole case: searches, decisions, time, approvals, notes, chain of custody."""
    return whole(at_desk(desk, case_id))


@router.get("/{case_id}/hits", summary="What a case found")
def case_hits(
    case_id: CaseId,
    desk: Reading,
    decision: Annotated[
        OfHit | Literal[""] | None, Query(description="Only with this decision; empty: those without one.")
    ] = None,
    second: Annotated[Second | None, Query(description="Only with this second reading.")] = None,
    after: Annotated[str, Query(pattern=f"^$|{UNIT}", description="The `after` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST, description="At most this many.")] = 50,
) -> HitsPage:
    """The conversations that the case's searches found, with what was decided on each."""
    found = at_desk(desk, case_id)
    hits = desk.office.cases.hits(
        desk.officer, found.id, decision=decision, second=second, after=int(after, 16) if after else -1, limit=limit
    )
    items = [HitView.model_validate(each) for each in hits]
    return HitsPage(items=items, after=items[-1].unit if len(items) == limit else "")


class NoteIn(Body):
    """A note."""

    text: Words


@router.post("/{case_id}/notes", summary="Add a note")
def add_note(case_id: CaseId, note: NoteIn, desk: Working) -> Progress:
    """Add a note to the file; in a closed case too."""
    return progress(desk.office.cases.note(desk.officer, at_desk(desk, case_id).id, note.text))


@router.post("/{case_id}/searches", summary="Search in a case")
def search_case(case_id: CaseId, asked: QueryIn, desk: Working) -> Progress:
    """Search within the case. What is found joins its hits, and is held from the same moment on."""
    found = at_desk(desk, case_id)
    return progress(desk.office.cases.search(desk.officer, found.id, asked.query(desk.controller)))


@router.post("/{case_id}/searches/{search_id}/again", summary="Repeat a search")
def search_again(
    case_id: CaseId,
    search_id: Annotated[str, Path(max_length=32, description="The search, by its number in the case.")],
    desk: Working,
) -> Progress:
    """Run one of the case's searches again, over what has come since."""
    return progress(desk.office.cases.search_again(desk.officer, at_desk(desk, case_id).id, search_id))


class TimeIn(Body):
    """Minutes of an officer's time."""

    activity: Activity
    minutes: Annotated[int, Field(ge=1, le=1440)]
    on: Annotated[date | None, Field(description="The day; today where it is left out.")] = None
    note: Perhaps = ""


class SheetView(View):
    """The section 12 sheet."""

    minutes: dict[str, int]
    counted: Annotated[int, Field(description="Minutes that count: determine, locate, retrieve, extract.")]
    aggregate: Annotated[int, Field(description="Those of related requests.")]
    related: list[str]
    estimated: Annotated[int | None, Field(description="Minutes for the whole, by the newest estimate.")]
    pence: int
    applies: bool
    over: Annotated[bool, Field(description="What is known is above the limit.")]
    evidence: Annotated[str, Field(description="The text to quote.")]


class EstimateIn(Body):
    """A sample of the hits that was worked."""

    sampled: Annotated[int, Field(ge=1)]
    minutes: Annotated[int, Field(ge=1, le=43_200)]
    note: Perhaps = ""


class NarrowingView(View):
    """How the hits spread, and what would fit within the limit."""

    by_month: dict[str, int]
    by_service: dict[str, int]
    affordable: int
    newest: list[str]
    services: list[str]
    advice: str


@router.post("/{case_id}/time", summary="Log time")
def log_time(case_id: CaseId, spent: TimeIn, desk: Working) -> Progress:
    """Log minutes for the section 12 sheet (FOIA s.12). Redaction is logged too, and not counted."""
    found = at_desk(desk, case_id)
    return progress(
        desk.office.cases.spend(desk.officer, found.id, spent.activity, spent.minutes, on=spent.on, note=spent.note)
    )


@router.get("/{case_id}/time", summary="The section 12 sheet")
def sheet(case_id: CaseId, desk: Reading) -> SheetView:
    """What the request has cost and would cost, with the evidence to quote."""
    return SheetView.model_validate(desk.office.cases.sheet(desk.officer, at_desk(desk, case_id).id))


@router.post("/{case_id}/estimates", summary="Estimate the whole")
def estimate(case_id: CaseId, made: EstimateIn, desk: Working) -> Progress:
    """Estimate the whole from a sample of the hits that was worked in so many minutes of counted time."""
    found = at_desk(desk, case_id)
    return progress(
        desk.office.cases.estimate(desk.officer, found.id, sampled=made.sampled, minutes=made.minutes, note=made.note)
    )


@router.get("/{case_id}/narrowing", summary="How it could be narrowed")
def narrowing(case_id: CaseId, desk: Working) -> NarrowingView:
    """How the request could be narrowed (FOIA s.16): by month and service, and what fits within the limit."""
    return NarrowingView.model_validate(desk.office.cases.narrowing(desk.officer, at_desk(desk, case_id).id))


class RelatedIn(Body):
    """Another case."""

    case: Annotated[str, Field(max_length=60)]


@router.post("/{case_id}/related", summary="Link a case")
def relate(case_id: CaseId, other: RelatedIn, desk: Working) -> Progress:
    """Link another case of this council: one to be added up with it (FOIA s.12(4)), or the one under review."""
    return progress(desk.office.cases.relate(desk.officer, at_desk(desk, case_id).id, at_desk(desk, other.case).id))


class Ending(Body):
    """How a case ended."""

    outcome: Annotated[str, Field(max_length=32, description="released, part_released, withheld, not_held ...")]
    text: Annotated[Perhaps, Field(description="What was answered.")] = ""
    on: Annotated[date | None, Field(description="When the answer went out; today where it is left out.")] = None


class ReasonIn(Body):
    """Why."""

    reason: Words


@router.post("/{case_id}/close", summary="Close a case")
def close_case(case_id: CaseId, ending: Ending, desk: Working) -> Progress:
    """Close the case: the answer went out. The file is kept for its retention period from now."""
    found = at_desk(desk, case_id)
    return progress(desk.office.cases.close(desk.officer, found.id, ending.outcome, ending.text, on=ending.on))


@router.post("/{case_id}/reopen", summary="Reopen a case")
def reopen_case(case_id: CaseId, why: ReasonIn, desk: Working) -> Progress:
    """Go on with a closed case."""
    return progress(desk.office.cases.reopen(desk.officer, at_desk(desk, case_id).id, why.reason))


class PauseIn(Body):
    """The clock stops."""

    reason: Literal["clarification", "identity", "fee"]
    since: Annotated[date, Field(description="When the requester was asked.")]
    asked: Annotated[Perhaps, Field(description="What was asked.")] = ""


class ResumeIn(Body):
    """The clock goes on."""

    until: Annotated[date, Field(description="When the answer came.")]
    answer: Perhaps = ""


class ExtendIn(Body):
    """More time, where the law gives it."""

    ground: Literal["public_interest", "complex"]
    reason: Words
    told_on: Annotated[date, Field(description="When the requester was told, with the reason.")]
    until: Annotated[date | None, Field(description="The new date, where the law asks for one.")] = None


class DayIn(Body):
    """A day."""

    on: date


class DueIn(Body):
    """The date that somebody else set."""

    due_on: date
    reason: Words


@router.post("/{case_id}/clock/pause", summary="Stop the clock")
def pause(case_id: CaseId, asked: PauseIn, desk: Working) -> Progress:
    """Stop the clock: the requester was asked for clarification, proof of identity or a fee."""
    found = at_desk(desk, case_id)
    return progress(desk.office.cases.pause(desk.officer, found.id, asked.reason, asked.since, asked.asked))


@router.post("/{case_id}/clock/resume", summary="Let the clock go on")
def resume(case_id: CaseId, answer: ResumeIn, desk: Working) -> Progress:
    """What was asked for came."""
    return progress(desk.office.cases.resume(desk.officer, at_desk(desk, case_id).id, answer.until, answer.answer))


@router.post("/{case_id}/clock/extend", summary="Take more time")
def extend(case_id: CaseId, more: ExtendIn, desk: Working) -> Progress:
    """Take more time, where the law gives it; the requester has been told."""
    found = at_desk(desk, case_id)
    return progress(
        desk.office.cases.extend(
            desk.officer, found.id, more.ground, more.reason, told_on=more.told_on, until=more.until
        )
    )


@router.post("/{case_id}/clock/acknowledge", summary="Acknowledge a complaint")
def acknowledge(case_id: CaseId, day: DayIn, desk: Working) -> Progress:
    """The complainant was told on that day that the complaint has come (DPA 2018 s.164A)."""
    return progress(desk.office.cases.acknowledge(desk.officer, at_desk(desk, case_id).id, day.on))


@router.post("/{case_id}/clock/due", summary="Give a due date")
def give_due(case_id: CaseId, given: DueIn, desk: Working) -> Progress:
    """Record the date that the Commissioner, or who asked for an investigation, set."""
    return progress(desk.office.cases.give_due(desk.officer, at_desk(desk, case_id).id, given.due_on, given.reason))


@router.post("/{case_id}/clock/recount", summary="Work the due date out anew")
def recount(case_id: CaseId, why: ReasonIn, desk: Working) -> Progress:
    """Work the due date out anew with the holidays as they are known now."""
    return progress(desk.office.cases.recount(desk.officer, at_desk(desk, case_id).id, why.reason))
