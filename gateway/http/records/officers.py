"""Who may work with the records: for the Data Protection Officer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, status
from pydantic import Field

from gateway.http.records.common import Body, View
from gateway.http.records.desk import AT, Desk, May, absent
from gateway.identity.officers import MOST_DAYS, create_officer
from gateway.model.errors import BadRequest
from gateway.model.officer import OfficerRecord, Role
from gateway.records.access import Act, Forbidden

router = APIRouter(prefix=f"{AT}/officers", tags=["officers"])


class OfficerView(View):
    """An officer who has a key."""

    id: str
    name: str
    email: str
    roles: list[Role]
    services: Annotated[list[str], Field(description="The services to which the officer is limited; none: all.")]
    created: datetime
    expires: datetime
    revoked: datetime | None
    added_by: Annotated[str, Field(description="The officer who added this one; empty: whoever runs the gateway.")]
    elsewhere: Annotated[bool, Field(description="The officer has the same roles at another council too.")]


class Officers(View):
    """The officers at a council, oldest first."""

    items: list[OfficerView]


class NewOfficer(Body):
    """An officer to be added at this council."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    name: Annotated[str, Field(max_length=100)] = ""
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
    services: Annotated[
        list[str], Field(default_factory=list, max_length=50, description="For a service manager: the own services.")
    ]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="Until the role ends.")] = 365


class Added(View):
    """The officer who was added, with the key."""

    officer: OfficerView
    key: Annotated[str, Field(description="Shown this once; only its keyed digest is kept.")]


@router.get("", summary="Officers")
def officers(desk: Annotated[Desk, Depends(May(Act.MANAGE_OFFICERS))]) -> Officers:
    """Who may work with this council's records, with a key. Officers by sign-in are known to their issuer."""
    found = [each for each in desk.office.officers.list() if desk.controller in each.officer.controllers]
    return Officers(items=[_view(each) for each in found])


@router.post("", summary="Add an officer", status_code=status.HTTP_201_CREATED)
def add_officer(new: NewOfficer, desk: Annotated[Desk, Depends(May(Act.MANAGE_OFFICERS))]) -> Added:
    """Add an officer at this council. The key is in the answer, this once. The ledger keeps who added whom."""
    try:
        shown, record = create_officer(
            pepper=desk.office.pepper,
            email=new.email,
            name=new.name,
            roles=new.roles,
            controllers=[desk.controller],
            services=new.services,
            valid_for=timedelta(days=new.days),
            added_by=desk.officer.id,
        )
    except ValueError as error:
        raise BadRequest(str(error), code="invalid_officer", status=422) from None
    desk.office.officers.add(record, desk.officer.id)
    return Added(officer=_view(record), key=shown)


@router.delete("/{officer_id}", summary="Revoke an officer", status_code=status.HTTP_204_NO_CONTENT)
def revoke_officer(
    officer_id: Annotated[str, Path(max_length=64, description="The officer's id.")],
    desk: Annotated[Desk, Depends(May(Act.MANAGE_OFFICERS))],
) -> None:
    """End an officer's access from this moment. An officer of several councils is revoked by somebody who manages the
    officers of all of them."""
    found = desk.office.officers.get(officer_id)
    if found is None or desk.controller not in found.officer.controllers:
        raise absent()
    for each in sorted(found.officer.controllers):
        try:
            desk.office.guard.check(desk.officer, Act.MANAGE_OFFICERS, each)
        except Forbidden:
            raise Forbidden(
                "This officer works for another council too. Whoever manages the officers of both can revoke the key."
            ) from None
    desk.office.officers.revoke(officer_id, datetime.now(UTC), desk.officer.id)


def _view(record: OfficerRecord) -> OfficerView:
    officer = record.officer
    return OfficerView(
        id=officer.id,
        name=officer.name,
        email=officer.email,
        roles=sorted(officer.roles),
        services=sorted(officer.services),
        created=record.created,
        expires=officer.expires,
        revoked=record.revoked,
        added_by=record.added_by,
        elsewhere=len(officer.controllers) > 1,
    )
