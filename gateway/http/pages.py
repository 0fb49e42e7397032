"""The routes that carry no call: models, disclosures, health, metrics, and everything that is not offered."""

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from gateway.http.connection import ClientGone, Connection
from gateway.http.credentials import credentials
from gateway.http.ports import Check, Disclosures, Limits, Services
from gateway.http.replies import internal, send_bytes, send_error, send_json
from gateway.http.routes import method
from gateway.model.caller import Caller
from gateway.model.dialect import Dialect
from gateway.model.errors import GatewayError, NotOffered, Unauthenticated
from gateway.stages.authenticate import authenticate
from gateway.stages.resolve import Offer
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

NO_SUCH_MODEL: Final = "There is no such model here for you. GET /v1/models lists those that you may use."
NO_SUCH_RECORD: Final = "There is no disclosure under this reference for you. Check the reference."
NOT_HERE: Final = (
    "This gateway does not offer that route. It offers {routes}. If your service needs another, ask the owner of the "
    "AI gateway: a route that is not checked is not passed on."
)
WRONG_METHOD: Final = "This route does not take that method; use {methods}."

_REFERENCE = re.compile(r"[A-Z0-9]{2,8}(-[A-Z0-9]{2,8}){1,4}")

ANTHROPIC: Final = "anthropic-version"
"""The header by which Anthropic's clients are known on a path that OpenAI's have too: they can't leave it out."""

Answer = Callable[[Scope, Connection], Awaitable[None]]


class Page:
    """One small route as an ASGI endpoint. Errors are written in `dialect`'s shape, for Anthropic's clients in that
    of `anthropic` where it is given."""

    def __init__(
        self,
        route: str,
        answer: Answer,
        dialect: Dialect,
        limits: Limits,
        *,
        quiet: bool = False,
        anthropic: Dialect | None = None,
    ) -> None:
        self._route = route
        self._answer = answer
        self._dialect = dialect
        self._limits = limits
        self._quiet = quiet
        self._anthropic = anthropic or dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        connection = Connection(scope, receive, send, self._limits)
        dialect = self._anthropic if ANTHROPIC in connection.headers else self._dialect
        try:
            await self._answer(scope, connection)
        except GatewayError as error:
            await send_error(connection, error, dialect)
        except ClientGone:
            log.debug("client_gone", route=self._route)
        except Exception as error:  # the client gets a plain error, without its text
            log.exception("request_failed", route=self._route, error=type(error).__name__)
            await send_error(connection, internal(), dialect)
        finally:
            if not self._quiet:
                log.info("request", route=self._route, method=method(scope), http_status=connection.status)


class ModelPages:
    """`GET /v1/models` and `/v1/models/{id}`: what this caller may use, and nothing of the rest.

    In OpenAI's shape, or in Anthropic's where its clients ask; one page in both, since a register is short.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    async def list(self, scope: Scope, connection: Connection) -> None:
        """All of them."""
        caller = await self._caller(scope, connection)
        offers = list(self._services.register.models(caller))
        if ANTHROPIC in connection.headers:
            ends = {"first_id": offers[0].model, "last_id": offers[-1].model} if offers else _NO_ENDS
            await send_json(
                connection, 200, {"data": [_anthropic(offer) for offer in offers], "has_more": False, **ends}
            )
            return
        await send_json(connection, 200, {"object": "list", "data": [_model(offer, caller) for offer in offers]})

    async def one(self, scope: Scope, connection: Connection) -> None:
        """One of them."""
        caller = await self._caller(scope, connection)
        offers = {offer.model: offer for offer in self._services.register.models(caller)}
        offer = offers.get(scope["path_params"]["model"])
        if offer is None:
            raise NotOffered(NO_SUCH_MODEL, code="model_not_found")
        await send_json(
            connection, 200, _anthropic(offer) if ANTHROPIC in connection.headers else _model(offer, caller)
        )

    async def _caller(self, scope: Scope, connection: Connection) -> Caller:
        return await authenticated(self._services, scope, connection)


def _model(offer: Offer, caller: Caller) -> dict[str, Any]:
    """OpenAI's model object, and beside it what helps a person to choose."""
    return {
        "id": offer.model,
        "object": "model",
        "created": offer.created,
        "owned_by": caller.controller,
        "name": offer.name,
        "description": offer.description,
        "tool": offer.tool,
        "tier": offer.tier,
        "purposes": list(offer.purposes),
    }


_NO_ENDS: Final = {"first_id": None, "last_id": None}


def _anthropic(offer: Offer) -> dict[str, Any]:
    """Anthropic's model object (https://docs.claude.com/en/api/models-list). What may be used is active."""
    return {
        "type": "model",
        "id": offer.model,
        "display_name": offer.name,
        "created_at": datetime.fromtimestamp(offer.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
    }


async def authenticated(services: Services, scope: Scope, connection: Connection) -> Caller:
    """The caller of a route that carries no call. Raises what the identity room raises."""
    return await authenticate(credentials(scope, connection.headers), services.identity)


class DisclosurePages:
    """`GET /v1/disclosures/{ref}`: the disclosure of a structured reply, whose body could carry no note."""

    def __init__(self, services: Services, disclosures: Disclosures) -> None:
        self._services = services
        self._disclosures = disclosures

    async def one(self, scope: Scope, connection: Connection) -> None:
        """By reference. A record of another council is answered like one that does not exist."""
        caller = await authenticated(self._services, scope, connection)
        reference = scope["path_params"]["ref"].upper()
        found = await self._disclosures(caller, reference) if _REFERENCE.fullmatch(reference) else None
        if found is None:
            raise NotOffered(NO_SUCH_RECORD, code="record_not_found")
        await send_json(connection, 200, found)


class HealthPages:
    """`/healthz`: the process answers. `/readyz`: it can serve calls. `/metrics`: Prometheus."""

    def __init__(self, checks: Mapping[str, Check], limits: Limits, metrics_secret: str | None) -> None:
        self._checks = dict(checks)
        self._seconds = limits.check_seconds
        self._secret = metrics_secret

    async def health(self, _scope: Scope, connection: Connection) -> None:
        """Always 200 while the event loop turns."""
        await send_json(connection, 200, {"status": "ok"})

    async def ready(self, _scope: Scope, connection: Connection) -> None:
        """200 where every check holds, else 503; the checks by name, without reasons (the log has them)."""
        results = dict(zip(self._checks, await asyncio.gather(*map(self._holds, self._checks)), strict=True))
        holds = all(results.values())
        body = {
            "status": "ready" if holds else "not ready",
            "checks": {name: "ok" if held else "failed" for name, held in results.items()},
        }
        await send_json(connection, 200 if holds else 503, body)

    async def _holds(self, name: str) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._checks[name]()
        # A check that breaks is a check that fails.
        except Exception as error:  # noqa: BLE001
            log.warning("check_failed", component=name, error=type(error).__name__)
            return False

    async def metrics(self, _scope: Scope, connection: Connection) -> None:
        """Every metric; with a secret configured, only for its bearer."""
        if self._secret is not None:
            given = connection.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._secret.encode()):
                raise Unauthenticated("Metrics need the token that the gateway was configured with.")
        data, kind = metrics.render(connection.headers.get("accept", ""))
        await send_bytes(connection, 200, data, {"content-type": kind})


class Elsewhere:
    """Whatever no route matches: refused, counted, and never read. `shape` gives the dialect of a path's errors."""

    def __init__(self, methods: Mapping[str, str], offered: str, shape: Callable[[str], Dialect]) -> None:
        self._methods = methods
        self._offered = offered
        self._shape = shape

    async def answer(self, scope: Scope, connection: Connection) -> None:
        """405 for a known path, 404 for the rest. The path is not repeated: it can hold content."""
        path = scope["path"]
        dialect, allowed = self._shape(path), self._methods.get(path)
        if allowed is None:
            metrics.refused_early("unknown_route")
            gone = NotOffered(NOT_HERE.format(routes=self._offered), code="route_not_offered")
            await send_error(connection, gone, dialect)
            return
        metrics.refused_early("wrong_method")
        error = NotOffered(WRONG_METHOD.format(methods=allowed), code="method_not_allowed")
        error.status = 405
        await send_error(connection, error, dialect, {"allow": allowed})
