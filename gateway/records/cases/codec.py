"""Events as JSON and back, by the types of their fields: one rule for each kind of value, nothing guessed."""

import dataclasses
import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson

from gateway.model.errors import BadRequest
from gateway.records.cases.errors import UnknownEvent
from gateway.records.cases.events import KINDS, Entry

_VERSION = 1


def encode(entry: Entry) -> bytes:
    """What is sealed of an entry; its place (seq, at, kind) stands beside it. Raises BadRequest for text that has no
    UTF-8 form."""
    body = {
        "v": _VERSION, "by": entry.by, "role": entry.role, "due_on": _plain(entry.due_on), "clock": entry.clock,
        "due_at": _plain(entry.due_at), "event": _plain(entry.event), "person": entry.person,
    }  # fmt: skip
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise BadRequest(
            "The text holds characters that can't be stored. Type it again, or paste it as plain text."
        ) from (error)


def decode(seq: int, at: datetime, kind: str, hash_: str, body: bytes) -> Entry:
    """The inverse. Raises UnknownEvent for what this version does not know."""
    said = orjson.loads(body)
    if kind not in KINDS or said.get("v") != _VERSION:
        raise UnknownEvent(
            f"Event {seq} of this case ({kind}) was written by a newer version of the gateway. Upgrade this one "
            "to read it."
        )
    event = _value(KINDS[kind], said["event"], kind)
    return Entry(
        seq, at, said["by"], said["role"], event, _value(date | None, said["due_on"], kind),
        _value(datetime | None, said["due_at"], kind), said["clock"], hash_, said.get("person", ""),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """JSON's own types."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return value


def _value(kind: Any, said: Any, event: str) -> Any:
    """`said` as a value of type `kind`."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if said is None and type(None) in get_args(kind):
            return None
        inner = [each for each in get_args(kind) if each is not type(None)]
        return _value(inner[0], said, event)
    if origin in (tuple, frozenset):
        return origin(_value(get_args(kind)[0], each, event) for each in _list(said, event))
    if origin is Mapping:
        return {str(key): _value(get_args(kind)[1], each, event) for key, each in said.items()}
    if origin is Literal:
        if said not in get_args(kind):
            raise _unknown(event)
        return said
    return _scalar(kind, said, event)


def _scalar(kind: Any, said: Any, event: str) -> Any:
    try:
        if dataclasses.is_dataclass(kind):
            return _record(kind, said, event)
        if kind in (date, datetime):
            return kind.fromisoformat(said)
        if issubclass(kind, Enum):
            return kind(said)
    except (ValueError, TypeError) as error:
        raise _unknown(event) from error
    if type(said) is not kind:
        raise _unknown(event)
    return said


def _record(kind: Any, said: Any, event: str) -> Any:
    hints = _hints(kind)
    if not isinstance(said, Mapping) or set(said) - set(hints):
        raise _unknown(event)
    return kind(**{name: _value(hints[name], each, event) for name, each in said.items()})


def _list(said: Any, event: str) -> Sequence[Any]:
    if not isinstance(said, list):
        raise _unknown(event)
    return said


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _unknown(event: str) -> UnknownEvent:
    return UnknownEvent(
        f"An event of this case ({event}) holds something that this version of the gateway does not know. Upgrade it."
    )
