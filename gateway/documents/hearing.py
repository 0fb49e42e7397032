"""What is said in a recording, heard by a command of the controller's choice in a process of its own.

The command gets the recording's bytes on its standard input and its media type as `MEDIA_TYPE`; it prints what was
said as UTF-8 and ends with status 0. It is run anew for each recording, without the gateway's environment, and killed
when it takes too long or says too much.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.documents.document import Document, Unreadable

try:
    import resource
except ImportError:  # pragma: no cover - where there are no such limits
    resource = None  # type: ignore[assignment]

_MIB: Final = 1024 * 1024
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""Of the environment. The gateway's holds keys and passwords, of which a recogniser must know nothing."""
_PIECE: Final = 64 * 1024
_ENDING_S: Final = 5.0
NOTHING_HEARD: Final = "No words could be heard in this recording, so there is nothing to check."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one recording may ask for. Sizes in bytes, times in seconds; `at_once` in this worker."""

    size: int = 25 * _MIB
    characters: int = 500_000
    wall_s: float = 180.0
    cpu_s: int = 180
    wait_s: float = 120.0
    memory: int = 4096 * _MIB
    at_once: int = 1


class Transcriber:
    """Hears recordings by `command`."""

    def __init__(self, command: Sequence[str], bounds: Bounds | None = None) -> None:
        self._command = tuple(command)
        self._bounds = bounds or Bounds()
        self._free = asyncio.Semaphore(self._bounds.at_once)

    async def hear(self, data: bytes, media: str) -> Document:
        """What is said in a recording. Raises Unreadable."""
        if len(data) > self._bounds.size:
            raise Unreadable("too_large")
        try:
            async with asyncio.timeout(self._bounds.wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise Unreadable("busy") from None
        try:
            said = await self._run(data, media)
        finally:
            self._free.release()
        text = " ".join(said.split(" ")).strip()
        if not text:
            raise Unreadable("no_text", NOTHING_HEARD)
        return Document(text, "sound recording", 1, ("heard_by_machine",))

    async def _run(self, data: bytes, media: str) -> str:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd="/",
                env={**kept, "MEDIA_TYPE": media[:100], "OMP_NUM_THREADS": "1"},
                start_new_session=True,
            )
        except (OSError, ValueError):
            raise Unreadable("audio") from None
        try:
            self._confine(process.pid)
            async with asyncio.timeout(self._bounds.wall_s):
                return await self._said(process, data)
        except TimeoutError:
            raise Unreadable("timed_out") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(_ended(process))

    async def _said(self, process: asyncio.subprocess.Process, data: bytes) -> str:
        if process.stdin is None or process.stdout is None:
            raise Unreadable("broken")
        feeding = asyncio.create_task(_feed(process.stdin, data))
        try:
            heard, limit = bytearray(), 4 * self._bounds.characters
            while piece := await process.stdout.read(_PIECE):
                heard += piece
                if len(heard) > limit:
                    raise Unreadable("too_large")
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await feeding
        status = await process.wait()
        if status == -signal.SIGXCPU:
            raise Unreadable("timed_out")
        text = heard.decode("utf-8", "replace")
        if status != 0:
            raise Unreadable("audio")
        if len(text) > self._bounds.characters:
            raise Unreadable("too_large")
        return text

    def _confine(self, pid: int) -> None:
        """Bound time and memory, allow no core dumps: content must not reach a disk."""
        prlimit = getattr(resource, "prlimit", None)
        if prlimit is None:  # not Linux: the time on the clock is bounded all the same
            return
        with contextlib.suppress(ProcessLookupError):
            prlimit(pid, resource.RLIMIT_AS, (self._bounds.memory, self._bounds.memory))
            prlimit(pid, resource.RLIMIT_CPU, (self._bounds.cpu_s, self._bounds.cpu_s + 5))
            prlimit(pid, resource.RLIMIT_CORE, (0, 0))


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for what was killed. Its output is read to the end first: where the pipe is left full, asyncio never tells
    of the end. What escaped from its group may hold the pipe open; that is not waited for."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_ENDING_S):
            while process.stdout is not None and await process.stdout.read(_PIECE):
                continue
            await process.wait()


async def _feed(pipe: asyncio.StreamWriter, data: bytes) -> None:
    """Hand the recording over; a command may stop listening before its end."""
    with contextlib.suppress(OSError):
        for start in range(0, len(data), _PIECE):
            pipe.write(data[start : start + _PIECE])
            await pipe.drain()
        pipe.close()
        await pipe.wait_closed()
