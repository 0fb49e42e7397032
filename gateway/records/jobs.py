"""Work that takes longer than a request: begun by one request, asked about and fetched by others.

A job's state and result lie in a folder (0700), so that every worker process of the machine can answer for it. A lock
on a file in it says that its process still lives (a process's number would not: in a container each start has the same
one). Results are removed a day after the job ended. Jobs of one worker run one after the other, since calls need the
machine too.
"""

import fcntl
import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from gateway.model.errors import GatewayError, TooManyRequests
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

KEPT: Final = timedelta(days=1)
MOST_WAITING: Final = 8
LOCK: Final = "running"
Work = Callable[[Path], Mapping[str, Any]]
"""Does the work, given a folder for files; says what came of it, as JSON."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. `file` names the file that it made, empty where it made none; `error` is for people."""

    id: str
    kind: str
    controller: str
    by: str
    started_at: str
    state: Literal["running", "done", "failed"] = "running"
    finished_at: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    error: str = ""


class Jobs:
    """The jobs in `folder`. `now` gives the time in UTC."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="records-job")
        self._waiting = 0
        self._lock = threading.Lock()

    def start(self, kind: str, controller: str, by: str, work: Work) -> Job:
        """Begin. Raises TooManyRequests where too many wait already."""
        self._sweep()
        with self._lock:
            if self._waiting >= MOST_WAITING:
                raise TooManyRequests("Other jobs are still running. Try again when they are done.", retry_after_s=30)
            self._waiting += 1
        job = Job(secrets.token_hex(12), kind, controller, by, self._now().isoformat())
        lock = -1
        try:
            self._home(job.id).mkdir(mode=0o700, parents=True)
            lock = _locked(self._home(job.id))
            self._write(job)
            self._pool.submit(self._run, job, work, lock)
        except BaseException:
            self._ended(lock)  # what could not be begun does not wait: a full disk must not fill the queue too
            raise
        return job

    def get(self, job_id: str, controller: str) -> Job | None:
        """A job of this controller, None where there is none."""
        self._sweep()
        if len(job_id) != 24 or not set(job_id) <= set("0123456789abcdef"):
            return None
        alive = _alive(self._home(job_id))  # before its state is read: a job writes how it ended, then lets go
        try:
            job = Job(**json.loads((self._home(job_id) / "job.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        if job.controller != controller:
            return None
        if job.state == "running" and not alive:
            return replace(job, state="failed", error="The gateway was stopped before this was done. Start it again.")
        return job

    def file(self, job: Job) -> Path | None:
        """The file that a finished job made."""
        return self._home(job.id) / job.file if job.file else None

    def close(self) -> None:
        """Wait for the job that is running; those that wait are not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Work, lock: int) -> None:
        try:
            result = dict(work(self._home(job.id)))
            done = replace(job, state="done", file=str(result.pop("file", "")), result=result)
        except GatewayError as error:
            done = replace(job, state="failed", error=error.message)
        except Exception as error:  # whoever asks is told that it failed; the error's text can hold content
            log.exception("records_job_failed", action=job.kind, controller=job.controller)
            done = replace(job, state="failed", error=f"It failed inside the gateway ({type(error).__name__}).")
        try:
            self._write(replace(done, finished_at=self._now().isoformat()))
        finally:
            self._ended(lock)

    def _ended(self, lock: int) -> None:
        with self._lock:
            self._waiting -= 1
        if lock >= 0:
            os.close(lock)

    def _write(self, job: Job) -> None:
        target = self._home(job.id) / "job.json"
        new = target.with_suffix(".new")
        new.write_text(json.dumps(asdict(job)), "utf-8")
        new.replace(target)

    def _home(self, job_id: str) -> Path:
        return self._folder / job_id

    def _sweep(self) -> None:
        """Remove what ended a day ago, or was begun then and never will; a stray file is not ours."""
        oldest = (self._now() - KEPT).timestamp()
        for home in self._folder.iterdir() if self._folder.is_dir() else ():
            if not home.is_dir():
                continue
            try:
                state = home / "job.json"
                written = (state if state.exists() else home).stat().st_mtime
            except FileNotFoundError:  # another worker was quicker
                continue
            if written < oldest and not _alive(home):
                shutil.rmtree(home, ignore_errors=True)


def _locked(home: Path) -> int:
    """A descriptor whose lock says that this process has the job; the lock goes with the process."""
    descriptor = os.open(home / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _alive(home: Path) -> bool:
    """Whether the process that has the job still lives."""
    try:
        descriptor = os.open(home / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
