"""The desk at which cases are worked: reads a case, asks whether the officer may, writes what happens next.

The services beside it (`service`, `reviewing`, `opening`, `incidents`, `rights`) say what can happen; this is how.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from gateway.ledger.leaf import timestamp
from gateway.ledger.matter import Changed, Matter, StoredEvent
from gateway.ledger.rows import LeafDraft
from gateway.model.case import CaseFile, CaseKind
from gateway.model.errors import BadRequest
from gateway.model.officer import Officer, Tie
from gateway.records.access import Act, own_roles
from gateway.records.cases import events as e
from gateway.records.cases.calendar import Calendar
from gateway.records.cases.clock import due, timing_of, today
from gateway.records.cases.codec import decode
from gateway.records.cases.errors import CaseError, no_such_case
from gateway.records.cases.ports import Change, Guard, Matters
from gateway.records.cases.replay import apply, replay
from gateway.records.cases.rows import draft
from gateway.records.cases.states import CLOSED, INCIDENTS

_REMEMBERED = 32
_NUMBER_TRIES = 50


@dataclass(frozen=True, slots=True)
class Policy:
    """What a council decides about its cases. `second_reader`: another officer confirms each decision. `second_person`:
    another person gives leave to open sealed content, for `approval_days`. `independent`: neither was appointed by the
    officer with whom they agree. All are on unless somebody turns them off."""

    second_reader: bool = True
    second_person: bool = True
    approval_days: int = 7
    independent: bool = True


class Desk:
    """`prefixes` are record prefixes by controller (MBC); `dispose_after` gives the last day on which the file of a
    case closed then is kept; `now` is the time, in UTC; `tie` says what a second person
    is to the officer of that id."""

    def __init__(
        self,
        matters: Matters,
        guard: Guard,
        now: Callable[[], datetime],
        calendar: Calendar,
        prefixes: Mapping[str, str],
        dispose_after: Callable[[datetime], date],
        tie: Callable[[str, Officer], Tie],
        policy: Policy | None = None,
    ) -> None:
        self.matters = matters
        self.guard = guard
        self.now = now
        self.calendar = calendar
        self.policy = policy or Policy()
        self.dispose_after = dispose_after
        self._tie = tie
        self._prefixes = dict(prefixes)
        self._known: OrderedDict[str, CaseFile] = OrderedDict()
        self._lock = threading.Lock()

    def today(self) -> date:
        """The civil date in the United Kingdom."""
        return today(self.now())

    def read(self, officer: Officer, case_id: str, act: Act = Act.READ_CASE) -> CaseFile:
        """A case that the officer may see, and do `act` in. Raises NoSuchCase, Forbidden, CaseError where its file was
        destroyed."""
        name = case_id.strip().upper()
        known = self._remembered(name)
        stored = self.matters.read(name, known.seq if known else 0)
        if stored is None or stored[0].row.controller not in officer.controllers:
            raise no_such_case()
        matter, events = stored
        self.guard.check(officer, act, matter.row.controller)
        if matter.disposed_at:
            with self._lock:
                self._known.pop(name, None)
            raise CaseError(f"The file of this case was destroyed on {matter.disposed_at[:10]}, its time being up.")
        case = self._grown(known, matter, events)
        self._remember(case)
        return case

    def write(
        self,
        officer: Officer,
        case: CaseFile,
        *happened: e.Event,
        change: Change | None = None,
        leaves: Sequence[LeafDraft] = (),
    ) -> CaseFile:
        """The case after `happened`, which is durable, with `change` and `leaves`, when this returns. Raises CaseError
        where it can't happen, Changed where somebody else was first; nothing was written then."""
        return self._write(officer, case, happened, change, leaves)

    def open(self, officer: Officer, first: e.Opened, more: "Callable[[CaseFile], Opening]") -> CaseFile:
        """Open a case under the council's next number, which is filled in here. `more` says what happens with it in the
        same transaction, given the case as its opening alone leaves it."""
        prefix, year = self._prefix(first.controller), self.today().year
        for _ in range(_NUMBER_TRIES):
            number = self.matters.next_number(first.controller, year)
            numbered = replace(first, prefix=prefix, year=year, number=number)
            opening = more(apply(None, e.Entry(1, self.now(), "", "", numbered)))
            try:
                return self._write(officer, None, (numbered, *opening.events), opening.change, opening.leaves)
            except Changed:
                continue  # somebody took the number: the next one is free
        raise Changed

    def appointed(self, first: str, second: Officer) -> bool:
        """Whether the officer `first` appointed the `second`, who agrees with them. Raises CaseError where both are one
        person, and where policy asks for somebody whom the first did not appoint."""
        tie = self._tie(first, second)
        if tie is Tie.SAME:
            raise CaseError("You did this yourself, under another key: another person has to agree to it.")
        if tie is Tie.APPOINTED and self.policy.independent:
            raise CaseError(
                "Whoever did this appointed you, so you can't be the one who agrees to it (settings: "
                "cases.independent_second). Ask an officer whom somebody else appointed; whoever runs the gateway can "
                "always add one on its machine."
            )
        return tie is Tie.APPOINTED

    def must_be_open(self, case: CaseFile) -> None:
        """Raise CaseError for a closed case, before work is done for nothing."""
        if case.state == CLOSED:
            raise CaseError("This case is closed. Reopen it first, with a reason.")

    def _prefix(self, controller: str) -> str:
        prefix = self._prefixes.get(controller)
        if prefix is None:
            raise BadRequest("This council has no record prefix in the settings, so its cases can't be numbered.")
        return prefix

    def _write(
        self,
        officer: Officer,
        case: CaseFile | None,
        happened: Sequence[e.Event],
        change: Change | None,
        leaves: Sequence[LeafDraft],
    ) -> CaseFile:
        at, role, before = self.now(), own_roles(officer), 0 if case is None else case.seq
        drafts = []
        for event in happened:
            entry = e.Entry(1 if case is None else case.seq + 1, at, officer.id, role, event, person=person_of(officer))
            entry = self._timed(case, entry)
            case = apply(case, entry)
            drafts.append(draft(case, entry))
        if case is None:
            raise CaseError("Nothing happened.")
        stored = self.matters.append(
            drafts, expected=before, at=timestamp(at), who=officer.id, change=change, leaves=leaves
        )
        fresh = tuple(replace(case.steps[each.seq - 1], hash=each.hash.hex()) for each in stored)
        case = replace(case, steps=case.steps[:before] + fresh)
        self._remember(case)
        return case

    def _timed(self, case: CaseFile | None, entry: e.Entry) -> e.Entry:
        """The event with the clock as it leaves it. A due date moves with what the clock looks at, and never on the
        quiet: a holiday that was proclaimed meanwhile counts when somebody recounts, with the reason."""
        timing = timing_of(apply(case, entry))
        if case is not None and timing == timing_of(case) and not isinstance(entry.event, e.Recounted):
            return replace(entry, due_on=case.due_on, due_at=case.due_at, clock=case.clock)
        found = due(timing, self.calendar)
        return replace(entry, due_on=found.on, due_at=found.at, clock=found.words)

    def _grown(self, known: CaseFile | None, matter: Matter, events: Sequence[StoredEvent]) -> CaseFile:
        """The case as stored now, from what is remembered of it where that still is its beginning."""
        case = known if known is not None and not events else replay(map(_entry, events), known)
        if case.steps[-1].hash != matter.head.hex() or case.seq != matter.seq:
            whole = self.matters.read(matter.row.id)
            if whole is None:
                raise no_such_case()
            case = replay(map(_entry, whole[1]))
        return case

    def _remembered(self, case_id: str) -> CaseFile | None:
        with self._lock:
            return self._known.get(case_id)

    def _remember(self, case: CaseFile) -> None:
        with self._lock:
            self._known[case.id] = case
            self._known.move_to_end(case.id)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """What happens together with the opening of a case."""

    events: tuple[e.Event, ...] = ()
    change: Change | None = None
    leaves: tuple[LeafDraft, ...] = ()


def person_of(officer: Officer) -> str:
    """What is the same for every id of one person: the digest of the e-mail address. It is sealed with the event."""
    return hashlib.sha256(officer.address.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def working(kind: CaseKind) -> Act:
    """What an officer must be allowed in order to work a case of this kind."""
    return Act.WORK_INCIDENT if kind in INCIDENTS else Act.WORK_CASE


def together(*changes: Change | None) -> Change | None:
    """Several changes as one; None where there is none."""
    wanted = [each for each in changes if each is not None]
    if not wanted:
        return None

    def run(connection: object) -> None:
        for each in wanted:
            each(connection)

    return run


def filled(value: str, what: str) -> str:
    """`value` without blanks around it. Raises BadRequest where nothing is left."""
    value = value.strip()
    if not value:
        raise BadRequest(f"Give {what}.")
    return value


def _entry(stored: StoredEvent) -> e.Entry:
    at = datetime.fromisoformat(stored.at)
    return decode(stored.seq, at, stored.kind, stored.hash.hex(), stored.body)
