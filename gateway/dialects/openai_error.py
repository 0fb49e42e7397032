"""Errors in OpenAI's envelope, shared by every dialect of that family.

`{"error": {"message", "type", "param", "code"}}`, see https://platform.openai.com/docs/guides/error-codes; a refusal
carries a `refusal` object besides, which SDKs hand on as `error.body["refusal"]`.
"""

import time
from typing import Any

from gateway.dialects import explain
from gateway.dialects.reply import fresh_id
from gateway.model.errors import BadRequest, GatewayError, Refused

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


def body(error: GatewayError) -> dict[str, Any]:
    """The error body."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    inner: dict[str, Any] = {
        "message": explain.sentences(error),
        "type": kind,
        "param": error.param if isinstance(error, BadRequest) else None,
        "code": error.code,
    }
    if error.reference:
        inner["record"] = error.reference
    if isinstance(error, Refused):
        inner["refusal"] = explain.details(error)
    return {"error": inner}


def opening(prefix: str) -> dict[str, Any]:
    """The fields that open a reply of our own making."""
    return {"id": fresh_id(prefix), "object": "chat.completion", "created": int(time.time())}
