"""What an endpoint of the records API works with: the officer, the council, and the services, once it is clear that the
officer may do this there."""

from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from fastapi import Path, Request

from gateway.http.records.frame import ACT, CONTROLLER, OFFICER, Identity
from gateway.ledger.report import Report
from gateway.ledger.view import Reader
from gateway.model.errors import GatewayError, NotOffered
from gateway.model.officer import Officer, OfficerStore
from gateway.records.access import Act, Guard
from gateway.records.jobs import Jobs
from gateway.records.statistics import Statistics

PREFIX: Final = "/records/v1"
AT: Final = f"{PREFIX}/controllers/{{controller}}"
NOT_HERE: Final = "There is nothing under this name here. Check it, and that it belongs to this council."


class Office(Protocol):
    """The records services, as `gateway.recordkeeping` puts them together."""

    @property
    def guard(self) -> Guard:
        """Who may do what."""
        ...

    @property
    def officers(self) -> OfficerStore:
        """Officers."""
        ...

    @property
    def pepper(self) -> bytes:
        """What keys the digests of officers' keys."""
        ...

    @property
    def statistics(self) -> Statistics:
        """Counts."""
        ...

    @property
    def reader(self) -> Reader:
        """Records in their redacted form."""
        ...

    @property
    def identity(self) -> Identity:
        """Who an officer is."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Work that takes longer than a request."""
        ...

    def verify(self) -> Report:
        """Check the whole ledger."""
        ...

    def council_of(self, ref: str) -> str:
        """The controller whose record a reference names, empty where it is nobody's."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """An officer at work at one council."""

    officer: Officer
    controller: str
    office: Office


class May:
    """Lets an officer in who may do `act` at the council of the path. The dependency of every endpoint at a council."""

    def __init__(self, act: Act) -> None:
        self.act = act

    def __call__(
        self,
        request: Request,
        controller: Annotated[str, Path(description="The council, by its id: `maidstone`.", max_length=40)],
    ) -> Desk:
        """The desk. Raises Forbidden; the same for a council where the officer has no role and for one that is none."""
        officer: Officer = request.scope["state"][OFFICER]
        request.scope["state"] |= {ACT: self.act.value}
        office: Office = request.app.state.office
        office.guard.check(officer, self.act, controller)
        request.scope["state"] |= {CONTROLLER: controller}
        return Desk(officer, controller, office)


class Anybody:
    """Lets every officer in."""

    act: Act | None = None

    def __call__(self, request: Request) -> Officer:
        """The officer."""
        officer: Officer = request.scope["state"][OFFICER]
        return officer


def absent() -> GatewayError:
    """What is answered where a thing does not exist, or is another council's: one answer for both."""
    return NotOffered(NOT_HERE, code="not_found")
