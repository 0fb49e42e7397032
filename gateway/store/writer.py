"""Group commit: many calls hand in jobs, one thread a worker makes them durable with one sync to disk.

When the database fails, every waiting call is refused at once and the thread tries again with a `gap` leaf. Once that
is durable, calls that could not be closed meanwhile are closed, and the worker is healthy again.
"""

import asyncio
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gateway.ledger import leaf
from gateway.ledger.rows import AlreadyClosed, ConversationGone, Job, LeafDraft, Settlement
from gateway.ledger.scribe import now
from gateway.model.errors import Unavailable
from gateway.store.committer import Committer
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger

log = get_logger("gateway.store.writer")
MAX_BATCH = 256
RETRY_SECONDS = 0.5
RETRY_AFTER_S = 5
_Work = Job | Settlement
_Failure = BaseException | None


def unavailable() -> Unavailable:
    """What a caller is told when its call can't be recorded."""
    return Unavailable(
        "Calls can't be recorded just now, so none are let through. Try again.", retry_after_s=RETRY_AFTER_S
    )


@dataclass(slots=True)
class _Item:
    work: _Work
    loop: asyncio.AbstractEventLoop | None
    waiter: "asyncio.Future[None] | Future[None]"
    failure: _Failure = None


class Writer:
    """The writer thread of one worker."""

    def __init__(self, committer: Committer, on_commit: Callable[[], None]) -> None:
        self._committer = committer
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._down_since: datetime | None = None
        self._refused = 0
        self._deferred: dict[str, Settlement] = {}
        self._stopping = threading.Event()
        self._stopped = True

    @property
    def healthy(self) -> bool:
        """Whether jobs are being made durable."""
        return self._down_since is None and not self._stopped

    def start(self) -> None:
        """Begin to take jobs."""
        self._stopped = False
        self._thread.start()
        metrics.ledger_healthy(True)

    def stop(self) -> None:
        """Finish every job handed in, then end. Blocks."""
        if self._stopped:
            return
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()
        self._stopped = True

    async def submit(self, work: _Work) -> None:
        """Wait until `work` is durable. Raises AlreadyClosed, ConversationGone or Unavailable."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._put(_Item(work, loop, waiter))
        await waiter

    def run(self, work: _Work) -> None:
        """The same from a thread that is not an event loop's."""
        waiter: Future[None] = Future()
        self._put(_Item(work, None, waiter))
        waiter.result()

    def _put(self, item: _Item) -> None:
        if self._stopped or (self._down_since is not None and isinstance(item.work, Job)):
            self._refused += 1
            raise unavailable()
        self._queue.put(item)

    def _run(self) -> None:
        while True:
            try:
                first = self._queue.get(timeout=None if self._down_since is None else RETRY_SECONDS)
            except queue.Empty:
                self._recover()
                continue
            if first is None:
                self._last_try()
                return
            self._serve(first)

    def _serve(self, first: _Item) -> None:
        """One batch: everything that waits, up to the first item that needs the answer of those before it."""
        batch, alone = [first], None
        if _needs_answer(first):
            batch, alone = [], first
        while alone is None and len(batch) < MAX_BATCH:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                self._queue.put(None)
                break
            if _needs_answer(item):
                alone = item
            else:
                batch.append(item)
        if batch:
            self._commit(batch)
        if alone is not None:
            self._settle_alone(alone)

    def _commit(self, batch: Sequence[_Item]) -> None:
        if self._down_since is not None:
            self._fail(batch)
            return
        jobs = [_job(item.work) for item in batch]
        started = time.perf_counter()
        try:
            self._committer.commit(jobs)
        except (IntegrityError, AlreadyClosed, leaf.LeafTooLarge, ValueError):
            self._one_by_one(batch)
        except SQLAlchemyError as error:
            self._went_down(error)
            self._fail(batch)
        except Exception as error:  # noqa: BLE001 - whatever happened, no call may go on unrecorded
            self._went_down(error)
            self._fail(batch)
        else:
            metrics.ledger_commit(time.perf_counter() - started, len(jobs))
            self._answer(batch)
            self._on_commit()

    def _one_by_one(self, batch: Sequence[_Item]) -> None:
        """One job of the batch can't be written; find it, so that the others are."""
        for item in batch:
            try:
                self._committer.commit([_job(item.work)])
            except (AlreadyClosed, ConversationGone) as error:
                item.failure = error
            except (IntegrityError, ValueError) as error:
                log.error("ledger_job_refused", kind=type(error).__name__)
                item.failure = unavailable()
            except Exception as error:  # noqa: BLE001 - the store failed: the rest of the batch fails with it
                self._went_down(error)
                self._fail([item])
                item.failure = unavailable()
        self._answer(batch)
        self._on_commit()

    def _settle_alone(self, item: _Item) -> None:
        if self._down_since is not None:
            self._fail([item])
            return
        try:
            item.work = self._settled(item.work)
        except SQLAlchemyError as error:
            self._went_down(error)
            self._fail([item])
            return
        self._commit([item])

    def _settled(self, work: _Work) -> Job:
        if isinstance(work, Job):
            return work
        return work.if_open if self._committer.exists(work.ref) else work.if_absent

    def _went_down(self, error: BaseException) -> None:
        if self._down_since is None:
            self._down_since = now()
            metrics.ledger_healthy(False)
            log.error("ledger_down", kind=type(error).__name__)

    def _fail(self, batch: Sequence[_Item]) -> None:
        for item in batch:
            if isinstance(item.work, Settlement):
                self._deferred[item.work.ref] = item.work
            self._refused += 1
            item.failure = unavailable()
        self._answer(batch)

    def _recover(self) -> None:
        """Try to write the gap; then close what could not be closed."""
        if self._down_since is None:
            return
        body = leaf.gap(begun=self._down_since, ended=now(), refused=self._refused)
        try:
            self._committer.commit([Job(leaves=[LeafDraft("gap", "", body)])])
            while self._deferred:
                ref, settlement = next(iter(self._deferred.items()))
                self._close_late(settlement)
                del self._deferred[ref]
        except Exception as error:  # noqa: BLE001 - still down: say so, and try again
            log.warning("ledger_still_down", kind=type(error).__name__)
            return
        self._down_since, self._refused = None, 0
        metrics.ledger_healthy(True)
        log.info("ledger_recovered")
        self._on_commit()

    def _close_late(self, settlement: Settlement) -> None:
        try:
            self._committer.commit([self._settled(settlement)])
        except AlreadyClosed:
            log.info("ledger_closed_before", ref=settlement.ref)

    def _last_try(self) -> None:
        """Stopping: one attempt to close what is left; otherwise the next start closes it as interrupted."""
        self._recover()
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            if item is not None:
                self._fail([item])

    def _answer(self, batch: Sequence[_Item]) -> None:
        """Wake the waiting calls, each event loop once."""
        by_loop: dict[asyncio.AbstractEventLoop, list[_Item]] = defaultdict(list)
        for item in batch:
            if item.loop is not None:
                by_loop[item.loop].append(item)
            else:
                _resolve(item)
        for loop, items in by_loop.items():
            try:
                loop.call_soon_threadsafe(_resolve_all, items)
            except RuntimeError:
                log.warning("ledger_caller_gone", kind="loop_closed")


def _needs_answer(item: _Item) -> bool:
    """Whether it depends on what earlier jobs did."""
    return isinstance(item.work, Settlement) and bool(item.work.if_absent.leaves)


def _job(work: _Work) -> Job:
    return work if isinstance(work, Job) else work.if_open


def _resolve_all(items: Sequence[_Item]) -> None:
    for item in items:
        _resolve(item)


def _resolve(item: _Item) -> None:
    if item.waiter.done():
        return  # the caller was cancelled; what was committed stays committed
    if item.failure is None:
        item.waiter.set_result(None)
    else:
        item.waiter.set_exception(item.failure)
