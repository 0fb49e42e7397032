"""Incidents (policy clauses 7.8 and 14.2): opened from a record, with the breach clock, near misses and
self-reports."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from gateway.model.case import CaseFile, CaseKind, Incident
from gateway.model.errors import BadRequest
from gateway.model.officer import Officer
from gateway.model.search import Query
from gateway.records.access import Act
from gateway.records.cases import events as e
from gateway.records.cases.clock import BREACH_HOURS, today
from gateway.records.cases.desk import Desk, Opening, filled
from gateway.records.cases.errors import CaseError
from gateway.records.cases.searching import Searches

_PAGE = 200


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """What is known when an incident is noticed. `aware_at` is when the council became aware that personal data was
    breached, with a reasonable degree of certainty; the 72 hours run from then. `refs` are the records concerned."""

    controller: str
    aware_at: datetime
    subject: str = field(repr=False)
    refs: tuple[str, ...] = ()
    near_miss: bool = False
    self_reported: bool = False
    personal_data: bool = False
    reporter: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """Incidents of a time, counted. `late` were told to the ICO after 72 hours; of `untold`, breaches whose 72 hours
    are over, it was not told."""

    incidents: int = 0
    near_misses: int = 0
    self_reported: int = 0
    personal_data: int = 0
    told_ico: int = 0
    told_people: int = 0
    late: int = 0
    untold: int = 0
    closed: int = 0


class Incidents:
    """See the module. Notes, searches, approvals, review and closing are those of any case."""

    def __init__(self, desk: Desk, searches: Searches) -> None:
        self._desk = desk
        self._searches = searches

    def open(self, officer: Officer, asked: OpenIncident) -> CaseFile:
        """Open an incident; the records it names are found and held in the same transaction."""
        desk = self._desk
        desk.guard.check(officer, Act.WORK_INCIDENT, asked.controller)
        self._past(asked.aware_at)
        incident = Incident(
            asked.aware_at, asked.near_miss, asked.self_reported, asked.personal_data, tuple(dict.fromkeys(asked.refs))
        )
        first = e.Opened(
            controller=asked.controller, kind=CaseKind.INCIDENT, prefix="", year=0, number=0,
            received_on=today(asked.aware_at), reference="", subject=filled(asked.subject, "what happened"),
            requester=asked.reporter.strip(), second_reader=desk.policy.second_reader, incident=incident,
        )  # fmt: skip

        def more(case: CaseFile) -> Opening:
            return self._linked(officer, case, asked.refs) if asked.refs else Opening()

        return desk.open(officer, first, more)

    def link(self, officer: Officer, case_id: str, refs: Sequence[str]) -> CaseFile:
        """Further records that belong to the incident; they are held too."""
        case = self._work(officer, case_id)
        incident = self._incident(case)
        opening = self._linked(officer, case, refs)
        known = tuple(dict.fromkeys((*incident.refs, *refs)))
        return self._desk.write(
            officer, case, *opening.events, e.IncidentChanged(replace(incident, refs=known)),
            change=opening.change, leaves=opening.leaves,
        )  # fmt: skip

    def change(
        self,
        officer: Officer,
        case_id: str,
        *,
        reason: str,
        aware_at: datetime | None = None,
        near_miss: bool | None = None,
        self_reported: bool | None = None,
        personal_data: bool | None = None,
    ) -> CaseFile:
        """The facts as they are known now; what is None stays. The clock follows."""
        case = self._work(officer, case_id)
        incident = self._incident(case)
        if aware_at is not None:
            self._past(aware_at)
        told = [each for each in (incident.ico_told_at, incident.people_told_at) if each is not None]
        if aware_at is not None and any(each < aware_at for each in told):
            raise BadRequest("They were told before that, so you can't have become aware then. Check the times.")
        fresh = replace(
            incident,
            aware_at=incident.aware_at if aware_at is None else aware_at,
            near_miss=incident.near_miss if near_miss is None else near_miss,
            self_reported=incident.self_reported if self_reported is None else self_reported,
            personal_data=incident.personal_data if personal_data is None else personal_data,
        )
        if fresh == incident:
            raise CaseError("That is how the incident is recorded already.")
        return self._desk.write(officer, case, e.IncidentChanged(fresh, filled(reason, "why the facts changed")))

    def told(self, officer: Officer, case_id: str, whom: Literal["ico", "people"], at: datetime) -> CaseFile:
        """The ICO, or the people concerned, were told at that time (UK GDPR Art 33, 34)."""
        case = self._work(officer, case_id)
        self._past(at)
        if at < self._incident(case).aware_at:
            raise BadRequest("They can't have been told before you were aware. Check the times.")
        return self._desk.write(officer, case, e.Told(whom, at))

    def counts(self, officer: Officer, controller: str, since: date, until: date) -> IncidentCounts:
        """Incidents of which the council became aware from `since` to before `until`. Exact: what is shown to others
        has small numbers suppressed."""
        self._desk.guard.check(officer, Act.READ_CASE, controller)
        total, after, now = IncidentCounts(), "", self._desk.now()
        while True:
            page = self._desk.matters.find([controller], kinds=(CaseKind.INCIDENT.value,), after=after, limit=_PAGE)
            for matter in page:
                if not matter.disposed_at:
                    total = _added(total, self._desk.read(officer, matter.row.id), since, until, now)
            if len(page) < _PAGE:
                return total
            after = page[-1].row.id

    def _linked(self, officer: Officer, case: CaseFile, refs: Sequence[str]) -> Opening:
        wanted = tuple(dict.fromkeys(refs))
        opening = self._searches.run(officer, case, Query(case.controller, refs=wanted))
        unknown = [number for number, ref in enumerate(wanted, 1) if not self._searches.known(case.controller, ref)]
        if unknown:
            which = "" if len(wanted) == 1 else f" (number {', '.join(map(str, unknown))} of those given)"
            raise CaseError(f"There is no record of that reference at this council{which}. Check it against the note.")
        return opening

    def _work(self, officer: Officer, case_id: str) -> CaseFile:
        return self._desk.read(officer, case_id, Act.WORK_INCIDENT)

    def _incident(self, case: CaseFile) -> Incident:
        if case.incident is None:
            raise CaseError("This case is no incident. Open one from the record concerned.")
        return case.incident

    def _past(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise BadRequest("Give the time with its offset, such as 2026-03-02T09:30:00+00:00.")
        if at > self._desk.now():
            raise BadRequest("That time is in the future. Check it.")


def _added(total: IncidentCounts, case: CaseFile, since: date, until: date, now: datetime) -> IncidentCounts:
    """The time when the council became aware may have been corrected since the case was opened: it counts as known."""
    incident = case.incident
    if incident is None or not since <= today(incident.aware_at) < until:
        return total
    told = incident.ico_told_at
    breach = incident.personal_data and not incident.near_miss
    limit = incident.aware_at.astimezone(UTC) + timedelta(hours=BREACH_HOURS)
    late = breach and told is not None and told > limit
    untold = breach and told is None and now > limit
    return IncidentCounts(
        total.incidents + 1,
        total.near_misses + incident.near_miss,
        total.self_reported + incident.self_reported,
        total.personal_data + incident.personal_data,
        total.told_ico + (told is not None),
        total.told_people + (incident.people_told_at is not None),
        total.late + late,
        total.untold + untold,
        total.closed + (case.closed_at is not None),
    )
