"""Send the call, and turn the provider's reply into events.

Retries and failover happen only before the first event, only for failures that another attempt may cure, and
only to deployments of the first one's processor and region: the assessment covers no other place. Each
attempt after the first is on the record before it is sent.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gateway.model.caller import Deployment, Tool
from gateway.model.dialect import Decoder, Dialect
from gateway.model.errors import NotOffered, UpstreamFailed, UpstreamTimeout
from gateway.model.event import Delta, Event, Head
from gateway.model.outgoing import Outgoing
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger
from gateway.upstream.port import Reply, Upstream, Whole

log = get_logger(__name__)

Attempt = Callable[[Deployment, int, str], Awaitable[None]]

BACKOFF_S: Final = 0.25
"""Mean pause before the first retry at the same deployment; doubles each time."""
MAX_WAIT_S: Final = 8.0
"""Longest pause a caller is made to wait; a provider that asks for more ends the call with its Retry-After."""


def speakable(
    outgoing: Outgoing, tool: Tool, dialects: Mapping[str, Dialect], upstreams: Mapping[str, Upstream]
) -> None:
    """See, before the record says that it leaves, that the call can be said to each upstream that it may go to.

    Raises NotOffered, or BadRequest for something in it that has no form in the dialect that an upstream speaks.
    """
    for deployment in eligible(tool.deployments):
        upstream = upstreams.get(deployment.upstream)
        if upstream is not None:
            _Sending(outgoing, tool, dialects, deployment).said(upstream.speaks)


async def forward(
    outgoing: Outgoing,
    tool: Tool,
    dialects: Mapping[str, Dialect],
    upstreams: Mapping[str, Upstream],
    attempt: Attempt,
) -> AsyncGenerator[Event, None]:
    """Yield the reply's events, `model` as the caller named it. Raises UpstreamFailed or UpstreamTimeout, and
    NotOffered or BadRequest where the tool's upstream can't be asked for this in any dialect that it speaks.

    At most `1 + tool.retries` attempts; each goes to the next eligible deployment in turn. The upstream's
    iterator is closed however this generator is left, which cancels the provider's work.
    """
    deployments = eligible(tool.deployments)
    number = 1
    while True:
        deployment = deployments[(number - 1) % len(deployments)]
        sending = _Sending(outgoing, tool, dialects, deployment)
        try:
            async with aclosing(sending.events(upstreams.get(deployment.upstream))) as events:
                async for event in events:
                    yield event
            return
        except UpstreamFailed as error:
            if sending.begun or not error.retryable or number > tool.retries:
                raise
            again = number >= len(deployments)
            pause = pause_before(number, error.retry_after_s, same=again)
            if pause is None:
                raise
            cause = error.code
        number += 1
        await asyncio.sleep(pause)
        following = deployments[(number - 1) % len(deployments)]
        log.info("upstream_retry", tool=tool.id, deployment=following.id, attempt=number, cause=cause)
        await attempt(following, number, cause)


def eligible(deployments: Sequence[Deployment]) -> Sequence[Deployment]:
    """The deployments that may stand in for the first: those of its processor and region."""
    if not deployments:
        raise _not_set_up()
    first = deployments[0]
    return [d for d in deployments if (d.processor, d.region) == (first.processor, first.region)]


def pause_before(number: int, retry_after_s: int | None, *, same: bool) -> float | None:
    """Seconds to wait after failed attempt `number`, None where it would be too long.

    A deployment not tried yet is tried at once. Otherwise the provider's own wish counts, else an exponential
    pause with full jitter, so that many callers don't come back in step.
    """
    if not same:
        return 0.0
    if retry_after_s is not None:
        return retry_after_s + random.uniform(0, BACKOFF_S) if retry_after_s <= MAX_WAIT_S else None  # noqa: S311
    return random.uniform(0, min(MAX_WAIT_S, 2 * BACKOFF_S * 2 ** (number - 1)))  # noqa: S311 - no secret


def _not_set_up() -> UpstreamFailed:
    error = UpstreamFailed("The AI provider is not set up correctly in the gateway; tell your administrators.")
    error.code = "upstream_misconfigured"
    return error


@dataclass(slots=True)
class _Sending:
    """One attempt at one deployment."""

    outgoing: Outgoing
    tool: Tool
    dialects: Mapping[str, Dialect]
    deployment: Deployment
    begun: bool = False
    """Whether an event was handed on: from then on there is no second attempt."""
    _started: float = field(default_factory=time.perf_counter)
    _accepted: float | None = None
    _spoke: bool = False

    async def events(self, upstream: Upstream | None) -> AsyncGenerator[Event, None]:
        """The events of this attempt; its outcome is counted when it ends."""
        status = "failed"
        try:
            if upstream is None:
                raise _not_set_up()
            spoken, body, decoder = self.said(upstream.speaks)
            reply = await upstream.send(spoken, body, self.deployment)
            self._accepted = time.perf_counter()
            async with aclosing(self._decoded(reply, decoder)) as events:
                async for event in events:
                    yield self._noted(event)
            status = "ok"
        except UpstreamFailed as error:
            status = error.code
            raise
        except (GeneratorExit, asyncio.CancelledError):
            status = "disconnected"
            raise
        finally:
            seconds = (self._accepted or time.perf_counter()) - self._started
            metrics.upstream_attempt(self.deployment.upstream, self.tool.id, status, seconds)

    def said(self, speaks: frozenset[str]) -> tuple[str, dict[str, Any], Decoder]:
        """The dialect that the upstream is spoken to in, the body in it, and what reads the reply."""
        call = self.outgoing.call
        body = {**self.outgoing.body, "model": self.deployment.model}
        dialect = self.dialects[call.dialect]
        if dialect.name in speaks:
            return dialect.name, body, dialect.decoder(call)
        bridge = dialect.bridge
        if bridge is None or bridge.to not in speaks:
            raise NotOffered(
                f"{self.tool.name} does not do this kind of call. Ask the owner of the AI gateway which model does.",
                code="not_offered_by_tool",
            )
        body = bridge.body(body)
        said = replace(call, dialect=bridge.to, body=body)
        return bridge.to, body, bridge.decoder(self.dialects[bridge.to].decoder(said))

    async def _decoded(self, reply: Reply, decoder: Decoder) -> AsyncGenerator[Event, None]:
        if isinstance(reply, Whole):
            for event in decoder.whole(reply.body):
                yield event
            return
        chunks = reply.chunks
        try:
            while (chunk := await self._next(chunks)) is not None:
                for event in decoder.chunk(chunk):
                    yield event
            for event in decoder.end():
                yield event
        finally:
            close = getattr(chunks, "aclose", None)
            if close is not None:
                await close()

    async def _next(self, chunks: AsyncIterator[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The next chunk, None at the end. Raises UpstreamTimeout when the provider only keeps the line open."""
        try:
            async with asyncio.timeout(self.deployment.timeout_s):
                return await anext(chunks, None)
        except TimeoutError:
            raise UpstreamTimeout("The AI provider went quiet. Try again shortly.", retryable=True) from None

    def _noted(self, event: Event) -> Event:
        """The event as it goes on: the model under the caller's name for it."""
        self.begun = True
        if isinstance(event, Delta) and not self._spoke:
            self._spoke = True
            metrics.first_token(self.tool.id, time.perf_counter() - self._started)
        if isinstance(event, Head) and "model" in event.fields:
            return replace(event, fields={**event.fields, "model": self.outgoing.call.model})
        return event
