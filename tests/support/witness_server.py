"""A witness of another council, as `ai-gateway witness serve` in a process of its own."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.gateway import free_port
from tests.support.shared import ROOT


def cli(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `ai-gateway` without any settings, as somebody at another council would."""
    environment = {**{k: v for k, v in os.environ.items() if k != "AI_GATEWAY_CONFIG"}, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "gateway.cli.main", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=check)


def witness_key(state: Path, name: str = "swale.example/witness") -> str:
    return cli("witness", "key", "--state", str(state), "--name", name).stdout.strip()


@contextmanager
def witnessing(state: Path, logs: Sequence[str]) -> Iterator[str]:
    """The URL of a running witness of these logs; its key is made by `witness_key`."""
    port = free_port()
    words = [word for log in logs for word in ("--log", log)]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gateway.cli.main",
            "witness",
            "serve",
            "--state",
            str(state),
            "--port",
            str(port),
            *words,
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/")
                connection.getresponse().read()
                break
            except OSError:
                assert process.poll() is None, "the witness did not start"
                assert time.monotonic() < deadline, "the witness did not come up"
                time.sleep(0.1)
            finally:
                connection.close()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
