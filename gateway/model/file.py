"""An uploaded file in a body: what a form's reader writes, lenses read, and upstreams make a form of again."""

from typing import Any, Final

_KEYS: Final = frozenset({"filename", "content_type", "data"})


def is_file(value: Any) -> bool:
    """Whether a value is a file: its name, its content type, and its bytes in base64."""
    return isinstance(value, dict) and value.keys() == _KEYS and all(isinstance(v, str) for v in value.values())
