"""Fields of a reply that are no prose, as runs of events: their JSON, guarded like a tool's arguments, and back."""

import json
from typing import Any

import orjson

from gateway.dialects.embedded import MAX_DEPTH, depth_within
from gateway.dialects.reply import broken, mended
from gateway.model.event import Delta, Ended, Event, Started


class Outbox:
    """The events that a decoder has ready."""

    def __init__(self) -> None:
        self._out: list[Event] = []

    def _take(self) -> list[Event]:
        taken, self._out = self._out, []
        return taken


def guarded(address: str, value: Any, choice: int = 0, **fields: Any) -> tuple[Event, ...]:
    """A value whose JSON is a run of a nameless tool: guarded, never restored. Raises UpstreamFailed for one that is
    nested too deep."""
    if not depth_within(value, MAX_DEPTH):
        raise broken("a field that is nested too deep")
    text = mended(json.dumps(value, ensure_ascii=False))
    return Started(address, "arguments", choice, fields=fields), Delta(address, text), Ended(address)


def constant(address: str, value: Any, choice: int = 0, **fields: Any) -> tuple[Event, ...]:
    """A value that is passed on as it is: nothing in it to guard, and nothing to keep on the record."""
    return Started(address, "arguments", choice, fields={**fields, "value": value}), Ended(address)


def value_of(started: Started, text: str) -> Any:
    """The value of such a run, None where guarding has left no JSON: then the field is left out."""
    if not text:
        return started.fields.get("value")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
