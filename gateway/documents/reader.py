"""Reads files in processes of their own, so that a hostile file can neither take the gateway down nor hold it up."""

import asyncio
import queue
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.documents.document import Document, Unreadable, Word
from gateway.documents.limits import Limits
from gateway.documents.process import Worker


class Reader:
    """At most `limits.workers` processes, started with the first file. Safe to use from several tasks at once."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self._workers = [Worker(self._limits) for _ in range(self._limits.workers)]
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(self._limits.workers, thread_name_prefix="documents")

    async def read(self, data: bytes, media: str = "", name: str = "") -> Document:
        """The text of a file. `media` and `name` are claims, believed only where the bytes leave it open.

        Raises Unreadable.
        """
        reply, _ = await self._ask({"do": "read", "media": media, "name": name}, data)
        return _document(reply)

    async def cover(self, data: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes:
        """A picture with black boxes (left, top, right, bottom in pixels of the upright picture), nothing else kept.

        Of several frames only the first is kept. JPEG stays JPEG, all else becomes PNG. Raises Unreadable; ValueError
        for a box without an area.
        """
        if any(right <= left or bottom <= top for left, top, right, bottom in boxes):
            raise ValueError("a box without an area covers nothing")
        reply, picture = await self._ask({"do": "cover", "boxes": [list(box) for box in boxes]}, data)
        if not reply.get("done") or not picture:
            raise Unreadable("broken")
        return picture

    def close(self) -> None:
        """End the processes, whatever they are doing. A call under way ends with Unreadable."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()

    async def _ask(self, head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        if len(data) > self._limits.size:
            raise Unreadable("too_large")
        job = self._threads.submit(self._work, head, data)
        waiting = asyncio.wrap_future(job)
        try:
            await asyncio.wait((waiting,), timeout=self._limits.wait_s)
        except asyncio.CancelledError:
            job.cancel()  # one under way goes on to its own limit of time
            raise
        if not waiting.done() and job.cancel():
            raise Unreadable("busy")
        reply, body = await waiting
        if "code" in reply:
            raise Unreadable(str(reply["code"]), str(reply["message"]))
        return reply, body

    def _work(self, head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        worker = self._idle.get()
        try:
            return worker.ask(head, data)
        finally:
            self._idle.put(worker)


def _document(reply: dict[str, Any]) -> Document:
    """The worker is not trusted: an answer of another shape counts as none."""
    try:
        given = reply["document"]
        words = tuple(Word(*(int(number) for number in word)) for word in given["words"])
        notices = tuple(str(notice) for notice in given["notices"])
        return Document(str(given["text"]), str(given["kind"]), int(given["pages"]), notices, words)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("broken") from error
