"""Errors in Anthropic's envelope: `{"type": "error", "error": {"type", "message"}}`.

See https://docs.claude.com/en/api/errors. A refusal carries a `refusal` object besides, as in the other dialects.
"""

from typing import Any, Final

from gateway.dialects import explain
from gateway.model.errors import BadRequest, GatewayError, Refused

_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


def body(error: GatewayError) -> dict[str, Any]:
    """The error body, which is the error event's data as well."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    inner: dict[str, Any] = {"type": kind, "message": explain.sentences(error), "code": error.code}
    if isinstance(error, BadRequest) and error.param:
        inner["param"] = error.param
    if isinstance(error, Refused):
        inner["refusal"] = explain.details(error)
    found: dict[str, Any] = {"type": "error", "error": inner}
    if error.reference:
        inner["record"] = found["request_id"] = error.reference
    return found
