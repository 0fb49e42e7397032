"""What an endpoint of the records API works with: the officer, the council, and the services, once it is clear that the
officer may do this there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from fastapi import Path, Request

from gateway.http.log import Log
from gateway.http.records.frame import ACT, CONTROLLER, OFFICER, Identity
from gateway.ledger.report import CheckRun, Report
from gateway.ledger.view import Reader
from gateway.model.errors import GatewayError, NotOffered
from gateway.model.officer import Officer, OfficerStore
from gateway.model.search import Query
from gateway.records.access import MATRIX, Act, Guard
from gateway.records.cases.exemptions import Exemptions
from gateway.records.cases.incidents import Incidents
from gateway.records.cases.opening import Openings
from gateway.records.cases.reviewing import Reviews
from gateway.records.cases.rights import Rights
from gateway.records.cases.service import Cases
from gateway.records.disposal import Disposals
from gateway.records.exports import Exports
from gateway.records.holds import Holds
from gateway.records.jobs import Jobs
from gateway.records.redating import Redatings
from gateway.records.saved import SavedSearches
from gateway.records.scan import Scans
from gateway.records.search import Searcher
from gateway.records.statistics import Statistics

PREFIX: Final = "/records/v1"
AT: Final = f"{PREFIX}/controllers/{{controller}}"
NOT_HERE: Final = "There is nothing under this name here. Check it, and that it belongs to this council."


class Checks(Protocol):
    """Full checks that were kept."""

    def list(self, limit: int = 100) -> Sequence[CheckRun]:
        """The newest first."""
        ...


class Ledger(Protocol):
    """The ledger, as far as it is shown to officers."""

    @property
    def checks(self) -> Checks:
        """Full checks."""
        ...

    @property
    def log(self) -> Log:
        """Checkpoints and proofs."""
        ...


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

    @property
    def cases(self) -> Cases:
        """Cases worked."""
        ...

    @property
    def reviews(self) -> Reviews:
        """What they found, read and decided on."""
        ...

    @property
    def openings(self) -> Openings:
        """Leave to open, and opening."""
        ...

    @property
    def incidents(self) -> Incidents:
        """Incidents."""
        ...

    @property
    def rights(self) -> Rights:
        """Rights over what is recorded."""
        ...

    @property
    def grounds(self) -> Exemptions:
        """Grounds for withholding."""
        ...

    @property
    def searcher(self) -> Searcher:
        """Conversations found."""
        ...

    @property
    def saved(self) -> SavedSearches:
        """Searches that are kept."""
        ...

    @property
    def scans(self) -> Scans:
        """Originals looked through."""
        ...

    @property
    def holds(self) -> Holds:
        """Legal holds."""
        ...

    @property
    def disposals(self) -> Disposals:
        """Disposal by the schedule."""
        ...

    @property
    def redatings(self) -> Redatings:
        """The schedule applied to records that are there."""
        ...

    @property
    def exports(self) -> Exports:
        """Release packages."""
        ...

    @property
    def vkey(self) -> str:
        """The verifier key of the checkpoints and packages."""
        ...

    def told(self, query: Query) -> str:
        """What a search looks through and may miss."""
        ...

    def pseudonym(self, officer_id: str) -> str:
        """How rows name an officer who acted."""
        ...

    def restricted(self, controller: str) -> frozenset[int]:
        """The conversations that only a case may find."""
        ...

    @property
    def ledger(self) -> Ledger:
        """What has been kept of checks and checkpoints."""
        ...

    def check(self, who: str) -> tuple[Report, CheckRun]:
        """Check the whole ledger and keep the result."""
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
    """Lets an officer in who may do one of `acts` at the council of the path; where it depends on the thing which of
    them it takes, the service behind it decides. The dependency of every endpoint at a council."""

    def __init__(self, *acts: Act) -> None:
        self.acts = acts

    def __call__(
        self,
        request: Request,
        controller: Annotated[str, Path(description="The council, by its id: `maidstone`.", max_length=40)],
    ) -> Desk:
        """The desk. Raises Forbidden; the same for a council where the officer has no role and for one that is none."""
        officer: Officer = request.scope["state"][OFFICER]
        office: Office = request.app.state.office
        act = next((each for each in self.acts if any(each in MATRIX[role] for role in officer.roles)), self.acts[0])
        request.scope["state"] |= {ACT: act.value}
        office.guard.check(officer, act, controller)
        request.scope["state"] |= {CONTROLLER: controller}
        return Desk(officer, controller, office)


class Anybody:
    """Lets every officer in."""

    acts: tuple[Act, ...] = ()

    def __call__(self, request: Request) -> Officer:
        """The officer."""
        officer: Officer = request.scope["state"][OFFICER]
        return officer


def absent() -> GatewayError:
    """What is answered where a thing does not exist, or is another council's: one answer for both."""
    return NotOffered(NOT_HERE, code="not_found")
