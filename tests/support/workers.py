"""The workers of running gateways, one by one: their processes, and a connection that is sure to be a given one's."""

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.gateway import Gateway

PLAIN = "Please suggest three ways to word a notice about the new recycling days."


def workers_of(gateway: Gateway) -> list[int]:
    """The process ids of a gateway's workers. Reads `/proc`: Linux only."""
    assert gateway.process is not None
    if gateway.workers == 1:
        return [gateway.process.pid]
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and parent_of(int(folder.name)) == gateway.process.pid:
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if b"spawn_main" in command:
                found.append(int(folder.name))
    return sorted(found)


def parent_of(pid: int) -> int:
    """The parent of a process that runs; 0 for one that has ended."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state == "Z" else int(parent)


def alive(pid: int) -> bool:
    return parent_of(pid) != 0


def memory_mib(pid: int) -> float:
    """The resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


def variable(pid: int, name: str) -> str:
    """An environment variable of a process."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return next(pair.partition(b"=")[2].decode() for pair in pairs if pair.startswith(name.encode() + b"="))


@dataclass
class Lane:
    """A kept-alive connection to one worker."""

    gateway: Gateway
    pid: int
    connection: http.client.HTTPConnection = field(repr=False)

    def ask(self, key: str, text: str = PLAIN, history: Sequence[Mapping[str, str]] = (), **more: Any) -> "Answer":
        """A whole call."""
        response = self.send(key, text, history, **more)
        return Answer(response.status, response.headers.get("x-ai-record", ""), json.loads(response.read()))

    def send(
        self, key: str, text: str = PLAIN, history: Sequence[Mapping[str, str]] = (), **more: Any
    ) -> http.client.HTTPResponse:
        """A call whose reply is left to the reader."""
        messages = [*history, {"role": "user", "content": text}]
        body = {"model": "council-assistant", "messages": messages, **more}
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        return self.connection.getresponse()

    def metrics(self) -> str:
        self.connection.request("GET", "/metrics")
        return self.connection.getresponse().read().decode()


@dataclass(frozen=True)
class Answer:
    """A whole reply: status, record reference, body."""

    status: int
    ref: str
    body: Any

    @property
    def text(self) -> str:
        return str(self.body["choices"][0]["message"]["content"])


@contextmanager
def lanes(*gateways: Gateway) -> Iterator[list[Lane]]:
    """A lane to each worker of each gateway: the others are stopped while it is made, so that they can't accept."""
    made: list[Lane] = []
    try:
        for gateway in gateways:
            made.extend(_lane(gateway, pid) for pid in workers_of(gateway))
        yield made
    finally:
        for lane in made:
            lane.connection.close()


def _lane(gateway: Gateway, pid: int) -> Lane:
    others = [other for other in workers_of(gateway) if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)
    return Lane(gateway, pid, connection)


def until(holds: Any, seconds: float, what: str) -> float:
    """Wait until `holds()`; the seconds that it took. Fails after `seconds`."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if holds():
            return time.monotonic() - begun
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")
