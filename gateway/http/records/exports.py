"""Release packages: made as a job, fetched as a zip file, checked again."""

from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, status
from pydantic import Field

from gateway.http.records.cases import CaseId, at_desk
from gateway.http.records.common import Body, View
from gateway.http.records.desk import AT, Desk, May
from gateway.http.records.jobs import JobId, JobView, NotReady, mine, view
from gateway.records.access import Act
from gateway.records.export.checker.main import verify_package
from gateway.records.export.checker.primitives import Wrong
from gateway.records.exports import Wish
from gateway.records.keeping import bad

router = APIRouter(prefix=AT, tags=["exports"])
Exporting = Annotated[Desk, Depends(May(Act.EXPORT))]
Witness = Annotated[str, Field(max_length=300)]
"""A witness's public key."""


class WishIn(Body):
    """How the package is to be made."""

    originals: Annotated[
        bool,
        Field(description="Open the originals, under leave, so that what pseudonyms stand for is looked for too."),
    ] = False
    confirmed: Annotated[bool, Field(description="What detection still sees was looked at, and may go out.")] = False
    accepted: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(default_factory=list, max_length=500, description="Lines whose withheld words may stand elsewhere."),
    ]


class CheckOut(View):
    """What checking a package found."""

    ok: bool
    problems: list[str]
    proven: Annotated[list[str], Field(description="What witnesses and time-stamping authorities vouch for.")]
    notes: list[str]
    checked: dict[str, int]


@router.post("/cases/{case_id}/exports", summary="Make a release package", status_code=status.HTTP_202_ACCEPTED)
def export_case(case_id: CaseId, wish: WishIn, desk: Exporting) -> JobView:
    """Begin to make the package of a case: redacted release, schedule of redactions, proofs, custody, signature.

    The job's file is the zip. It fails, and says what is missing, where something has not been decided, confirmed, held
    or looked at, or where a withheld value stands elsewhere in the package.
    """
    case = at_desk(desk, case_id)
    office, officer = desk.office, desk.officer
    asked = Wish(frozenset(wish.accepted), wish.confirmed, wish.originals)
    office.exports.allowed(officer, case.id)

    def work(folder: File) -> dict[str, Any]:
        made = office.exports.package(officer, case.id, asked, folder / case.id)
        return {
            "file": made.archive.name,
            "digest": made.digest,
            "conversations": made.conversations,
            "records": made.records,
            "redactions": made.redactions,
            "withheld": made.withheld,
            "warnings": [str(each) for each in made.warnings],
            "not_searched": list(made.unsearched),
            "accepted": list(made.accepted),
        }

    return view(office.jobs.start("export", desk.controller, officer.id, work))


@router.post("/jobs/{job_id}/check", summary="Check a package again")
def check_export(
    job_id: JobId,
    desk: Exporting,
    witness: Annotated[
        list[Witness] | None,
        Query(max_length=20, description="Public keys of witnesses, from the witnesses: each must have cosigned."),
    ] = None,
) -> CheckOut:
    """Check the package that a job of one's own made, as whoever receives it will: files, signature, and every released
    word against the log. `ai-gateway records verify-package` does the same without us."""
    path = desk.office.jobs.file(mine(desk, job_id))
    if path is None or not path.is_file():
        raise NotReady("This job has no package, or not yet. Ask how it stands first.")
    try:
        found = verify_package(str(path), desk.office.vkey, tuple(witness or ()))
    except Wrong as error:
        raise bad(error) from None
    return CheckOut(
        ok=not found.problems,
        problems=[f"{where}: {what}" for where, what in found.problems],
        proven=list(found.proven),
        notes=list(found.notes),
        checked=dict(found.counts),
    )
