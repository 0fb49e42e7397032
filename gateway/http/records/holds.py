"""Legal holds, and disposal by the retention schedule."""

import json
from datetime import date, datetime
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, status
from pydantic import Field

from gateway.http.records.cases import ReasonIn
from gateway.http.records.common import Body, View, Words
from gateway.http.records.desk import AT, Desk, May, absent
from gateway.http.records.jobs import JobView, view
from gateway.http.records.queries import QueryIn
from gateway.ledger.keystore import KeyStoreError
from gateway.model.disposal import Busy, DisposalRun, UnreadableHold
from gateway.model.errors import BadRequest
from gateway.model.hold import Hold
from gateway.records.access import Act, Forbidden
from gateway.records.keeping import bad

router = APIRouter(prefix=AT, tags=["holds and disposal"])


class HoldOut(View):
    """A legal hold."""

    id: str
    matter: Annotated[str | None, Field(description="The case that it belongs to.")]
    placed_at: datetime
    released_at: datetime | None
    units: Annotated[int, Field(description="Conversations that fitted when it was placed; later ones are held too.")]
    reason: str
    query: Annotated[str, Field(description="What it keeps, in words.")]
    release_reason: str
    readable: Annotated[bool, Field(description="False: it can't be read, and keeps everything while it is in force.")]


class Holds(View):
    """Holds, oldest first."""

    items: list[HoldOut]


class HoldIn(Body):
    """A hold outside of a case."""

    query: QueryIn
    reason: Annotated[Words, Field(description="Why: the request's reference and what it is about.")]


class Placed(View):
    """A hold that was placed."""

    id: str
    units: int


HoldId = Annotated[str, Path(max_length=40, description="The hold.")]


@router.get("/holds", summary="Holds")
def holds(
    desk: Annotated[Desk, Depends(May(Act.PLACE_HOLD))],
    released: Annotated[bool, Query(description="Those that were released too.")] = False,
) -> Holds:
    """The legal holds of this council: nothing that one keeps is disposed of, its keys included."""
    found = desk.office.holds.list(desk.controller, released=released)
    return Holds(items=[_hold(each) for each in found])


@router.post("/holds", summary="Place a hold", status_code=status.HTTP_201_CREATED)
def place_hold(new: HoldIn, desk: Annotated[Desk, Depends(May(Act.PLACE_HOLD))]) -> Placed:
    """Keep what fits now and what comes to fit later. A case places its own holds when it searches.

    Subjects and members of staff can be looked for within a case only, so a hold for them is the case's.
    """
    query = new.query.query(desk.controller)
    if query.subjects or query.people:
        raise Forbidden(
            "Data subjects and members of staff can be looked for within a case only: its search holds them."
        )
    try:
        hold, units = desk.office.holds.place(query, new.reason, desk.officer.id)
    except ValueError as error:
        raise bad(error) from None
    return Placed(id=hold, units=units)


@router.post("/holds/{hold_id}/release", summary="Release a hold", status_code=status.HTTP_204_NO_CONTENT)
def release_hold(hold_id: HoldId, why: ReasonIn, desk: Annotated[Desk, Depends(May(Act.RELEASE_HOLD))]) -> None:
    """Release a hold, once the case that it belongs to is closed. About six months after the last contact is usual."""
    if not any(each.id == hold_id for each in desk.office.holds.list(desk.controller)):
        raise absent()
    desk.office.holds.release(hold_id, why.reason, desk.officer.id)


def _hold(hold: Hold) -> HoldOut:
    return HoldOut(
        id=hold.id,
        matter=hold.matter,
        placed_at=datetime.fromisoformat(hold.placed_at),
        released_at=datetime.fromisoformat(hold.released_at) if hold.released_at else None,
        units=hold.units,
        reason=hold.reason,
        query=hold.query,
        release_reason=hold.release_reason,
        readable=hold.readable,
    )


class ClassOut(View):
    """One retention class of what is due."""

    name: str
    units: int
    records: int
    held: int


class PlanOut(View):
    """What a disposal run would do now."""

    conversations: Annotated[int, Field(description="Due, and not held.")]
    held: Annotated[int, Field(description="Due, and kept by a legal hold.")]
    classes: list[ClassOut]
    waiting: Annotated[dict[str, int], Field(description="Due, of classes that the schedule wants reviewed first.")]
    request_files: int
    request_files_held: int
    outdated: Annotated[
        int, Field(description="Records due that the schedule as it is now would keep for longer: see re-dating.")
    ]
    unreadable_holds: Annotated[bool, Field(description="A hold can't be read, so nothing would be disposed of.")]
    unreadable_hold: Annotated[str, Field(description="The first such hold; empty where there is none.")]


class PlanIn(Body):
    """What a run goes by."""

    cutoff: Annotated[date | None, Field(description="Due are records to be kept until before this day; today.")] = None
    reviewed: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(default_factory=list, max_length=50, description="Classes with the action `review` that were reviewed."),
    ]


class RunIn(PlanIn):
    """A run that destroys."""

    confirmed: Annotated[bool, Field(description="Must be true: what is destroyed is gone for good.")] = False


class RunOut(View):
    """A disposal run."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    cutoff: str
    disposed: int
    held: int
    certificate: Annotated[dict[str, Any] | None, Field(description="Its certificate, once it has finished.")]


class Runs(View):
    """Disposal runs, newest first."""

    items: list[RunOut]


Disposing = Annotated[Desk, Depends(May(Act.DISPOSE))]


@router.post("/disposals/plan", summary="What is due")
def plan_disposal(asked: PlanIn, desk: Disposing) -> PlanOut:
    """What a run would do now. Changes nothing."""
    try:
        found = desk.office.disposals.plan(desk.controller, _cutoff(asked), frozenset(asked.reviewed))
    except ValueError as error:
        raise bad(error) from None
    return PlanOut(
        conversations=len(found.units),
        held=found.held,
        classes=[ClassOut.model_validate(each) for each in found.classes],
        waiting=dict(found.waiting),
        request_files=len(found.matters),
        request_files_held=found.matters_held,
        outdated=found.outdated,
        unreadable_holds=bool(found.unreadable_hold),
        unreadable_hold=found.unreadable_hold,
    )


@router.post("/disposals", summary="Dispose of what is due", status_code=status.HTTP_202_ACCEPTED)
def dispose(asked: RunIn, desk: Disposing) -> JobView:
    """Begin to destroy what the retention schedule says is due, keys included, under the lock that holds are read in.

    The job's result is the certificate. A run can be repeated safely.
    """
    if not asked.confirmed:
        raise BadRequest(
            "This destroys records for good. Look at the plan, then say `confirmed: true`.", code="not_confirmed"
        )
    office, controller, officer = desk.office, desk.controller, desk.officer
    cutoff, reviewed = _cutoff(asked), frozenset(asked.reviewed)
    try:
        office.disposals.rule(controller, cutoff, reviewed)  # what makes no sense is said at once
    except ValueError as error:
        raise bad(error) from None

    def work(_folder: File) -> dict[str, Any]:
        try:
            done = office.disposals.run(controller, officer.id, cutoff, reviewed)
        except (Busy, UnreadableHold, KeyStoreError) as error:
            raise BadRequest(str(error), code="not_disposed", status=409) from None
        return {"run": done.id, "certificate": json.loads(done.certificate or "{}")}

    return view(office.jobs.start("disposal", controller, officer.id, work))


@router.get("/disposals", summary="Disposal runs")
def disposals(desk: Disposing) -> Runs:
    """Every run at this council with its certificate, newest first."""
    return Runs(items=[_run(each) for each in desk.office.disposals.runs(desk.controller)])


def _cutoff(asked: PlanIn) -> str:
    return asked.cutoff.isoformat() if asked.cutoff else ""


def _run(run: DisposalRun) -> RunOut:
    return RunOut(
        id=run.id,
        started_at=datetime.fromisoformat(run.started_at),
        finished_at=datetime.fromisoformat(run.finished_at) if run.finished_at else None,
        cutoff=run.cutoff,
        disposed=run.disposed,
        held=run.held,
        certificate=json.loads(run.certificate) if run.certificate else None,
    )
