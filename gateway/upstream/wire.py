"""What goes over the wire: the body as it is sent, and JSON as it is read."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.model.caller import Deployment
from gateway.telemetry.logs import get_logger
from gateway.upstream import failures
from gateway.upstream.config import omitted, unknown_options

log = get_logger(__name__)

STORE_DIALECTS = frozenset({"openai_chat", "openai_responses"})
"""Dialects in which a provider may be asked to keep the conversation."""
PICTURE_DIALECTS = frozenset({"openai_images", "openai_image_edits", "openai_image_variations"})
"""Dialects in which a provider may answer with the address of a picture."""


def outgoing(kind: str, dialect: str, body: Mapping[str, Any], deployment: Deployment) -> dict[str, Any]:
    """The body as it is sent by an upstream of `kind`. Raises UpstreamFailed for an option that it doesn't know.

    The provider is told not to store the conversation, whatever the caller asked. `metadata` only labels stored
    conversations, and OpenAI refuses it without `store`, so it goes with it. A deployment's option `omit`
    (comma-separated names) takes out fields that its server does not know; what `rejects` names was taken out before.
    Pictures are asked for as such, not as addresses: DALL-E gives addresses unless told otherwise, GPT's image models
    never do and don't know the field.
    """
    if unknown_options(kind, deployment.options):
        log.error("upstream_unknown_option", deployment=deployment.id)
        raise failures.failure(failures.MISCONFIGURED)
    sent = dict(body)
    if dialect in STORE_DIALECTS:
        sent["store"] = False
        sent.pop("metadata", None)
    if dialect in PICTURE_DIALECTS and (sent.get("response_format") or "dall-e" in deployment.model.lower()):
        sent["response_format"] = "b64_json"
    for name in omitted(deployment.options):
        sent.pop(name, None)
    return sent


def encode(body: Mapping[str, Any]) -> bytes:
    """JSON bytes; integers beyond 64 bits and lone surrogates are written as the standard library does."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def decode_object(text: bytes | str) -> dict[str, Any] | None:
    """The JSON object in `text`, or None where it is none."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
