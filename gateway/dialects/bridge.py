"""From another dialect to chat completions and back: for providers that don't speak the caller's own.

The request is rewritten when everything in it has been inspected and replaced, so that nothing here decides what may
leave. The reply is read in the provider's dialect and written in the caller's: events belong to neither. What a
bridge can't say in the other dialect is an error, never left out in silence, unless it only tunes the answer.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from gateway.model.dialect import Decoder
from gateway.model.errors import BadRequest
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Head, Started, Usage

CHAT: Final = "openai_chat"


def cannot(what: str, param: str = "") -> BadRequest:
    """The error for something that the tool behind a model can't be sent."""
    return BadRequest(
        f"The AI tool behind this model can't take {what}. Leave it out, or choose a model that can.",
        param=param or None,
        code="not_supported_by_tool",
    )


def arguments(value: Any) -> str:
    """A function's arguments as chat completions have them: JSON in a string."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class BridgedDecoder:
    """Reads a chat completion for a caller of another dialect.

    Subclasses say what the caller's words are for how an answer ends and for its counts. Reasoning is ended when the
    answer begins, since other dialects have one after the other; fields that only chat completions have are dropped.
    """

    reasons: Mapping[str, str] = {}
    counts: Mapping[str, tuple[str, ...]] = {}
    """The caller's name of a count -> where a chat completion has it."""

    def __init__(self, inner: Decoder) -> None:
        self._inner = inner
        self._open: dict[str, Started] = {}
        self._ended: dict[str, int] = {}
        self._dropped: set[str] = set()

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        return self._all(self._inner.whole(body))

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """One chunk of a stream. Raises UpstreamFailed."""
        return self._all(self._inner.chunk(data))

    def end(self) -> list[Event]:
        """The stream has closed properly."""
        return self._all(self._inner.end())

    def head(self, head: Head) -> Head:
        """The caller's head: what a chat completion's says of the model."""
        return Head({"model": head.fields.get("model")}, head.headers)

    def usage(self, usage: Usage) -> Usage:
        """The counts under the caller's names; those that it has no name for are dropped."""
        found = {name: _under(usage.fields, path) for name, path in self.counts.items()}
        return Usage({name: count for name, count in found.items() if count is not None})

    def _all(self, events: list[Event]) -> list[Event]:
        return [new for event in events for new in self._one(event)]

    def _one(self, event: Event) -> list[Event]:
        match event:
            case Head():
                return [self.head(event)]
            case Started():
                return self._begin(event)
            case Delta():
                return self._grow(event)
            case Ended():
                return self._end(event)
            case ChoiceEnded():
                return [ChoiceEnded(event.choice, self.reasons.get(event.reason, event.reason))]
            case Usage():
                return [self.usage(event)]
        return [event]

    def _begin(self, started: Started) -> list[Event]:
        if started.fields.get("json"):
            self._dropped.add(started.address)
            return []
        before: list[Event] = []
        if started.channel in ("text", "refusal"):
            for address, run in list(self._open.items()):
                if run.channel == "reasoning" and run.choice == started.choice:
                    self._open.pop(address)
                    self._ended[address] = 1
                    before.append(Ended(address))
        self._open[started.address] = started
        return [*before, started]

    def _grow(self, delta: Delta) -> list[Event]:
        """More text; a run that was ended goes on in another of the same kind."""
        if delta.address in self._dropped:
            return []
        number = self._ended.get(delta.address)
        if number is None:
            return [delta]
        again = f"{delta.address}#{number + 1}"
        self._ended[delta.address] = number + 1
        return [Started(again, "reasoning"), Delta(again, delta.text), Ended(again)]

    def _end(self, ended: Ended) -> list[Event]:
        gone = ended.address in self._dropped or ended.address in self._ended
        self._open.pop(ended.address, None)
        return [] if gone else [ended]


def _under(counts: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = counts
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, int | float) else None
