"""Reads files in processes of their own, so that a hostile file can neither take the gateway down nor hold it up."""

import asyncio
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from gateway.documents.document import MESSAGES, Document, Unreadable, Word
from gateway.documents.limits import Limits
from gateway.documents.process import Worker

Given = TypeVar("Given")


class Reader:
    """At most `limits.workers` processes, started with the first file. Safe to use from several tasks at once."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self._workers = [Worker(self._limits) for _ in range(self._limits.workers)]
        for worker in self._workers:
            self._idle.put(worker)
        self._closed = False
        self._threads = ThreadPoolExecutor(self._limits.workers, thread_name_prefix="documents")

    async def read(self, data: bytes, media: str = "", name: str = "") -> Document:
        """The text of a file. `media` and `name` are claims, believed only where the bytes leave it open.

        Raises Unreadable.
        """
        return await self._ask({"do": "read", "media": media, "name": name}, data, self._document)

    async def cover(self, data: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes:
        """A picture with black boxes (left, top, right, bottom in pixels of the upright picture), nothing else kept.

        Of several frames only the first is kept. JPEG stays JPEG, all else becomes PNG. Raises Unreadable; ValueError
        for a box without an area.
        """
        if any(right <= left or bottom <= top for left, top, right, bottom in boxes):
            raise ValueError("a box without an area covers nothing")
        return await self._ask({"do": "cover", "boxes": [list(box) for box in boxes]}, data, _picture)

    def close(self) -> None:
        """End the processes, whatever they are doing. A call under way ends with Unreadable."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()

    async def _ask(self, head: dict[str, Any], data: bytes, finish: Callable[[dict[str, Any], bytes], Given]) -> Given:
        if len(data) > self._limits.size:
            raise Unreadable("too_large")
        job = self._threads.submit(self._work, head, data, finish)
        waiting = asyncio.wrap_future(job)
        try:
            await asyncio.wait((waiting,), timeout=self._limits.wait_s)
        except asyncio.CancelledError:
            job.cancel()  # one under way goes on to its own limit of time
            raise
        if not waiting.done() and job.cancel():
            raise Unreadable("busy")
        return await waiting

    def _work(self, head: dict[str, Any], data: bytes, finish: Callable[[dict[str, Any], bytes], Given]) -> Given:
        """In a thread of ours: the loop neither waits for the worker nor takes apart what it sends."""
        worker = self._idle.get()
        try:
            if self._closed:
                raise Unreadable("broken")
            reply, body = worker.ask(head, data)
        finally:
            self._idle.put(worker)
            if self._closed:
                worker.kill()
        if "code" in reply:
            code = str(reply["code"])
            raise Unreadable(code if code in MESSAGES else "broken", str(reply.get("message", "")))
        return finish(reply, body)

    def _document(self, reply: dict[str, Any], _: bytes) -> Document:
        """The worker is not trusted: an answer of another shape counts as none."""
        try:
            given = reply["document"]
            text, kind, pages = str(given["text"]), str(given["kind"]), int(given["pages"])
            notices = tuple(str(notice) for notice in given["notices"])
            words = tuple(Word(*(int(number) for number in word)) for word in given["words"])
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable("broken") from error
        if len(text) > self._limits.characters or any(not 0 <= word.start < word.end <= len(text) for word in words):
            raise Unreadable("broken")
        return Document(text, kind, pages, notices, words)


def _picture(reply: dict[str, Any], picture: bytes) -> bytes:
    if not reply.get("done") or not picture:
        raise Unreadable("broken")
    return picture
