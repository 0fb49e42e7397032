"""The log over HTTP, for auditors and other councils: checkpoint, tiles, entries (C2SP tlog-tiles), and proofs.

Entries hold no content, but they are pseudonymous personal data (UK GDPR Art 4(5)): only who `authorise` lets pass
reads them. Checkpoints and tiles of hashes say nothing of anybody; they may be public by setting.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gateway.http.connection import ClientGone, Connection
from gateway.http.ports import Limits
from gateway.http.replies import error_headers, internal, send_bytes, send_json
from gateway.http.routes import method
from gateway.ledger.tiles import BadTile, Tile, parse_path
from gateway.model.errors import BadRequest, GatewayError, NotOffered, Unauthenticated
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

PREFIX: Final = "/log"
NOBODY: Final = "Reading the log needs an auditor's key: Authorization: Bearer KEY."
NO_TILE: Final = "The log has no such tile. Take the size from a checkpoint, and the widths of partial tiles from it."
NO_RECORD: Final = "The log has no record under this reference. Check the reference."
NO_SIZE: Final = "The log has no such size. `from` must be at least 1, and `to` at most the newest checkpoint's size."
_YEAR: Final = 31_536_000

Authorise = Callable[[Scope, Mapping[str, str]], Awaitable[None]]
"""Lets an auditor pass; raises Unauthenticated, or another GatewayError, for anybody else. Gets scope and headers."""


class Proof(Protocol):
    """One leaf of a record, and the way from it to the root."""

    @property
    def index(self) -> int:
        """Its place in the log."""
        ...

    @property
    def kind(self) -> str:
        """What it says, such as `opened`."""
        ...

    @property
    def leaf_hash(self) -> bytes:
        """Its RFC 6962 hash."""
        ...

    @property
    def path(self) -> Sequence[bytes]:
        """The audit path."""
        ...


class Proofs(Protocol):
    """A record's leaves under one checkpoint."""

    @property
    def note(self) -> str:
        """The checkpoint."""
        ...

    @property
    def size(self) -> int:
        """Its size."""
        ...

    @property
    def leaves(self) -> Sequence[Proof]:
        """Those in the tree, by index."""
        ...

    @property
    def waiting(self) -> int:
        """Leaves that are not in the tree yet."""
        ...


class Log(Protocol):
    """The log to be served; `gateway.store.published.DatabaseLog`. Synchronous, raises GatewayError."""

    def checkpoint(self) -> str | None:
        """The newest signed note."""
        ...

    def tile(self, tile: Tile) -> bytes | None:
        """A tile or a bundle of entries."""
        ...

    def inclusion(self, ref: str) -> Proofs | None:
        """Proofs for a record."""
        ...

    def consistency(self, old: int, new: int | None = None) -> tuple[int, list[bytes]] | None:
        """The newer size and the proof."""
        ...


async def nobody(_scope: Scope, _headers: Mapping[str, str]) -> None:
    """An `Authorise` for a gateway without auditors: turns everybody away."""
    raise Unauthenticated(NOBODY)


def log_routes(log: Log, authorise: Authorise = nobody, *, public: bool = False) -> list[BaseRoute]:
    """The routes below `/log`. With `public`, checkpoint, tiles of hashes and consistency proofs need no key."""
    pages = LogPages(log, authorise, public=public)
    answers = {
        "/checkpoint": pages.checkpoint,
        "/tile/{path:path}": pages.tile,
        "/proof/inclusion": pages.inclusion,
        "/proof/consistency": pages.consistency,
    }
    return [Route(PREFIX + path, _Endpoint(PREFIX + path, answer), methods=["GET"]) for path, answer in answers.items()]


class LogPages:
    """What each route answers."""

    def __init__(self, log: Log, authorise: Authorise, *, public: bool) -> None:
        self._log = log
        self._authorise = authorise
        self._public = public

    async def checkpoint(self, scope: Scope, connection: Connection) -> None:
        """`/log/checkpoint`: the newest signed note."""
        await self._pass(scope, connection, open_to_all=self._public)
        note = await asyncio.to_thread(self._log.checkpoint)
        if note is None:
            raise NotOffered("The log is empty: nothing has been recorded yet.", code="log_empty")
        headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-cache"}
        await send_bytes(connection, 200, note.encode(), headers)

    async def tile(self, scope: Scope, connection: Connection) -> None:
        """`/log/tile/<L>/<N>[.p/<W>]` and `/log/tile/entries/<N>[.p/<W>]`."""
        try:
            tile = parse_path(scope["path_params"]["path"])
        except BadTile:
            raise NotOffered(NO_TILE, code="no_such_tile") from None
        hashes_only = tile.level is not None
        await self._pass(scope, connection, open_to_all=self._public and hashes_only)
        data = await asyncio.to_thread(self._log.tile, tile)
        if data is None:
            raise NotOffered(NO_TILE, code="no_such_tile")
        # A shared cache would hand entries to people who have no key.
        shared = "public" if self._public and hashes_only else "private"
        headers = {
            "content-type": "application/octet-stream",
            "cache-control": f"{shared}, max-age={_YEAR}, immutable",
        }
        await send_bytes(connection, 200, data, headers)

    async def inclusion(self, scope: Scope, connection: Connection) -> None:
        """`/log/proof/inclusion?ref=`: where a record's leaves stand, with their audit paths."""
        await self._pass(scope, connection, open_to_all=False)
        ref = _parameter(scope, "ref").upper()
        found = await asyncio.to_thread(self._log.inclusion, ref)
        if found is None:
            raise NotOffered(NO_RECORD, code="record_not_found")
        leaves = [
            {"index": each.index, "kind": each.kind, "leaf_hash": _base64(each.leaf_hash), "proof": _all(each.path)}
            for each in found.leaves
        ]
        body = {"ref": ref, "size": found.size, "checkpoint": found.note, "leaves": leaves, "waiting": found.waiting}
        await send_json(connection, 200, body)

    async def consistency(self, scope: Scope, connection: Connection) -> None:
        """`/log/proof/consistency?from=&to=`: that the log of the first size is the beginning of that of the second."""
        await self._pass(scope, connection, open_to_all=self._public)
        old, new = _number(scope, "from"), _number(scope, "to", needed=False)
        found = await asyncio.to_thread(self._log.consistency, old or 0, new)
        if found is None:
            raise NotOffered(NO_SIZE, code="no_such_size")
        await send_json(connection, 200, {"from": old, "to": found[0], "proof": _all(found[1])})

    async def _pass(self, scope: Scope, connection: Connection, *, open_to_all: bool) -> None:
        if not open_to_all:
            await self._authorise(scope, connection.headers)


class _Endpoint:
    """One route as an ASGI endpoint; errors as `{"error": {"message", "code"}}`. A `HEAD` is answered like a `GET`."""

    def __init__(self, route: str, answer: Callable[[Scope, Connection], Awaitable[None]]) -> None:
        self._route = route
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(scope, receive, send, Limits())
        try:
            await self._answer(scope, connection)
        except GatewayError as error:
            await _send_error(connection, error)
        except ClientGone:
            log.debug("client_gone", route=self._route)
        except Exception as error:  # the client gets a plain error, without its text
            log.exception("request_failed", route=self._route, error=type(error).__name__)
            await _send_error(connection, internal())
        finally:
            log.info("request", route=self._route, method=method(scope), http_status=connection.status)


async def _send_error(connection: Connection, error: GatewayError) -> None:
    body: dict[str, Any] = {"error": {"message": error.message, "code": error.code}}
    await send_json(connection, error.status, body, error_headers(error))


def _parameter(scope: Scope, name: str, *, needed: bool = True) -> str:
    try:
        values = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=16).get(name, [])
    except ValueError:
        values = []
    if len(values) > 1 or (needed and not values) or len("".join(values)) > 64:
        raise BadRequest(f"Give `{name}` once in the query.", code="bad_parameter")
    return values[0] if values else ""


def _number(scope: Scope, name: str, *, needed: bool = True) -> int | None:
    text = _parameter(scope, name, needed=needed)
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(f"`{name}` must be a number of leaves.", code="bad_parameter")
    return int(text) if text else None


def _all(hashes: Sequence[bytes]) -> list[str]:
    return [_base64(each) for each in hashes]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
