"""Working a case: opening, clock, searches, the section 12 sheet, closing.

Every method takes the officer who acts, asks the guard, and returns the case as it stands afterwards. What can not be
done raises a GatewayError whose message says what to do instead.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, get_args

from gateway.ledger.matter import Changed, HitChange, Matter
from gateway.model.case import Activity, CaseFile, CaseKind, Estimate, Extension
from gateway.model.errors import BadRequest
from gateway.model.officer import Officer
from gateway.model.search import Query
from gateway.records.access import Act
from gateway.records.cases import events as e
from gateway.records.cases.clock import due, extendable, pausable, said, timing_of
from gateway.records.cases.desk import Desk, Opening, filled, working
from gateway.records.cases.errors import CaseError, NoSuchCase
from gateway.records.cases.rules import GIVEN, NOT_GIVEN
from gateway.records.cases.searching import Searches
from gateway.records.cases.timesheet import Narrowing, Sheet, narrowing, sheet

_MINUTES_A_DAY: Final = 24 * 60
_MOST: Final = 500
_TRIES: Final = 3
LIMITED: Final = frozenset({CaseKind.FOI, CaseKind.EIR, CaseKind.INTERNAL_REVIEW, CaseKind.ICO})
"""Kinds that can end over the limit of cost, a review of such a refusal included."""
EARLIEST: Final = date(2005, 1, 1)
"""The Freedom of Information Act came into force; an earlier day of receipt is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What is known when a request comes in. `reference` is the number that the council's other systems use, if any;
    `due_given` the date that somebody else set (ICO cases, investigations); `query` a first search, whose hold is
    placed in the same transaction."""

    controller: str
    kind: CaseKind
    received_on: date
    subject: str = field(repr=False)
    requester: str = field(default="", repr=False)
    reference: str = field(default="", repr=False)
    due_given: date | None = None
    second_reader: bool | None = None
    query: Query | None = field(default=None, repr=False)


class Cases:
    """See the module."""

    def __init__(self, desk: Desk, searches: Searches) -> None:
        self._desk = desk
        self._searches = searches

    def open(self, officer: Officer, asked: OpenCase) -> CaseFile:
        """Open a case under the next number. With a query, the hold on what it finds begins in the same transaction."""
        desk = self._desk
        desk.guard.check(officer, working(asked.kind), asked.controller)
        if asked.kind is CaseKind.INCIDENT:
            raise BadRequest(
                "An incident is opened from the record concerned, with the time when you became aware of it."
            )
        if not EARLIEST <= asked.received_on <= desk.today():
            when = "in the future" if asked.received_on > EARLIEST else "then"
            raise BadRequest(f"The request can't have been received {when}. Check the date.")
        if asked.due_given is not None:
            if asked.kind not in GIVEN:
                raise BadRequest(NOT_GIVEN)
            if asked.due_given < asked.received_on:
                raise BadRequest("It can't have been due before it came. Check the dates.")
        second = desk.policy.second_reader if asked.second_reader is None else asked.second_reader
        if desk.policy.second_reader and not second:
            raise BadRequest("Your council's settings ask for a second reader in every case.")
        first = e.Opened(
            controller=asked.controller, kind=asked.kind, prefix="", year=0, number=0, received_on=asked.received_on,
            reference=asked.reference.strip(), subject=filled(asked.subject, "what the request is about"),
            requester=asked.requester.strip(), second_reader=second, due_given=asked.due_given,
        )  # fmt: skip
        query = asked.query

        def more(case: CaseFile) -> Opening:
            return Opening() if query is None else self._searches.run(officer, case, query)

        return desk.open(officer, first, more)

    def read(self, officer: Officer, case_id: str) -> CaseFile:
        """A case. Raises NoSuchCase also for another council's."""
        return self._desk.read(officer, case_id)

    def list(
        self,
        officer: Officer,
        *,
        controller: str | None = None,
        state: str | None = None,
        kind: CaseKind | None = None,
        due_by: date | None = None,
        after: str = "",
        limit: int = 50,
    ) -> tuple[Matter, ...]:
        """The cases of the officer's councils (or of one) by number, without anything that is sealed."""
        controllers = sorted(officer.controllers) if controller is None else [controller]
        for each in controllers:
            self._desk.guard.check(officer, Act.READ_CASE, each)
        return self._desk.matters.find(
            controllers, state=state, kinds=() if kind is None else (kind.value,),
            due_by=None if due_by is None else due_by.isoformat(), after=after, limit=min(limit, _MOST),
        )  # fmt: skip

    def hits(
        self, officer: Officer, case_id: str, *, decision: str | None = None, second: str | None = None,
        after: int = -1, limit: int = 50,
    ) -> tuple[HitChange, ...]:  # fmt: skip
        """A page of a case's hits: by decision (empty: none yet) and second reading (wanted, confirmed, sent_back)."""
        case = self._desk.read(officer, case_id)
        return self._desk.matters.hits(case.id, decision=decision, second=second, after=after, limit=min(limit, _MOST))

    def note(self, officer: Officer, case_id: str, text: str) -> CaseFile:
        """Add a note to the file; in a closed case too."""
        return self._do(officer, case_id, e.Noted(filled(text, "the note")))

    def exported(self, officer: Officer, case_id: str, made: e.Exported) -> CaseFile:
        """Write down that something left the case; in a closed case too. Whether the officer may was asked before."""
        for _ in range(_TRIES):  # making it took minutes: somebody else may be at work in the case
            with suppress(Changed):
                return self._desk.write(officer, self._desk.read(officer, case_id), made)
        return self._desk.write(officer, self._desk.read(officer, case_id), made)

    def search(self, officer: Officer, case_id: str, query: Query) -> CaseFile:
        """Search within the case. What is found joins its hits, and is held; what was decided stays decided."""
        case = self._work(officer, case_id)
        self._desk.must_be_open(case)
        ran = self._searches.run(officer, case, query)
        return self._desk.write(officer, case, *ran.events, change=ran.change, leaves=ran.leaves)

    def search_again(self, officer: Officer, case_id: str, search: str) -> CaseFile:
        """Run one of the case's searches again, over what has come since."""
        case = self._work(officer, case_id)
        for each in case.searches:
            if each.id == search:
                return self.search(officer, case_id, each.query)
        raise CaseError("This case has no search of that number.")

    def pause(
        self, officer: Officer, case_id: str, reason: Literal["clarification", "identity", "fee"], since: date,
        asked: str = "",
    ) -> CaseFile:  # fmt: skip
        """Stop the clock: the requester was asked for something on `since`."""
        case = self._work(officer, case_id)
        pausable(timing_of(case), reason)
        self._not_later(since)
        if case.due_on is not None and since > case.due_on:
            raise CaseError(
                f"The answer was due on {said(case.due_on)}: asking after that stops no clock. Answer as soon as you "
                "can, and note what was asked."
            )
        return self._desk.write(officer, case, e.Paused(reason, since, asked.strip()))

    def resume(self, officer: Officer, case_id: str, until: date, answer: str = "") -> CaseFile:
        """What was asked for came on `until`."""
        self._not_later(until)
        return self._do(officer, case_id, e.Resumed(until, answer.strip()))

    def extend(
        self, officer: Officer, case_id: str, ground: Literal["public_interest", "complex"], reason: str, *,
        told_on: date, until: date | None = None,
    ) -> CaseFile:  # fmt: skip
        """Take more time, where the law gives it; the requester was told on `told_on`, with the reason."""
        case = self._work(officer, case_id)
        self._not_later(told_on)
        extension = Extension(ground, told_on, filled(reason, "the reason for the extension"), until)
        extendable(timing_of(case), extension, self._desk.calendar)
        return self._desk.write(officer, case, e.Extended(extension))

    def acknowledge(self, officer: Officer, case_id: str, on: date) -> CaseFile:
        """The complainant was told on that day that the complaint has come."""
        self._not_later(on)
        return self._do(officer, case_id, e.Acknowledged(on))

    def give_due(self, officer: Officer, case_id: str, due_on: date, reason: str) -> CaseFile:
        """Record the date that the Commissioner, or who asked for an investigation, set."""
        return self._do(officer, case_id, e.DueGiven(due_on, filled(reason, "who set the date, and where")))

    def recount(self, officer: Officer, case_id: str, reason: str) -> CaseFile:
        """Work the due date out anew with the holidays as they are known now."""
        case = self._work(officer, case_id)
        found = due(timing_of(case), self._desk.calendar)
        if (found.on, found.at) == (case.due_on, case.due_at):
            raise CaseError("The due date is the same with the holidays as they are known now.")
        return self._desk.write(officer, case, e.Recounted(filled(reason, "the reason")))

    def relate(self, officer: Officer, case_id: str, other: str) -> CaseFile:
        """Link another case of the same council: one to be added up with it (FOIA s.12(4)), or the one under review."""
        case, linked = self._work(officer, case_id), self._desk.read(officer, other)
        if linked.controller != case.controller:
            raise CaseError("That is another council's case.")
        return self._desk.write(officer, case, e.Related(linked.id))

    def spend(
        self,
        officer: Officer,
        case_id: str,
        activity: Activity,
        minutes: int,
        *,
        on: date | None = None,
        note: str = "",
    ) -> CaseFile:
        """Log minutes for the section 12 sheet. Redaction is logged too, and not counted."""
        if activity not in get_args(Activity):
            raise BadRequest(f"Which activity? One of: {', '.join(get_args(Activity))}.")
        day = on or self._desk.today()
        self._not_later(day)
        return self._do(officer, case_id, e.TimeSpent(activity, minutes, day, note.strip()))

    def estimate(self, officer: Officer, case_id: str, *, sampled: int, minutes: int, note: str = "") -> CaseFile:
        """Estimate the whole from a sample of the hits that was worked in so many minutes of counted time."""
        case = self._work(officer, case_id)
        total = len(case.units)
        if not 0 < sampled <= total:
            raise CaseError(f"The sample has to be of 1 to {total} of the conversations found.")
        if not 0 < minutes <= _MINUTES_A_DAY * 30:
            raise BadRequest("Give the minutes that the sample took.")
        made = Estimate(sampled, minutes, total, officer.id, self._desk.today(), note.strip())
        return self._desk.write(officer, case, e.Estimated(made))

    def sheet(self, officer: Officer, case_id: str) -> Sheet:
        """The section 12 sheet, with related requests added up."""
        case = self._desk.read(officer, case_id)
        related = []
        for each in case.related:
            try:
                related.append(self._desk.read(officer, each))
            except (NoSuchCase, CaseError):
                continue  # its file is gone: what it cost is no longer known
        return sheet(case, related, self._desk.calendar)

    def narrowing(self, officer: Officer, case_id: str) -> Narrowing:
        """How the request could be narrowed (FOIA s.16): by month and service, and what fits within the limit."""
        case = self._work(officer, case_id)
        if not case.estimates:
            raise CaseError("Estimate first: work a sample of the hits and record how long it took.")
        spent = self.sheet(officer, case_id)
        return narrowing(self._searches.hits(case), case.estimates[-1], spent.counted + spent.aggregate)

    def close(
        self, officer: Officer, case_id: str, outcome: str, text: str = "", *, on: date | None = None
    ) -> CaseFile:
        """Close the case: the answer went out on that day. The file is kept for its retention period from now."""
        case = self._work(officer, case_id)
        day = on or self._desk.today()
        self._not_later(day)
        if day < case.received_on:
            raise BadRequest("The answer can't have gone out before the request came. Check the date.")
        self._so(case, outcome)
        keep = self._desk.dispose_after(self._desk.now())
        return self._desk.write(officer, case, e.Closed(outcome, day, keep, text.strip()))

    def reopen(self, officer: Officer, case_id: str, reason: str) -> CaseFile:
        """Go on with a closed case. Its retention ends anew when it is closed again."""
        return self._do(officer, case_id, e.Reopened(filled(reason, "the reason for reopening")))

    def _so(self, case: CaseFile, outcome: str) -> None:
        """Raise CaseError for an outcome that the law or the decisions contradict."""
        if outcome == "exceeds_limit" and case.kind not in LIMITED:
            raise CaseError("A limit of cost is known to FOIA s.12 and EIR reg.12(4)(b) only.")
        shown = {decision.verdict for decision in case.decisions.values()} - {"not_relevant"}
        if outcome == "not_held" and shown:
            raise CaseError("Some of what was found is relevant by the decisions: it is held.")

    def _work(self, officer: Officer, case_id: str) -> CaseFile:
        case = self._desk.read(officer, case_id)
        self._desk.guard.check(officer, working(case.kind), case.controller)
        return case

    def _do(self, officer: Officer, case_id: str, event: e.Event) -> CaseFile:
        return self._desk.write(officer, self._work(officer, case_id), event)

    def _not_later(self, day: date) -> None:
        if day > self._desk.today():
            raise BadRequest("That day is in the future. Check the date.")
