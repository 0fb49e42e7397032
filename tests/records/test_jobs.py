"""Jobs of officers: who is told what when a process ends, a disk is full, or a day is over."""

import multiprocessing
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.model.errors import TooManyRequests
from gateway.records.jobs import MOST_WAITING, Job, Jobs


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "jobs", now)
    yield made
    made.close()


def nothing(_folder: Path) -> Mapping[str, Any]:
    return {"found": 3}


def ended(jobs: Jobs, job: Job) -> Job:
    """The job once it is done: the pool runs one after the other."""
    jobs._pool.submit(lambda: None).result(10)
    found = jobs.get(job.id, job.controller)
    assert found is not None
    return found


def dies(folder: Path, told: Any) -> None:
    """Begins a job in a process that ends in the middle of it."""
    begun = threading.Event()

    def work(_folder: Path) -> Mapping[str, Any]:
        begun.set()
        threading.Event().wait()
        return {}

    job = Jobs(folder, now).start("verify", "maidstone", "o1", work)
    begun.wait(10)
    told.send(job.id)
    os._exit(1)


def test_a_job_ends_with_what_came_of_it(jobs: Jobs) -> None:
    done = ended(jobs, jobs.start("verify", "maidstone", "o1", nothing))
    assert (done.state, dict(done.result), done.by) == ("done", {"found": 3}, "o1")
    assert jobs.get(done.id, "swale") is None
    assert jobs.get("../" + done.id[3:], "maidstone") is None


def test_a_job_of_a_process_that_is_gone_has_failed(jobs: Jobs, tmp_path: Path) -> None:
    """In a container every start of the gateway has the same number, so a number says nothing."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=dies, args=(tmp_path / "jobs", theirs))
    process.start()
    assert mine.poll(60)
    job_id = mine.recv()
    process.join(30)
    file = tmp_path / "jobs" / job_id / "job.json"
    if '"pid"' in file.read_text():  # what used to be written: this process's number is the gone one's
        file.write_text(file.read_text().replace(str(process.pid), str(os.getpid())))
    found = jobs.get(job_id, "maidstone")
    assert found is not None
    assert (found.state, "was stopped" in found.error) == ("failed", True)


def test_what_can_not_be_begun_does_not_wait(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("a file where the folder should be")
    for _ in range(MOST_WAITING + 1):
        with pytest.raises(OSError, match="jobs"):
            jobs.start("verify", "maidstone", "o1", nothing)
    (tmp_path / "jobs").unlink()
    assert ended(jobs, jobs.start("verify", "maidstone", "o1", nothing)).state == "done"


def test_too_many_wait(jobs: Jobs) -> None:
    go = threading.Event()

    def waits(_folder: Path) -> Mapping[str, Any]:
        go.wait(10)
        return {}

    for _ in range(MOST_WAITING):
        jobs.start("verify", "maidstone", "o1", waits)
    with pytest.raises(TooManyRequests):
        jobs.start("verify", "maidstone", "o1", waits)
    go.set()


def test_a_day_later_what_ended_is_gone_and_what_runs_is_not(jobs: Jobs, tmp_path: Path) -> None:
    old = ended(jobs, jobs.start("verify", "maidstone", "o1", nothing))
    go = threading.Event()

    def waits(_folder: Path) -> Mapping[str, Any]:
        go.wait(10)
        return {}

    running = jobs.start("scan", "maidstone", "o1", waits)
    yesterday = (now() - timedelta(days=2)).timestamp()
    for job in (old, running):
        os.utime(tmp_path / "jobs" / job.id / "job.json", (yesterday, yesterday))
    assert jobs.get(old.id, "maidstone") is None
    assert not (tmp_path / "jobs" / old.id).exists(), "gone without another job"
    fresh = jobs.start("verify", "maidstone", "o1", nothing)
    still = jobs.get(running.id, "maidstone")
    assert still is not None
    assert still.state == "running"
    go.set()
    assert ended(jobs, fresh).state == "done"


def test_a_stray_file_stops_no_job(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir(exist_ok=True)
    stray = tmp_path / "jobs" / "notes.txt"
    stray.write_text("left here by somebody")
    yesterday = (now() - timedelta(days=2)).timestamp()
    os.utime(stray, (yesterday, yesterday))
    assert ended(jobs, jobs.start("verify", "maidstone", "o1", nothing)).state == "done"
    assert stray.exists()


def test_a_fault_is_logged_without_what_it_says(jobs: Jobs, capsys: pytest.CaptureFixture[str]) -> None:
    def breaks(_folder: Path) -> Mapping[str, Any]:
        raise ValueError("canary: the blue heron")

    failed = ended(jobs, jobs.start("export", "maidstone", "o1", breaks))
    assert (failed.state, failed.error) == ("failed", "It failed inside the gateway (ValueError).")
    logged = capsys.readouterr().err
    assert '"event":"records_job_failed"' in logged
    assert '"action":"export"' in logged
    assert "canary" not in logged
