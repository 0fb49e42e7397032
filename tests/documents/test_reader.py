import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from gateway.documents import wire, worker
from gateway.documents.document import Unreadable
from gateway.documents.limits import Limits
from gateway.documents.reader import Reader
from tests.documents import makers

LETTER = makers.saved(makers.drawn())


async def refused(reader: Reader, data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        await reader.read(data)
    return caught.value.code


def pid(reader: Reader) -> int | None:
    return reader._workers[0].pid


async def started(reader: Reader) -> int:
    for _ in range(500):
        if number := pid(reader):
            return number
        await asyncio.sleep(0.01)
    raise AssertionError("no worker was started")


async def test_nothing_is_started_before_the_first_file() -> None:
    reader = Reader(Limits())
    assert pid(reader) is None
    assert await refused(reader, bytes(25 * 1024 * 1024 + 1)) == "too_large"
    assert pid(reader) is None
    reader.close()


async def test_one_process_reads_many_files_and_knows_nothing_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_SECRET", "geheim")
    reader = Reader(Limits(recycle=3))
    assert (await reader.read(b"Dear Anna")).text == "Dear Anna\n"
    first = pid(reader)
    assert b"geheim" not in Path(f"/proc/{first}/environ").read_bytes()
    limits = Path(f"/proc/{first}/limits").read_text()
    assert f"Max address space         {Limits().memory}" in limits
    assert "Max file size             0 " in limits
    await reader.read(b"Dear Bob")
    assert pid(reader) == first
    await reader.read(b"Dear Cyril")
    assert pid(reader) is None, "replaced after three"
    await reader.read(b"Dear Dora")
    reader.close()


async def test_a_worker_that_hangs_is_killed_and_the_next_call_works() -> None:
    reader = Reader(Limits(wall_s=1.0))
    await reader.read(b"Dear Anna")
    hung = pid(reader)
    assert hung
    os.kill(hung, signal.SIGSTOP)
    began = time.monotonic()
    assert await refused(reader, b"Dear Bob") == "timed_out"
    assert time.monotonic() - began < 5
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)
    assert (await reader.read(b"Dear Cyril")).text == "Dear Cyril\n"
    reader.close()


async def test_a_worker_that_dies_is_replaced() -> None:
    reader = Reader(Limits())
    call = asyncio.create_task(refused(reader, LETTER))
    os.kill(await started(reader), signal.SIGKILL)
    assert await call == "broken"
    assert (await reader.read(b"Dear Bob")).text == "Dear Bob\n"
    reader.close()


async def test_a_worker_that_works_too_long_is_ended_by_the_kernel() -> None:
    reader = Reader(Limits(cpu_s=0))
    assert await refused(reader, makers.saved(makers.drawn(["A long line of words"] * 20))) == "timed_out"
    assert (await reader.read(b"Dear Bob")).text == "Dear Bob\n"
    reader.close()


async def test_a_file_that_takes_too_much_memory() -> None:
    reader = Reader(Limits(memory=300 * 1024 * 1024))
    assert await refused(reader, LETTER) in ("too_large", "broken")
    assert (await reader.read(b"Dear Bob")).text == "Dear Bob\n"
    reader.close()


async def test_the_event_loop_goes_on(reader: Reader) -> None:
    call = asyncio.create_task(reader.read(LETTER))
    worst = 0.0
    while not call.done():
        before = time.monotonic()
        await asyncio.sleep(0.005)
        worst = max(worst, time.monotonic() - before)
    assert "Oluwaseun" in call.result().text
    assert worst < 0.5


async def test_calls_wait_for_a_bounded_time() -> None:
    reader = Reader(Limits(wait_s=0.2))
    first = asyncio.create_task(reader.read(LETTER))
    await started(reader)
    assert await refused(reader, b"Dear Bob") == "busy"
    assert "Oluwaseun" in (await first).text
    reader.close()


async def test_a_call_that_is_given_up_leaves_the_reader_usable(reader: Reader) -> None:
    call = asyncio.create_task(reader.read(LETTER))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await reader.read(b"Dear Bob")).text == "Dear Bob\n"


async def test_closing_ends_a_call_under_way() -> None:
    reader = Reader(Limits())
    call = asyncio.create_task(refused(reader, LETTER))
    number = await started(reader)
    reader.close()
    assert await call == "broken"
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


async def test_refusals_cross_the_process_with_code_and_message(reader: Reader) -> None:
    with pytest.raises(Unreadable) as caught:
        await reader.read(makers.zipped({"a.txt": "Secreta Inside"}), "application/zip", "Secreta Filename.zip")
    assert caught.value.code == "archive"
    assert "Secreta" not in str(caught.value)


def test_an_answer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST", 10)
    read, write = os.pipe()
    with os.fdopen(read, "rb") as answers, os.fdopen(write, "wb") as jobs:
        wire.send(jobs, {"do": "read"}, b"x" * 20)
        with pytest.raises(ValueError, match="larger"):
            wire.receive(answers)


def test_a_job_for_covering_is_answered_in_the_process() -> None:
    head, picture = worker.answer({"do": "cover", "boxes": [[1, 1, 5, 5]]}, LETTER, Limits())
    assert head == {"done": True}
    assert picture.startswith(b"\x89PNG")
