"""What every request to the records API passes first: who asks, how often, how large, how long; what is noted of it.

An ASGI application around the FastAPI one. Nobody who is not an officer gets any further, so that neither a route's
existence nor a parameter's form can be learnt without a key.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.body import parsed
from gateway.http.connection import ClientGone, Connection
from gateway.http.credentials import credentials
from gateway.http.ports import Limits
from gateway.http.records import problem
from gateway.http.routes import method
from gateway.identity.limits import Buckets, Rate
from gateway.model.errors import BadRequest, GatewayError, TooManyRequests, Unavailable
from gateway.model.officer import Officer
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
)
OFFICER: Final = "officer"
"""Where the frame leaves the officer, in the request's state."""
CONTROLLER: Final = "controller"
ACT: Final = "act"
NOWHERE: Final = "unknown"


class Identity(Protocol):
    """Who an officer is."""

    def authenticate(self, shown: str, peer: str) -> Officer:
        """The officer. Raises Unauthenticated, TooManyRequests, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class RecordsLimits:
    """Bounds on what officers' programs can make the gateway do."""

    per_minute: int = 600
    in_flight: int = 8
    """Requests at once in a worker, those whose client has given up included: its thread goes on."""
    answer_seconds: float = 60.0
    """To the beginning of the answer. What takes longer is a job, asked for and fetched later."""
    body: Limits = field(default_factory=lambda: Limits(body_bytes=512 * 1024, body_seconds=20.0, depth=16))


class Frame:
    """Lets officers through to `app`, within limits. `clock` gives monotonic seconds."""

    def __init__(
        self,
        app: ASGIApp,
        identity: Callable[[], Identity],
        limits: RecordsLimits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._identity = identity
        self._limits = limits
        self._rate = Rate(per_minute=limits.per_minute, burst=max(1, limits.per_minute // 4))
        self._buckets = Buckets(clock)
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = self._clock()
        connection = Connection(scope, receive, send, self._limits.body)
        answer = _Answer(send, connection.answered)
        scope["state"] = {**scope.get("state", {})}
        try:
            await self._within(scope, connection, answer)
        except GatewayError as error:
            await problem.of(error)(scope, receive, answer.send)
        except (ClientGone, asyncio.CancelledError):
            if not connection.gone:
                raise
        finally:
            await connection.close()
            self._note(scope, answer.status, self._clock() - started)

    async def _within(self, scope: Scope, connection: Connection, answer: "_Answer") -> None:
        shown = credentials(scope, connection.headers)
        wait = self._buckets.take(shown.peer, self._rate)
        if wait:
            raise TooManyRequests("Too many requests from this address. Wait a moment.", retry_after_s=wait)
        identity = self._identity()
        officer = await asyncio.to_thread(identity.authenticate, shown.secret or "", shown.peer)
        scope["state"][OFFICER] = officer
        body = await connection.body()
        if body:
            _json(connection.headers.get("content-type", ""))
            parsed(body, self._limits.body.depth)
        if len(self._running) >= self._limits.in_flight:
            raise Unavailable("Many officers are at work just now. Try again in a moment.", retry_after_s=2)
        task = asyncio.create_task(self._answer(scope, body, answer))
        self._running.add(task)
        task.add_done_callback(self._ended)
        begun = asyncio.create_task(answer.begun.wait())
        try:
            await asyncio.wait({task, begun}, timeout=self._limits.answer_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()
        if not task.done() and not answer.begun.is_set():
            answer.closed = True
            late = Unavailable("This takes too long to be answered at once. Ask for less, or try later.")
            await problem.of(late)(scope, _replay(b""), answer.last)
            return
        await asyncio.wait({task})

    async def _answer(self, scope: Scope, body: bytes, answer: "_Answer") -> None:
        await self._app(scope, _replay(body), answer.send)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("records_request_failed", exc_info=error)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """One line and one count: who did what where, with what outcome. No path, no query, no content."""
        state, route = scope["state"], scope.get("route")
        officer: Officer | None = state.get(OFFICER)
        where = template(route)
        metrics.records_request(where, str(status), seconds)
        log.info(
            "records_request",
            actor=officer.id if officer else "",
            controller=state.get(CONTROLLER, ""),
            action=state.get(ACT, ""),
            route=where,
            method=method(scope),
            http_status=status,
            seconds=round(seconds, 3),
        )


class _Answer:
    """What goes out: our headers on it, and nothing more once the time is over."""

    def __init__(self, send: Send, ended: Callable[[], None]) -> None:
        self._send = send
        self._ended = ended
        self.begun = asyncio.Event()
        self.closed = False
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if not self.closed:
            await self.last(message)

    async def last(self, message: Message) -> None:
        """Pass a message on, also after the answer was closed to the application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            ours = {name for name, _ in HEADERS}
            kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in ours]
            message = {**message, "headers": [*kept, *HEADERS]}
            self.begun.set()
        elif not message.get("more_body", False):
            self._ended()
        await self._send(message)


def template(route: BaseRoute | None) -> str:
    """A route's path without its values, as one word: `/controllers/:controller/records/:ref`."""
    path = getattr(route, "path", "")
    if not path or path == "/{rest:path}":
        return NOWHERE
    return str(path).removeprefix("/records/v1").replace("{", ":").replace("}", "")


def _json(kind: str) -> None:
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("Send the body as application/json.", code="unsupported_media_type", status=415)


def _replay(body: bytes) -> Receive:
    """A body that was read already, for an application that reads it again."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if left:
            return left.pop()
        await asyncio.Event().wait()  # the frame watches whether the client goes away
        raise AssertionError("unreachable")

    return receive
