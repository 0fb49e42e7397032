"""Status lines, headers and error bodies."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from gateway.http.connection import Connection
from gateway.model.dialect import Dialect
from gateway.model.errors import GatewayError, UpstreamFailed

JSON: Final = ("content-type", "application/json")
COMMON: Final = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"))
STREAM: Final = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-cache, no-transform"),
    ("x-accel-buffering", "no"),
    ("x-content-type-options", "nosniff"),
)
RECORD: Final = "x-ai-record"
REQUESTS: Final = ("x-request-id", "request-id")
"""The record's reference again, under the names that the OpenAI and the Anthropic SDK show with a reply or an error."""
INTERNAL: Final = (
    "Something went wrong inside the gateway, so the call was stopped. Please try again; if it happens again, tell "
    "your service desk."
)


async def send_json(
    connection: Connection, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> None:
    """One whole JSON response."""
    await send_bytes(connection, status, orjson.dumps(body), {**dict([JSON]), **(headers or {})})


async def send_bytes(connection: Connection, status: int, data: bytes, headers: Mapping[str, str]) -> None:
    """One whole response."""
    merged = {**dict(COMMON), **{name.lower(): value for name, value in headers.items()}}
    merged["content-length"] = str(len(data))
    await connection.start(status, merged.items())
    await connection.finish(data)


async def send_error(
    connection: Connection, error: GatewayError, dialect: Dialect, headers: Mapping[str, str] | None = None
) -> None:
    """An error before the first byte, in the dialect's own shape."""
    status, body = dialect.error(error)
    await send_json(connection, status, body, {**error_headers(error), **(headers or {})})


def error_headers(error: GatewayError) -> dict[str, str]:
    """What an error says in headers. `x-should-retry` is what the OpenAI and Anthropic SDKs go by."""
    headers: dict[str, str] = {}
    if error.reference:
        headers |= dict.fromkeys((RECORD, *REQUESTS), error.reference)
    retry_after = error.retry_after_s
    if retry_after is None and error.status in (429, 503):
        retry_after = 1
    if retry_after is not None:
        headers["retry-after"] = str(max(0, retry_after))
    if error.status < 500 and error.status != 429:
        headers["x-should-retry"] = "false"
    elif isinstance(error, UpstreamFailed):
        # The gateway has made the attempts that the tool allows; more of them are the caller's choice.
        headers["x-should-retry"] = "true" if error.retryable else "false"
    if error.status == 401:
        headers["www-authenticate"] = 'Bearer realm="ai-gateway"'
    return headers


def internal() -> GatewayError:
    """What a caller is told of a failure of ours that has no name."""
    return GatewayError(INTERNAL)
