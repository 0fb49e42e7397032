"""Incidents and near misses (policy clauses 7.8 and 14.2), and rights over what is recorded (UK GDPR Art 16 to 21)."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, status
from pydantic import Field

from gateway.http.records.case_models import Progress, progress
from gateway.http.records.cases import CaseId, at_desk
from gateway.http.records.common import Body, Moment, Perhaps, Unit, View, Words, number
from gateway.http.records.desk import AT, Desk, May
from gateway.model.errors import BadRequest
from gateway.records.access import Act
from gateway.records.cases.incidents import OpenIncident

router = APIRouter(prefix=AT, tags=["incidents and rights"])
Refs = Annotated[list[Annotated[str, Field(min_length=3, max_length=40)]], Field(max_length=100)]
Incidents = Annotated[Desk, Depends(May(Act.WORK_INCIDENT))]


class NewIncident(Body):
    """What is known when an incident is noticed."""

    aware_at: Annotated[Moment, Field(description="When the council became aware; 72 hours run from then.")]
    subject: Annotated[Words, Field(description="What happened.")]
    refs: Annotated[Refs, Field(default_factory=list, description="The records concerned; they are held.")]
    near_miss: bool = False
    self_reported: Annotated[bool, Field(description="Whoever caused it told of it (14.2).")] = False
    personal_data: Annotated[bool, Field(description="Personal data was breached.")] = False
    reporter: Perhaps = ""


class Changes(Body):
    """The facts as they are known now; what is left out stays."""

    reason: Words
    aware_at: Moment | None = None
    near_miss: bool | None = None
    self_reported: bool | None = None
    personal_data: bool | None = None


class TellingIn(Body):
    """Who was told, and when."""

    whom: Literal["ico", "people"]
    at: Moment


class RefsIn(Body):
    """Records."""

    refs: Annotated[Refs, Field(min_length=1)]


class CountsView(View):
    """Incidents of a time. For those who work them; nothing here is about a person."""

    incidents: int
    near_misses: int
    self_reported: int
    personal_data: int
    told_ico: int
    told_people: int
    late: Annotated[int, Field(description="Told to the ICO after 72 hours.")]
    untold: Annotated[int, Field(description="Breaches whose 72 hours are over and that the ICO was not told of.")]
    closed: int


@router.post("/incidents", summary="Open an incident", status_code=status.HTTP_201_CREATED)
def open_incident(new: NewIncident, desk: Incidents) -> Progress:
    """Open an incident. The records that it names are held from the same moment on."""
    asked = OpenIncident(
        controller=desk.controller,
        aware_at=new.aware_at,
        subject=new.subject,
        refs=tuple(new.refs),
        near_miss=new.near_miss,
        self_reported=new.self_reported,
        personal_data=new.personal_data,
        reporter=new.reporter,
    )
    return progress(desk.office.incidents.open(desk.officer, asked))


@router.get("/incidents/counts", summary="Incidents counted")
def incident_counts(
    desk: Incidents,
    since: Annotated[date, Query(description="Of which the council became aware from this day on.")],
    until: Annotated[date, Query(description="And before this day.")],
) -> CountsView:
    """How many incidents, near misses and self-reports there were, and how many were told to the ICO in time."""
    return CountsView.model_validate(desk.office.incidents.counts(desk.officer, desk.controller, since, until))


@router.post("/cases/{case_id}/incident", summary="Correct an incident's facts")
def change_incident(case_id: CaseId, new: Changes, desk: Incidents) -> Progress:
    """The facts as they are known now, with the reason; the clock follows."""
    found = at_desk(desk, case_id)
    return progress(
        desk.office.incidents.change(
            desk.officer,
            found.id,
            reason=new.reason,
            aware_at=new.aware_at,
            near_miss=new.near_miss,
            self_reported=new.self_reported,
            personal_data=new.personal_data,
        )
    )


@router.post("/cases/{case_id}/incident/told", summary="Who was told")
def told(case_id: CaseId, telling: TellingIn, desk: Incidents) -> Progress:
    """The ICO, or the people concerned, were told at that time (UK GDPR Art 33, 34)."""
    found = at_desk(desk, case_id)
    return progress(desk.office.incidents.told(desk.officer, found.id, telling.whom, telling.at))


@router.post("/cases/{case_id}/incident/records", summary="Add records to an incident")
def link_records(case_id: CaseId, more: RefsIn, desk: Incidents) -> Progress:
    """Further records that belong to the incident; they are held too."""
    return progress(desk.office.incidents.link(desk.officer, at_desk(desk, case_id).id, more.refs))


class CorrectionIn(Body):
    """What is to stand beside a record."""

    unit: Unit
    text: Words
    ref: Annotated[str, Field(max_length=40, description="The record in it, if one in particular.")] = ""


class RightIn(Body):
    """Conversations on which a right is carried out, and why."""

    units: Annotated[list[Unit], Field(min_length=1, max_length=500)]
    reason: Words

    def numbers(self) -> list[int]:
        """As the services take them."""
        return [number(each) for each in self.units]


class ErasureIn(RightIn):
    """Conversations to be destroyed."""

    confirmed: Annotated[bool, Field(description="Must be true: this can't be undone.")] = False


RightsDesk = Annotated[Desk, Depends(May(Act.WORK_CASE))]


@router.post("/cases/{case_id}/corrections", summary="Put a correction beside a record")
def correct(case_id: CaseId, correction: CorrectionIn, desk: RightsDesk) -> Progress:
    """A record is evidence, so it is not rewritten: a correction stands beside it (UK GDPR Art 16)."""
    found = at_desk(desk, case_id)
    unit = number(correction.unit)
    return progress(desk.office.rights.correct(desk.officer, found.id, unit, correction.text, correction.ref))


@router.post("/cases/{case_id}/restrictions", summary="Restrict")
def restrict(case_id: CaseId, wanted: RightIn, desk: RightsDesk) -> Progress:
    """Take conversations out of every search but those of a case (UK GDPR Art 18, 21)."""
    found = at_desk(desk, case_id)
    return progress(desk.office.rights.restrict(desk.officer, found.id, wanted.numbers(), wanted.reason))


@router.post("/cases/{case_id}/restrictions/lift", summary="Lift a restriction")
def lift(case_id: CaseId, wanted: RightIn, desk: RightsDesk) -> Progress:
    """End a restriction; the person has to be told before (Art 18(3))."""
    found = at_desk(desk, case_id)
    return progress(desk.office.rights.lift(desk.officer, found.id, wanted.numbers(), wanted.reason))


@router.post("/cases/{case_id}/erasures", summary="Erase")
def erase(case_id: CaseId, wanted: ErasureIn, desk: Annotated[Desk, Depends(May(Act.DISPOSE))]) -> Progress:
    """Destroy the content of conversations (UK GDPR Art 17), unless a legal hold stands against it."""
    found = at_desk(desk, case_id)
    if not wanted.confirmed:
        raise BadRequest(
            "This destroys content for good. Say `confirmed: true` if that is meant.", code="not_confirmed"
        )
    return progress(desk.office.rights.erase(desk.officer, found.id, wanted.numbers(), wanted.reason))
