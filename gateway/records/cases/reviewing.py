"""Reviewing a case's hits: reading, marking as read, deciding, and the second reader's word.

A conversation is read in the form that will be released: as it left (pseudonyms in it), or as it came, opened under
leave.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from detectors.errors import DetectionError
from gateway.ledger.matter import Changed
from gateway.model.case import CaseFile, Decision, Form, Passage, Redaction, TextMarks, UnitText, Verdict
from gateway.model.errors import GatewayError, Unavailable
from gateway.model.officer import Officer
from gateway.model.wording import many
from gateway.records.access import Act
from gateway.records.cases import events as e
from gateway.records.cases.beside import Beside, beside
from gateway.records.cases.desk import Desk, filled, working
from gateway.records.cases.errors import CaseError
from gateway.records.cases.exemptions import Exemptions
from gateway.records.cases.opening import Openings
from gateway.records.cases.passages import (
    Inspector,
    Marks,
    ShownText,
    likeness,
    once,
    part_of,
    passages,
    premark,
    show,
)
from gateway.records.cases.ports import Texts
from gateway.records.cases.review import check, parts_read
from gateway.records.cases.states import CLOSED, undecided

MOST_ALIKE: Final = 500
MOST_AHEAD: Final = 50
LONGEST_AHEAD: Final = timedelta(seconds=5)
"""How many conversations are marked before they are read, and how long an officer waits for that."""


class Detection(Inspector, Protocol):
    """Detection that may not be loaded yet."""

    @property
    def version(self) -> str:
        """Changes with whatever could change a finding; told without loading anything."""
        ...

    @property
    def ready(self) -> bool:
        """Whether a text is inspected at once; else the first one waits until the model is loaded."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an officer decides on a conversation; see `gateway.model.case.Decision`. `corrections` name those of what
    stands beside it that are released too."""

    verdict: Verdict
    form: Form = "sent"
    code: str = ""
    reason: str = field(default="", repr=False)
    public_interest: str = field(default="", repr=False)
    redactions: tuple[Redaction, ...] = ()
    corrections: tuple[str, ...] = ()


class Reviews:
    """See the module."""

    def __init__(self, desk: Desk, texts: Texts, openings: Openings, inspector: Detection, grounds: Exemptions) -> None:
        self._desk = desk
        self._texts = texts
        self._openings = openings
        self._inspector = inspector
        self._grounds = grounds

    def next(self, officer: Officer, case_id: str) -> int | None:
        """The next conversation without a decision: those sent back first. None where all have one."""
        case = self._desk.read(officer, case_id)
        waiting = undecided(case)
        back = (unit for unit in waiting if unit in case.sent_back)
        return next(back, waiting[0] if waiting else None)

    def show(
        self, officer: Officer, case_id: str, unit: int, form: Form = "sent"
    ) -> tuple[CaseFile, tuple[ShownText, ...]]:
        """A conversation to read: each text once, findings marked. Showing it as it came opens sealed content, which is
        recorded first. Raises CaseError; Unavailable where the store or detection fails."""
        if form == "kept":
            case, texts = self._openings.open(officer, case_id, unit)
        else:
            case = self._hit(officer, case_id, unit, Act.READ_RECORD)
            texts = self._texts.texts(case.controller, unit)
        case, marks = self._marks(officer, case, unit, texts, form)
        return case, show(texts, form, self._seen(case, unit, officer), marks)

    def beside(self, officer: Officer, case_id: str, unit: int) -> Beside:
        """The corrections that stand beside a conversation of the case, and the restrictions on it."""
        case = self._hit(officer, case_id, unit, Act.READ_RECORD)
        return beside(self._desk, officer, case.controller, unit)

    def mark(self, officer: Officer, case_id: str, unit: int, read: Sequence[Passage]) -> CaseFile:
        """Mark passages as read by this officer."""
        case = self._work(officer, case_id, unit)
        if not read or len({each.form for each in read}) != 1:
            raise CaseError("Name the passages that you have read, all of one form (kept or sent).")
        form = read[0].form
        known = set(passages(self._texts_for(officer, case, unit, form), form))
        if not set(read) <= known:
            raise CaseError("A passage is not one of this conversation. Show it again, and mark what is shown.")
        fresh = [each for each in dict.fromkeys(read) if each not in self._seen(case, unit, officer)]
        if not fresh:
            return case
        return self._desk.write(officer, case, e.Marked(unit, tuple(fresh)))

    def decide(self, officer: Officer, case_id: str, unit: int, wanted: Wanted) -> CaseFile:
        """Decide on a conversation. Refused where a passage was not marked as read by this officer, where a ground is
        not stated, or where a span does not fit; the message says what is missing."""
        case = self._work(officer, case_id, unit)
        self._desk.must_be_open(case)
        texts = self._texts_for(officer, case, unit, wanted.form)
        decision = self._decision(officer, case, unit, wanted, texts)
        self._corrections(officer, case, decision)
        return self._desk.write(officer, case, e.Decided(decision))

    def alike(self, officer: Officer, case_id: str, unit: int) -> tuple[int, ...]:
        """The undecided conversations of the case that read the same as this decided one, text by text, with nothing
        beside them."""
        case = self._work(officer, case_id, unit)
        decision = self._decided(case, unit)
        pattern = likeness(self._texts_for(officer, case, unit, decision.form), decision.form)
        return tuple(
            other
            for other in undecided(case)
            if decision.form == "sent"
            and likeness(self._texts.texts(case.controller, other), "sent") == pattern
            and beside(self._desk, officer, case.controller, other) == Beside()
        )

    def decide_alike(
        self, officer: Officer, case_id: str, unit: int, others: Sequence[int], *, confirmed: bool = False
    ) -> CaseFile:
        """Decide on conversations that read the same as `unit` does, text by text, as was decided there.

        Only in the form in which they left, and only with `confirmed`: the officer takes it on themselves that what
        they read once holds for all.
        """
        case = self._work(officer, case_id, unit)
        self._desk.must_be_open(case)
        decision = self._decided(case, unit)
        if decision.form != "sent" or decision.by != officer.id:
            raise CaseError("Only your own decision on a text as it left can be repeated for identical ones.")
        others = tuple(dict.fromkeys(others))
        if not 0 < len(others) <= MOST_ALIKE:
            raise CaseError(f"Name 1 to {MOST_ALIKE} conversations.")
        mine = self._texts.texts(case.controller, unit)
        events: list[e.Event] = []
        for other in others:
            if other not in case.units or other == unit:
                raise CaseError("A conversation is not among the other hits of this case.")
            if other in case.decisions:
                raise CaseError("One of these conversations is decided already. Decide on it by itself.")
            if beside(self._desk, officer, case.controller, other) != Beside():
                raise CaseError("Something stands beside one of these conversations. Review it on its own.")
            texts = self._texts.texts(case.controller, other)
            if likeness(texts, "sent") != likeness(mine, "sent"):
                raise CaseError("One of these conversations does not read the same. Review it on its own.")
            events.extend(self._repeated(case, decision, other, mine, texts))
        if not confirmed:
            raise CaseError(
                f"This decides {many(len(others), 'conversation')} at once by what you read in one. Confirm it if that "
                "is right."
            )
        return self._desk.write(officer, case, *events)

    def confirm(
        self, officer: Officer, case_id: str, units: Sequence[int], *, as_of: int | None = None
    ) -> CaseFile:  # fmt: skip
        """As second reader: agree with decisions that somebody else made. `as_of` is the number of the newest event
        when they were read: one that was made anew since is refused."""
        case = self._desk.read(officer, case_id, Act.SECOND_READ)
        if as_of is not None and any(case.decided.get(unit, 0) > as_of for unit in units):
            raise CaseError("One of these was decided anew after you read it. Read it again first.")
        wanted = tuple(dict.fromkeys(units))
        decided = {unit: case.decisions[unit].by for unit in wanted if unit in case.decisions}
        appointers = {by for by in set(decided.values()) - {officer.id} if self._desk.appointed(by, officer)}
        theirs = tuple(unit for unit in wanted if decided.get(unit) in appointers)
        others = tuple(unit for unit in wanted if unit not in theirs)
        happened: list[e.Event] = [e.Confirmed(others)] if others or not theirs else []
        if theirs:
            happened.append(e.ConfirmedByAppointee(theirs))
        return self._desk.write(officer, case, *happened)

    def send_back(self, officer: Officer, case_id: str, unit: int, reason: str) -> CaseFile:
        """As second reader: ask for a conversation to be looked at again."""
        case = self._desk.read(officer, case_id, Act.SECOND_READ)
        return self._desk.write(officer, case, e.SentBack(unit, filled(reason, "what should be looked at again")))

    def _marks(
        self, officer: Officer, case: CaseFile, unit: int, texts: Sequence[UnitText], form: Form
    ) -> tuple[CaseFile, Marks]:
        """The marks of every text. Those that the case has are used; a process that had to load detection for the
        others marks the next conversations too, and all of it is kept with the case."""
        known: Marks = case.premarks if case.premarked_by == self._inspector.version else {}
        if all((part_of(text, form), form) in known for text, _ in once(texts, form)):
            return case, known
        cold, begun = not self._inspector.ready, self._desk.now()
        try:
            made = list(premark(texts, form, self._inspector, case.controller))
        except DetectionError as error:
            raise Unavailable(
                "The findings of this conversation can't be marked just now, so it is not shown as if it had none. "
                "Try again; if it stays so, tell the administrator.",
                retry_after_s=5,
            ) from error
        marks = {**known, **{(each.part, each.form): each.marks for each in made}}
        if not cold or case.state == CLOSED:
            return case, marks
        if form == "sent":
            made += self._ahead(case, unit, marks, begun)
        try:
            return self._desk.write(officer, case, e.Premarked(self._inspector.version, tuple(made))), marks
        except Changed:
            return self._desk.read(officer, case.id), marks  # somebody was at work here: it is kept another time

    def _ahead(self, case: CaseFile, unit: int, known: Marks, begun: datetime) -> list[TextMarks]:
        """The marks of the conversations that come next, as far as there is time."""
        made: list[TextMarks] = []
        waiting = [each for each in undecided(case) if each != unit]
        for other in waiting[:MOST_AHEAD]:
            if self._desk.now() - begun > LONGEST_AHEAD:
                break
            try:
                texts = self._texts.texts(case.controller, other)
                if any((part_of(text, "sent"), "sent") not in known for text, _ in once(texts, "sent")):
                    made += premark(texts, "sent", self._inspector, case.controller)
            except (DetectionError, GatewayError):
                continue  # whoever reads that conversation is told
        return made

    def _corrections(self, officer: Officer, case: CaseFile, decision: Decision) -> None:
        """Raise CaseError where a correction can't be released with the conversation."""
        if not decision.corrections:
            return
        if decision.verdict not in ("release", "redact"):
            raise CaseError("Corrections are released with what is released: decide release or redact.")
        known = {each.name for each in beside(self._desk, officer, case.controller, decision.unit).corrections}
        if not set(decision.corrections) <= known:
            raise CaseError("There is no such correction beside this conversation. Read it again: it names them.")

    def _decision(
        self, officer: Officer, case: CaseFile, unit: int, wanted: Wanted, texts: Sequence[UnitText]
    ) -> Decision:
        seen = self._seen(case, unit, officer)
        redactions = tuple(sorted(wanted.redactions, key=lambda each: (each.part, each.start)))
        decision = Decision(
            unit, wanted.verdict, officer.id, self._desk.now(), wanted.form, wanted.code.strip(), wanted.reason.strip(),
            wanted.public_interest.strip(), redactions, parts_read(texts, wanted.form, seen),
            corrections=tuple(dict.fromkeys(wanted.corrections)),
        )  # fmt: skip
        check(decision, texts, seen, case.kind, self._grounds)
        return decision

    def _repeated(
        self, case: CaseFile, decision: Decision, other: int, mine: Sequence[UnitText],
        texts: Sequence[UnitText],
    ) -> list[e.Event]:  # fmt: skip
        """The marks and the decision for a conversation that reads the same; spans move to its own parts."""
        pairs = zip(once(mine, "sent"), once(texts, "sent"), strict=True)
        moved = {part_of(a, "sent") or 0: part_of(b, "sent") or 0 for (a, _), (b, _) in pairs}
        read = tuple(passages(texts, "sent"))
        again = replace(
            decision, unit=other, at=self._desk.now(), second="", second_at=None, second_appointed=False,
            redactions=tuple(replace(each, part=moved[each.part]) for each in decision.redactions),
            seen=frozenset(moved.values()), corrections=(),
        )  # fmt: skip
        check(again, texts, frozenset(read), case.kind, self._grounds)
        return [e.Marked(other, read), e.Decided(again)]

    def _decided(self, case: CaseFile, unit: int) -> Decision:
        decision = case.decisions.get(unit)
        if decision is None:
            raise CaseError("There is no decision on this conversation yet.")
        return decision

    def _seen(self, case: CaseFile, unit: int, officer: Officer) -> frozenset[Passage]:
        return case.marks.get(unit, {}).get(officer.id, frozenset())

    def _texts_for(self, officer: Officer, case: CaseFile, unit: int, form: Form) -> tuple[UnitText, ...]:
        if form == "kept":
            return self._openings.opened(officer, case, unit)
        return self._texts.texts(case.controller, unit)

    def _hit(self, officer: Officer, case_id: str, unit: int, act: Act) -> CaseFile:
        case = self._desk.read(officer, case_id, act)
        if unit not in case.units:
            raise CaseError("This conversation is not among the hits of the case. Search for it in the case first.")
        return case

    def _work(self, officer: Officer, case_id: str, unit: int) -> CaseFile:
        case = self._hit(officer, case_id, unit, Act.READ_CASE)
        self._desk.guard.check(officer, working(case.kind), case.controller)
        if unit in case.erased:
            raise CaseError("The content of this conversation was erased.")
        return case
