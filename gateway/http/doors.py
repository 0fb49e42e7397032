"""Which application answers: the calls' or the records'. By the port a request came in on, or by its path."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

RECORDS: Final = "/records/v1"


class Doors:
    """`calls` and `records` as one application. With `port`, the records answer on that port alone, and nothing else
    does there; without, by path on the calls' port. The port is that of our own socket, which no header changes."""

    def __init__(self, calls: ASGIApp, records: ASGIApp, port: int | None) -> None:
        self._calls = calls
        self._records = records
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Starting and stopping is the calls' application's."""
        chosen = self._records if scope["type"] == "http" and self._for_records(scope) else self._calls
        await chosen(scope, receive, send)

    def _for_records(self, scope: Scope) -> bool:
        if self._port is None:
            path: str = scope["path"]
            return path == RECORDS or path.startswith(f"{RECORDS}/")
        server = scope.get("server")
        return server is not None and server[1] == self._port
