"""Who may do what with records: one table, asked before every act (policy clauses 4, 7.9, 14.1).

Roles are given for named controllers; no officer sees another controller's records, whatever the role. Opening sealed
content needs more than a role: a case, a reason and an approval (`gateway.records.cases`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.model.errors import GatewayError
from gateway.model.officer import Officer, Role


class Act(StrEnum):
    """What can be done. The value is what ledger leaves and messages call it."""

    STATISTICS = "statistics"
    """Counts by service, tool and outcome, small numbers suppressed."""
    VERIFY = "verify"
    """Check the ledger, read checkpoints, proofs and check runs."""
    READ_RECORD = "read_record"
    """Read a record in its redacted form."""
    SEARCH = "search"
    """Search redacted text and facts."""
    SEARCH_SUBJECT = "search_subject"
    """Look for a data subject or a member of staff, within a case only; put into the index what a rescan finds."""
    READ_CASE = "read_case"
    WORK_CASE = "work_case"
    """Open a case, add to it, review its hits, close it."""
    SECOND_READ = "second_read"
    """Confirm another officer's decision."""
    REQUEST_OPENING = "request_opening"
    APPROVE_OPENING = "approve_opening"
    OPEN_SEALED = "open_sealed"
    """Read originals of a case for which an approval is in force."""
    PLACE_HOLD = "place_hold"
    RELEASE_HOLD = "release_hold"
    DISPOSE = "dispose"
    EXPORT = "export"
    WORK_INCIDENT = "work_incident"
    MANAGE_OFFICERS = "manage_officers"


_STAFF_OF_IG: Final = frozenset(Act) - {Act.MANAGE_OFFICERS, Act.APPROVE_OPENING}

MATRIX: Final[Mapping[Role, frozenset[Act]]] = MappingProxyType(
    {
        Role.IG_OFFICER: _STAFF_OF_IG,
        Role.DPO: frozenset(Act),
        Role.AUDITOR: frozenset({Act.STATISTICS, Act.VERIFY, Act.READ_CASE}),
        Role.INVESTIGATOR: frozenset(
            {
                Act.STATISTICS, Act.VERIFY, Act.READ_RECORD, Act.SEARCH, Act.SEARCH_SUBJECT, Act.READ_CASE,
                Act.WORK_INCIDENT, Act.REQUEST_OPENING, Act.OPEN_SEALED, Act.PLACE_HOLD,
            }
        ),
        Role.SERVICE_MANAGER: frozenset({Act.STATISTICS}),
    }
)  # fmt: skip
"""An IG officer does not approve openings: who asks and who approves are two people, and the DPO is one of them."""

ROLE_NAMES: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.IG_OFFICER: "Information Governance officer",
        Role.DPO: "Data Protection Officer",
        Role.AUDITOR: "auditor",
        Role.INVESTIGATOR: "investigator",
        Role.SERVICE_MANAGER: "service manager",
    }
)


class Forbidden(GatewayError):
    """The officer may not do this here. Says which roles may, never what there is to see."""

    status = 403
    code = "not_permitted"


class Guard:
    """Answers whether an officer may act. `now` gives the time, for expiry."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def check(self, officer: Officer, act: Act, controller: str) -> None:
        """Raise Forbidden unless `officer` may do `act` at `controller`."""
        if officer.expires <= self._now():
            raise Forbidden("Your access to the records has expired. Ask the Data Protection Officer to renew it.")
        if controller not in officer.controllers:
            raise Forbidden("You have no role at this council's records.")
        if not any(act in MATRIX[role] for role in officer.roles):
            raise Forbidden(f"This needs the role of {allowed_roles(act)}. Yours: {own_roles(officer)}.")
        if officer.services and act is not Act.STATISTICS:
            raise Forbidden("Your role is limited to services: it gives their counts, and no records.")


def allowed_roles(act: Act) -> str:
    """Who may do an act, in words: `Data Protection Officer or investigator`."""
    names = [ROLE_NAMES[role] for role, acts in MATRIX.items() if act in acts]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def own_roles(officer: Officer) -> str:
    """An officer's roles in words."""
    return ", ".join(ROLE_NAMES[role] for role in Role if role in officer.roles) or "none"
