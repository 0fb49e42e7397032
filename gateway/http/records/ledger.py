"""The proof: checks of the whole ledger, checkpoints."""

from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Depends, status

from gateway.http.records.desk import AT, Desk, May
from gateway.http.records.jobs import JobView, view
from gateway.ledger.report import Report
from gateway.records.access import Act

router = APIRouter(prefix=f"{AT}/ledger", tags=["ledger"])


@router.post("/verifications", summary="Check the ledger", status_code=status.HTTP_202_ACCEPTED)
def verify_ledger(desk: Annotated[Desk, Depends(May(Act.VERIFY))]) -> JobView:
    """Begin to recompute every leaf, the tree, the checkpoints and the commitments to what is stored.

    The ledger is one for all councils. The job's result names the faults at this council's records, and counts others.
    """
    office, controller = desk.office, desk.controller

    def work(_folder: File) -> dict[str, Any]:
        return told(office.verify(), lambda ref: office.council_of(ref) in ("", controller))

    return view(office.jobs.start("verify", controller, desk.officer.id, work))


def told(report: Report, ours: Any) -> dict[str, Any]:
    """A report for one council: problems at the records of others are counted, not named."""
    named = [problem for problem in report.problems if ours(problem.ref)]
    return {
        "ok": report.ok,
        "tree_size": report.size,
        "root": report.root.hex(),
        "checked": dict(report.counts),
        "problems": [str(problem) for problem in named],
        "problems_at_other_councils": len(report.problems) - len(named),
        "problems_not_listed": report.dropped,
        "notes": list(report.notes),
    }
