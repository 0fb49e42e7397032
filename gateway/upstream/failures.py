"""Provider failures as our own errors, in our own words.

A provider's error text may quote the prompt, name an account or carry a key, so nothing of it is passed on.
Its status decides, helped by a closed list of error codes and, for providers without codes, of phrases.
"""

import email.utils
import re
import time
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.model.errors import UpstreamFailed, UpstreamTimeout
from gateway.telemetry import metrics
from gateway.upstream.config import PARAMETERS

MAX_RETRY_AFTER_S = 3600

CONTEXT_LENGTH = "context_length_exceeded"
CONTENT_FILTER = "upstream_content_filter"
REJECTED = "upstream_rejected"
CREDENTIALS = "upstream_credentials"
MISCONFIGURED = "upstream_misconfigured"
RATE_LIMITED = "upstream_rate_limited"
OVERLOADED = "upstream_overloaded"
SERVER_ERROR = "upstream_failed"
UNREACHABLE = "upstream_unreachable"
CUT_SHORT = "upstream_cut_short"
UNREADABLE = "upstream_unreadable"
TOO_LARGE = "upstream_reply_too_large"

_ASK = "tell your administrators"
_MESSAGES: Mapping[str, tuple[str, int, bool]] = {
    CONTEXT_LENGTH: ("This conversation is too long for the model. Start a new one, or shorten it.", 400, False),
    CONTENT_FILTER: ("The AI provider's own content filter turned this away. Reword it and try again.", 400, False),
    REJECTED: ("The AI provider does not accept this request: a setting or field is not supported.", 400, False),
    CREDENTIALS: ("The AI provider refused the gateway's own credentials. Administrators are alerted.", 502, False),
    MISCONFIGURED: (f"The AI provider is not set up correctly in the gateway; {_ASK}.", 502, False),
    RATE_LIMITED: ("The AI provider is limiting the council's calls. Try again shortly.", 503, True),
    OVERLOADED: ("The AI provider is overloaded. Try again shortly.", 503, True),
    SERVER_ERROR: (f"The AI provider failed. Try again; if it goes on, {_ASK}.", 502, True),
    UNREACHABLE: ("The AI provider could not be reached. Try again shortly.", 502, True),
    CUT_SHORT: ("The AI provider's reply was cut short. Ask again.", 502, True),
    UNREADABLE: ("The AI provider sent a reply that can't be read. Ask again.", 502, True),
    TOO_LARGE: ("The AI provider's reply was larger than the gateway accepts.", 502, False),
}
"""Code -> plain English, our status, and whether another attempt may help."""

_CONTEXT_CODES = frozenset({"context_length_exceeded", "string_above_max_length", "request_too_large"})
_CONTEXT_PHRASES = (b"maximum context length", b"context length", b"context window", b"prompt is too long")
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})


_UNSUPPORTED = re.compile(
    rb"not support|unsupported|cannot both be|only the default|may only be|deprecated|extra_forbidden|not permitted"
)
_PARAMETERS = {name: re.compile(rb"(?<![a-z0-9_])" + name.encode() + rb"(?![a-z0-9_])") for name in PARAMETERS}


def failure(code: str, *, upstream_status: int = 0, retry_after_s: int | None = None) -> UpstreamFailed:
    """The error of a code of this module."""
    message, status, retryable = _MESSAGES[code]
    error = UpstreamFailed(message, upstream_status=upstream_status, retryable=retryable)
    error.code, error.status, error.retry_after_s = code, status, retry_after_s
    return error


def timed_out(*, began: bool) -> UpstreamTimeout:
    """The provider took too long to begin, or went quiet within its reply."""
    words = "went quiet" if began else "took too long to answer"
    return UpstreamTimeout(f"The AI provider {words}. Try again shortly.", retryable=True)


def from_status(upstream: str, status: int, body: bytes = b"", retry_after: str | None = None) -> UpstreamFailed:
    """The error for an HTTP status other than 200, from upstream `upstream`; `body` only helps to classify."""
    code = _code_of(status, body)
    if code == CREDENTIALS:
        metrics.upstream_credentials_refused(upstream)
    error = failure(code, upstream_status=status, retry_after_s=seconds_to_wait(retry_after))
    error.blames = blamed(code, body)
    return error


def from_words(code: str, words: str) -> UpstreamFailed:
    """The error of a code, where a library says in words what the provider answered; only its blame is read there."""
    error = failure(code, upstream_status=400 if code == CONTEXT_LENGTH else 0)
    error.blames = blamed(code, words.encode(errors="replace"))
    return error


def blamed(code: str, body: bytes) -> frozenset[str]:
    """The parameters that a refused request may owe its refusal to: those that the error calls unsupported. Where the
    call is too long for the model, it may be the answer's tokens that are too many beside it."""
    if code == CONTEXT_LENGTH:
        return frozenset({"max_output_tokens"})
    lowered = body.lower()
    if code != REJECTED or not _UNSUPPORTED.search(lowered):
        return frozenset()
    return frozenset(name for name, word in _PARAMETERS.items() if word.search(lowered))


def _code_of(status: int, body: bytes) -> str:
    if status in (400, 413, 422):
        return _client_fault(status, body)
    by_status = {
        401: CREDENTIALS,
        403: CREDENTIALS,
        404: MISCONFIGURED,
        405: MISCONFIGURED,
        408: SERVER_ERROR,
        409: SERVER_ERROR,
        425: SERVER_ERROR,
        429: RATE_LIMITED,
        503: OVERLOADED,
        529: OVERLOADED,
    }
    if status in by_status:
        return by_status[status]
    if status >= 500:
        return SERVER_ERROR
    return MISCONFIGURED if status < 400 else REJECTED


def _client_fault(status: int, body: bytes) -> str:
    words = _provider_codes(body)
    if words & _FILTER_CODES:
        return CONTENT_FILTER
    lowered = body.lower()
    if status == 413 or words & _CONTEXT_CODES or any(phrase in lowered for phrase in _CONTEXT_PHRASES):
        return CONTEXT_LENGTH
    return REJECTED


def _provider_codes(body: bytes) -> set[str]:
    """The short codes of an OpenAI-style error body, if it has any."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return set()
    return codes_in(parsed) if isinstance(parsed, dict) else set()


def codes_in(body: Mapping[str, Any]) -> set[str]:
    """`code` and `type` of an `error` object, nested `innererror` included."""
    error = body.get("error")
    if not isinstance(error, dict):
        return set()
    inner = error.get("innererror")
    places = [error, inner] if isinstance(inner, dict) else [error]
    return {place[key] for place in places for key in ("code", "type") if isinstance(place.get(key), str)}


def from_error_chunk(upstream: str, chunk: Mapping[str, Any]) -> UpstreamFailed | None:
    """The error that a streamed object announces, or None where it is an ordinary chunk."""
    if chunk.get("error") in (None, False, "", {}):
        return None
    error = chunk["error"]
    status = error.get("status") or error.get("code") if isinstance(error, dict) else None
    if isinstance(status, int) and 400 <= status < 600:
        return from_status(upstream, status, orjson.dumps(chunk, default=str))
    words = codes_in(chunk)
    if words & _FILTER_CODES:
        return failure(CONTENT_FILTER)
    if words & _CONTEXT_CODES:
        return failure(CONTEXT_LENGTH)
    if words & {"rate_limit_exceeded", "rate_limit_error", "insufficient_quota"}:
        return failure(RATE_LIMITED)
    return failure(SERVER_ERROR)


def seconds_to_wait(retry_after: str | None) -> int | None:
    """`Retry-After` (RFC 9110 section 10.2.3) as whole seconds from 0 to an hour; None where it can't be read."""
    if not retry_after:
        return None
    text = retry_after.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        seconds = float(text)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return int(min(max(seconds, 0.0), MAX_RETRY_AFTER_S) + 0.999)
