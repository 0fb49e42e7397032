"""The web application: routes in one table, no middleware that buffers.

An endpoint is added by one row of `routes.CALLS` and its dialect on the desk.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TypeVar

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from gateway.http.calls import CallEndpoint, Instead
from gateway.http.ollama import OllamaPages
from gateway.http.pages import Answer, DisclosurePages, Elsewhere, HealthPages, ModelPages, Page
from gateway.http.ports import Check, Disclosures, Limits, Services
from gateway.http.routes import AZURE_V1, CALLS, DEFAULT_DIALECT, KNOWN, NOT_OFFERED, dialect_of, spellings
from gateway.http.traffic import Traffic
from gateway.model.call import Request
from gateway.model.dialect import Dialect
from gateway.model.event import Event
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

S = TypeVar("S", bound=Services)


def create_app(
    desk: S,
    *,
    handle: Callable[[Request, S], AsyncIterator[Event]],
    limits: Limits | None = None,
    checks: Mapping[str, Check] | None = None,
    disclosures: Disclosures | None = None,
    routes: Sequence[BaseRoute] = (),
    lifespan: Callable[[], AbstractAsyncContextManager[None]] | None = None,
    cors_origins: Sequence[str] = (),
    metrics_secret: str | None = None,
) -> FastAPI:
    """The application over `desk`; `handle` is the pipeline.

    `routes` (the console) come before the refusal of unknown routes. `lifespan` is entered at start-up and left
    once the running calls have ended. `checks` answer `/readyz`. `cors_origins` is for browser tools and empty by
    default. Documentation pages are off: they load scripts from elsewhere.
    """
    limits = limits or Limits()
    traffic = Traffic(limits.in_flight)

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        async with lifespan() if lifespan else nullcontext():
            yield
            if not await traffic.idle(limits.drain_seconds):
                log.warning("calls_still_running", count=traffic.running)

    app = FastAPI(title="AI gateway", docs_url=None, redoc_url=None, openapi_url=None, lifespan=living)
    app.state.traffic = traffic
    for route in _routes(desk, handle, limits, traffic, checks or {}, disclosures, metrics_secret, routes):
        app.router.routes.append(route)
    if cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(cors_origins), allow_methods=["GET", "POST"])
    return app


def _routes(
    desk: S,
    handle: Callable[[Request, S], AsyncIterator[Event]],
    limits: Limits,
    traffic: Traffic,
    checks: Mapping[str, Check],
    disclosures: Disclosures | None,
    metrics_secret: str | None,
    more: Sequence[BaseRoute],
) -> list[BaseRoute]:
    default = desk.dialects[DEFAULT_DIALECT]
    calls = {path: desk.dialects[name] for path, name in CALLS.items() if name in desk.dialects}

    def shape(path: str) -> Dialect:
        return desk.dialects.get(dialect_of(path), default)

    def run(request: Request) -> AsyncIterator[Event]:
        return handle(request, desk)

    found: list[BaseRoute] = [
        Route(spelled, CallEndpoint(path, dialect, run, limits, traffic), methods=["POST"])
        for path, dialect in calls.items()
        for spelled in spellings(path)
    ]
    for path, (kind, what) in KNOWN.items():
        refusing = CallEndpoint(path, shape(path), run, limits, traffic, Instead(kind, NOT_OFFERED.format(what=what)))
        found += [
            Route(spelled + rest, refusing, methods=None)
            for spelled in spellings(path)
            for rest in ("", "/{rest:path}")
        ]

    def page(path: str, answer: Answer, *, quiet: bool = False, method: str = "GET") -> None:
        made = Page(path, answer, shape(path), limits, quiet=quiet, anthropic=desk.dialects.get("anthropic_messages"))
        found.append(Route(path, made, methods=[method]))

    models = ModelPages(desk)
    health = HealthPages(checks, limits, metrics_secret)
    for root in ("/v1", AZURE_V1):
        page(f"{root}/models", models.list)
        page(f"{root}/models/{{model:path}}", models.one)
    for path, (verb, answer) in OllamaPages(desk, limits).routes().items():
        page(path, answer, method=verb)
    if disclosures is not None:
        page("/v1/disclosures/{ref}", DisclosurePages(desk, disclosures).one)
    page("/healthz", health.health, quiet=True)
    page("/readyz", health.ready, quiet=True)
    page("/metrics", health.metrics, quiet=True)
    found.extend(more)
    pages = ("/v1/models", "/healthz", "/readyz", "/metrics", "/api/tags", "/api/ps", "/api/version")
    methods = {**dict.fromkeys((*calls, "/api/show"), "POST"), **dict.fromkeys(pages, "GET")}
    offered = ", ".join(f"POST {path}" for path in calls) + " and GET /v1/models"
    elsewhere = Elsewhere(methods, offered, shape)
    found.append(Route("/{rest:path}", Page("unknown", elsewhere.answer, default, limits, quiet=True), methods=None))
    return found
