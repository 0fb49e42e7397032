"""Values inside JSON text: read and replaced one by one, at every level of nesting, the rest left byte for byte."""

import json
import re
from collections.abc import Callable
from typing import Literal

Kind = Literal["text", "number"]
Visit = Callable[[str, str, Kind], str | None]
"""Called with the nearest key, the value and what it is; returns a new text, or None to leave it."""

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+\-]*')
_KEY = re.compile(r"\s*:")
_DEEPEST = 8


def is_json(text: str) -> bool:
    """Is it a JSON object or array?"""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def walk(text: str, visit: Visit, depth: int = 0) -> str:
    """`text`, a valid JSON document, with the values that `visit` replaces. Keys are visited as text; JSON inside a
    string is walked in turn and escaped again on the way out. A replaced number becomes a string."""
    pieces: list[str] = []
    position = 0
    key = ""
    for literal in _LITERAL.finditer(text):
        raw = literal[0]
        is_text = raw[0] == '"'
        value = str(json.loads(raw)) if is_text else raw
        is_key = is_text and _KEY.match(text, literal.end()) is not None
        if is_text and not is_key and depth < _DEEPEST and is_json(value):
            inner = walk(value, visit, depth + 1)
            new = inner if inner != value else None
        else:
            new = visit("" if is_key else key, value, "text" if is_text else "number")
        if new is not None and new != value:
            pieces += (text[position : literal.start()], quote(new))
            position = literal.end()
        if is_key:
            key = value
    pieces.append(text[position:])
    return "".join(pieces)


def quote(value: str) -> str:
    """A JSON string; characters stay readable unless they can't be written as UTF-8."""
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return written
