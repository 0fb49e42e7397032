"""Server-sent events (WHATWG HTML, section 9.2), as the dialects write them."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

DONE: Final = b"data: [DONE]\n\n"


def data(value: Mapping[str, Any]) -> bytes:
    """One event that holds `value` as JSON."""
    return b"data: " + orjson.dumps(value) + b"\n\n"


def named(value: Mapping[str, Any]) -> bytes:
    """One event that holds `value` as JSON and is named by its `type`."""
    return f"event: {value['type']}\n".encode() + data(value)
