"""Reviewing what a case found: read, mark as read, decide, read a second time; and opening what is sealed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.http.records.case_models import Decision, Progress, progress
from gateway.http.records.cases import CaseId, Reading, ReasonIn, Working, at_desk
from gateway.http.records.common import Body, Part, Perhaps, Unit, UnitPath, View, number
from gateway.http.records.desk import AT, Desk, May
from gateway.ledger.identifiers import conversation_name
from gateway.model import case as values
from gateway.model.case import CaseFile, CaseKind, Form, Verdict
from gateway.records.access import Act
from gateway.records.cases.beside import Beside
from gateway.records.cases.passages import ShownText
from gateway.records.cases.reviewing import Wanted

router = APIRouter(prefix=AT, tags=["review"])
MOST = 500


class Shown(View):
    """A passage: a stretch of text that is read in one go."""

    number: int
    of: int
    start: int
    end: int
    text: str
    seen: Annotated[bool, Field(description="You marked it as read.")]


class Mark(View):
    """A span to look at."""

    start: int
    end: int
    label: str
    source: Annotated[str, Field(description="`detector`: found now; `pseudonym`: stands for somebody already.")]


class TextView(View):
    """A text of the conversation, once."""

    part: Part
    form: Form
    ref: Annotated[str, Field(description="The record where it first stood.")]
    role: str
    text: str
    passages: list[Shown]
    marks: list[Mark]
    again: Annotated[int, Field(description="How often it stands elsewhere in the conversation.")]


class CorrectionView(View):
    """A correction that stands beside a conversation."""

    name: Annotated[str, Field(description="The case that made it and its number there; a decision names it so.")]
    ref: Annotated[str, Field(description="The record that it is about; empty for the whole conversation.")]
    at: datetime
    text: str


class Conversation(View):
    """A conversation to read."""

    unit: Unit
    texts: list[TextView]
    decision: Decision | None
    sent_back: Annotated[str, Field(description="What the second reader asked to look at again.")]
    corrections: Annotated[list[CorrectionView], Field(description="Those that stand beside it (UK GDPR Art 16).")]
    restricted: Annotated[list[str], Field(description="The cases that restrict its processing (Art 18, 21).")]
    as_of: Annotated[int, Field(description="The case's newest event when this was read; `second-readings` takes it.")]


class NextUnit(View):
    """The next conversation to decide on."""

    unit: Unit | None


class PassageIn(Body):
    """A passage that was read."""

    part: Part
    form: Form = "sent"
    number: Annotated[int, Field(ge=0)]
    of: Annotated[int, Field(ge=1)]


class ReadIn(Body):
    """Passages that were read, all of one form."""

    passages: Annotated[list[PassageIn], Field(min_length=1, max_length=2000)]


class RedactionIn(Body):
    """A span that is not released."""

    part: Part
    form: Form = "sent"
    start: Annotated[int, Field(ge=0, description="First character of the text in that form.")]
    end: Annotated[int, Field(ge=1, description="The character after the last.")]
    code: Annotated[str, Field(max_length=50, examples=["FOIA s.40(2)"])]
    reason: Perhaps = ""

    def value(self) -> values.Redaction:
        """As the services take it."""
        return values.Redaction(number(self.part), self.form, self.start, self.end, self.code, self.reason)


class DecisionIn(Body):
    """What is decided on a conversation."""

    verdict: Verdict
    form: Annotated[Form, Field(description="The form that was read: as it left, or as it came.")] = "sent"
    code: Annotated[str, Field(max_length=50, description="The ground, where the whole is withheld.")] = ""
    reason: Annotated[Perhaps, Field(description="Why the ground applies.")] = ""
    public_interest: Annotated[Perhaps, Field(description="The balance, where the ground asks for it.")] = ""
    redactions: Annotated[list[RedactionIn], Field(default_factory=list, max_length=5000)]
    corrections: Annotated[
        list[Annotated[str, Field(max_length=80)]],
        Field(default_factory=list, max_length=100, description="The corrections beside it that are released too."),
    ]


class UnitsIn(Body):
    """Conversations."""

    units: Annotated[list[Unit], Field(min_length=1, max_length=MOST)]


class SecondIn(UnitsIn):
    """Conversations whose decisions were read."""

    as_of: Annotated[
        int | None, Field(ge=1, description="The newest event when you read them; what was decided anew is refused.")
    ] = None


class AlikeIn(UnitsIn):
    """Conversations that read the same."""

    confirmed: Annotated[bool, Field(description="What was read once holds for all of them.")] = False


class Alike(View):
    """Conversations that read the same."""

    units: list[Unit]


class LeaveIn(Body):
    """Leave to open."""

    days: Annotated[int | None, Field(ge=1, le=31, description="For so many days; the settings' where left out.")] = (
        None
    )


class GroundView(View):
    """A ground for withholding."""

    code: str
    law: str
    name: str
    public_interest: Annotated[bool, Field(description="The balance has to be struck and stated.")]
    hint: Annotated[str, Field(description="What to know before citing it.")]


class Grounds(View):
    """Grounds for withholding."""

    items: list[GroundView]


@router.get("/grounds", summary="Grounds for withholding")
def grounds(
    desk: Reading, kind: Annotated[CaseKind, Query(description="That a case of this kind can cite.")] = CaseKind.FOI
) -> Grounds:
    """The exemptions and exceptions of FOIA, EIR and DPA, as they are cited."""
    known = desk.office.grounds
    return Grounds(
        items=[
            GroundView(
                code=each.code,
                law=each.law,
                name=each.name,
                public_interest=each.public_interest,
                hint=known.hint(each.code),
            )
            for each in known.of(kind)
        ]
    )


@router.get("/cases/{case_id}/next", summary="What to review next")
def next_unit(case_id: CaseId, desk: Reading) -> NextUnit:
    """The next conversation without a decision, those sent back first; none where all have one."""
    unit = desk.office.reviews.next(desk.officer, at_desk(desk, case_id).id)
    return NextUnit(unit=None if unit is None else conversation_name(unit))


@router.get("/cases/{case_id}/hits/{unit}", summary="Read a conversation")
def read_conversation(
    case_id: CaseId, unit: UnitPath, desk: Annotated[Desk, Depends(May(Act.READ_RECORD))]
) -> Conversation:
    """A conversation as it left, pseudonyms in it: each text once, cut into passages, findings marked."""
    reviews = desk.office.reviews
    case, texts = reviews.show(desk.officer, at_desk(desk, case_id).id, number(unit))
    return _conversation(case, number(unit), texts, reviews.beside(desk.officer, case.id, number(unit)))


@router.post("/cases/{case_id}/hits/{unit}/open", summary="Open originals")
def open_conversation(
    case_id: CaseId, unit: UnitPath, desk: Annotated[Desk, Depends(May(Act.OPEN_SEALED))]
) -> Conversation:
    """A conversation as it came. This opens sealed content: it needs leave in force, and is in the ledger before
    anything is shown."""
    reviews = desk.office.reviews
    case, texts = reviews.show(desk.officer, at_desk(desk, case_id).id, number(unit), "kept")
    return _conversation(case, number(unit), texts, reviews.beside(desk.officer, case.id, number(unit)))


@router.post("/cases/{case_id}/hits/{unit}/read", summary="Mark as read")
def mark_read(case_id: CaseId, unit: UnitPath, read: ReadIn, desk: Working) -> Progress:
    """Mark passages as read by you. A release or redaction needs every passage marked."""
    passages = [values.Passage(number(each.part), each.form, each.number, each.of) for each in read.passages]
    return progress(desk.office.reviews.mark(desk.officer, at_desk(desk, case_id).id, number(unit), passages))


@router.post("/cases/{case_id}/hits/{unit}/decision", summary="Decide")
def decide(case_id: CaseId, unit: UnitPath, wanted: DecisionIn, desk: Working) -> Progress:
    """Release, redact, withhold, or say that it is not relevant. Refused where a passage was not read, a ground is not
    stated or a span does not fit; the error says what is missing."""
    asked = Wanted(
        wanted.verdict,
        wanted.form,
        wanted.code,
        wanted.reason,
        wanted.public_interest,
        tuple(each.value() for each in wanted.redactions),
        tuple(wanted.corrections),
    )
    return progress(desk.office.reviews.decide(desk.officer, at_desk(desk, case_id).id, number(unit), asked))


@router.get("/cases/{case_id}/hits/{unit}/alike", summary="What reads the same")
def alike(case_id: CaseId, unit: UnitPath, desk: Working) -> Alike:
    """The undecided conversations of the case that read the same as this decided one, text by text."""
    found = desk.office.reviews.alike(desk.officer, at_desk(desk, case_id).id, number(unit))
    return Alike(units=[conversation_name(each) for each in found])


@router.post("/cases/{case_id}/hits/{unit}/alike", summary="Decide alike")
def decide_alike(case_id: CaseId, unit: UnitPath, others: AlikeIn, desk: Working) -> Progress:
    """Decide on conversations that read the same, as was decided on this one."""
    units = [number(each) for each in others.units]
    found = at_desk(desk, case_id)
    return progress(
        desk.office.reviews.decide_alike(desk.officer, found.id, number(unit), units, confirmed=others.confirmed)
    )


@router.post("/cases/{case_id}/second-readings", summary="Confirm decisions")
def confirm(case_id: CaseId, read: SecondIn, desk: Annotated[Desk, Depends(May(Act.SECOND_READ))]) -> Progress:
    """As second reader: agree with decisions that somebody else made."""
    units = [number(each) for each in read.units]
    return progress(desk.office.reviews.confirm(desk.officer, at_desk(desk, case_id).id, units, as_of=read.as_of))


@router.post("/cases/{case_id}/hits/{unit}/send-back", summary="Send a decision back")
def send_back(
    case_id: CaseId, unit: UnitPath, why: ReasonIn, desk: Annotated[Desk, Depends(May(Act.SECOND_READ))]
) -> Progress:
    """As second reader: ask for a conversation to be looked at again."""
    return progress(desk.office.reviews.send_back(desk.officer, at_desk(desk, case_id).id, number(unit), why.reason))


@router.post("/cases/{case_id}/leave", summary="Ask for leave to open")
def ask_leave(case_id: CaseId, why: ReasonIn, desk: Annotated[Desk, Depends(May(Act.REQUEST_OPENING))]) -> Progress:
    """Ask for leave to open the sealed content of what the case found, with the reason."""
    return progress(desk.office.openings.request(desk.officer, at_desk(desk, case_id).id, why.reason))


@router.post("/cases/{case_id}/leave/grant", summary="Give leave to open")
def give_leave(case_id: CaseId, leave: LeaveIn, desk: Annotated[Desk, Depends(May(Act.APPROVE_OPENING))]) -> Progress:
    """Give the leave that another officer asked for. It covers everything that the case found, for a time."""
    return progress(desk.office.openings.approve(desk.officer, at_desk(desk, case_id).id, leave.days))


@router.post("/cases/{case_id}/leave/refuse", summary="Refuse leave to open")
def refuse_leave(case_id: CaseId, why: ReasonIn, desk: Annotated[Desk, Depends(May(Act.APPROVE_OPENING))]) -> Progress:
    """Do not give the leave that was asked for."""
    return progress(desk.office.openings.refuse(desk.officer, at_desk(desk, case_id).id, why.reason))


def _conversation(case: CaseFile, unit: int, texts: tuple[ShownText, ...], stands: Beside) -> Conversation:
    shown = [
        TextView(
            part=conversation_name(each.part),
            form=each.form,
            ref=each.ref,
            role=each.role,
            text=each.text,
            passages=[
                Shown(number=p.passage.number, of=p.passage.of, start=p.start, end=p.end, text=p.text, seen=p.seen)
                for p in each.passages
            ],
            marks=[Mark.model_validate(mark) for mark in each.marks],
            again=each.again,
        )
        for each in texts
    ]
    decided = case.decisions.get(unit)
    decision = Decision.model_validate(decided) if decided is not None else None
    return Conversation(
        unit=conversation_name(unit),
        texts=shown,
        decision=decision,
        sent_back=case.sent_back.get(unit, ""),
        corrections=[CorrectionView.model_validate(each) for each in stands.corrections],
        restricted=list(stands.restricted),
        as_of=case.seq,
    )
