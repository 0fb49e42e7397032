"""Ollama's replies: guarded events as lines of JSON, or collected as a whole reply.

What tells a client that the answer is complete (`done`) is held until `Finished`: the record is closed by then.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from gateway.dialects import explain
from gateway.dialects.runs import value_of
from gateway.model.call import Call
from gateway.model.errors import GatewayError, Refused
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage

_FIELDS: Final = {"text": "content", "refusal": "content", "reasoning": "thinking"}
"""The channel of a run -> the field of a message that it is."""


_BREAKS: Final = tuple((mark.encode(), f"\\u{ord(mark):04x}".encode()) for mark in "\x85\u2028\u2029")
"""What many clients take for the end of a line, though JSON does not: it is escaped."""


def line(value: Mapping[str, Any]) -> bytes:
    """One line of a stream."""
    data = orjson.dumps(value)
    for mark, escaped in _BREAKS:
        data = data.replace(mark, escaped)
    return data + b"\n"


def error_body(error: GatewayError) -> dict[str, Any]:
    """The error body: Ollama's clients read `error`, a text; programs find the rest beside it."""
    body: dict[str, Any] = {"error": explain.sentences(error), "code": error.code}
    if error.reference:
        body["record"] = error.reference
    if isinstance(error, Refused):
        body["refusal"] = explain.details(error)
    return body


class OllamaEncoder:
    """Writes one streamed reply. `flat` is the form of `/api/generate`, whose text is no message."""

    def __init__(self, call: Call, *, flat: bool = False) -> None:
        self._flat = flat
        self._head = _opening(call, {})
        self._call = call
        self._runs: dict[str, str] = {}
        self._called: dict[str, tuple[Started, list[str]]] = {}
        self._reason = "stop"
        self._usage: dict[str, Any] = {}

    def feed(self, event: Event) -> bytes:
        """The lines for one event, possibly none."""
        match event:
            case Head():
                self._head = _opening(self._call, event.fields)
            case Started() if event.channel == "arguments":
                self._called[event.address] = event, []
            case Started() if event.channel in _FIELDS:
                self._runs[event.address] = _FIELDS[event.channel]
            case Delta() if event.address in self._called:
                self._called[event.address][1].append(event.text)
            case Delta() if event.address in self._runs and event.text:
                return self._line({self._runs[event.address]: event.text})
            case Ended() if event.address in self._called and not self._flat:
                started, pieces = self._called.pop(event.address)
                return self._line({"tool_calls": [_called(started, "".join(pieces))]})
            case ChoiceEnded():
                self._reason = event.reason
            case Usage():
                self._usage = dict(event.fields)
            case Finished():
                return self._line({}, done=True, done_reason=self._reason, **self._usage)
        return b""

    def error(self, error: GatewayError) -> bytes:
        """The error line: clients stop at it."""
        return line(error_body(error))

    def silence(self) -> bytes:
        """A line that says nothing, for a stream that would otherwise be silent for too long."""
        return self._line({})

    def _line(self, piece: Mapping[str, Any], *, done: bool = False, **more: Any) -> bytes:
        return line({**self._head, **_placed(piece, flat=self._flat), "done": done, **more})


def collect(call: Call, events: Sequence[Event], *, flat: bool = False) -> dict[str, Any]:
    """The whole reply body. Raises ValueError where the events don't end in `Finished`."""
    if not events or not isinstance(events[-1], Finished):
        raise ValueError("the reply's events do not end in Finished")
    head, more = _opening(call, {}), {"done_reason": "stop"}
    started: dict[str, Started] = {}
    texts: dict[str, str] = {}
    for event in events:
        match event:
            case Head():
                head = _opening(call, event.fields)
            case Started():
                started[event.address] = event
                texts[event.address] = ""
            case Delta():
                texts[event.address] += event.text
            case ChoiceEnded():
                more["done_reason"] = event.reason
            case Usage():
                more |= event.fields
    piece: dict[str, Any] = {}
    for address, run in started.items():
        if run.channel in _FIELDS:
            name = _FIELDS[run.channel]
            piece[name] = piece.get(name, "") + texts[address]
        elif run.channel == "arguments" and not flat:
            piece.setdefault("tool_calls", []).append(_called(run, texts[address]))
    return {**head, **_placed(piece, flat=flat), "done": True, **more}


def _opening(call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    created = fields.get("created")
    at = datetime.fromtimestamp(created, UTC) if isinstance(created, int) else datetime.now(UTC)
    return {"model": fields.get("model") or call.model, "created_at": at.isoformat().replace("+00:00", "Z")}


def _placed(piece: Mapping[str, Any], *, flat: bool) -> dict[str, Any]:
    text, rest = piece.get("content", ""), {key: value for key, value in piece.items() if key != "content"}
    return {"response": text, **rest} if flat else {"message": {"role": "assistant", "content": text, **rest}}


def _called(started: Started, text: str) -> dict[str, Any]:
    """A call of a function. Arguments that guarding has left no JSON of are none."""
    given = value_of(started, text)
    identity = {"id": started.fields["id"]} if started.fields.get("id") else {}
    return {**identity, "function": {"name": started.name, "arguments": given if isinstance(given, dict) else {}}}
