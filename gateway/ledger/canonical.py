"""RFC 8785 canonical JSON for leaves and manifest entries.

orjson with sorted keys writes the same bytes as RFC 8785 for the values we allow: objects with ASCII keys, strings
without lone surrogates, integers within +-(2**53 - 1), booleans, null and lists. Floats are refused, because
their spelling is where JSON writers differ. The test compares both on generated values.
"""

import hashlib
from typing import Any

import orjson

_INTEGER_LIMIT = 2**53 - 1


def canonical(value: dict[str, Any]) -> bytes:
    """The canonical bytes of `value`. Raises ValueError on anything that two JSON writers could spell differently."""
    _check(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def parse(data: bytes) -> dict[str, Any]:
    """The object in canonical `data`. Raises ValueError when it is not canonical (a changed byte, a float ...)."""
    value = orjson.loads(data)
    if not isinstance(value, dict) or canonical(value) != data:
        raise ValueError("not a canonical JSON object")
    return value


def digest(value: dict[str, Any]) -> bytes:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(value)).digest()


def _check(value: Any) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if not -_INTEGER_LIMIT <= value <= _INTEGER_LIMIT:
            raise ValueError("integer outside the exact range of JSON numbers")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("object keys must be ASCII")
            _check(item)
    elif isinstance(value, list):
        for item in value:
            _check(item)
    else:
        raise ValueError(f"a {type(value).__name__} has no canonical form here")
