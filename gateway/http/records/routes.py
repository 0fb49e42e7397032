"""The parts of the records API, in the order of its document."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from gateway.http.records import (
    about,
    cases,
    exports,
    holds,
    incidents,
    jobs,
    ledger,
    officers,
    records,
    redatings,
    review,
    searches,
)

ROUTERS: Final[Sequence[APIRouter]] = (
    about.router,
    records.router,
    searches.router,
    cases.router,
    review.router,
    incidents.router,
    holds.router,
    redatings.router,
    exports.router,
    jobs.router,
    ledger.router,
    officers.router,
)
