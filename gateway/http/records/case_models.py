"""Cases as the records API shows them."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from gateway.http.records.common import Part, Unit, View
from gateway.ledger.matter import Matter
from gateway.model.case import Activity, CaseFile, CaseKind, Form, Verdict
from gateway.records.cases.states import in_short


class Step(View):
    """One line of the chain of custody."""

    seq: int
    at: datetime
    by: Annotated[str, Field(description="The officer's id.")]
    what: str
    hash: Annotated[str, Field(description="Of the event, in hexadecimal: the ledger has it too.")]
    said: Annotated[str, Field(description="What was written with it: the reason, the question, the answer.")]


class Progress(View):
    """A case in short, as it stands after what was done."""

    id: str
    controller: str
    kind: CaseKind
    state: str
    received_on: date
    due_on: Annotated[date | None, Field(description="By when it has to be answered; None where no clock runs.")]
    due_at: Annotated[datetime | None, Field(description="The hour, where the law counts hours.")]
    clock: Annotated[str, Field(description="How the due date was worked out, in words.")]
    hits: Annotated[int, Field(description="Conversations found.")]
    undecided: int
    unconfirmed: Annotated[int, Field(description="Decisions that wait for the second reader.")]
    last: Annotated[Step, Field(description="What was done last.")]


class Listed(View):
    """A case in a list: nothing that is sealed."""

    id: str
    kind: CaseKind
    state: str
    received_on: date
    due_on: date | None
    opened_at: datetime
    closed_at: datetime | None
    dispose_after: Annotated[date | None, Field(description="Until when its file is kept, once it is closed.")]
    disposed: Annotated[bool, Field(description="What was written in it was destroyed, its time being up.")]


class SearchRun(View):
    """A search of the case."""

    id: str
    at: datetime
    by: str
    tree_size: Annotated[int, Field(description="What there was to search, in leaves.")]
    hits: int
    seconds: float
    recall: Annotated[str, Field(description="What it may have missed, in words.")]


class Redaction(View):
    """A span that is not released."""

    part: Part
    form: Form
    start: Annotated[int, Field(ge=0, description="First character of the text in that form.")]
    end: Annotated[int, Field(ge=1, description="The character after the last.")]
    code: Annotated[str, Field(max_length=50, description="The ground, such as FOIA s.40(2).")]
    reason: Annotated[str, Field(max_length=4000)] = ""


class Decision(View):
    """What was decided on a conversation."""

    unit: Unit
    verdict: Verdict
    form: Form
    by: str
    at: datetime
    code: str
    reason: str
    public_interest: str
    redactions: list[Redaction]
    second: Annotated[str, Field(description="The second reader's id; empty until confirmed.")]
    second_at: datetime | None
    corrections: Annotated[list[str], Field(description="The corrections beside it that are released too.")]
    second_appointed: Annotated[bool, Field(description="The officer who decided had appointed the second reader.")]


class TimeEntry(View):
    """Minutes that an officer spent."""

    activity: Activity
    minutes: int
    by: str
    on: date
    note: str


class Approval(View):
    """Leave to open sealed content."""

    asked_by: str
    asked_at: datetime
    reason: str
    given_by: str
    given_at: datetime | None
    until: datetime | None
    refused: bool
    appointed: Annotated[bool, Field(description="The officer who asked had appointed the one who gave leave.")]


class Opening(View):
    """Sealed content that was shown."""

    unit: Unit
    by: str
    at: datetime


class Pause(View):
    """The clock stood still."""

    reason: str
    since: date
    until: date | None


class Incident(View):
    """What is particular to an incident."""

    aware_at: datetime
    near_miss: bool
    self_reported: bool
    personal_data: bool
    refs: list[str]
    ico_told_at: datetime | None
    people_told_at: datetime | None


class Note(View):
    """A note on the file."""

    at: datetime
    by: str
    text: str


class Case(Progress):
    """A whole case. It holds what people wrote, so it is personal data."""

    reference: Annotated[str, Field(description="The number that the council's other systems use.")]
    subject: Annotated[str, Field(description="What it is about.")]
    requester: str
    opened_at: datetime
    closed_at: datetime | None
    answered_on: Annotated[date | None, Field(description="The day on which the answer went out.")]
    outcome: str
    second_reader: bool
    hold: Annotated[str, Field(description="The legal hold that it placed first.")]
    holds: list[str]
    searches: list[SearchRun]
    decisions: list[Decision]
    time: list[TimeEntry]
    approvals: list[Approval]
    openings: list[Opening]
    pauses: list[Pause]
    notes: list[Note]
    incident: Incident | None
    related: list[str]
    officers: Annotated[dict[str, str], Field(description="The officers who acted: id and role.")]
    steps: Annotated[list[Step], Field(description="The chain of custody.")]


def progress(case: CaseFile) -> Progress:
    """A case in short."""
    return Progress.model_validate(_short(case))


def whole(case: CaseFile) -> Case:
    """A whole case."""
    named = {name: getattr(case, name) for name in Case.model_fields if hasattr(case, name)}
    notes = [{"at": at, "by": by, "text": text} for at, by, text in case.notes]
    return Case.model_validate(
        {
            **named,
            **_short(case),
            "notes": notes,
            "decisions": list(case.decisions.values()),
            "officers": dict(case.officers),
        }
    )


def _short(case: CaseFile) -> dict[str, object]:
    return {**in_short(case), "last": case.steps[-1]}


def listed(matter: Matter) -> Listed:
    """A case in a list."""
    row = matter.row
    return Listed(
        id=row.id,
        kind=CaseKind(row.kind),
        state=row.state,
        received_on=date.fromisoformat(row.received_on),
        due_on=date.fromisoformat(row.due_on) if row.due_on else None,
        opened_at=datetime.fromisoformat(row.opened_at),
        closed_at=datetime.fromisoformat(row.closed_at) if row.closed_at else None,
        dispose_after=date.fromisoformat(row.dispose_after) if row.dispose_after else None,
        disposed=bool(matter.disposed_at),
    )
