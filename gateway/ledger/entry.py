"""The record of one call while it runs: opened before anything leaves, closed with exactly one outcome."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from gateway.ledger.journal import Journal
from gateway.ledger.keystore import KeyGone
from gateway.ledger.leaf import timestamp
from gateway.ledger.manifest import Manifest
from gateway.ledger.port import Outcome
from gateway.ledger.retention import UnknownClass
from gateway.ledger.rows import AlreadyClosed, ConversationGone, Job, Known, Settlement, Storage
from gateway.ledger.scribe import Ending, Opening, Scribe, add, known_class, now, redactor
from gateway.ledger.tokens import Redactor
from gateway.ledger.traces import Recalled, Tracks, asked_rows, recalled
from gateway.model.call import Call
from gateway.model.caller import Deployment, Tool
from gateway.model.decision import Decision
from gateway.model.errors import (
    BadRequest,
    Cut,
    GatewayError,
    NotOffered,
    Refused,
    Unavailable,
    UpstreamFailed,
)
from gateway.model.event import Event, Finished
from gateway.model.knob import Limits
from gateway.model.outgoing import Outgoing
from gateway.telemetry import metrics

INLINE_CHARACTERS = 20_000
"""New text up to this length is sealed on the event loop (about 5 ms); more goes to a thread."""
_T = TypeVar("_T")


async def shielded(work: Coroutine[Any, Any, _T]) -> _T:
    """Finish `work` even if we are cancelled meanwhile, then let the cancellation through."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
        except Exception:  # noqa: BLE001, S110 - raised again by task.result() below
            pass
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()


def outcome_of(error: BaseException | None) -> Outcome:
    """The outcome that an exception means (see `Entry`)."""
    if isinstance(error, Refused | BadRequest | NotOffered):
        return "refused"
    if isinstance(error, UpstreamFailed):
        return "upstream_failed"
    if isinstance(error, Cut):
        return "cut"
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "disconnected"
    return "failed"


class LiveEntry:
    """Implements `gateway.ledger.port.Entry`; an async context manager of its own."""

    def __init__(self, scribe: Scribe, storage: Storage) -> None:
        self._scribe = scribe
        self._storage = storage
        self._started = time.perf_counter()
        self._state: Literal["new", "opening", "opened", "closed"] = "new"
        self._call: Call | None = None
        self._tool: Tool | None = None
        self._tracks: Tracks | None = None
        self._recalled = Recalled(None)
        self._new_conversation = False
        self._redact = Redactor()
        self._journal = Journal(scribe, storage)

    @property
    def ref(self) -> str:
        """See `Entry.ref`."""
        return self._scribe.ref

    async def recall(self, call: Call, tool: Tool) -> Mapping[str, str]:
        """See `Entry.recall`."""
        self._call, self._tool, self._scribe.stream = call, tool, call.stream
        tracker = self._scribe.tracker()
        self._tracks = tracker.tracks(call.parts)
        found = await self._storage.traces(self._tracks.asked())
        self._recalled = recalled(self._tracks, found, now())
        return self._recalled.refused

    async def opened(self, tool: Tool, decision: Decision, outgoing: Outgoing) -> None:
        """See `Entry.opened`."""
        try:
            known_class(self._scribe.office.schedule, decision.retention_class)
        except UnknownClass as error:
            raise Unavailable("The record of this call could not be given a retention class.") from error
        self._call, self._tool, self._scribe.stream = outgoing.call, tool, outgoing.call.stream
        self._redact = redactor(outgoing)
        try:
            await self._anew(lambda: self._open(tool, decision, outgoing))
        except KeyGone as error:
            raise Unavailable("The record of this call could not be sealed.") from error
        self._state = "opened"
        metrics.findings(self._scribe.caller.controller, outgoing.counts)

    async def _open(self, tool: Tool, decision: Decision, outgoing: Outgoing) -> None:
        call = outgoing.call
        home = self._scribe.settle_in(self._conversation(), decision.retention_class)
        manifests = await self._manifests(
            self._scribe.prepare(home, call, outgoing.kept, outgoing.searchable, outgoing.named)
        )
        leaf = self._scribe.opened_leaf(
            tool=tool, decision=decision, findings=outgoing.counts, conversation=home.conversation,
            retention_class=decision.retention_class, manifests=manifests,
            hosted=call.hosted, limits=outgoing.limits,
        )  # fmt: skip
        job = Job(leaves=[leaf], forgiven=list(self._recalled.again))
        add(job, *manifests)
        if self._tracks is not None:
            job.traces = asked_rows(self._tracks, home.conversation, self.ref, timestamp(now()))
        self._state = "opening"
        await self._storage.commit(job)

    async def _anew(self, step: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Do `step`; where its conversation was disposed of since we looked it up, do it in a new one."""
        try:
            return await step()
        except (ConversationGone, KeyGone):
            if self._new_conversation:
                raise
            self._recalled = Recalled(None, self._recalled.refused, self._recalled.again)
            return await step()

    async def attempt(self, deployment: Deployment, number: int, cause: str, limits: Limits) -> None:
        """See `Entry.attempt`."""
        await self._storage.commit(self._scribe.attempt(deployment, number, cause, limits))

    async def delivered(self, event: Event) -> None:
        """See `Entry.delivered`."""
        if isinstance(event, Finished):
            with metrics.stage("close"):
                await self._journal.stop()
                ending = Ending("delivered", "", event.findings, self._journal.note)
                self._redact = self._redact.also(event.values)
                self._journal.forget(event.secrets)
                self._scribe.named.update(dict.fromkeys(event.named))
                await shielded(self._close(ending))
        else:
            await self._journal.take(event, live=self._scribe.stream)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, GatewayError):
            error.reference = self.ref
        if self._state == "closed":
            return
        outcome = outcome_of(error)
        code = error.code if isinstance(error, GatewayError) else ""
        try:
            await shielded(self._end(Ending(outcome, code, {}, self._journal.note), error))
        except Unavailable as failure:
            failure.reference = self.ref
            if error is None:
                raise
            # The caller already gets an error; the record is settled as soon as the store is back.

    async def _end(self, ending: Ending, error: BaseException | None) -> None:
        """Close a record that did not get as far as `Finished`."""
        await self._journal.stop()
        if self._state == "opened":
            await self._close(ending)
            return
        await self._anew(lambda: self._end_unopened(ending, error))
        self._finish(ending)

    async def _end_unopened(self, ending: Ending, error: BaseException | None) -> None:
        absent = await self._absent(ending, error)
        if self._state == "new":
            await self._once(self._storage.commit(absent))
        else:
            if_open = self._scribe.closed(ending, (), self._redact, None)
            await self._once(self._storage.settle(Settlement(self.ref, if_open, absent)))

    async def _close(self, ending: Ending) -> None:
        """Make the `closed` leaf durable, reply and all."""
        runs = self._journal.runs
        length = sum(len(chunk) for run in runs for chunk in run.chunks)
        prefix = self._prefix()
        if length > INLINE_CHARACTERS:
            job = await asyncio.to_thread(self._scribe.closed, ending, runs, self._redact, prefix)
        else:
            job = self._scribe.closed(ending, runs, self._redact, prefix)
        await self._once(self._storage.settle(Settlement(self.ref, job, Job())))
        self._finish(ending)

    async def _once(self, work: Coroutine[Any, Any, None]) -> None:
        """A record that somebody closed already (we were taken for dead) keeps its first outcome."""
        try:
            await work
        except AlreadyClosed:
            self._state = "closed"

    def _finish(self, ending: Ending) -> None:
        self._state = "closed"
        caller, tool = self._scribe.caller, self._tool.id if self._tool else ""
        seconds = time.perf_counter() - self._started
        metrics.call_closed(caller.controller, caller.service, tool, self._scribe.dialect, ending.outcome, seconds)

    async def _absent(self, ending: Ending, error: BaseException | None) -> Job:
        """Both leaves of a call that never left."""
        refused = error if isinstance(error, Refused) else None
        decision = refused.decision if refused else None
        counts = refused.counts if refused else {}
        withheld = refused.withheld if refused else frozenset()
        conversation = self._conversation() if self._tracks is not None and self._tracks.last_turn >= 0 else None
        manifests = None
        if refused and refused.kept and self._scribe.office.schedule.keep_refused_content:
            manifests = await self._refused_manifests(refused)
            conversation = self._scribe.home.conversation if self._scribe.home else conversation
        if counts:
            metrics.findings(self._scribe.caller.controller, counts)
        return self._scribe.refused(
            ending, tool=self._tool, decision=decision, findings=counts, conversation=conversation,
            tracks=self._tracks, withheld=withheld, manifests=manifests,
            hosted=self._call.hosted if self._call else frozenset(),
        )  # fmt: skip

    async def _refused_manifests(self, refused: Refused) -> tuple[Manifest, Manifest] | None:
        """What a schedule that keeps refused content seals; it is sealed only, and found by blind index."""
        call, schedule, decision, kept = self._call, self._scribe.office.schedule, refused.decision, refused.kept
        if call is None or len(kept) != len(call.parts):
            return None
        name = decision.retention_class if decision.retention_class in schedule.classes else schedule.fallback
        home = self._scribe.settle_in(self._conversation(), name)
        nothing: list[str | None] = [None] * len(kept)
        return await self._manifests(self._scribe.prepare(home, call, kept, nothing, refused.named))

    async def _manifests(self, opening: Opening) -> tuple[Manifest, Manifest]:
        """The manifests of a call; long texts are sealed in a thread."""
        known = Known((None, None), {})
        if self._scribe.home is not None and not self._new_conversation:
            known = await self._storage.known(self._scribe.home.conversation, opening.links)

        def bind() -> tuple[Manifest, Manifest]:
            facts = opening.binder.bind(opening.facts, opening.links[0], known.bases[0], known.parts)
            request = opening.binder.bind(opening.request, opening.links[1], known.bases[1], known.parts)
            return facts, request

        start = known.bases[1].count if known.bases[1] else 0
        fresh = sum(len(content.kept) for content in opening.request[start:])
        return await asyncio.to_thread(bind) if fresh > INLINE_CHARACTERS else bind()

    def _conversation(self) -> int:
        """The conversation found, or a new one, the same at every asking."""
        if self._recalled.conversation is None:
            self._new_conversation = True
            number = self._scribe.office.numbers.new()
            self._recalled = Recalled(number, self._recalled.refused, self._recalled.again)
        return self._recalled.conversation or 0

    def _prefix(self) -> bytes | None:
        tracks = self._tracks
        return None if tracks is None else tracks.prefixes.get(tracks.last_turn)
