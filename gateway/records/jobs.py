"""Work that takes longer than a request: begun by one request, asked about and fetched by others.

A job's state and result lie in a folder (0700), so that every worker process of the machine can answer for it. Results
are removed a day after the job ended. Jobs of one worker run one after the other, since calls need the machine too.
"""

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

KEPT: Final = timedelta(days=1)
MOST_WAITING: Final = 8
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
    pid: int
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
        job = Job(secrets.token_hex(12), kind, controller, by, self._now().isoformat(), os.getpid())
        self._home(job.id).mkdir(mode=0o700, parents=True)
        self._write(job)
        self._pool.submit(self._run, job, work)
        return job

    def get(self, job_id: str, controller: str) -> Job | None:
        """A job of this controller, None where there is none."""
        if len(job_id) != 24 or not set(job_id) <= set("0123456789abcdef"):
            return None
        try:
            job = Job(**json.loads((self._home(job_id) / "job.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        if job.controller != controller:
            return None
        if job.state == "running" and not _alive(job.pid):
            return replace(job, state="failed", error="The gateway was stopped before this was done. Start it again.")
        return job

    def file(self, job: Job) -> Path | None:
        """The file that a finished job made."""
        return self._home(job.id) / job.file if job.file else None

    def close(self) -> None:
        """Wait for the job that is running; those that wait are not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Work) -> None:
        try:
            result = dict(work(self._home(job.id)))
            done = replace(job, state="done", file=str(result.pop("file", "")), result=result)
        except GatewayError as error:
            done = replace(job, state="failed", error=error.message)
        except Exception as error:  # noqa: BLE001 - whoever asks is told that it failed; the error's text can hold content
            done = replace(job, state="failed", error=f"It failed inside the gateway ({type(error).__name__}).")
        with self._lock:
            self._waiting -= 1
        self._write(replace(done, finished_at=self._now().isoformat()))

    def _write(self, job: Job) -> None:
        target = self._home(job.id) / "job.json"
        new = target.with_suffix(".new")
        new.write_text(json.dumps(asdict(job)), "utf-8")
        new.replace(target)

    def _home(self, job_id: str) -> Path:
        return self._folder / job_id

    def _sweep(self) -> None:
        if not self._folder.is_dir():
            return
        for home in self._folder.iterdir():
            state = home / "job.json"
            if not state.exists() or datetime.fromtimestamp(state.stat().st_mtime, self._now().tzinfo) < (
                self._now() - KEPT
            ):
                shutil.rmtree(home, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process has the number now
        return False
    return True
