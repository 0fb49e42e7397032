"""Reply text as it is handed on: kept for the record, and for a stream journalled at most 1 s or 4 KB behind."""

import asyncio
import time
from collections.abc import Mapping

from gateway.ledger import sealing
from gateway.ledger.rows import Storage
from gateway.ledger.scribe import Run, Scribe
from gateway.model.errors import GatewayError
from gateway.model.event import Delta, Event, Started

BEHIND_BYTES = 4096
BEHIND_SECONDS = 1.0
_FLUSH_AFTER = 0.5
"""Seconds after the first unjournalled text at which a flush starts by itself, so that it ends within the second."""

Piece = tuple[str, str, int, str, str]


class Journal:
    """The reply of one call. `runs` hold everything handed on; `note` turns true when our own note was."""

    def __init__(self, scribe: Scribe, storage: Storage) -> None:
        self.runs: list[Run] = []
        self.note = False
        self._scribe = scribe
        self._storage = storage
        self._by_address: dict[str, Run] = {}
        self._pending: list[Piece] = []
        self._bytes = 0
        self._oldest = 0.0
        self._seq = 0
        self._key = b""
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._failure: GatewayError | None = None

    async def take(self, event: Event, *, live: bool) -> None:
        """An event is about to be handed on. For a live stream, raises Unavailable when the journal can't keep up."""
        if isinstance(event, Started):
            run = Run(event.address, event.channel, event.choice, event.name)
            self._by_address[event.address] = run
            self.runs.append(run)
        elif isinstance(event, Delta) and event.note:
            self.note = True
        elif isinstance(event, Delta):
            run = self._run(event.address)
            run.chunks.append(event.text)
            if live:
                await self._behind(run, event.text)

    def forget(self, secrets: Mapping[str, str]) -> None:
        """Keep each of these words that stand for a secret in its place: its value is not recorded, sealed or not."""
        for run in self.runs if secrets else ():
            if run.channel == "file":
                continue
            text = run.text
            for value, words in sorted(secrets.items(), key=lambda each: -len(each[0])):
                text = text.replace(value, words)
            run.chunks = [text]

    async def stop(self) -> None:
        """No more flushes: what is still pending goes into the `closed` job, or the call was cut off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        self._pending.clear()

    def _run(self, address: str) -> Run:
        if address not in self._by_address:
            run = Run(address, "text", 0, "")
            self._by_address[address] = run
            self.runs.append(run)
        return self._by_address[address]

    async def _behind(self, run: Run, text: str) -> None:
        """Queue a piece, and wait for the disk when it would be further behind than promised."""
        if self._failure is not None:
            raise self._failure
        if not self._pending:
            self._oldest = time.monotonic()
        self._pending.append((run.address, run.channel, run.choice, run.name, text))
        self._bytes += len(text.encode("utf-8", "surrogatepass"))
        if self._bytes >= BEHIND_BYTES or time.monotonic() - self._oldest >= BEHIND_SECONDS:
            await self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_AFTER, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.ensure_future(self._flush_quietly())

    async def _flush_quietly(self) -> None:
        try:
            await self._flush()
        except GatewayError as error:
            self._failure = error  # raised at the next event: the stream must not run ahead of its record

    async def _flush(self) -> None:
        async with self._lock:
            pieces, self._pending, self._bytes = self._pending, [], 0
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not pieces:
                return
            self._key = self._key or sealing.new_key()
            self._seq += 1
            await self._storage.commit(self._scribe.journal(self._key, self._seq, pieces))
