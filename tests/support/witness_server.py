"""A witness of another council, as `ai-gateway witness serve` in a process of its own."""

import os
import subprocess
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
    command = ["witness", "serve", "--state", str(state), "--port", str(port), *words]
    with nursery.serving(command, (port, "/")):
        yield f"http://127.0.0.1:{port}"
