"""The routes that carry calls: one ASGI endpoint for every dialect.

The pipeline is a generator; this drives it. The response begins with its first event, so that whatever goes
wrong before is a proper HTTP error, and whatever goes wrong after is the dialect's error event. However the
client leaves, the generator is closed, and with it the record.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, cast

from starlette.types import Receive, Scope, Send

from gateway.http import forms
from gateway.http.body import parsed
from gateway.http.connection import ClientGone, Connection
from gateway.http.credentials import credentials
from gateway.http.ports import Limits, Run
from gateway.http.replies import RECORD, REQUESTS, STREAM, error_headers, internal, send_bytes, send_error, send_json
from gateway.http.routes import method
from gateway.http.traffic import Traffic
from gateway.model.call import Call, Request
from gateway.model.dialect import Dialect, Forms, Lines, Payloads
from gateway.model.errors import GatewayError, NotOffered, Refused, Unavailable
from gateway.model.event import Event, Finished, Head
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

AS_MESSAGE: Final = "x-ai-refusal"
"""Request header: `message` asks for refusals as a message of the assistant."""
REFUSED: Final = "x-ai-refused"
"""Response header of such a message, so that programs can still tell."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What stands in the place of a kind of call that the gateway doesn't offer: `kind` is its name on the record,
    `message` what the caller is told. The body is not read."""

    kind: str
    message: str


class CallEndpoint:
    """`POST` of one dialect. Where `instead` is given the call is refused, on the record of whoever makes it."""

    def __init__(
        self, route: str, dialect: Dialect, run: Run, limits: Limits, traffic: Traffic, instead: Instead | None = None
    ) -> None:
        self._route = route
        self._instead = instead
        self._dialect = dialect
        self._run = run
        self._limits = limits
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        connection = Connection(scope, receive, send, self._limits)
        named = scope.get("path_params", {}).get("deployment")
        exchange = _Exchange(self._dialect, connection, self._limits.depth, named, self._instead)
        try:
            if self._traffic.enter():
                try:
                    await self._serve(scope, exchange)
                finally:
                    self._traffic.leave()
            else:
                metrics.refused_early("overloaded")
                busy = Unavailable("The gateway is handling as many calls as it can. Please try again in a moment.")
                await send_error(connection, busy, self._dialect)
        except ClientGone:
            exchange.outcome = "gone"
        except asyncio.CancelledError:
            if not connection.gone:
                raise  # the server is stopping
            exchange.outcome = "gone"
        finally:
            await connection.close()
            log.info(
                "request",
                route=self._route,
                method=method(scope),
                http_status=connection.status,
                outcome=exchange.outcome,
                ref=exchange.ref,
                seconds=round(time.perf_counter() - started, 4),
            )

    async def _serve(self, scope: Scope, exchange: "_Exchange") -> None:
        name = self._instead.kind if self._instead else self._dialect.name
        request = Request(name, credentials(scope, exchange.connection.headers), exchange.read)
        try:
            async with aclosing(cast("AsyncGenerator[Event, None]", self._run(request))) as events:
                await exchange.answer(events)
        except GatewayError as error:
            await exchange.fail(error)
        except ClientGone:
            raise
        except Exception as error:  # whatever it is, the client gets an error of its dialect, without its text
            log.exception("request_failed", route=self._route, error=type(error).__name__)
            await exchange.fail(internal())


@dataclass(slots=True)
class _Exchange:
    """One call and its answer. `model` is the one that the path names, in Azure's manner. `call` is there once the
    pipeline has read it."""

    dialect: Dialect
    connection: Connection
    depth: int
    model: str | None = None
    instead: Instead | None = None
    call: Call | None = None
    outcome: str = "answered"
    ref: str = ""

    async def read(self) -> Call:
        """The body, in its dialect: what the pipeline calls once the caller is known."""
        if self.instead is not None:
            raise NotOffered(self.instead.message, code="route_not_offered")
        takes_forms = isinstance(self.dialect, Forms)
        raw = await self.connection.body(forms=takes_forms)
        if takes_forms and forms.is_form(self.connection.headers):
            body = forms.parsed(raw, self.connection.headers)
        else:
            body = parsed(raw, self.depth)
        if self.model is not None:
            body = {**body, "model": self.model}
        self.call = self.dialect.read(body, self.connection.headers)
        return self.call

    async def answer(self, events: AsyncGenerator[Event, None]) -> None:
        """Write the reply, streamed or whole. Raises what the pipeline raises."""
        first = await anext(events, None)
        if first is None or self.call is None:
            raise RuntimeError("the pipeline ended without an event")
        if self.call.stream:
            await self._stream(self.call, first, events)
        else:
            await self._whole(self.call, [first, *[event async for event in events]])

    async def _whole(self, call: Call, events: list[Event]) -> None:
        body = self.dialect.collect(call, events)
        headers = self._headers(next((event for event in events if isinstance(event, Head)), None))
        payload = self.dialect.payload(body) if isinstance(self.dialect, Payloads) else None
        if payload is None:
            await send_json(self.connection, 200, body, headers)
        else:
            data, kind = payload
            await send_bytes(self.connection, 200, data, {**headers, "content-type": kind})

    async def _stream(self, call: Call, first: Event, events: AsyncGenerator[Event, None]) -> None:
        encoder = self.dialect.encoder(call)
        await self.connection.start(200, {**self._headers(first), **self._kind()}.items())
        self.connection.watch_silence(*([self.dialect.silence(call)] if isinstance(self.dialect, Lines) else []))
        finished = isinstance(first, Finished)
        await self._write(encoder.feed(first))
        async for event in events:
            finished = finished or isinstance(event, Finished)
            await self._write(encoder.feed(event))
        if not finished:
            raise RuntimeError("the pipeline's stream ended without Finished")
        await self.connection.finish()

    async def _write(self, data: bytes) -> None:
        if data:
            await self.connection.write(data)

    async def fail(self, error: GatewayError) -> None:
        """Tell the client: an HTTP error before the first byte, the dialect's error event after it."""
        self.outcome = error.code
        self.ref = error.reference or self.ref
        if not self.connection.status:
            wanted = error.as_message or self.connection.headers.get(AS_MESSAGE, "").lower() == "message"
            if isinstance(error, Refused) and wanted and self.call is not None:
                await self._refuse_as_message(self.call, error)
            else:
                await send_error(self.connection, error, self.dialect)
        elif self.call is not None and self.call.stream:
            await self.connection.finish(self.dialect.encoder(self.call).error(error))
        else:
            await self.connection.finish()

    async def _refuse_as_message(self, call: Call, error: Refused) -> None:
        events = self.dialect.refusal(call, error)
        if not events:
            await send_error(self.connection, error, self.dialect)
            return
        headers = {**error_headers(error), REFUSED: error.code}
        if not call.stream:
            await send_json(self.connection, 200, self.dialect.collect(call, events), headers)
            return
        encoder = self.dialect.encoder(call)
        await self.connection.start(200, {**headers, **self._kind()}.items())
        await self.connection.finish(b"".join(encoder.feed(event) for event in events))

    def _kind(self) -> dict[str, str]:
        """The headers of a stream."""
        kind = {"content-type": self.dialect.stream_type} if isinstance(self.dialect, Lines) else {}
        return {**dict(STREAM), **kind}

    def _headers(self, head: Event | None) -> dict[str, str]:
        """The response headers that the pipeline gives; the record's reference is kept for the log."""
        headers = {name.lower(): value for name, value in head.headers.items()} if isinstance(head, Head) else {}
        self.ref = headers.get(RECORD, "")
        return {**headers, **dict.fromkeys(REQUESTS, self.ref)} if self.ref else headers
