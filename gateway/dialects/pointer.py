"""Addresses: RFC 6901 JSON pointers, extended so that a leaf inside a string and an object key have one too.

`/messages/0/content` is a value; `/metadata/owner#key` is the key `owner` itself; `::` goes from a string into
the JSON that it holds. So that these marks can't be forged by a key, `:` and `#` within a key are written `~2`
and `~3`, beside the RFC's `~0` for `~` and `~1` for `/`.
"""

import re
from typing import Final

INTO: Final = "::"
KEY: Final = "#key"

_SPECIAL = re.compile(r"[~/:#]")
_ESCAPED = re.compile(r"~([0-3])")
_CODES: Final = {"~": "~0", "/": "~1", ":": "~2", "#": "~3"}
_CHARACTERS: Final = {"0": "~", "1": "/", "2": ":", "3": "#"}


def token(key: str) -> str:
    """One object key as it is written in an address."""
    return _SPECIAL.sub(lambda found: _CODES[found[0]], key)


def key_of(token: str) -> str:
    """The object key that `token` was written for."""
    return _ESCAPED.sub(lambda found: _CHARACTERS[found[1]], token)


def keys_of(pointer: str) -> list[str]:
    """The keys (or array indexes, as text) along a pointer; the empty pointer is the whole document."""
    return [key_of(part) for part in pointer.split("/")[1:]]
