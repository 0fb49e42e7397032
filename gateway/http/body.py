"""A request's body: bounded, decompressed, parsed strictly.

Strict, because two readers that disagree about a body (a doubled key, a number that overflows, half a character)
would let the provider read what we did not inspect.
"""

import json
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any, Final

from gateway.dialects.embedded import depth_within
from gateway.model.errors import BadRequest

MAX_VALUES: Final = 2_000_000
"""Commas and brackets of one body, those in strings included: an upper bound of what parsing it can allocate."""

_LONE = re.compile(rb"\\u[dD][89a-fA-F]")
_GZIP: Final = 16 + zlib.MAX_WBITS
_STEP: Final = 64 * 1024


def too_large(limit: int) -> BadRequest:
    """The error for a body over `limit` bytes."""
    return BadRequest(
        f"The request is too large: at most {limit / 2**20:g} MiB can be sent in one call.",
        code="request_too_large",
        status=413,
    )


def announced(headers: Mapping[str, str], limit: int, *, forms: bool = False) -> None:
    """Refuse by the headers alone what would be refused anyway; `forms` says that the route also takes
    multipart/form-data. Raises BadRequest."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise too_large(limit)
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    if kind.strip().startswith("multipart/"):
        if forms and kind.strip() == "multipart/form-data":
            return
        raise _unsupported("This route takes JSON: send the body as application/json.")
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if charset and charset not in ("utf-8", "utf8"):
        raise _unsupported("JSON is sent in UTF-8: take the other charset out of Content-Type.")


def unpacked(raw: bytes, headers: Mapping[str, str], limit: int) -> bytes:
    """The body without its content encodings. Raises BadRequest for one that is unknown, broken or too large."""
    codings = [coding.strip() for coding in headers.get("content-encoding", "").lower().split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if len(codings) > 1:
        raise _unsupported("The body is compressed more than once.")
    for coding in codings:
        if coding in ("gzip", "x-gzip"):
            raw = _inflate(raw, _GZIP, limit)
        elif coding == "deflate":
            # RFC 9110 means the zlib format, but some clients send it bare.
            raw = _inflate(raw, zlib.MAX_WBITS if _is_zlib(raw) else -zlib.MAX_WBITS, limit)
        else:
            raise _unsupported("This content encoding is not known here: use gzip, deflate or none.")
    return raw


def _is_zlib(raw: bytes) -> bool:
    return len(raw) >= 2 and raw[0] & 0x0F == 8 and int.from_bytes(raw[:2], "big") % 31 == 0


def _inflate(raw: bytes, bits: int, limit: int) -> bytes:
    """Decompress step by step, so that a bomb is met at the limit and not in memory."""
    stream = zlib.decompressobj(bits)
    pieces: list[bytes] = []
    size = 0
    try:
        while raw and not stream.eof:
            piece = stream.decompress(raw, _STEP)
            raw = stream.unconsumed_tail
            size += len(piece)
            if size > limit:
                raise too_large(limit)
            pieces.append(piece)
            if not piece and not raw:
                break
    except zlib.error:
        raise BadRequest("The compressed body can't be read.", code="bad_encoding") from None
    if not stream.eof or stream.unused_data:
        raise BadRequest("The compressed body is cut short or has something after it.", code="bad_encoding")
    return b"".join(pieces)


def parsed(raw: bytes, depth: int) -> dict[str, Any]:
    """The JSON object in `raw`. Raises BadRequest; the text is never repeated in the message."""
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_VALUES:
        raise BadRequest("The body holds too many separate values.", code="too_many_values", status=413)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad("it is not UTF-8") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_distinct, parse_constant=_constant, parse_float=_float, parse_int=_int
        )
    except json.JSONDecodeError as error:
        raise _bad(f"the error is at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _too_deep(depth) from None
    if not isinstance(value, dict):
        raise _bad("it must be an object")
    # Counting brackets is cheap and an upper bound: only a body with many is walked.
    if raw.count(b"{") + raw.count(b"[") > depth and not depth_within(value, depth):
        raise _too_deep(depth)
    if _LONE.search(raw):
        _whole_characters(value)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad("an object has the same key twice", code="duplicate_key")
    return found


def _constant(_name: str) -> Any:
    raise _bad("NaN and Infinity are not JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _bad("a number is too large")
    return value


def _int(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= (value := int(text)) < 2**64:
        raise _bad("a whole number has more than 64 bits")
    return value


def _whole_characters(value: dict[str, Any]) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _bad("a string holds half a character (a lone surrogate)") from None


def _bad(problem: str, code: str = "invalid_json") -> BadRequest:
    return BadRequest(f"The body is not valid JSON: {problem}.", code=code)


def _too_deep(depth: int) -> BadRequest:
    return BadRequest(f"The body is nested too deeply: at most {depth} levels are read.", code="too_deep")


def _unsupported(message: str) -> BadRequest:
    return BadRequest(message, code="unsupported_media_type", status=415)
