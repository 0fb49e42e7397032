"""Recordings heard by a command in a process of its own, within bounds."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from gateway.documents.document import Unreadable
from gateway.documents.hearing import NOTHING_HEARD, Bounds, Transcriber
from tests.support.speech import recogniser, recording


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", f"import os, sys, time\n{code}"]


async def reason(transcriber: Transcriber, data: bytes = b"sound") -> str:
    with pytest.raises(Unreadable) as caught:
        await transcriber.hear(data, "audio/wav")
    return caught.value.code


async def test_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_SECRET", "never for a recogniser")
    transcriber = Transcriber(recogniser(tmp_path))
    document = await transcriber.hear(recording("Ring Zoë Okafor back."), "audio/wav")
    assert document.text == "Ring Zoë Okafor back."
    assert (document.kind, document.notices) == ("sound recording", ("heard_by_machine",))
    assert "Okafor" not in repr(document)


async def test_silence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        await Transcriber(recogniser(tmp_path)).hear(recording(""), "audio/wav")
    assert (caught.value.code, caught.value.message) == ("no_text", NOTHING_HEARD)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["/nowhere/recogniser"], "audio"),
        (python("sys.exit(3)"), "audio"),
        (python("print('half'); os.kill(os.getpid(), 9)"), "audio"),
        (python("print('x' * 5_000_000)"), "too_large"),
        (python("while True: print('word ' * 1000)"), "too_large"),
        (python("time.sleep(60)"), "timed_out"),
        (python("b = bytearray(900 * 2**20)\nprint('all of it')"), "audio"),
    ],
)
async def test_commands_that_fail(command: list[str], code: str) -> None:
    bounds = Bounds(wall_s=3, memory=400 * 2**20)
    began = time.monotonic()
    assert await reason(Transcriber(command, bounds), bytes(3_000_000)) == code
    assert time.monotonic() - began < 20


async def test_a_command_that_burns_time() -> None:
    assert await reason(Transcriber(python("while True: pass"), Bounds(wall_s=30, cpu_s=1))) == "timed_out"


async def test_a_command_that_does_not_listen() -> None:
    transcriber = Transcriber(python("print('heard enough')"))
    assert (await transcriber.hear(bytes(5_000_000), "audio/wav")).text == "heard enough"


async def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    child = f"import time, pathlib; time.sleep(3); pathlib.Path({str(mark)!r}).touch()"
    code = f"import subprocess\nsubprocess.Popen([sys.executable, '-I', '-c', {child!r}])\ntime.sleep(60)"
    assert await reason(Transcriber(python(code), Bounds(wall_s=1))) == "timed_out"
    await asyncio.sleep(3)
    assert not mark.exists()


async def test_size_and_turns(tmp_path: Path) -> None:
    assert await reason(Transcriber(recogniser(tmp_path), Bounds(size=4))) == "too_large"
    busy = Transcriber(python("time.sleep(2); print('done')"), Bounds(wait_s=0.2))
    first = asyncio.create_task(busy.hear(b"sound", "audio/wav"))
    await asyncio.sleep(0.05)
    assert await reason(busy) == "busy"
    assert (await first).text == "done"


async def test_a_caller_who_leaves_ends_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"open({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    hearing = asyncio.create_task(Transcriber(python(code)).hear(b"sound", "audio/wav"))
    while not (mark.exists() and mark.read_text()):
        await asyncio.sleep(0.02)
    hearing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hearing
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
