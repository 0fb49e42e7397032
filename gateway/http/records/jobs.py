"""Jobs: work that takes longer than a request."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse
from pydantic import Field

from gateway.http.records.common import View
from gateway.http.records.desk import AT, Desk, May, absent
from gateway.model.errors import GatewayError
from gateway.records.access import Act
from gateway.records.jobs import Job

router = APIRouter(prefix=f"{AT}/jobs", tags=["jobs"])
JobId = Annotated[str, Path(max_length=40, description="The job's id.")]


JOBS: Final = (Act.VERIFY, Act.DISPOSE, Act.EXPORT, Act.OPEN_SEALED)
"""Who may begin one."""


class JobView(View):
    """A job as it stands."""

    id: str
    kind: str
    state: Annotated[str, Field(description="`running`, `done` or `failed`.")]
    started_at: datetime
    finished_at: datetime | None
    result: Annotated[dict[str, Any], Field(description="What came of it.")]
    file: Annotated[bool, Field(description="Whether it made a file, to be fetched from `/file`.")]
    error: Annotated[str, Field(description="Why it failed.")]


class NotReady(GatewayError):
    """A file is asked for before there is one."""

    status = 409
    code = "not_ready"


def view(job: Job) -> JobView:
    """A job as it is shown."""
    return JobView(
        id=job.id,
        kind=job.kind,
        state=job.state,
        started_at=datetime.fromisoformat(job.started_at),
        finished_at=datetime.fromisoformat(job.finished_at) if job.finished_at else None,
        result=dict(job.result),
        file=bool(job.file),
        error=job.error,
    )


@router.get("/{job_id}", summary="How a job stands")
def job(job_id: JobId, desk: Annotated[Desk, Depends(May(*JOBS))]) -> JobView:
    """A job of one's own at this council. It is forgotten a day after it ended."""
    return view(mine(desk, job_id))


FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/{job_id}/file", summary="A job's file", response_class=FileResponse, responses=FILE)
def job_file(job_id: JobId, desk: Annotated[Desk, Depends(May(*JOBS))]) -> FileResponse:
    """The file that a job of one's own made."""
    found = mine(desk, job_id)
    path = desk.office.jobs.file(found)
    if path is None or not path.is_file():
        raise NotReady("This job has no file, or not yet. Ask how it stands first.")
    return FileResponse(path, filename=path.name)


def mine(desk: Desk, job_id: str) -> Job:
    """The job. Raises the same where it does not exist, is another council's or another officer's."""
    found = desk.office.jobs.get(job_id, desk.controller)
    if found is None or found.by != desk.officer.id:
        raise absent()
    return found
