"""Ollama's small routes: which models there are, what they can do, which version of the API is spoken."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.types import Scope

from gateway.http.body import parsed
from gateway.http.connection import Connection
from gateway.http.pages import NO_SUCH_MODEL, Answer, authenticated
from gateway.http.ports import Limits, Services
from gateway.http.replies import send_json
from gateway.model.errors import BadRequest, NotOffered
from gateway.stages.resolve import Offer

VERSION: Final = "0.12.0"
"""The version of Ollama whose API is spoken here: clients ask, since some of it is newer than they are."""


class OllamaPages:
    """`/api/tags`, `/api/show`, `/api/ps` and `/api/version`, for callers with a key."""

    def __init__(self, services: Services, limits: Limits) -> None:
        self._services = services
        self._limits = limits

    def routes(self) -> Mapping[str, tuple[str, Answer]]:
        """Path -> method and answer."""
        return {
            "/api/tags": ("GET", self.tags),
            "/api/ps": ("GET", self.running),
            "/api/version": ("GET", self.version),
            "/api/show": ("POST", self.show),
        }

    async def tags(self, scope: Scope, connection: Connection) -> None:
        """What this caller may use."""
        offers = await self._offers(scope, connection)
        await send_json(connection, 200, {"models": [_listed(offer) for offer in offers.values()]})

    async def running(self, scope: Scope, connection: Connection) -> None:
        """None: providers run the models, not the gateway."""
        await authenticated(self._services, scope, connection)
        await send_json(connection, 200, {"models": []})

    async def version(self, scope: Scope, connection: Connection) -> None:
        """See `VERSION`."""
        await authenticated(self._services, scope, connection)
        await send_json(connection, 200, {"version": VERSION})

    async def show(self, scope: Scope, connection: Connection) -> None:
        """One model. Raises NotOffered."""
        offers = await self._offers(scope, connection)
        body = parsed(await connection.body(), self._limits.depth)
        name = body.get("model") or body.get("name")
        if not isinstance(name, str):
            raise BadRequest("'model' must name a model.", param="/model")
        offer = offers.get(name.removesuffix(":latest"))
        if offer is None:
            raise NotOffered(NO_SUCH_MODEL.replace("/v1/models", "/api/tags"), code="model_not_found")
        about = {key: value for key, value in _listed(offer).items() if key in ("details", "modified_at")}
        known = {"general.name": offer.name, "general.description": offer.description}
        nothing = {"modelfile": "", "parameters": "", "template": "", "license": ""}
        await send_json(
            connection, 200, {**nothing, **about, "model_info": known, "capabilities": ["completion", "tools"]}
        )

    async def _offers(self, scope: Scope, connection: Connection) -> dict[str, Offer]:
        caller = await authenticated(self._services, scope, connection)
        return {offer.model: offer for offer in self._services.register.models(caller)}


def _listed(offer: Offer) -> dict[str, Any]:
    """Ollama's model object. There is no file behind it, so that size and digest stand for the name alone."""
    at = datetime.fromtimestamp(offer.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    details = {
        "parent_model": "", "format": "", "family": offer.tool, "families": [offer.tool], "parameter_size": "",
        "quantization_level": "",
    }  # fmt: skip
    digest = hashlib.sha256(offer.model.encode()).hexdigest()
    return {
        "name": offer.model, "model": offer.model, "modified_at": at, "size": 0, "digest": digest, "details": details,
    }  # fmt: skip
