"""One client's connection while its call runs: the body comes in, it may go away, bytes go out.

A client that goes away cancels the task of its call, so that the record is closed and the provider's work is
stopped at once, also while a whole reply is being waited for.
"""

import asyncio
from collections.abc import Iterable, Mapping

from starlette.types import Message, Receive, Scope, Send

from gateway.http.body import announced, too_large, unpacked
from gateway.http.ports import Limits
from gateway.model.errors import BadRequest

KEEP_ALIVE = b": keep-alive\n\n"


class ClientGone(Exception):
    """The client went away, or stopped reading."""


class Connection:
    """What one request receives and sends. `headers` have lower-case names; repeated ones are joined by commas."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limits: Limits) -> None:
        self._receive = receive
        self._write = send
        self._limits = limits
        self._task = asyncio.current_task()
        self._helpers: list[asyncio.Task[None]] = []
        self._last = 0.0
        self._sending_since: float | None = None
        self._over = False
        self._comment = KEEP_ALIVE
        self.headers = headers_of(scope)
        self.gone = False
        self.status = 0
        """The status sent, 0 before."""

    async def body(self, *, forms: bool = False) -> bytes:
        """The whole body, decompressed; `forms` where the route takes them. Raises BadRequest when it is too large, too
        slow or unreadable."""
        limit = self._limits.body_bytes
        announced(self.headers, limit, forms=forms)
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                more = True
                while more:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        await self._leave()
                    piece = message.get("body", b"")
                    size += len(piece)
                    if size > limit:
                        raise too_large(limit)
                    pieces.append(piece)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise BadRequest(
                f"The request's body did not arrive within {self._limits.body_seconds:g} seconds.",
                code="request_timeout",
                status=408,
            ) from None
        self._helpers.append(asyncio.create_task(self._watch()))
        return unpacked(b"".join(pieces), self.headers, limit)

    async def _leave(self) -> None:
        """End the call as a cancellation: its record then says that the client went away."""
        self.gone = True
        if self._task is not None:
            self._task.cancel()
        await asyncio.sleep(0)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        if not self._over:
            self.gone = True
            if self._task is not None:
                self._task.cancel()

    async def start(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Send status and headers."""
        self.status = status
        raw = [(name.lower().encode("latin-1"), _header(value)) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, data: bytes) -> None:
        """Send some of a stream. Raises ClientGone where nobody takes it; `watch_silence` limits the time."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True}, limited=False)

    async def finish(self, data: bytes = b"") -> None:
        """Send the rest of the body."""
        self._over = True
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

    def watch_silence(self, comment: bytes = KEEP_ALIVE) -> None:
        """From now on, send a comment whenever the stream is silent for too long, and leave a client that stalls."""
        self._comment = comment
        self._helpers.append(asyncio.create_task(self._silence()))

    async def _silence(self) -> None:
        clock = asyncio.get_running_loop().time
        quiet, stalled = self._limits.keep_alive_seconds, self._limits.send_seconds
        while not self._over:
            since = self._sending_since
            if since is not None:
                wait = stalled - (clock() - since)
                if wait <= 0:
                    return await self._leave()
                await asyncio.sleep(min(wait, quiet))
            elif (wait := quiet - (clock() - self._last)) > 0:
                await asyncio.sleep(min(wait, stalled))
            else:
                try:
                    async with asyncio.timeout(stalled):
                        await self.write(self._comment)
                except (ClientGone, TimeoutError):
                    return await self._leave()
        return None

    async def _send(self, message: Message, *, limited: bool = True) -> None:
        clock = asyncio.get_running_loop().time
        self._sending_since = clock()
        try:
            if limited:
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._write(message)
            else:
                await self._write(message)
        except (OSError, TimeoutError):
            self.gone = True
            raise ClientGone from None
        finally:
            self._sending_since = None
            self._last = clock()

    def answered(self) -> None:
        """Somebody else is sending the end of the answer: a client that goes away now has it."""
        self._over = True

    async def close(self) -> None:
        """Stop watching. Takes back the cancellation that a client who went away has caused."""
        self._over = True
        for helper in self._helpers:
            helper.cancel()
        task = self._task
        if self.gone and task is not None and task.cancelling():
            task.uncancel()
            try:
                await asyncio.sleep(0)  # where the cancellation was not delivered yet, it is here
            except asyncio.CancelledError:
                return


def headers_of(scope: Scope) -> Mapping[str, str]:
    """A request's headers, names in lower case, repeated ones joined as RFC 9110 section 5.3 says."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _header(value: str) -> bytes:
    """A header's value as one line of Latin-1; what doesn't fit is replaced."""
    return " ".join(value.splitlines()).encode("latin-1", "replace")
