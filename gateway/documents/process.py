"""A worker process seen from the gateway: started for the first job, killed when it hangs, replaced when it dies."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any, Final

from gateway.documents import wire
from gateway.documents.document import Unreadable
from gateway.documents.limits import Limits

_KEPT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "SYSTEMROOT")
"""Of the environment. The gateway's holds keys and passwords, of which a worker must know nothing."""
_MODULE: Final = "gateway.documents.worker"


class Worker:
    """One process at a time; `ask` is called by one thread at a time, `kill` by any."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._done = 0

    @property
    def pid(self) -> int | None:
        """Of the running process, None before the first job and after the last one failed."""
        return self._process.pid if self._process else None

    def ask(self, head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """The answer to one job. Blocks for at most the limit of time. Raises Unreadable when the process is lost."""
        process = self._running()
        late = threading.Event()
        timer = threading.Timer(self._limits.wall_s, self._too_late, (process, late))
        timer.daemon = True
        timer.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise EOFError("a worker without pipes")
            wire.send(process.stdin, head, data)
            reply = wire.receive(process.stdout)
        except (OSError, EOFError, ValueError) as error:
            ended = self._ended(process)
            late_by_cpu = ended == -signal.SIGXCPU
            raise Unreadable("timed_out" if late.is_set() or late_by_cpu else "broken") from error
        finally:
            timer.cancel()
        self._done += 1
        if self._done >= self._limits.recycle or reply[0].get("code") == "too_large":
            self.kill()  # memory that a process once took it rarely gives back
        return reply

    def kill(self) -> None:
        """End the process; the next job starts another."""
        if (process := self._process) is not None:
            self._ended(process)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.kill()
        self._done = 0
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", _MODULE, json.dumps(self._limits.as_json())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=kept
            | {
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "PYTHONDONTWRITEBYTECODE": "1",
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "ORT_DISABLE_TELEMETRY": "1",
            },
        )
        return self._process

    @staticmethod
    def _too_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
        late.set()
        process.kill()

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        """Kill, reap and close the pipes. The exit status, negative for a signal."""
        self._process = None
        if process.poll() is None:
            # A process that the kernel is ending says so in a moment; one that hangs is ended here.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
            process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        return status
