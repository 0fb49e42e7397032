"""Request bodies drawn from the types in vendors' own packages: every field, kind and word of them."""

import os
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Annotated, Any, Literal, Union, get_args, get_origin

import typing_extensions
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.support.bodies import VALUES, WORDS, nested

Body = dict[str, Any]
TEXTS: st.SearchStrategy[str] = st.one_of(WORDS, nested(VALUES).filter(lambda value: isinstance(value, str)))
MORE = 3
"""Optional fields of one object, at most."""
DEPTH = 7
"""Objects in each other, from which on only what is required is drawn."""

_LISTS = (list, Sequence, Iterable, tuple)
_WRAPPERS = (typing.Required, typing.NotRequired, typing_extensions.Required, typing_extensions.NotRequired)
_REQUIRED = (typing.Required, typing_extensions.Required)


@dataclass(frozen=True)
class Field:
    """One field of a typed dictionary: its name on the wire, its type, whether it must be there."""

    name: str
    kind: Any
    required: bool


def fields_of(kind: Any) -> list[Field]:
    """The fields of a typed dictionary, inherited ones included."""
    hints = typing_extensions.get_type_hints(kind, include_extras=True)
    return [_field(name, hint, name in kind.__required_keys__) for name, hint in hints.items()]


def _field(name: str, hint: Any, required: bool) -> Field:
    while True:
        origin = get_origin(hint)
        if origin in _WRAPPERS:
            required = origin in _REQUIRED
            hint = get_args(hint)[0]
        elif origin is Annotated:
            inner, *notes = get_args(hint)
            name = next((note.alias for note in notes if getattr(note, "alias", None)), name)
            hint = inner
        else:
            return Field(name, hint, required)


def is_typed_dict(kind: Any) -> bool:
    return typing_extensions.is_typeddict(kind)


@dataclass
class Bodies:
    """Draws values of the types that a vendor publishes. `files` draws what its uploads are on the wire; `chosen` draws
    the fields named in it, by typed dictionary and name or by name alone; `always` stands in every
    body, and what is `needed` in every one too, whatever the vendor says."""

    files: st.SearchStrategy[Any] = field(default_factory=lambda: st.nothing())
    chosen: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    always: Mapping[str, Any] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    _made: dict[tuple[Any, int], st.SearchStrategy[Any]] = field(default_factory=dict)
    """Each strategy once: hypothesis works out what it needs to know of one when it first draws from it."""

    def of(self, kind: Any) -> st.SearchStrategy[Body]:
        """Whole bodies of one of the vendor's `...Params`."""
        alternatives = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
        return st.one_of([self._object(each, DEPTH) for each in alternatives])

    def _object(self, kind: Any, depth: int) -> st.SearchStrategy[Body]:
        return self._once((kind, depth), lambda: self._new_object(kind, depth))

    def _once(self, key: tuple[Any, int], make: Callable[[], st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _new_object(self, kind: Any, depth: int) -> st.SearchStrategy[Body]:
        fields = fields_of(kind)
        required = [each for each in fields if each.required or (depth == DEPTH and each.name in self.needed)]
        optional = [each for each in fields if each not in required]

        @st.composite
        def draw(drawing: st.DrawFn) -> Body:
            names = drawing(_some(len(optional))) if depth > 0 and optional else []
            given = [*required, *(optional[index] for index in names)]
            drawn = {each.name: drawing(self._named(kind, each, depth - 1)) for each in given}
            return {**drawn, **(self.always if depth == DEPTH else {})}

        return draw()

    def _named(self, kind: Any, each: Field, depth: int) -> st.SearchStrategy[Any]:
        for name in (f"{kind.__name__}.{each.name}", each.name):
            if name in self.chosen:
                return self.chosen[name]
        return self.value(each.kind, depth)

    def value(self, kind: Any, depth: int) -> st.SearchStrategy[Any]:
        """Values of a type, as JSON has them."""
        if kind in _PLAIN:
            return _PLAIN[kind]
        if is_typed_dict(kind):
            return st.deferred(lambda: self._object(kind, depth))
        return self._once((kind, depth), lambda: self._new_value(kind, depth))

    def _new_value(self, kind: Any, depth: int) -> st.SearchStrategy[Any]:
        origin, inner = get_origin(kind), get_args(kind)
        if origin in (*_WRAPPERS, Annotated):
            return self.value(inner[0], depth)
        if origin is Literal:
            return st.sampled_from(inner)
        if origin in (Union, types.UnionType):
            return self.files if set(inner) & _UPLOADED else self._union(inner, depth)
        if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
            return st.dictionaries(TEXTS, self.value(inner[1], depth - 1), max_size=2 if depth > 0 else 0)
        if origin in _LISTS or getattr(origin, "__name__", "") in ("SequenceNotStr", "Iterable", "Sequence"):
            return self._list(self.value(inner[0], depth - 1), depth)
        return self.files

    def _union(self, kinds: Sequence[Any], depth: int) -> st.SearchStrategy[Any]:
        kept = [kind for kind in kinds if not (isinstance(kind, type) and issubclass(kind, BaseModel))]
        if depth <= 0:
            small = [kind for kind in kept if not _holds(kind)]
            kept = small or kept[:1]
        return st.one_of([self.value(kind, depth) for kind in kept])

    @staticmethod
    def _list(each: st.SearchStrategy[Any], depth: int) -> st.SearchStrategy[Any]:
        return st.lists(each, min_size=1 if depth >= DEPTH - 2 else 0, max_size=2 if depth > 0 else 1)


def _some(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, count - 1), max_size=MORE, unique=True)


def _holds(kind: Any) -> bool:
    """Whether a type has others in it."""
    return is_typed_dict(kind) or get_origin(kind) not in (None, Literal)


_UPLOADED = frozenset({bytes, os.PathLike, IO[bytes]})
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-5, 10**12),
    float: st.floats(-5, 10**9, allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
    None: st.none(),
    object: VALUES,
    Any: VALUES,
    datetime: st.just("2026-11-26T10:00:00Z"),
    date: st.just("2026-11-26"),
}
