"""A witness of another council, as `ai-gateway witness serve` in a process of its own."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support import nursery
from tests.support.gateway import free_port


def cli(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `ai-gateway` without any settings, as somebody at another council would."""
    environment = {**{k: v for k, v in os.environ.items() if k != "AI_GATEWAY_CONFIG"}, "NO_COLOR": "1"}
    return nursery.run(words, env=environment, check=check)


def witness_key(state: Path, name: str = "swale.example/witness") -> str:
    return cli("witness", "key", "--state", str(state), "--name", name).stdout.strip()


@contextmanager
def witnessing(state: Path, logs: Sequence[str]) -> Iterator[str]:
    """The URL of a running witness of these logs; its key is made by `witness_key`."""
    port = free_port()
    words = [word for log in logs for word in ("--log", log)]
    with Path(os.devnull).open("r+b", buffering=0) as nothing:
        command = ["witness", "serve", "--state", str(state), "--port", str(port), *words]
        process = nursery.start(command, (nothing, nothing, nothing), os.environ)
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
        process.kill(signal.SIGTERM)
