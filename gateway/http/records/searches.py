"""Searching conversations; searches that were kept; scans that open originals to look for somebody."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, status
from pydantic import Field

from gateway.http.records.cases import CaseId, Working, at_desk
from gateway.http.records.common import After, Body, Unit, View
from gateway.http.records.desk import AT, Desk, May, absent
from gateway.http.records.jobs import JobView, view
from gateway.http.records.queries import QueryIn
from gateway.ledger.identifiers import conversation_name
from gateway.model.saved import Saved
from gateway.model.search import Hit
from gateway.records.access import Act, Forbidden
from gateway.records.keeping import bad
from gateway.records.scan import Progress

router = APIRouter(prefix=AT, tags=["searching"])


class HitOut(View):
    """A conversation that was found."""

    unit: Unit
    refs: list[str]
    first_at: datetime
    last_at: datetime
    services: list[str]
    tools: list[str]
    outcomes: list[str]
    findings: dict[str, int]
    dispose_after: str
    held: Annotated[bool, Field(description="A legal hold keeps it.")]
    excerpt: Annotated[str, Field(description="Redacted text around the words that were looked for.")]


class PageOut(View):
    """A page of conversations, newest first."""

    items: list[HitOut]
    after: Annotated[str, Field(description="Ask with this for the next page; empty on the last.")]
    total: Annotated[int, Field(description="How many there are, exactly where `whole` is true, else at least.")]
    whole: bool
    left_out: Annotated[int, Field(description="How many of this page are not shown: only a case may find them.")]
    recall: Annotated[str, Field(description="What was looked through and what may be missing, on the first page.")]


class SearchIn(Body):
    """A search outside of a case: no data subjects, no members of staff."""

    query: QueryIn
    after: After = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 50


@router.post("/conversations/search", summary="Find conversations")
def search_conversations(asked: SearchIn, desk: Annotated[Desk, Depends(May(Act.SEARCH))]) -> PageOut:
    """Conversations that fit, newest first, over redacted text and facts. Those under a restriction are counted
    and not shown.

    To look for a data subject or a member of staff, search in a case.
    """
    query = asked.query.query(desk.controller)
    if query.subjects or query.people:
        raise Forbidden(
            "Data subjects and members of staff can be looked for within a case only: POST to its searches."
        )
    try:
        page = desk.office.searcher.search(query, asked.after, asked.limit)
        recall = "" if asked.after else desk.office.told(query)
    except ValueError as error:  # its message repeats nothing that was looked for
        raise bad(error) from None
    hidden = desk.office.restricted(desk.controller)
    items = [_hit(each) for each in page.hits if each.unit not in hidden]
    return PageOut(
        items=items,
        after=page.after,
        total=page.total,
        whole=page.whole,
        left_out=len(page.hits) - len(items),
        recall=recall,
    )


def _hit(hit: Hit) -> HitOut:
    return HitOut.model_validate(hit)


class SavedOut(View):
    """A search that was kept."""

    id: str
    matter: Annotated[str | None, Field(description="The case that it belongs to.")]
    at: datetime
    tree_size: Annotated[int, Field(description="What there was to search, in leaves.")]
    hits: int
    readable: Annotated[bool, Field(description="What it looked for is still there; it goes with its case.")]


class SavedList(View):
    """Searches that were kept, oldest first."""

    items: list[SavedOut]


class GoneOut(View):
    """A conversation that was found once and was disposed of since."""

    unit: Unit
    run: str
    at: datetime


class RepeatOut(View):
    """A search run again over the tree as it was."""

    id: str
    same: Annotated[bool, Field(description="It found what it found then.")]
    hits: int
    gone: list[GoneOut]
    missing: Annotated[list[Unit], Field(description="Found then, not now, and no leaf says why: have it looked into.")]
    more: Annotated[list[Unit], Field(description="Found now and not then, such as after a scan.")]


SavedId = Annotated[str, Path(max_length=40, description="The saved search: S- and its number.")]


@router.get("/searches", summary="Searches that were kept")
def saved_searches(desk: Annotated[Desk, Depends(May(Act.READ_CASE))]) -> SavedList:
    """The searches that cases of this council kept, without what they looked for."""
    return SavedList(items=[_saved(each) for each in desk.office.saved.list(desk.controller)])


@router.post("/searches/{saved_id}/repeat", summary="Repeat a kept search")
def repeat_search(saved_id: SavedId, desk: Working) -> RepeatOut:
    """Run a kept search again over the tree as it was, and say what differs and why."""
    if desk.office.saved.get(desk.controller, saved_id) is None:
        raise absent()
    try:
        found = desk.office.saved.repeat(desk.controller, saved_id)
    except ValueError as error:
        raise bad(error) from None
    return RepeatOut(
        id=saved_id,
        same=found.same,
        hits=found.hits,
        gone=[GoneOut.model_validate(each) for each in found.gone],
        missing=[conversation_name(each) for each in found.missing],
        more=[conversation_name(each) for each in found.more],
    )


def _saved(saved: Saved) -> SavedOut:
    return SavedOut(
        id=saved.id,
        matter=saved.matter,
        at=datetime.fromisoformat(saved.at),
        tree_size=saved.tree_size,
        hits=saved.hits,
        readable=saved.query is not None,
    )


class ScanOut(View):
    """How far a scan is."""

    id: str
    texts: Annotated[int, Field(description="Originals read.")]
    unreadable: int
    found: Annotated[int, Field(description="Originals in which somebody was found.")]
    left: int
    finished: bool


ScanId = Annotated[str, Path(max_length=40, description="The scan: X- and its number.")]
Scanning = Annotated[Desk, Depends(May(Act.OPEN_SEALED))]


@router.post("/cases/{case_id}/scans", summary="Begin a scan", status_code=status.HTTP_202_ACCEPTED)
def begin_scan(case_id: CaseId, asked: QueryIn, desk: Scanning) -> JobView:
    """Open the originals of a filtered set, inside the gateway, to look for subjects whom detection missed.

    No text is shown. It needs the case's leave to open in force, and is in the ledger as it goes on. What is found goes
    into the index, so that the case's search finds it from then on.
    """
    case = desk.office.openings.scanning(desk.officer, at_desk(desk, case_id).id)
    query = asked.query(desk.controller)
    try:
        begun = desk.office.scans.start(query, desk.officer.id, desk.office.pseudonym(desk.officer.id), case.id)
    except ValueError as error:
        raise bad(error) from None
    return _run(desk, begun.id)


@router.get("/scans/{scan_id}", summary="How a scan stands")
def scan(scan_id: ScanId, desk: Scanning) -> ScanOut:
    """How far a scan has come."""
    return ScanOut.model_validate(_progress(desk, scan_id))


@router.post("/scans/{scan_id}/resume", summary="Go on with a scan", status_code=status.HTTP_202_ACCEPTED)
def resume_scan(scan_id: ScanId, desk: Scanning) -> JobView:
    """Go on with a scan that stopped, under the leave of its own case."""
    try:
        case = desk.office.scans.case_of(desk.controller, scan_id)
    except ValueError:
        raise absent() from None
    desk.office.openings.scanning(desk.officer, case)
    return _run(desk, scan_id)


def _progress(desk: Desk, scan_id: str) -> Progress:
    try:
        return desk.office.scans.progress(desk.controller, scan_id)
    except ValueError:
        raise absent() from None


def _run(desk: Desk, scan_id: str) -> JobView:
    office, controller, officer = desk.office, desk.controller, desk.officer

    def allowed(case_id: str) -> object:
        return office.openings.scanning(officer, case_id)

    def work(_folder: object) -> dict[str, object]:
        for _ in office.scans.run(controller, scan_id, officer.id, allowed=allowed):
            continue
        return ScanOut.model_validate(office.scans.progress(controller, scan_id)).model_dump()

    return view(office.jobs.start("scan", controller, officer.id, work))
