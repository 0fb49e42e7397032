"""JSON inside a string: read as values, and edited in place.

Tool arguments and tool results are JSON documents in a JSON string. They are parsed to be inspected, and edited
by splicing: every character that is not replaced stays as it was, so number spellings, white space and key
order survive. A string that is not one clean document (a broken one, a doubled key, nested too deep) is left to
be inspected as the plain text that it is.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from gateway.dialects.pointer import INTO, KEY, token

MAX_DEPTH: Final = 64
"""Nested arrays and objects in one document; deeper ones are read as text."""

_OPENS = re.compile(r'[ \t\n\r]*(?:[\[{]|"(?=.*\\))', re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BARE = re.compile(r"[^\s,\]}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Number(str):
    """A number as it is spelled in the document."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Where a leaf or a key stands: `text[start:end]` is its token. `value` is its decoded text."""

    start: int
    end: int
    kind: Literal["string", "number", "key", "other"]
    value: str


def whole_characters(text: str) -> str:
    """`text` with lone surrogates, which no encoding can carry, replaced one for one by U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return _SURROGATE.sub("\ufffd", text)


def parse(text: str) -> Any:
    """The document in `text`, or None where there is none worth walking.

    Objects, arrays, and strings that hold an escape are documents; numbers come as `Number`.
    """
    if not _OPENS.match(text):
        return None
    try:
        value = json.loads(
            text,
            strict=False,
            object_pairs_hook=_distinct,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError):
        return None
    return value if depth_within(value, MAX_DEPTH) else None


def depth_within(value: Any, limit: int) -> bool:
    """Whether `value` has at most `limit` levels of arrays and objects."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        if not level:
            return True
        level = [inner for item in level for inner in _members(item) if isinstance(inner, dict | list)]
    return not level


def _members(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are distinct: with a doubled key, readers differ about which value counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(_name: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def splice(text: str, edits: Mapping[str, str]) -> str:
    """`text` with the leaves at the given inner addresses replaced. Raises LookupError for an unknown one."""
    here: dict[str, str] = {}
    deeper: dict[str, dict[str, str]] = {}
    for address, replacement in edits.items():
        head, into, rest = address.partition(INTO)
        if into:
            deeper.setdefault(head, {})[rest] = replacement
        else:
            here[head] = replacement
    spans = _Scanner(text).spans()
    taken: dict[str, set[str]] = {}
    if any(address.endswith(KEY) for address in here):
        for address, span in spans.items():
            if span.kind == "key":
                taken.setdefault(address.rpartition("/")[0], set()).add(span.value)
    changes: list[tuple[int, int, str]] = []
    for address, inner in deeper.items():
        span = _find(spans, address)
        changes.append((span.start, span.end, splice(span.value, inner)))
    for address, replacement in here.items():
        span = _find(spans, address)
        if span.kind == "key":
            replacement = unused(replacement, span.value, taken[address.rpartition("/")[0]])
        changes.append((span.start, span.end, replacement))
    pieces: list[str] = []
    position = 0
    for start, end, replacement in sorted(changes):
        pieces += (text[position:start], json.dumps(replacement, ensure_ascii=False))
        position = end
    return "".join(pieces) + text[position:]


def unused(wanted: str, old: str, taken: set[str]) -> str:
    """A new name for the key `old`: `wanted`, numbered where another key of the object has it already."""
    taken.discard(old)
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name


def _find(spans: Mapping[str, Span], address: str) -> Span:
    try:
        return spans[address]
    except KeyError:
        raise LookupError("an edit for an address that the document does not have") from None


class _Scanner:
    """Finds the spans of a document that `parse` has accepted, so it checks no grammar again."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: dict[str, Span] = {}

    def spans(self) -> dict[str, Span]:
        self._value(self._skip(0), "")
        return self._spans

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        return match.end() if match else position

    def _value(self, position: int, address: str) -> int:
        first = self._text[position]
        if first == "{":
            return self._object(position + 1, address)
        if first == "[":
            return self._array(position + 1, address)
        if first == '"':
            span = self._spans[address] = self._quoted(position, "string")
            return span.end
        match = _BARE.match(self._text, position)
        if match is None:
            raise LookupError("not a JSON document")
        kind: Literal["number", "other"] = "number" if first in "-0123456789" else "other"
        self._spans[address] = Span(position, match.end(), kind, match[0])
        return match.end()

    def _quoted(self, position: int, kind: Literal["string", "key"]) -> Span:
        match = _STRING.match(self._text, position)
        if match is None:
            raise LookupError("not a JSON document")
        found = match[0]
        return Span(position, match.end(), kind, json.loads(found, strict=False) if "\\" in found else found[1:-1])

    def _object(self, position: int, address: str) -> int:
        position = self._skip(position)
        while self._text[position] != "}":
            key = self._quoted(position, "key")
            inner = f"{address}/{token(key.value)}"
            self._spans[inner + KEY] = key
            position = self._skip(self._value(self._skip(self._skip(key.end) + 1), inner))
            if self._text[position] == ",":
                position = self._skip(position + 1)
        return position + 1

    def _array(self, position: int, address: str) -> int:
        position = self._skip(position)
        index = 0
        while self._text[position] != "]":
            position = self._skip(self._value(position, f"{address}/{index}"))
            index += 1
            if self._text[position] == ",":
                position = self._skip(position + 1)
        return position + 1
