"""Durability by system-call order: what must be on disk is synced before what must come after it is sent.

A kill proves nothing here (the page cache survives it); the order of the system calls does: the write of a
leaf, the return of the sync of that file, and only then the send.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openai
import pytest

from tests.support.capture import Capture, capturing
from tests.support.gateway import Gateway

STRACE = shutil.which("strace")
TRACED = "write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync"
PROMPT = "Please suggest three ways to word a notice about the new recycling days."


@dataclass(frozen=True)
class Step:
    """One traced system call at the moment that counts: a sync when it returned, everything else when it began."""

    name: str
    text: str


@pytest.fixture
def capture() -> Iterator[Capture]:
    with capturing() as running:
        yield running


@pytest.fixture
def traced(tmp_path: Path, capture: Capture) -> Iterator[Gateway]:
    """A gateway whose every write, send and sync is written to `trace`."""
    if STRACE is None:
        pytest.skip("needs strace to see the order of system calls")
    gateway = Gateway(tmp_path, capture.url)
    gateway.wrapper = (
        *(STRACE, "-f", "-q", "--seccomp-bpf", "-yy", "-s", "200000"),
        *("-e", f"trace={TRACED}", "-o", str(tmp_path / "trace")),
    )
    gateway.write_settings()
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


def steps(trace: Path) -> list[Step]:
    """The trace in order. A call that another thread interrupted is put together again."""
    begun: dict[str, str] = {}
    found: list[Step] = []
    for line in trace.read_text(errors="replace").splitlines():
        pid, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            name = call.split("(", 1)[0]
            begun[pid] = call
            if not name.endswith("sync"):
                found.append(Step(name, call))
        elif resumed := re.match(r"<\.\.\. (\w+) resumed>", call):
            if resumed[1].endswith("sync") and call.endswith("= 0"):
                found.append(Step(resumed[1], begun.pop(pid, "")))
        elif (match := re.match(r"(\w+)\(", call)) and (not match[1].endswith("sync") or call.endswith("= 0")):
            found.append(Step(match[1], call))
    return found


def first(found: list[Step], after: int, *needles: str, sync: bool = False) -> int:
    """The index of the first step from `after` on that holds every needle; fails where there is none."""
    for index in range(after, len(found)):
        step = found[index]
        if step.name.endswith("sync") == sync and all(needle in step.text for needle in needles):
            return index
    pytest.fail(f"no {'sync' if sync else 'write or send'} with {needles} after step {after} of {len(found)}")


@pytest.mark.slow
def test_opened_is_synced_before_the_upstream_send_and_closed_before_the_end(
    traced: Gateway, capture: Capture, tmp_path: Path
) -> None:
    with openai.OpenAI(base_url=traced.base_url, api_key=traced.key(), max_retries=0) as client:
        stream = client.chat.completions.create(
            model="council-assistant", messages=[{"role": "user", "content": PROMPT}], stream=True
        )
        text = "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)
    assert "recycling" in text
    traced.stop()

    found = steps(tmp_path / "trace")
    upstream_port = capture.url.split(":")[2].split("/")[0]
    opened = first(found, 0, "ledger.db-wal", "opened")
    synced = first(found, opened, "ledger.db-wal", sync=True)
    sent = first(found, 0, f":{upstream_port}]", "POST /v1/chat/completions")
    assert opened < synced < sent

    closed = first(found, sent, "ledger.db-wal", "closed")
    closed_synced = first(found, closed, "ledger.db-wal", sync=True)
    ended = first(found, sent, "data: [DONE]", f":{traced.port}")
    assert closed < closed_synced < ended
