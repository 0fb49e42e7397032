"""Jobs: told of by every worker, failed when their worker is gone, removed when their day is over."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.model.errors import BadRequest, TooManyRequests
from gateway.records.jobs import KEPT, MOST_WAITING, Job, Jobs


class Clock:
    """The time, as the test sets it."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(tmp_path: Path, clock: Clock) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "jobs", clock)
    yield made
    made.close()


def ended(jobs: Jobs, job: Job) -> Job:
    deadline = time.monotonic() + 10
    while (found := jobs.get(job.id, "maidstone")) is None or found.state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_a_job_leaves_its_result_and_its_file(jobs: Jobs, tmp_path: Path) -> None:
    def work(folder: Path) -> Mapping[str, Any]:
        (folder / "out.zip").write_bytes(b"x")
        return {"file": "out.zip", "records": 3}

    done = ended(jobs, jobs.start("export", "maidstone", "off-1", work))
    assert (done.state, done.result, done.error) == ("done", {"records": 3}, "")
    path = jobs.file(done)
    assert path is not None
    assert path.read_bytes() == b"x"
    assert path.parent.stat().st_mode & 0o077 == 0
    assert jobs.get(done.id, "swale") is None
    assert jobs.get("../" + done.id[3:], "maidstone") is None


def test_an_error_s_own_words_are_told_only_if_they_are_for_people(jobs: Jobs) -> None:
    def refused(_folder: Path) -> Mapping[str, Any]:
        raise BadRequest("Decide first.")

    def broken(_folder: Path) -> Mapping[str, Any]:
        raise RuntimeError("John Smith")

    assert ended(jobs, jobs.start("export", "maidstone", "off-1", refused)).error == "Decide first."
    failed = ended(jobs, jobs.start("export", "maidstone", "off-1", broken))
    assert (failed.state, failed.error) == ("failed", "It failed inside the gateway (RuntimeError).")


def test_too_many_are_refused_and_one_that_ended_makes_room(jobs: Jobs) -> None:
    go = threading.Event()

    def wait(_folder: Path) -> Mapping[str, Any]:
        go.wait(10)
        return {}

    waiting = [jobs.start("scan", "maidstone", "off-1", wait) for _ in range(MOST_WAITING)]
    with pytest.raises(TooManyRequests):
        jobs.start("scan", "maidstone", "off-1", wait)
    go.set()
    for job in waiting:
        assert ended(jobs, job).state == "done"
    assert ended(jobs, jobs.start("scan", "maidstone", "off-1", lambda _folder: {})).state == "done"


SLEEPER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from gateway.records.jobs import Jobs

jobs = Jobs(Path(sys.argv[1]), lambda: datetime.now(UTC))
print(jobs.start("scan", "maidstone", "off-1", lambda _folder: time.sleep(60) or {}).id, flush=True)
time.sleep(60)
"""


def test_a_job_whose_worker_was_killed_has_failed(jobs: Jobs, tmp_path: Path) -> None:
    words = [sys.executable, "-c", SLEEPER, str(tmp_path / "jobs")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        number = worker.stdout.readline().strip()
        running = jobs.get(number, "maidstone")
        assert running is not None
        assert running.state == "running", "another worker tells of it"
        worker.kill()
        worker.wait()
        failed = jobs.get(number, "maidstone")
    assert failed is not None
    assert (failed.state, failed.error[:24]) == ("failed", "The gateway was stopped ")


def test_a_process_number_that_is_given_again_keeps_no_job_running(jobs: Jobs, tmp_path: Path, clock: Clock) -> None:
    """In a container the worker has the same number after a restart as before it."""
    job = ended(jobs, jobs.start("scan", "maidstone", "off-1", lambda _folder: {}))
    state = tmp_path / "jobs" / job.id / "job.json"
    state.write_text(state.read_text().replace('"done"', '"running"'))
    found = Jobs(tmp_path / "jobs", clock).get(job.id, "maidstone")
    assert found is not None
    assert found.state == "failed"


def test_what_ended_is_gone_a_day_later_without_another_job(jobs: Jobs, tmp_path: Path, clock: Clock) -> None:
    job = ended(jobs, jobs.start("scan", "maidstone", "off-1", lambda _folder: {}))
    clock.at += KEPT - timedelta(minutes=1)
    assert jobs.get(job.id, "maidstone") is not None
    clock.at += timedelta(minutes=2)
    assert jobs.get(job.id, "maidstone") is None
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_job_of_more_than_a_day_is_not_taken_away_from_its_worker(jobs: Jobs, tmp_path: Path, clock: Clock) -> None:
    go = threading.Event()

    def long(folder: Path) -> Mapping[str, Any]:
        go.wait(10)
        (folder / "out").write_text("x")
        return {"file": "out"}

    job = jobs.start("disposal", "maidstone", "off-1", long)
    clock.at += 2 * KEPT
    Jobs(tmp_path / "jobs", clock).get(job.id, "maidstone")
    go.set()
    clock.at -= 2 * KEPT
    assert ended(jobs, job).file == "out"


def test_a_folder_that_another_worker_has_just_made_is_left(jobs: Jobs, tmp_path: Path) -> None:
    home = tmp_path / "jobs" / ("0" * 24)
    home.mkdir(parents=True)
    ended(jobs, jobs.start("scan", "maidstone", "off-1", lambda _folder: {}))
    assert home.exists()
    old = time.time() - 2 * KEPT.total_seconds()
    os.utime(home, (old, old))
    jobs.get("0" * 24, "maidstone")
    assert not home.exists()
