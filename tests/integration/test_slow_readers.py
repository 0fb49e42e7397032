"""A client that doesn't read: what its answer takes is bounded from the provider to the socket."""

import itertools
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.support.capture import Capture, Reply, data
from tests.support.gateway import gateway as running
from tests.support.shared import ROOT

MODEL = "council-assistant"
PIECE = "word " * 13_000


def test_the_provider_waits_for_a_client_that_does_not_read(server: Capture, capture: Capture, tmp_path: Path) -> None:
    drawn = 0

    def frames() -> Iterator[bytes]:
        nonlocal drawn
        for _ in itertools.count():
            drawn += 1
            choice = {"index": 0, "delta": {"content": PIECE}, "finish_reason": None}
            yield data({"id": "chatcmpl-1", "model": "m", "choices": [choice]})

    capture.answer = lambda _body: Reply(frames=frames())
    register = yaml.safe_load((ROOT / "policies" / "register" / "mid-kent.yaml").read_text())
    register["tools"][MODEL]["reply"] = "allow"
    (tmp_path / "register.yaml").write_text(yaml.safe_dump(register, sort_keys=False))
    with running(tmp_path, server.url, register=str(tmp_path / "register.yaml")) as gateway:
        body = json.dumps({"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Go on."}]})
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.key()}\r\n"
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")
            before = -1
            while drawn != before:
                before = drawn
                time.sleep(1.0)
            assert drawn * len(PIECE) < 32 * 2**20  # the buffers of two connections, and no more
            assert client.recv(65_536)
        deadline = time.monotonic() + 20
        while '"disconnected"' not in gateway.cli("records", "search", "--json").stdout:
            assert time.monotonic() < deadline
            time.sleep(0.2)
