"""A changed retention schedule, applied to records that are there already."""

import json
from datetime import datetime
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, status
from pydantic import Field

from gateway.http.records.common import Body, View
from gateway.http.records.desk import AT
from gateway.http.records.holds import Disposing
from gateway.http.records.jobs import JobView, view
from gateway.model.disposal import Busy
from gateway.model.errors import BadRequest
from gateway.model.redating import RedatingRun
from gateway.records.keeping import bad

router = APIRouter(prefix=AT, tags=["holds and disposal"])


class DatesOut(View):
    """What changes in one retention class."""

    name: str
    units: int
    records: int
    longer: Annotated[int, Field(description="Records that are kept for longer.")]
    shorter: int
    due: Annotated[int, Field(description="Conversations that would be due for disposal at once.")]
    held: Annotated[int, Field(description="Conversations that a legal hold keeps, whatever their date.")]
    before: Annotated[tuple[str, str], Field(description="The earliest and the latest last day now.")]
    after: Annotated[tuple[str, str], Field(description="The same by the schedule.")]


class RedatingPlanOut(View):
    """What a run would change now."""

    classes: list[DatesOut]
    unknown: Annotated[int, Field(description="Records of classes that the schedule lacks: they keep their date.")]
    unreadable_holds: Annotated[bool, Field(description="A hold can't be read, so everything counts as held.")]
    unreadable_hold: Annotated[str, Field(description="The first such hold; empty where there is none.")]


class RedatingPlanIn(Body):
    """What a run goes by."""

    classes: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(default_factory=list, max_length=50, description="Only these retention classes; all of the schedule's."),
    ]


class RedatingIn(RedatingPlanIn):
    """A run that changes dates."""

    confirmed: Annotated[bool, Field(description="Must be true: what is kept for less time can be due at once.")] = (
        False
    )


class RedatingOut(View):
    """A run."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    schedule: Annotated[str, Field(description="The version of the schedule that it applied.")]
    records: int
    certificate: Annotated[dict[str, Any] | None, Field(description="Its certificate, once it has finished.")]


class RedatingRuns(View):
    """Runs, newest first."""

    items: list[RedatingOut]


@router.post("/redatings/plan", summary="What the schedule would change")
def plan_redating(asked: RedatingPlanIn, desk: Disposing) -> RedatingPlanOut:
    """Which records would get another last day, by class. Changes nothing."""
    try:
        found = desk.office.redatings.plan(desk.controller, asked.classes)
    except ValueError as error:
        raise bad(error) from None
    return RedatingPlanOut(
        classes=[DatesOut.model_validate(each) for each in found.classes],
        unknown=found.unknown,
        unreadable_holds=bool(found.unreadable_hold),
        unreadable_hold=found.unreadable_hold,
    )


@router.post("/redatings", summary="Apply the schedule to what is there", status_code=status.HTTP_202_ACCEPTED)
def redate(asked: RedatingIn, desk: Disposing) -> JobView:
    """Begin to give records the last day of the schedule that this gateway was started with, each with a leaf.

    The job's result is the certificate. A run can be repeated safely.
    """
    if not asked.confirmed:
        raise BadRequest(
            "This changes how long records are kept. Look at the plan, then say `confirmed: true`.",
            code="not_confirmed",
        )
    office, controller, officer, classes = desk.office, desk.controller, desk.officer, asked.classes
    try:
        office.redatings.check(classes)  # what makes no sense is said at once
    except ValueError as error:
        raise bad(error) from None

    def work(_folder: File) -> dict[str, Any]:
        try:
            done = office.redatings.run(controller, officer.id, classes)
        except Busy as error:
            raise BadRequest(str(error), code="not_redated", status=409) from None
        return {"run": done.id, "certificate": json.loads(done.certificate)}

    return view(office.jobs.start("redating", controller, officer.id, work))


@router.get("/redatings", summary="Runs that applied the schedule")
def redatings(desk: Disposing) -> RedatingRuns:
    """Every run at this council with its certificate, newest first."""
    return RedatingRuns(items=[_run(each) for each in desk.office.redatings.runs(desk.controller)])


def _run(run: RedatingRun) -> RedatingOut:
    return RedatingOut(
        id=run.id,
        started_at=datetime.fromisoformat(run.started_at),
        finished_at=datetime.fromisoformat(run.finished_at) if run.finished_at else None,
        schedule=run.schedule,
        records=run.records,
        certificate=json.loads(run.certificate) if run.finished_at else None,
    )
