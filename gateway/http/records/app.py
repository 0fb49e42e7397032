"""The records API as an application: `/records/v1`, apart from the calls' `/v1`.

Every endpoint is at a council, except those about oneself and the ledger; what it needs is said by its dependency, from
which the OpenAPI document takes it. There are no documentation pages: those load scripts from elsewhere.
"""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from gateway.http.records import problem
from gateway.http.records.desk import NOT_HERE, PREFIX, May, Office
from gateway.http.records.frame import NOWHERE, Frame, RecordsLimits, template
from gateway.http.records.routes import ROUTERS
from gateway.model.errors import GatewayError
from gateway.records.access import Act, allowed_roles
from gateway.telemetry import metrics

OPENAPI: Final = f"{PREFIX}/openapi.json"
FAULTS: Final = {
    "400": "The request can't be understood.",
    "401": "No officer's key, or one that is not valid.",
    "403": "The officer may not do this here.",
    "404": "There is nothing under this name at this council.",
    "409": "Not possible as things stand; `detail` says what is missing.",
    "422": "Parameters or body are not complete or not right.",
    "429": "Too many requests from this address.",
    "500": "Something went wrong inside the gateway.",
    "503": "Not available just now; Retry-After says when to ask again.",
}
"""What every operation may answer."""
BODY_FAULTS: Final = {
    "408": "The body came too slowly.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
}
"""What an operation that takes a body may answer too."""
_HEADERS: Final = {
    "401": {"WWW-Authenticate": "How to authenticate."},
    "429": {"Retry-After": "Seconds until it is worth asking again."},
    "503": {"Retry-After": "Seconds until it is worth asking again."},
}
DESCRIPTION: Final = (
    "Records of AI calls for Information Governance: search, request cases, holds, disposal, exports, proofs. "
    "Authenticate with an officer's key or a token of your council's sign-in as `Authorization: Bearer`. "
    "Errors are problem details (RFC 9457). What is searched for is sent in bodies, never in a URL. Times are UTC."
)


def create_records_app(office: Callable[[], Office], limits: RecordsLimits | None = None, version: str = "") -> ASGIApp:
    """The records API. `office` gives the services; it is asked at the first request, so that starting is quick."""
    app = FastAPI(title="AI gateway: records", version=version, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.office = _Late(office)
    for each in ROUTERS:
        app.router.routes.extend(each.routes)  # with their whole paths, so that logs and metrics can name them

    async def openapi() -> Response:
        return JSONResponse(app.openapi())

    app.add_api_route(OPENAPI, openapi, methods=["GET"], include_in_schema=False)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    app.add_exception_handler(GatewayError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)
    metrics.records_routes([NOWHERE, *(template(route) for route in app.routes)])
    return Frame(app, lambda: app.state.office.identity, limits or RecordsLimits())


class _Late:
    """The services, made when first asked for."""

    def __init__(self, make: Callable[[], Office]) -> None:
        self._make = make
        self._made: Office | None = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


async def _ours(_request: Request, error: Any) -> Response:
    return problem.of(error)


async def _invalid(_request: Request, error: Any) -> Response:
    return problem.invalid(error.errors())


async def _http(_request: Request, error: Any) -> Response:
    """404 and 405 of the router. The path is not repeated: it can hold content."""
    if error.status_code == 405:
        headers = dict(error.headers or {})
        return problem.problem(405, "method_not_allowed", "This route takes another method.", headers=headers)
    detail = f"{NOT_HERE} GET {OPENAPI} lists what there is." if error.status_code == 404 else "This can't be done."
    return problem.problem(error.status_code, "not_found" if error.status_code == 404 else "refused", detail)


async def _unknown(_request: Request, _error: Exception) -> Response:
    return problem.problem(500, "internal_error", problem.INTERNAL)


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: each operation with its act, who may do it, how to authenticate, and its errors."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    routes = list(_endpoints(app))
    found = get_openapi(title=app.title, version=app.version or "0", description=DESCRIPTION, routes=app.routes)
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    described = problem.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(described.pop("$defs", {}))
    schemas["Problem"] = described
    parts["securitySchemes"] = {
        "officer": {"type": "http", "scheme": "bearer", "description": "An officer's key or token."}
    }
    parts["responses"] = {
        f"Problem{status}": {
            "description": said,
            "headers": {
                name: {"description": what, "schema": {"type": "string"}}
                for name, what in _HEADERS.get(status, {}).items()
            },
            "content": {problem.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, said in {**FAULTS, **BODY_FAULTS}.items()
    }
    found["security"] = [{"officer": []}]
    found["paths"][OPENAPI] = {"get": _openapi_operation()}
    for route in routes:
        acts = acts_of(route)
        for verb in route.methods or ():
            operation = found["paths"][route.path_format][verb.lower()]
            operation["operationId"] = route.name
            if acts:
                operation["x-acts"] = [act.value for act in acts]
                operation["description"] += "\n\nFor: " + "; or ".join(map(allowed_roles, acts)) + "."
    for path in found["paths"].values():
        for operation in path.values():
            faults = [*FAULTS, *(BODY_FAULTS if "requestBody" in operation else ())]
            operation["responses"] |= {code: {"$ref": f"#/components/responses/Problem{code}"} for code in faults}
    app.openapi_schema = found
    return found


def _endpoints(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute) and route.include_in_schema]


def acts_of(route: APIRoute) -> tuple[Act, ...]:
    """What an endpoint's officer must be allowed to do, one of these; empty where every officer may."""
    return next((tuple(each.call.acts) for each in route.dependant.dependencies if isinstance(each.call, May)), ())


def _openapi_operation() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "This document",
        "description": "The OpenAPI document of the records API.",
        "tags": ["about"],
        "responses": {
            "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    }
