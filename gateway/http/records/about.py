"""Oneself, and figures in which nobody stands out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.http.records.common import View
from gateway.http.records.desk import PREFIX, Anybody, Desk, May
from gateway.model.officer import Officer, Role
from gateway.records.access import MATRIX, Act

router = APIRouter(prefix=PREFIX, tags=["about"])


class Me(View):
    """The officer whose key was given."""

    id: Annotated[str, Field(description="Stands in the ledger and in cases.")]
    name: str
    roles: list[Role]
    controllers: Annotated[list[str], Field(description="The councils whose records may be seen.")]
    services: Annotated[list[str], Field(description="The services to which the officer is limited; none: all.")]
    expires: datetime
    may: Annotated[list[Act], Field(description="What these roles allow.")]


@router.get("/me", summary="Who I am")
def me(officer: Annotated[Officer, Depends(Anybody())]) -> Me:
    """Whom the key or token names, and what the officer may do."""
    return Me(
        id=officer.id,
        name=officer.name,
        roles=sorted(officer.roles),
        controllers=sorted(officer.controllers),
        services=sorted(officer.services),
        expires=officer.expires,
        may=sorted({act for role in officer.roles for act in MATRIX[role]}),
    )


class Cell(View):
    """One count."""

    name: str
    calls: Annotated[int | None, Field(description="None where the count is hidden.")]
    at_least: Annotated[bool, Field(description="Months of it are hidden, so there are more.")]


class Month(View):
    """A calendar month."""

    month: Annotated[str, Field(examples=["2026-11"])]
    total: Annotated[int | None, Field(description="All calls; None where hidden.")]
    provisional: Annotated[bool, Field(description="The running month: counts are rounded down to fives.")]
    tables: Annotated[dict[str, list[Cell]], Field(description="By `service`, `tool`, `outcome` and `label`.")]


class Figures(View):
    """Counts of calls."""

    controller: str
    services: Annotated[list[str], Field(description="The services counted; none: all.")]
    since: str
    until: str
    least: Annotated[int, Field(description="Fewer calls, or the calls of fewer people, are hidden.")]
    total: Cell
    tables: dict[str, list[Cell]]
    months: list[Month]


_MONTH = r"^\d{4}-\d{2}$"


@router.get("/controllers/{controller}/statistics", summary="Counts of calls")
def statistics(
    desk: Annotated[Desk, Depends(May(Act.STATISTICS))],
    since: Annotated[str | None, Query(pattern=_MONTH, description="First month; without it, twelve months.")] = None,
    until: Annotated[str | None, Query(pattern=_MONTH, description="Last month; without it, the running one.")] = None,
) -> Figures:
    """Calls by service, tool, outcome and label, in whole calendar months (UTC).

    A count for fewer than five calls, or for the calls of fewer than five people, is hidden, and so is what would give
    it away. Nothing here is about a person.
    """
    found = desk.office.statistics.figures(desk.controller, since or "", until or "", desk.officer.services)
    return Figures.model_validate(found)
