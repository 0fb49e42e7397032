"""The witness server that another council runs: `POST /add-checkpoint` (C2SP tlog-witness), and what it cosigned last.

Nobody signs in: a request counts by the log's own signature on the checkpoint. Bodies are small, and each address may
ask so many times a minute. Behind a proxy all have its address: let the proxy limit each of its clients.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.ledger.witness import MAX_BODY, TEXT_TYPE, Answer, FileState, StateError, Witness
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

PER_MINUTE: Final = 120
BURST: Final = 40
MAX_PEERS: Final = 10_000
BODY_SECONDS: Final = 10.0


class Rate:
    """A token bucket for each address; the addresses seen longest ago are forgotten first."""

    def __init__(self, per_minute: int = PER_MINUTE, burst: int = BURST, clock: Callable[[], float] = time.monotonic):
        self._per_second, self._burst, self._clock = per_minute / 60, burst, clock
        self._peers: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, peer: str) -> bool:
        """Whether this address may ask now; counts the request where it may."""
        now = self._clock()
        tokens, since = self._peers.pop(peer, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - since) * self._per_second)
        allowed = tokens >= 1
        self._peers[peer] = (tokens - 1 if allowed else tokens, now)
        if len(self._peers) > MAX_PEERS:
            self._peers.popitem(last=False)
        return allowed


def witness_app(witness: Witness, state: FileState, vkey: str, rate: Rate | None = None) -> Starlette:
    """The application. `vkey` is the witness's public key, shown at `/`."""
    pages = _Pages(witness, state, vkey, rate or Rate())
    return Starlette(
        routes=[
            Route("/add-checkpoint", pages.add, methods=["POST"]),
            Route("/checkpoint/{log:path}", pages.last, methods=["GET"]),
            Route("/", pages.key, methods=["GET"]),
        ]
    )


class _Pages:
    def __init__(self, witness: Witness, state: FileState, vkey: str, rate: Rate) -> None:
        self._witness, self._state, self._vkey, self._rate = witness, state, vkey, rate

    async def add(self, request: Request) -> Response:
        if not self._rate.allows(request.client.host if request.client else ""):
            return Response("too many requests\n", 429, {"retry-after": "60"}, TEXT_TYPE)
        body = await _body(request)
        if body is None:
            return Response("the request is too large or too slow\n", 413, media_type=TEXT_TYPE)
        try:
            answer = await asyncio.to_thread(self._witness.add, body)
        except (StateError, OSError) as error:
            log.error("witness_state_unusable", error=type(error).__name__)
            answer = Answer(503, TEXT_TYPE, "the witness can't keep its state, so it cosigns nothing\n", "no_state")
        level = log.error if answer.outcome in ("fork", "not_consistent") else log.info
        level("witness_answered", http_status=answer.status, outcome=answer.outcome)
        return Response(answer.body, answer.status, {"cache-control": "no-store"}, answer.kind)

    async def last(self, request: Request) -> Response:
        """The last checkpoint of a log that was cosigned: for whoever checks that log."""
        try:
            note = await asyncio.to_thread(self._state.last, request.path_params["log"])
        except StateError:
            return Response("the witness's state can't be read\n", 503, media_type=TEXT_TYPE)
        if note is None:
            return Response("this witness has cosigned nothing of that log\n", 404, media_type=TEXT_TYPE)
        return Response(note, 200, {"cache-control": "no-cache"}, TEXT_TYPE)

    async def key(self, _request: Request) -> Response:
        return Response(f"A witness of AI gateways' ledgers.\n{self._vkey}\n", media_type=TEXT_TYPE)


async def _body(request: Request) -> bytes | None:
    data = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                data += piece
                if len(data) > MAX_BODY:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return data
