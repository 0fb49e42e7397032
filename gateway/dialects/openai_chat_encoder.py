"""OpenAI Chat Completions: guarded events as the client's stream, or collected as a whole reply.

What tells a client that the answer is complete (finish reasons, usage, `[DONE]`) is held until `Finished`: the
record is closed by then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.dialects import openai_error, sse
from gateway.dialects.pointer import keys_of
from gateway.dialects.runs import value_of
from gateway.model.call import Call
from gateway.model.errors import GatewayError
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage


class ChatEncoder:
    """Writes one streamed reply."""

    def __init__(self, call: Call) -> None:
        options = call.body.get("stream_options")
        self._with_usage = isinstance(options, Mapping) and options.get("include_usage") is True
        self._head: dict[str, Any] = {}
        self._started: dict[str, tuple[Started, list[str]]] = {}
        self._roles: set[int] = set()
        self._json: dict[str, list[str]] = {}
        self._ended: list[ChoiceEnded] = []
        self._usage: Usage | None = None

    def feed(self, event: Event) -> bytes:
        """The frames for one event, possibly none."""
        match event:
            case Head():
                self._head = {**event.fields, "object": "chat.completion.chunk"}
            case Started():
                return self._begin(event)
            case Delta():
                return self._delta(event)
            case Ended():
                return self._end(event)
            case ChoiceEnded():
                self._ended.append(event)
            case Usage():
                self._usage = event
            case Finished():
                return self._finish()
        return b""

    def error(self, error: GatewayError) -> bytes:
        """The error event: clients stop at it, and `[DONE]` never follows."""
        return sse.data(openai_error.body(error))

    def _begin(self, event: Started) -> bytes:
        keys = _keys(event.address)
        self._started[event.address] = event, keys
        if event.fields.get("json"):
            self._json[event.address] = []
            return b""
        delta: dict[str, Any] = {}
        if event.choice not in self._roles:
            self._roles.add(event.choice)
            delta = {"role": "assistant", "content": None}
        delta |= _opening_call(event, keys) if event.channel == "arguments" else _piece(keys, "")
        return self._chunk(event.choice, delta)

    def _delta(self, event: Delta) -> bytes:
        if event.address in self._json:
            self._json[event.address].append(event.text)
            return b""
        if not event.text:
            return b""
        started, keys = self._started[event.address]
        return self._chunk(started.choice, _piece(keys, event.text))

    def _end(self, event: Ended) -> bytes:
        pieces = self._json.pop(event.address, None)
        if pieces is None:
            return b""
        started, keys = self._started[event.address]
        value = value_of(started, "".join(pieces))
        choice = started.choice
        if value is None:
            return b""
        if keys[0] != "choices":
            return sse.data({**self._head, "choices": [], keys[0]: value})
        if keys[2] != "message":
            return self._chunk(choice, {}, {keys[2]: value})
        if keys[3] == "tool_calls":
            return self._chunk(choice, {"tool_calls": [{"index": int(keys[4]), keys[5]: value}]})
        return self._chunk(choice, {keys[3]: value})

    def _finish(self) -> bytes:
        frames = [self._chunk(e.choice, {}, {**e.fields, "finish_reason": e.reason}) for e in self._ended]
        if self._with_usage:
            usage = dict(self._usage.fields) if self._usage else None
            frames.append(sse.data({**self._head, "choices": [], "usage": usage}))
        return b"".join(frames) + sse.DONE

    def _chunk(self, choice: int, delta: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> bytes:
        inner = {"index": choice, "delta": delta, "finish_reason": None, **(more or {})}
        body = {**self._head, "choices": [inner]}
        if self._with_usage:
            body["usage"] = None
        return sse.data(body)


def collect(call: Call, events: Sequence[Event]) -> dict[str, Any]:
    """The whole reply body. Raises ValueError where the events don't end in `Finished`."""
    if not events or not isinstance(events[-1], Finished):
        raise ValueError("the reply's events do not end in Finished")
    body: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    started: dict[str, Started] = {}
    texts: dict[str, list[str]] = {}
    usage: dict[str, Any] | None = None
    for event in events:
        match event:
            case Head():
                body |= event.fields
            case Started():
                started[event.address] = event
                texts[event.address] = []
                if event.address.startswith("/choices/"):
                    choices.setdefault(event.choice, _choice(event.choice))
            case Delta():
                texts[event.address].append(event.text)
            case ChoiceEnded():
                choice = choices.setdefault(event.choice, _choice(event.choice))
                choice.update(event.fields, finish_reason=event.reason)
            case Usage():
                usage = dict(event.fields)
    body.setdefault("object", "chat.completion")
    body.setdefault("model", call.model)
    body["choices"] = [choices[index] for index in sorted(choices)]
    for address, event in started.items():
        _settle(body, choices, event, "".join(texts[address]))
    return body if usage is None else {**body, "usage": usage}


def _choice(index: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": None}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": None}


def _settle(body: dict[str, Any], choices: Mapping[int, dict[str, Any]], started: Started, text: str) -> None:
    """Put the whole text of one run in its place."""
    keys = _keys(started.address)
    if keys[0] != "choices":
        _put(body, keys[0], value_of(started, text))
        return
    choice = choices[started.choice]
    message = choice["message"]
    if keys[2] != "message":
        _put(choice, keys[2], value_of(started, text))
    elif keys[3] == "tool_calls":
        calls = message.setdefault("tool_calls", [])
        slot = int(keys[4])
        calls.extend({} for _ in range(slot + 1 - len(calls)))
        if started.fields.get("json"):
            _put(calls[slot], keys[5], value_of(started, text))
        else:
            kind = keys[5]
            calls[slot].update(id=started.fields["id"], type=kind)
            calls[slot][kind] = {"name": started.name, keys[6]: text}
    elif keys[3] == "function_call":
        message["function_call"] = {"name": started.name, "arguments": text}
    elif started.fields.get("json"):
        _put(message, keys[3], value_of(started, text))
    else:
        message[keys[3]] = text


def _put(target: dict[str, Any], key: str, value: Any) -> None:
    """Set a field; a list that comes in several pieces grows."""
    if value is None:
        return
    if isinstance(value, list) and isinstance(target.get(key), list):
        target[key] = target[key] + value
    else:
        target[key] = value


def _keys(address: str) -> list[str]:
    """The keys along an address, without the number of a repeated field."""
    return keys_of(address.partition("#")[0])


def _opening_call(event: Started, keys: Sequence[str]) -> dict[str, Any]:
    if keys[3] == "function_call":
        return {"function_call": {"name": event.name, "arguments": ""}}
    kind, leaf = keys[5], keys[6]
    inner = {"name": event.name, leaf: ""}
    return {"tool_calls": [{"index": int(keys[4]), "id": event.fields["id"], "type": kind, kind: inner}]}


def _piece(keys: Sequence[str], text: str) -> dict[str, Any]:
    if keys[3] == "function_call":
        return {"function_call": {"arguments": text}}
    if keys[3] == "tool_calls":
        return {"tool_calls": [{"index": int(keys[4]), keys[5]: {keys[6]: text}}]}
    return {keys[3]: text}
