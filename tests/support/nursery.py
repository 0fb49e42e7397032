"""Starts `ai-gateway` commands, and modules of the tests that use its parts, without the seconds of their imports: each
is a fork of one process that has done them.

What runs is a process of its own with its own arguments, environment, files and process group, as if it had been
started by its name. Tests that watch the start itself, several workers or a wrapped process start it in the plain way.
"""

import atexit
import contextlib
import gc
import http.client
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

from tests.support.shared import ROOT

COMMAND = "ai-gateway"
_MOST = 1 << 20
"""Bytes of a request: arguments and environment."""
_ERRORS = 2
"""Where this process itself says what went wrong."""


class Forked:
    """A started command; the part of `subprocess.Popen` that tests use."""

    def __init__(self, status: int) -> None:
        self._status = os.fdopen(status, "rb", buffering=0)
        self.pid = int(self._read(30) or 0)
        self.returncode: int | None = None
        if not self.pid:
            raise RuntimeError("the process that forks commands ended")

    def _read(self, timeout: float | None) -> bytes | None:
        """What was said of the command next, None where nothing was in time; b"" at the end."""
        ready, _, _ = select.select([self._status], [], [], timeout)
        return self._status.read(12) if ready else None

    def poll(self) -> int | None:
        """The exit status if it has ended; a signal as a negative number."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            said = self._read(timeout)
            if said is None:
                raise subprocess.TimeoutExpired("ai-gateway", timeout or 0)
            self._status.close()
            self.returncode = int(said)
        return self.returncode

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, and wait for that."""
        with contextlib.suppress(ProcessLookupError):  # it may have ended already
            os.kill(self.pid, how)
        self.wait(20)


@contextlib.contextmanager
def talking(module: str, *words: str) -> Iterator[tuple[Forked, IO[str]]]:
    """A module of the tests, started, and what it says; killed at the end if it still runs."""
    ours, theirs = os.pipe()
    with os.fdopen(ours) as said:
        try:
            with Path(os.devnull).open("rb") as nothing:
                process = start(words, (nothing, theirs, _ERRORS), os.environ, module)
        finally:
            os.close(theirs)
        try:
            yield process, said
        finally:
            if process.poll() is None:
                process.kill()


@contextlib.contextmanager
def serving(words: Sequence[str], address: tuple[int, str], module: str = COMMAND) -> Iterator[Forked]:
    """A server, started with nothing to read or say, once it answers at a port and path; stopped at the end."""
    with Path(os.devnull).open("r+b", buffering=0) as nothing:
        process = start(words, (nothing, nothing, nothing), os.environ, module)
    try:
        deadline = time.monotonic() + 30
        while not _answers(*address):
            assert process.poll() is None, "the server did not start"
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.1)
        yield process
    finally:
        process.kill(signal.SIGTERM)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except OSError:
            return False
    return True


def start(
    words: Sequence[str], files: Sequence[IO[bytes] | int], env: Mapping[str, str], module: str = COMMAND
) -> Forked:
    """Start `ai-gateway` with these words, or another module as `python -m` would, in a session of its own, in the
    project's folder; `files` are its input, output and errors."""
    theirs = [each if isinstance(each, int) else each.fileno() for each in files]
    ours, status = os.pipe()
    try:
        request = json.dumps([module, list(words), dict(env)]).encode()
        socket.send_fds(_nursery(), [request], [*theirs, status])
    finally:
        os.close(status)
    return Forked(ours)


def run(
    words: Sequence[str],
    *,
    text: str = "",
    env: Mapping[str, str],
    timeout: float = 110,
    check: bool = True,
    module: str = COMMAND,
) -> subprocess.CompletedProcess[str]:
    """Run `ai-gateway`, or another module, to its end. Raises as `subprocess.run` does."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(text.encode())
        stdin.seek(0)
        process = start(words, (stdin, stdout, stderr), env, module)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            raise
        stdout.seek(0)
        stderr.seek(0)
        said, wrong = stdout.read().decode(), stderr.read().decode()
    if check and status:
        raise subprocess.CalledProcessError(status, list(words), said, wrong)
    return subprocess.CompletedProcess(list(words), status, said, wrong)


@cache
def _nursery() -> socket.socket:
    """The line to this process's own nursery, which ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for side in (ours, theirs):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST)
    command = [sys.executable, "-m", "tests.support.nursery", str(theirs.fileno())]
    process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait(20)

    atexit.register(end)
    return ours


def _reap(children: dict[int, int]) -> None:
    """Say of each command that ended how it did."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        said = children.pop(pid)
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(said, b"%12d" % os.waitstatus_to_exitcode(status))
        os.close(said)


def _serve(line: socket.socket) -> tuple[str, Sequence[str]] | None:
    """Fork at each request until there is nobody to ask. Returns module and words in a child, None in the parent."""
    children: dict[int, int] = {}
    signal.signal(signal.SIGCHLD, lambda *_: _reap(children))
    while True:
        request, files, _, _ = socket.recv_fds(line, _MOST, 4)
        if not request:
            break
        module, words, env = json.loads(request)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # it may end before we know its number
        pid = os.fork()
        if not pid:
            for said in children.values():
                os.close(said)
            _become(line, files, env)
            return str(module), [str(word) for word in words]
        children[pid] = files[3]
        os.write(files[3], b"%12d" % pid)
        for file in files[:3]:
            os.close(file)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return None


def _become(line: socket.socket, files: Sequence[int], env: Mapping[str, str]) -> None:
    """Make a child what it would be had it been started by its name."""
    line.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    os.setsid()
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(env)


def _end(status: int) -> NoReturn:
    """End as Python does, but for taking apart every module, which costs several times what a command does."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()  # closes what the command left open
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def main() -> None:
    """Import what a gateway needs, then fork; a child goes on as what was asked for."""
    gc.disable()
    from typer.main import get_command

    import gateway.app
    import gateway.cli.main
    import gateway.http.server

    command = get_command(gateway.cli.main.app)
    gc.collect()
    gc.freeze()  # a child need not walk, and so copy, what it shares with us
    gc.enable()
    asked = _serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is None:
        return
    module, words = asked
    status = 0
    try:
        if module == COMMAND:
            command(words, prog_name=COMMAND)
        else:
            sys.argv[1:] = words
            runpy.run_module(module, run_name="__main__")
    except SystemExit as ended:
        if not isinstance(ended.code, int):
            raise
        status = ended.code
    _end(status)


if __name__ == "__main__":
    main()
