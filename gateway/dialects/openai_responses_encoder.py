"""OpenAI Responses: guarded events as the client's stream, or collected as a whole reply.

Items are numbered here, in the order in which they are opened, so that events of any provider can be written. Runs
that name the same item of the provider's output become parts of one item; others are an item each. What tells a
client that the answer is complete is held until `Finished`.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from gateway.dialects import openai_error, sse
from gateway.dialects.reply import fresh_id
from gateway.dialects.runs import value_of
from gateway.model.call import Call
from gateway.model.errors import GatewayError
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage

Frame = dict[str, Any]

_ECHOED: Final[Mapping[str, Any]] = {
    "instructions": None, "max_output_tokens": None, "max_tool_calls": None, "parallel_tool_calls": True,
    "temperature": None, "text": None, "tool_choice": "auto", "tools": (), "top_p": None, "truncation": "disabled",
    "reasoning": None, "user": None, "metadata": None,
}  # fmt: skip
"""What a reply repeats of its request, and what it says where the request says nothing. A parameter that left with
another value is repeated with that one."""
_EVENTS: Final = {
    "output_text": ("output_text", "content", "text"),
    "refusal": ("refusal", "content", "refusal"),
    "reasoning_text": ("reasoning_text", "content", "text"),
    "summary_text": ("reasoning_summary_text", "summary", "text"),
}
"""A part's type -> the name in its events, its list in the item, its key of words."""
_CALLS: Final = {
    "function_call": ("function_call_arguments", "arguments"),
    "custom_tool_call": ("custom_tool_call_input", "input"),
}


@dataclass(slots=True)
class _Item:
    """One item of the output. `index` is its number in our output."""

    index: int
    value: dict[str, Any]
    done: bool = False


@dataclass(slots=True)
class _Run:
    """One run of events: a part of an item, a call's arguments, or a value that comes whole."""

    started: Started
    held: list[str] = field(default_factory=list)
    item: _Item | None = None
    kind: str = ""
    place: int = 0


class ResponsesBuilder:
    """The reply as it grows: `feed` gives the events of the stream, `body` the whole."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._runs: dict[str, _Run] = {}
        self._items: dict[Any, _Item] = {}
        self._order: list[_Item] = []
        self._head: dict[str, Any] = {}
        self._settings: dict[str, Any] = {}
        self._reason = "completed"
        self._usage: dict[str, Any] | None = None

    def feed(self, event: Event) -> list[Frame]:
        """The frames for one event, without their sequence numbers."""
        match event:
            case Head():
                self._head, self._settings = dict(event.fields), dict(event.settings)
                begun = self.body("in_progress")
                return [{"type": f"response.{name}", "response": begun} for name in ("created", "in_progress")]
            case Started():
                self._runs[event.address] = _Run(event)
            case Delta():
                return self._delta(self._runs[event.address], event.text)
            case Ended():
                return self._end(self._runs.pop(event.address))
            case ChoiceEnded() if event.choice == 0:
                self._reason = event.reason
            case Usage():
                self._usage = _usage(event.fields)
            case Finished():
                frames = self._closed()
                status = "completed" if self._reason == "completed" else "incomplete"
                return [*frames, {"type": f"response.{status}", "response": self.body(status)}]
        return []

    def body(self, status: str) -> dict[str, Any]:
        """The reply so far, with the given status."""
        asked = self._call.body
        said: dict[str, Any] = {
            name: asked.get(name) if asked.get(name) is not None else value for name, value in _ECHOED.items()
        }
        said |= {name: value for name, value in self._settings.items() if name in _ECHOED}
        said["tools"] = list(said["tools"])
        cut = {"reason": self._reason} if status == "incomplete" else None
        created = self._head.get("created_at")
        tier = self._head.get("service_tier")
        return {
            "id": self._head.get("id") or fresh_id("resp", "_"),
            "object": "response",
            "created_at": int(time.time()) if created is None else created,
            "status": status,
            "error": None,
            "incomplete_details": cut,
            **said,
            "model": self._head.get("model") or self._call.model,
            "output": [item.value for item in self._order],
            "previous_response_id": None,
            "store": False,
            **({"service_tier": tier} if tier else {}),
            "usage": self._usage,
        }

    def _delta(self, run: _Run, text: str) -> list[Frame]:
        run.held.append(text)
        if run.started.fields.get("json") or run.started.choice or not text:
            return []
        return [*self._opened(run), self._event(run, "delta", delta=text)]

    def _opened(self, run: _Run) -> list[Frame]:
        """The beginning of a run's item and part, where they have not begun."""
        if run.item is not None:
            return []
        started = run.started
        if started.channel == "arguments":
            run.kind = "custom_tool_call" if "custom" in str(started.fields.get("type")) else "function_call"
            leaf = _CALLS[run.kind][1]
            identity = started.fields.get("id") or fresh_id("call", "_")
            value = {"type": run.kind, "call_id": identity, "name": started.name, leaf: "", "status": "in_progress"}
            frames, run.item = self._new_item(run, value, "fc")
            return frames
        run.kind = str(started.fields.get("part") or _PART_OF[started.channel])
        frames, run.item = self._home(run)
        _, into, leaf = _EVENTS[run.kind]
        part: dict[str, Any] = {"type": run.kind, leaf: ""}
        if run.kind == "output_text":
            part |= {"annotations": [], "logprobs": []}
        parts = run.item.value.setdefault(into, [])
        run.place = len(parts)
        parts.append(part)
        name = "reasoning_summary_part" if run.kind == "summary_text" else "content_part"
        return [*frames, self._event(run, "added", name, part=dict(part))]

    def _home(self, run: _Run) -> tuple[list[Frame], _Item]:
        """The item of a part: the one that others of the provider's item are in, or a new one."""
        number = run.started.fields.get("item")
        known = self._items.get(number) if number is not None else None
        if known is not None and not known.done:
            return [], known
        if run.started.channel == "reasoning":
            return self._new_item(run, {"type": "reasoning", "summary": []}, "rs")
        value = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
        return self._new_item(run, value, "msg")

    def _new_item(self, run: _Run, value: Mapping[str, Any], prefix: str) -> tuple[list[Frame], _Item]:
        """A new item, which ends those before it."""
        frames = self._closed()
        identity = run.started.fields.get("item_id") or fresh_id(prefix, "_")
        item = _Item(len(self._order), {"id": identity, **value})
        self._order.append(item)
        number = run.started.fields.get("item")
        if number is not None:
            self._items[number] = item
        frames.append(
            {"type": "response.output_item.added", "output_index": item.index, "item": _copy(item.value)}
        )  # fmt: skip
        return frames, item

    def _end(self, run: _Run) -> list[Frame]:
        if run.started.choice:
            return []
        if run.started.fields.get("json"):
            return self._other(run)
        frames = self._opened(run)
        text = "".join(run.held)
        item = run.item
        if item is None:
            return frames
        if run.kind in _CALLS:
            leaf = _CALLS[run.kind][1]
            item.value[leaf] = text
            frames.append(self._event(run, "done", name=item.value["name"], **{leaf: text}))
            return [*frames, *self._done(item)]
        _, into, leaf = _EVENTS[run.kind]
        part = item.value[into][run.place]
        part[leaf] = text
        name = "reasoning_summary_part" if run.kind == "summary_text" else "content_part"
        return [
            *frames,
            self._event(run, "done", **{leaf: text}),
            self._event(run, "done", name, part=dict(part)),
        ]

    def _other(self, run: _Run) -> list[Frame]:
        """A value that came whole: an item that we don't know, a note on a text, sealed reasoning."""
        leaf = run.started.fields["json"]
        value = value_of(run.started, "".join(run.held))
        number = run.started.fields.get("item")
        home = self._items.get(number)
        if value is None:
            return []
        if leaf == "encrypted_content":
            frames: list[Frame] = []
            if home is None:
                frames, home = self._new_item(run, {"type": "reasoning", "summary": []}, "rs")
            home.value["encrypted_content"] = value
            return frames
        if leaf == "annotation" and home is not None:
            return self._note(home, value)
        if leaf == "item" and isinstance(value, dict):
            frames, item = self._new_item(run, value, "item")
            return [*frames, *self._done(item)]
        return []

    def _note(self, item: _Item, note: Any) -> list[Frame]:
        texts = [n for n, part in enumerate(item.value.get("content", ())) if part.get("type") == "output_text"]
        if not texts:
            return []
        notes = item.value["content"][texts[-1]]["annotations"]
        notes.append(note)
        where = {"item_id": item.value["id"], "output_index": item.index, "content_index": texts[-1]}
        kind = "response.output_text.annotation.added"
        return [{"type": kind, **where, "annotation_index": len(notes) - 1, "annotation": note}]

    def _closed(self) -> list[Frame]:
        return [frame for item in self._order for frame in self._done(item)]

    def _done(self, item: _Item) -> list[Frame]:
        if item.done:
            return []
        item.done = True
        if "status" in item.value and item.value["status"] == "in_progress":
            item.value["status"] = "completed"
        return [{"type": "response.output_item.done", "output_index": item.index, "item": _copy(item.value)}]

    def _event(self, run: _Run, what: str, named: str = "", **more: Any) -> Frame:
        item = run.item
        where: Frame = {"item_id": item.value["id"], "output_index": item.index} if item else {}
        if run.kind in _CALLS:
            return {"type": f"response.{_CALLS[run.kind][0]}.{what}", **where, **more}
        stem, into, _ = _EVENTS[run.kind]
        where["summary_index" if into == "summary" else "content_index"] = run.place
        if stem == "output_text" and not named:
            more["logprobs"] = []
        return {"type": f"response.{named or stem}.{what}", **where, **more}


_PART_OF: Final = {"text": "output_text", "refusal": "refusal", "reasoning": "summary_text"}


class ResponsesEncoder:
    """Writes one streamed reply."""

    def __init__(self, call: Call) -> None:
        self._builder = ResponsesBuilder(call)
        self._number = 0

    def feed(self, event: Event) -> bytes:
        """The frames for one event, possibly none."""
        return b"".join(map(self._frame, self._builder.feed(event)))

    def error(self, error: GatewayError) -> bytes:
        """The error event: clients stop at it."""
        body = openai_error.body(error)
        told = {key: body["error"][key] for key in ("code", "message", "param")}
        return sse.named({"type": "error", **told, **body, "sequence_number": self._number})

    def _frame(self, value: Frame) -> bytes:
        self._number += 1
        return sse.named({**value, "sequence_number": self._number - 1})


def collect(call: Call, events: Sequence[Event]) -> dict[str, Any]:
    """The whole reply body. Raises ValueError where the events don't end in `Finished`."""
    if not events or not isinstance(events[-1], Finished):
        raise ValueError("the reply is not whole")
    builder = ResponsesBuilder(call)
    last: list[Frame] = []
    for event in events:
        last = builder.feed(event)
    whole: dict[str, Any] = last[-1]["response"]
    return whole


def _copy(value: Mapping[str, Any]) -> dict[str, Any]:
    """An item as it stands now; it goes on growing."""
    copied: dict[str, Any] = orjson.loads(orjson.dumps(value))
    return copied


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Counts in the reply's form, from a provider's own or from a bridge's flat ones."""
    found = dict(counts)
    cached, reasoned = found.pop("cached_tokens", 0), found.pop("reasoning_tokens", 0)
    found.setdefault("input_tokens", 0)
    found.setdefault("output_tokens", 0)
    found.setdefault("total_tokens", found["input_tokens"] + found["output_tokens"])
    found.setdefault("input_tokens_details", {"cached_tokens": cached})
    found.setdefault("output_tokens_details", {"reasoning_tokens": reasoned})
    return found
