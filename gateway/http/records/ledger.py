"""The proof: checks of the whole ledger, the newest checkpoint, a record's inclusion in it."""

import base64
from collections.abc import Callable
from datetime import datetime
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, status
from pydantic import Field

from gateway.http.records.common import View
from gateway.http.records.desk import AT, Desk, May, absent
from gateway.http.records.jobs import JobView, view
from gateway.ledger.reference import normal_reference
from gateway.ledger.report import Problem, Report
from gateway.records.access import Act

router = APIRouter(prefix=f"{AT}/ledger", tags=["ledger"])
Verifying = Annotated[Desk, Depends(May(Act.VERIFY))]


class CheckpointOut(View):
    """The newest checkpoint."""

    note: Annotated[str | None, Field(description="The signed note, with cosignatures; None for an empty log.")]
    vkey: Annotated[str, Field(description="The verifier key: get it by another way too, and compare.")]


class CheckRunOut(View):
    """A full check that was kept."""

    id: str
    started_at: datetime
    finished_at: datetime
    ok: bool
    tree_size: int
    problems: int


class CheckRuns(View):
    """Full checks, the newest first."""

    items: list[CheckRunOut]


class LeafProof(View):
    """One leaf of the record, and the way from it to the checkpoint's root (RFC 6962 2.1.1)."""

    index: int
    kind: str
    leaf_hash: Annotated[str, Field(description="Base64.")]
    path: list[str]


class ProofOut(View):
    """A record's leaves in the tree of a checkpoint."""

    checkpoint: str
    size: int
    leaves: list[LeafProof]
    waiting: Annotated[int, Field(description="Leaves that are durable and not in the tree yet.")]


@router.get("/checkpoint", summary="The newest checkpoint")
def checkpoint(desk: Verifying) -> CheckpointOut:
    """The newest signed checkpoint with the cosignatures that it has so far. Keep it: it exposes a log that was cut or
    rewritten later."""
    return CheckpointOut(note=desk.office.ledger.log.checkpoint(), vkey=desk.office.vkey)


@router.get("/proofs/{ref}", summary="A record's proof")
def proof(ref: Annotated[str, Path(max_length=40, description="The record's reference.")], desk: Verifying) -> ProofOut:
    """The inclusion of a record's leaves under the newest checkpoint."""
    name = normal_reference(ref)
    found = desk.office.ledger.log.inclusion(name) if desk.office.council_of(name) == desk.controller else None
    if found is None:
        raise absent()
    leaves = [
        LeafProof(
            index=each.index, kind=each.kind, leaf_hash=_text(each.leaf_hash), path=[_text(step) for step in each.path]
        )
        for each in found.leaves
    ]
    return ProofOut(checkpoint=found.note, size=found.size, leaves=leaves, waiting=found.waiting)


@router.get("/check-runs", summary="Full checks")
def check_runs(
    desk: Verifying, limit: Annotated[int, Query(ge=1, le=1000, description="At most this many.")] = 30
) -> CheckRuns:
    """The full checks that were kept (BS 10008), each with a ledger entry, so that none can be changed or taken out."""
    return CheckRuns(items=[CheckRunOut.model_validate(each) for each in desk.office.ledger.checks.list(limit)])


@router.post("/verifications", summary="Check the ledger", status_code=status.HTTP_202_ACCEPTED)
def verify_ledger(desk: Verifying) -> JobView:
    """Begin to recompute every leaf, the tree, the checkpoints and the commitments to what is stored; the run is kept.

    The ledger is one for all councils. The job's result names the faults at this council's records, and counts others.
    """
    office, controller, officer = desk.office, desk.controller, desk.officer

    def work(_folder: File) -> dict[str, Any]:
        report, run = office.check(officer.id)
        return {"run": run.id, **told(report, lambda ref: office.council_of(ref) in ("", controller))}

    return view(office.jobs.start("verify", controller, officer.id, work))


def told(report: Report, ours: Callable[[str], bool]) -> dict[str, Any]:
    """A report for one council: problems at the records of others are counted, not named."""
    named = [problem for problem in report.problems if ours(_ref(problem))]
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


def _ref(problem: Problem) -> str:
    """What says whose record is meant: its reference, or a case's number without its kind; empty where nothing does."""
    return problem.ref or (problem.row.partition("-")[2] if problem.table.startswith("matter") else "")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
