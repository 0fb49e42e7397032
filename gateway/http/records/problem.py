"""Errors of the records API: problem details (RFC 9457) in plain English, without anything that was sent."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.model.errors import BadRequest, GatewayError

MEDIA_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:council-ai-gateway:problem:"
TITLES: Final[Mapping[int, str]] = {
    400: "The request can't be understood",
    401: "An officer's key is needed",
    403: "Not permitted",
    404: "Not found",
    405: "The route does not take this method",
    408: "The request came too slowly",
    409: "Not possible as things stand",
    413: "The request is too large",
    415: "The request is not JSON",
    422: "The request is not complete or not right",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not available just now",
}
INTERNAL: Final = (
    "Something went wrong inside the gateway. Please try again; if it happens again, tell your service desk."
)


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    pointer: Annotated[str, Field(description="Where, as a JSON pointer (RFC 6901) into body, query or path.")]
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: Annotated[str, Field(description=f"`{TYPE}` and the code.")]
    title: Annotated[str, Field(description="What kind of error, in a few words.")]
    status: int
    detail: Annotated[str, Field(description="What is the matter and what to do, for people.")]
    code: Annotated[str, Field(description="What is the matter, for programs.")]
    errors: Annotated[list[Fault], Field(description="What is wrong with the request, place by place.")] = []


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response for an error."""
    body: dict[str, Any] = {
        "type": TYPE + code, "title": TITLES.get(status, TITLES[500 if status >= 500 else 400]), "status": status,
        "detail": detail, "code": code,
    }  # fmt: skip
    if errors:
        body["errors"] = list(errors)
    more = dict(headers or {})
    if status == 401:
        more["www-authenticate"] = 'Bearer realm="ai-gateway records"'
    return Response(orjson.dumps(body), status, more, media_type=MEDIA_TYPE)


def of(error: GatewayError) -> Response:
    """The response for one of our errors."""
    headers = {}
    if error.retry_after_s is not None or error.status in (429, 503):
        headers["retry-after"] = str(max(1, error.retry_after_s or 1))
    param = error.param if isinstance(error, BadRequest) else None
    errors = [{"pointer": param, "detail": error.message}] if param else []
    return problem(error.status, error.code, error.message, errors=errors, headers=headers)


def invalid(faults: Sequence[Mapping[str, Any]]) -> Response:
    """The response where parameters or body don't fit. The library's `input` and `ctx`, which repeat what was sent, are
    left out."""
    errors = [{"pointer": _pointer(each["loc"]), "detail": str(each["msg"])} for each in faults]
    named = ", ".join(each["pointer"] for each in errors[:5])
    return problem(422, "invalid_request", f"This does not fit: {named}. `errors` says why.", errors=errors)


def _pointer(place: Sequence[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)
