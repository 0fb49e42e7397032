"""Send the call, and turn the provider's reply into events.

Retries and failover happen only before the first event, only for failures that another attempt may cure, and
only to deployments of the first one's processor and region: the assessment covers no other place. A provider that
refuses a parameter which policy added is asked again without it. Each attempt after the first is on the record before
it is sent, with the parameters that it leaves with.
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
from gateway.model.knob import Knobs, Limits
from gateway.model.outgoing import Outgoing
from gateway.stages.limits import concession, header, settle, values
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger
from gateway.upstream.config import rejected
from gateway.upstream.failures import REJECTED
from gateway.upstream.port import Reply, Upstream, Whole

log = get_logger(__name__)

Attempt = Callable[[Deployment, int, str, Limits], Awaitable[None]]

BACKOFF_S: Final = 0.25
"""Mean pause before the first retry at the same deployment; doubles each time."""
MAX_WAIT_S: Final = 8.0
"""Longest pause a caller is made to wait; a provider that asks for more ends the call with its Retry-After."""
LIMITS: Final = "X-AI-Limits"
"""The response header that tells which parameters left otherwise than asked for."""


def speakable(
    outgoing: Outgoing, tool: Tool, dialects: Mapping[str, Dialect], upstreams: Mapping[str, Upstream]
) -> Outgoing:
    """See, before the record says that it leaves, that the call can be said to each upstream that it may go to.

    The same call with its `limits` as it leaves first. Raises NotOffered, or BadRequest for something in it that has
    no form in the dialect that an upstream speaks, or for a limited parameter that is no number.
    """
    first: Limits | None = None
    for deployment in eligible(tool.deployments):
        limits = _Sending(outgoing, tool, dialects, deployment).limits(upstreams)
        first = limits if first is None else first
    return replace(outgoing, limits=first or {})


async def forward(
    outgoing: Outgoing,
    tool: Tool,
    dialects: Mapping[str, Dialect],
    upstreams: Mapping[str, Upstream],
    attempt: Attempt,
) -> AsyncGenerator[Event, None]:
    """Yield the reply's events, `model` as the caller named it. Raises UpstreamFailed or UpstreamTimeout, and
    NotOffered or BadRequest where the tool's upstream can't be asked for this in any dialect that it speaks.

    At most `1 + tool.retries` attempts; each goes to the next eligible deployment in turn. Beside these, a deployment
    that refuses a parameter which policy added or changed is asked once more without it. The upstream's iterator is
    closed however this generator is left, which cancels the provider's work.
    """
    deployments = eligible(tool.deployments)
    number, failures = 1, 0
    without: dict[str, frozenset[str]] = {}
    while True:
        deployment = deployments[failures % len(deployments)]
        refused = without.get(deployment.id, frozenset())
        sending = _Sending(outgoing, tool, dialects, deployment, refused)
        try:
            async with aclosing(sending.events(upstreams.get(deployment.upstream))) as events:
                async for event in events:
                    yield event
            return
        except UpstreamFailed as error:
            more = sending.conceded(error) - refused
            if more and not sending.begun:
                without[deployment.id], cause = refused | more, f"unsupported:{','.join(sorted(more))}"
            else:
                failures += 1
                await _wait(sending, error, failures, tool, deployments)
                cause = error.code
        number += 1
        following = deployments[failures % len(deployments)]
        log.info("upstream_retry", tool=tool.id, deployment=following.id, attempt=number, cause=cause)
        again = _Sending(outgoing, tool, dialects, following, without.get(following.id, frozenset()))
        await attempt(following, number, cause, again.limits(upstreams))


async def _wait(
    sending: "_Sending", error: UpstreamFailed, failures: int, tool: Tool, deployments: Sequence[Deployment]
) -> None:
    """Pause before another attempt; raise the error where there is none."""
    pause = None
    if not sending.begun and error.retryable and failures <= tool.retries:
        pause = pause_before(failures, error.retry_after_s, same=failures >= len(deployments))
    if pause is None:
        if error.code == REJECTED and (told := header(sending.left)):
            error.message += f" The limits of your council's policy changed these settings: {told}."
        raise error
    await asyncio.sleep(pause)


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


@dataclass(frozen=True, slots=True)
class _Said:
    """A call as an upstream is told it: in which dialect, what reads the reply, and what policy made of it."""

    dialect: str
    body: dict[str, Any]
    decoder: Decoder
    limits: Limits
    knobs: Knobs


@dataclass(slots=True)
class _Sending:
    """One attempt at one deployment."""

    outgoing: Outgoing
    tool: Tool
    dialects: Mapping[str, Dialect]
    deployment: Deployment
    without: frozenset[str] = frozenset()
    """Parameters, or fields of them, that the provider refused at an attempt before."""
    begun: bool = False
    """Whether an event was handed on: from then on there is no second attempt."""
    left: Limits = field(default_factory=dict)
    """The parameters that left otherwise than asked for."""
    _said: "_Said | None" = None
    _started: float = field(default_factory=time.perf_counter)
    _accepted: float | None = None
    _spoke: bool = False

    async def events(self, upstream: Upstream | None) -> AsyncGenerator[Event, None]:
        """The events of this attempt; its outcome is counted when it ends."""
        status = "failed"
        try:
            if upstream is None:
                raise _not_set_up()
            said = self._said = self.said(upstream.speaks)
            self.left = said.limits
            reply = await upstream.send(said.dialect, said.body, self.deployment)
            self._accepted = time.perf_counter()
            async with aclosing(self._decoded(reply, said.decoder)) as events:
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

    def limits(self, upstreams: Mapping[str, Upstream]) -> Limits:
        """The parameters that this attempt leaves with otherwise than asked for. Raises as `said` does."""
        upstream = upstreams.get(self.deployment.upstream)
        return {} if upstream is None else self.said(upstream.speaks).limits

    def conceded(self, error: UpstreamFailed) -> frozenset[str]:
        """What another attempt can do without, where the provider refused this one for a limit of ours."""
        if self._said is None:
            return frozenset()
        return concession(error.blames, self._said.body, self._said.knobs, self._said.limits)

    def said(self, speaks: frozenset[str]) -> "_Said":
        """The call as the upstream is told it. Raises NotOffered or BadRequest."""
        call, body, bridged = self.outgoing.call, self.outgoing.body, self.outgoing.bridged
        own = dialect = self.dialects[call.dialect]
        bridge = None
        if dialect.name not in speaks:
            bridge = dialect.bridge
            if bridge is None or bridge.to not in speaks:
                raise NotOffered(
                    f"{self.tool.name} does not do this kind of call. Ask the owner of the AI gateway which model "
                    "does.",
                    code="not_offered_by_tool",
                )
            if bridge.to not in bridged:
                bridged[bridge.to] = bridge.body(body)
            body, dialect = bridged[bridge.to], self.dialects[bridge.to]
        leave_out = rejected(self.deployment.options) | self.without
        named = {**body, "model": self.deployment.model}
        sent, limits = settle(call.body, named, (own.knobs, dialect.knobs), self.outgoing.caps, leave_out)
        decoder = dialect.decoder(call if bridge is None else replace(call, dialect=dialect.name, body=sent))
        return _Said(dialect.name, sent, decoder if bridge is None else bridge.decoder(decoder), limits, dialect.knobs)

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
        if not isinstance(event, Head):
            return event
        fields, headers, settings = event.fields, event.headers, event.settings
        if "model" in fields:
            fields = {**fields, "model": self.outgoing.call.model}
        if self.left:
            headers, settings = {**headers, LIMITS: header(self.left)}, values(self.left)
        return replace(event, fields=fields, headers=headers, settings=settings)
