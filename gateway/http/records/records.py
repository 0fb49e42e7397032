"""Records in their redacted form."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from gateway.http.records.common import Body, Moment, View
from gateway.http.records.desk import AT, Desk, May, absent
from gateway.ledger.port import Outcome
from gateway.ledger.projection import unit_of
from gateway.ledger.reference import normal_reference
from gateway.ledger.view import RecordView
from gateway.records.access import Act

router = APIRouter(prefix=f"{AT}/records", tags=["records"])
MOST = 1000


class Row(View):
    """One record in a list."""

    ref: Annotated[str, Field(description="The reference that people quote.", examples=["MBC-7F3K-Q2XD"])]
    opened_at: datetime
    outcome: Annotated[str | None, Field(description="How the call ended; None while it runs.")]
    service: str
    person_class: str
    actor: Annotated[str, Field(description="Who asked: a pseudonymous id.")]
    tool: str
    rule: str
    findings: Annotated[dict[str, int], Field(description="What was found, by label.")]
    conversation: str | None
    excerpt: Annotated[str, Field(description="Redacted text around the words that were looked for.")]


class Leaf(View):
    """An entry of the ledger about a record."""

    kind: str
    at: str
    index: Annotated[int | None, Field(description="Its place in the tree; None while it waits.")]
    hash: str


class Text(View):
    """A text in its redacted form."""

    role: str
    text: Annotated[str | None, Field(description="None where only the sealed original exists.")]
    new: Annotated[bool, Field(description="Of this record, not of an earlier turn.")]


class Record(View):
    """A whole record, without what is sealed."""

    row: Row
    tool_name: str
    deployment: str
    attempts: int
    effect: str
    clause: str
    policy: str
    error: str
    closed_at: datetime | None
    reply_findings: dict[str, int]
    note_delivered: bool
    retention_class: str
    dispose_after: str
    request: list[Text]
    reply: list[Text]
    conversation_refs: list[str]
    leaves: list[Leaf]
    inclusion: Annotated[str, Field(description="How far the leaves are proved, in words.")]
    hosted: list[str]
    limits: dict[str, Any]


class Asked(Body):
    """Everything that is given must fit."""

    words: Annotated[str, Field(max_length=500, description='Words, or "a phrase", of the redacted text.')] = ""
    since: Annotated[Moment | None, Field(description="From this time.")] = None
    until: Annotated[Moment | None, Field(description="Before this time.")] = None
    outcome: Outcome | None = None
    tool: Annotated[str | None, Field(max_length=128)] = None
    service: Annotated[str | None, Field(max_length=128)] = None
    label: Annotated[str | None, Field(max_length=64, examples=["NINO"])] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="At most this many, newest first.")] = 50


class Rows(View):
    """Records, newest first."""

    items: list[Row]
    more: Annotated[bool, Field(description="The limit was reached, so there may be more.")]
    left_out: Annotated[int, Field(description="How many that fit are not shown: only a case may find them.")]


@router.get("/{ref}", summary="One record")
def record(
    ref: Annotated[str, Path(max_length=40, description="The record's reference, as in the note.")],
    desk: Annotated[Desk, Depends(May(Act.READ_RECORD))],
) -> Record:
    """A record in its redacted form: who asked (under a pseudonym), which tool, what was found and decided, what left,
    what came back, and its proof. What is sealed is not opened."""
    return Record.model_validate(_mine(desk, ref))


@router.post("/search", summary="Find records")
def search_records(asked: Asked, desk: Annotated[Desk, Depends(May(Act.SEARCH))]) -> Rows:
    """Records whose redacted text has every word and whose facts fit, newest first.

    Names that were replaced are not in the redacted text. A search for a data subject needs a case.
    """
    rows = desk.office.reader.search(
        asked.words,
        controller=desk.controller,
        since=asked.since,
        until=asked.until,
        outcome=asked.outcome,
        tool=asked.tool,
        service=asked.service,
        label=asked.label,
        limit=asked.limit,
    )
    hidden = desk.office.restricted(desk.controller)
    allowed = [row for row in rows if unit_of(row.ref, row.conversation) not in hidden]
    return Rows(
        items=[Row.model_validate(row) for row in allowed],
        more=len(rows) == asked.limit,
        left_out=len(rows) - len(allowed),
    )


def _mine(desk: Desk, ref: str) -> RecordView:
    """The record. Raises the same where it does not exist and where it is another council's."""
    found = desk.office.reader.show(normal_reference(ref))
    if found is None or found.row.controller != desk.controller:
        raise absent()
    return found
