"""What every dialect must hold to. A dialect joins by a `Specimen` in `specimens.py`; the tests are written once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hypothesis import strategies as st

from gateway.dialects.lens import Check, Shape
from gateway.model.call import Call
from gateway.model.dialect import Dialect
from gateway.model.event import Event

Body = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One reply in two forms: the whole body, and the chunks that say the same. `complete` are the numbers of leading
    chunks after which a stream may end properly."""

    request: Body
    whole: Body
    chunks: Sequence[Body]
    complete: frozenset[int]


def never(_sent: bytes) -> Any:
    raise AssertionError("these replies are not streamed")


@dataclass(frozen=True, repr=False)
class Specimen:
    """A dialect, and how to try it.

    `plain(text, stream)` is the smallest request; `bodies` draws request bodies; `table` is the dialect's published
    list of structural leaves, `shape` its tree; `exchanges` draws replies; `accumulate` is what a client makes of a
    stream's frames; `ended` says whether frames tell a client that the reply is complete: without these two replies are
    not streamed, and have no place for words. `published` says whether the vendor's Python package has the types of
    its requests. `data` are the pieces of JSON in a stream.
    """

    dialect: Dialect
    plain: Callable[[str, bool], Body]
    bodies: st.SearchStrategy[Body]
    table: Mapping[str, Check]
    shape: Shape
    exchanges: st.SearchStrategy[Exchange]
    accumulate: Callable[[bytes], Body] = never
    ended: Callable[[bytes], bool] = never
    published: bool = True
    data: Callable[[bytes], Sequence[str]] = lambda sent: frames(sent)

    @property
    def streams(self) -> bool:
        return self.accumulate is not never

    def structural(self, path: Sequence[str], value: Any) -> bool:
        """Whether the dialect's published list leaves a leaf out (`*` is any element)."""
        for pattern, check in self.table.items():
            steps = pattern.split("/")[1:]
            if (
                len(steps) == len(path)
                and all(s in ("*", p) for s, p in zip(steps, path, strict=True))
                and check(value)
            ):
                return True
        return False

    @cached_property
    def own_keys(self) -> frozenset[str]:
        """The object keys that the dialect calls its own."""
        return frozenset(keys_below(self.shape, set()))

    def __repr__(self) -> str:
        return f"Specimen({self.name})"

    @property
    def name(self) -> str:
        return self.dialect.name


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """Every string, number and object key of a body, by a walk that shares nothing with the dialects'."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*path, key), "key", key
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, str(index)))
    elif not (value is None or isinstance(value, bool)):
        yield path, "value", value


def escaped(path: Sequence[str]) -> str:
    """A path as an address."""
    codes = {"~": "~0", "/": "~1", ":": "~2", "#": "~3"}
    return "".join("/" + "".join(codes.get(character, character) for character in key) for key in path)


def decoded(dialect: Dialect, call: Call, exchange: Exchange, *, streamed: bool) -> list[Event]:
    """The events of a reply, whole or streamed."""
    decoder = dialect.decoder(call)
    if not streamed:
        return decoder.whole(exchange.whole)
    events: list[Event] = []
    for chunk in exchange.chunks:
        events += decoder.chunk(json.loads(json.dumps(chunk)))
    return events + decoder.end()


def keys_below(shape: Shape, seen: set[int]) -> Iterator[str]:
    """Every key that a tree of shapes names, wherever."""
    if id(shape) not in seen:
        seen.add(id(shape))
        yield from shape.fields
        for inner in [*shape.fields.values(), *([shape.each] if shape.each else [])]:
            yield from keys_below(inner, seen)


def lines(sent: bytes) -> list[str]:
    """The JSON of each line."""
    assert sent.endswith(b"\n")
    return sent.decode().splitlines()


def frames(sent: bytes) -> list[str]:
    """The data of each event; its name, where it has one, is that of its type."""
    found = []
    for block in sent.decode().split("\n\n"):
        name, data = block.split("\n") if block.startswith("event: ") else ("", block)
        if block:
            found.append(data.removeprefix("data: "))
            assert "\n" not in data
            assert not name or json.loads(found[-1])["type"] == name.removeprefix("event: ")
    return found
