"""The lens that every JSON dialect shares: reads leaves as parts, puts replacements back.

A dialect describes its bodies as a tree of `Shape`s, written as short tables of paths (`*` stands for any
array element or unnamed key). What no table names is inspected: its keys
and its values are parts. A leaf is left out only where its path has a check that its value passes.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.dialects import embedded, media
from gateway.dialects.embedded import Number, whole_characters
from gateway.dialects.pointer import INTO, KEY, keys_of, token
from gateway.model.errors import BadRequest
from gateway.model.part import Kind, Part, Role

Check = Callable[[Any], bool]

MAX_PARTS: Final = 200_000
"""Leaves of one body. A part costs a few hundred bytes of memory, so that a body of small values is a bomb."""
MAX_ADDRESS: Final = 2_000
"""Characters of an address. Every leaf repeats the keys above it."""
MAX_NESTING: Final = 8
"""Documents in strings in documents in strings. Deeper ones are refused: as text, their escapes hide what they say."""

LABELS: Final = frozenset({"label", "name", "field", "key", "title", "question", "heading", "header"})
"""Keys whose value says what the values after it in the same object are."""

_LABEL_LIMIT = 60
_CONTEXT_LIMIT = 160
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w.=-]+)*;base64,[A-Za-z0-9+/_=\s-]*", re.IGNORECASE)
_MEDIA = re.compile(r"data:([\w.+-]+/[\w.+-]+)", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[_.\s-]+")


@dataclass(slots=True)
class Shape:
    """What is known of one place in a body. Built once at import by `shape`, never changed after."""

    fields: dict[str, "Shape"] = field(default_factory=dict)
    each: "Shape | None" = None
    structural: Check | None = None
    role: Role | None = None
    media: str = ""
    prose: bool = False


def shape(
    *,
    structural: Mapping[str, Check],
    roles: Mapping[str, Role],
    prose: Iterable[str] = (),
    known: Iterable[str] = (),
    recursive: Mapping[str, Iterable[str]] | None = None,
    blobs: Mapping[str, str] | None = None,
) -> Shape:
    """The tree for tables of paths.

    `structural` names leaves that are no part while their value passes the check; `roles` the role from a path
    downwards; `prose` running text, which needs no context; `known` further keys that are the dialect's own;
    `recursive` places that hold themselves again below any key, with their known keys (JSON Schema is one);
    `blobs` leaves that hold what can't be read, with the media to name them by.
    """
    root = Shape()
    for path, check in structural.items():
        _place(root, path).structural = check
    for path, role in roles.items():
        _place(root, path).role = role
    for path in prose:
        _place(root, path).prose = True
    for path in known:
        _place(root, path)
    for path, keys in (recursive or {}).items():
        here = _place(root, path)
        here.each = here
        for named in here.fields.values():  # a property may have the name of a keyword
            named.fields, named.each = here.fields, here
        for key in keys:
            here.fields.setdefault(key, here)
    for path, sort in (blobs or {}).items():
        _place(root, path).media = sort
    return root


def _place(root: Shape, path: str) -> Shape:
    here = root
    for step in path.split("/")[1:]:
        if step == "*":
            if here.each is None:
                here.each = Shape()
            here = here.each
        else:
            here = here.fields.setdefault(step, Shape())
    return here


def inside(here: Shape, *steps: str) -> Shape:
    """The shape of a place that the tables name, `*` being any element. Raises KeyError for another."""
    for step in steps:
        inner = here.each if step == "*" else here.fields.get(step)
        if inner is None:
            raise KeyError(step)
        here = inner
    return here


UNKNOWN: Final = Shape()

SCHEMA_KEYS: Final = (
    "properties", "required", "description", "title", "items", "enum", "const", "default", "additionalProperties",
    "anyOf", "oneOf", "allOf", "not", "$defs", "definitions", "$ref", "format", "pattern", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "minLength", "maxLength", "uniqueItems",
    "examples", "nullable", "multipleOf", "propertyNames", "patternProperties", "$schema",
)  # fmt: skip
"""The keywords of JSON Schema (draft 2020-12) that are no content by themselves."""


def one_of(*values: str) -> Check:
    """A string of a closed list."""
    allowed = frozenset(values)
    return lambda value: isinstance(value, str) and value in allowed


def within(low: float, high: float) -> Check:
    """A number of a range."""
    return lambda value: isinstance(value, int | float) and low <= value <= high


def matching(pattern: str) -> Check:
    """A string that is the whole of a pattern, so narrow that it can't carry a sentence or a number about someone."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


SCHEMA_TYPE: Final = one_of("object", "array", "string", "number", "integer", "boolean", "null")


def text_of(value: Any) -> str:
    """The JSON spelling of a number."""
    return str(value) if isinstance(value, Number) else json.dumps(value)


class Walker:
    """Collects the parts of a body in document order. Raises BadRequest where there are too many of them."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._words: dict[str, str] = {}

    def value(
        self, value: Any, shape: Shape, address: str, role: Role, turn: int = -1, context: str = "", nested: int = 0
    ) -> None:
        """Add the parts of `value`, which stands at `address` and is of `shape`."""
        role = shape.role or role
        if isinstance(value, dict):
            self._object(value, shape, address, role, turn, context, nested)
        elif isinstance(value, list):
            self._array(value, shape, address, role, turn, context, nested)
        elif value is None or isinstance(value, bool) or (shape.structural is not None and shape.structural(value)):
            return
        elif isinstance(value, str) and not isinstance(value, Number):
            self._string(value, shape, address, role, turn, "" if shape.prose else context, nested)
        else:
            self._add(address, role, text_of(value), "number", context, turn)

    def blob(self, value: Any, address: str, role: Role, turn: int, kind: str) -> None:
        """Add a part of more than one leaf that as a whole can't be read; its leaves are parts all the same."""
        self._add(address, role, json.dumps(value, ensure_ascii=False), "blob", "", turn, kind)

    def _add(self, address: str, role: Role, text: str, kind: Kind, context: str, turn: int, media: str = "") -> None:
        if len(self.parts) >= MAX_PARTS or len(address) > MAX_ADDRESS:
            raise BadRequest(
                f"The body can't be inspected: it may hold {MAX_PARTS:,} separate values at most, each under keys of "
                f"{MAX_ADDRESS:,} characters together.",
                code="too_many_values",
                status=413,
            )
        self.parts.append(Part(address, role, whole_characters(text), kind, context[-_CONTEXT_LIMIT:], turn, media))

    def _object(
        self, value: dict[str, Any], shape: Shape, address: str, role: Role, turn: int, context: str, nested: int
    ) -> None:
        label = ""
        for key, inner in value.items():
            place = f"{address}/{token(key)}"
            said = self._words.get(key)
            if said is None:
                said = self._words[key] = spoken(key[:MAX_ADDRESS])
            known = shape.fields.get(key)
            if known is None:
                self._add(place + KEY, role, key, "key", context, turn)
                known = shape.each or UNKNOWN
            self.value(inner, known, place, role, turn, joined(context, label, said), nested)
            if key.lower() in LABELS and _labels(inner):
                label = inner

    def _array(
        self, value: list[Any], shape: Shape, address: str, role: Role, turn: int, context: str, nested: int
    ) -> None:
        each = shape.each or UNKNOWN
        header = _header(value)
        before = ""
        for index, inner in enumerate(value):
            place = f"{address}/{index}"
            if header and index and isinstance(inner, list):
                self._row(inner, each, place, role, turn, context, nested, header)
            else:
                self.value(inner, each, place, role, turn, joined(context, before), nested)
            before = inner if _labels(inner) else ""

    def _row(
        self, row: list[Any], shape: Shape, address: str, role: Role, turn: int, context: str, nested: int,
        header: list[str],
    ) -> None:  # fmt: skip
        """A later row of a table: each cell is read with the heading of its column."""
        each = shape.each or UNKNOWN
        for column, cell in enumerate(row):
            heading = header[column] if column < len(header) else ""
            self.value(cell, each, f"{address}/{column}", role, turn, joined(context, heading), nested)

    def _string(self, value: str, shape: Shape, address: str, role: Role, turn: int, context: str, nested: int) -> None:
        known = media.signature(value)
        if shape.media or known or _DATA_URL.fullmatch(value):
            self._add(address, role, value, "blob", context, turn, media_of(value) or shape.media or known or "file")
            return
        document = embedded.parse(value)
        if document is None:
            self._add(address, role, value, "text", context, turn)
        elif nested >= MAX_NESTING:
            raise BadRequest(
                f"The body can't be inspected: it holds JSON in strings more than {MAX_NESTING} times in each other.",
                code="too_deep",
            )
        else:
            before = len(self.parts)
            self.value(document, UNKNOWN, address + INTO, role, turn, context, nested + 1)
            if len(self.parts) == before:  # brackets alone: still a leaf
                self._add(address, role, value, "text", context, turn)


def _labels(value: Any) -> bool:
    """Whether a value is short enough to say what the next one is."""
    return isinstance(value, str) and not isinstance(value, Number) and len(value) <= _LABEL_LIMIT


def _header(rows: list[Any]) -> list[str]:
    """The headings of an array that is a table: its first row, where that is short strings alone."""
    first = rows[0] if len(rows) > 1 else None
    if isinstance(first, list) and first and all(_labels(cell) for cell in first):
        return first
    return []


def spoken(key: str) -> str:
    """A key as words: `dateOfBirth` and `date_of_birth` read `date of birth`."""
    return _SEPARATORS.sub(" ", _HUMP.sub(" ", key)).strip().lower()


def joined(*words: str) -> str:
    """The words that are not empty, with a space between."""
    return " ".join(word for word in words if word)[-_CONTEXT_LIMIT:]


def media_of(value: str) -> str:
    """What a data URL says it is: its type for images, audio and video, `file` for any other, else nothing."""
    found = _MEDIA.match(value)
    if found is None:
        return ""
    kind = found[1].lower()
    return kind if kind.startswith(("image/", "audio/", "video/")) else "file"


@dataclass(slots=True)
class _Edits:
    """The edits due at one place of a body and below it."""

    below: dict[str, "_Edits"] = field(default_factory=dict)
    text: str | None = None
    name: str | None = None
    inside: dict[str, str] = field(default_factory=dict)


def write(body: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, Any]:
    """A body with the leaves at the given addresses replaced; what is untouched is shared with the old one.

    A replaced number becomes a string. Raises LookupError for an address that the body does not have: an edit
    that landed nowhere would let through what it was to hide.
    """
    root = _Edits()
    for address, replacement in edits.items():
        outer, into, inner = address.partition(INTO)
        named = not into and outer.endswith(KEY)
        here = root
        for key in keys_of(outer.removesuffix(KEY) if named else outer):
            here = here.below.setdefault(key, _Edits())
        if into:
            here.inside[inner] = replacement
        elif named:
            here.name = replacement
        else:
            here.text = replacement
    edited: dict[str, Any] = _apply(dict(body), root)
    return edited


def _apply(value: Any, edits: _Edits) -> Any:
    if edits.inside:
        if not isinstance(value, str):
            raise LookupError("an edit inside a string, where the body has none")
        return embedded.splice(value, edits.inside)
    if edits.text is not None:
        if isinstance(value, dict | list | bool) or value is None:
            raise LookupError("an edit for a leaf, where the body has none")
        return edits.text
    if not edits.below:
        return value
    if isinstance(value, dict):
        return _apply_object(value, edits)
    if isinstance(value, list):
        changed = list(value)
        for key, inner in edits.below.items():
            if not key.isdecimal() or int(key) >= len(value):
                raise LookupError("an edit for an element that the body does not have")
            changed[int(key)] = _apply(value[int(key)], inner)
        return changed
    raise LookupError("an edit below a leaf")


def _apply_object(value: dict[str, Any], edits: _Edits) -> dict[str, Any]:
    if not edits.below.keys() <= value.keys():
        raise LookupError("an edit for a key that the body does not have")
    taken = set(value)
    changed: dict[str, Any] = {}
    for key, inner in value.items():
        due = edits.below.get(key)
        if due is None:
            changed[key] = inner
        else:
            name = key if due.name is None else embedded.unused(due.name, key, taken)
            changed[name] = _apply(inner, due)
    return changed
