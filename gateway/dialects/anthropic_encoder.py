"""Anthropic Messages: guarded events as the client's stream, or collected as a whole reply.

Blocks are numbered here, in the order in which they are opened, so that events of any provider can be written: the
address only tells one run from another. One block is open at a time, as the protocol has it; it is closed when
the next one opens. What tells a client that the answer is complete is held until `Finished`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.dialects import anthropic_error, sse
from gateway.dialects.reply import fresh_id
from gateway.dialects.runs import value_of
from gateway.model.call import Call
from gateway.model.errors import GatewayError
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage

_NO_COUNTS: Final = {"input_tokens": 0, "output_tokens": 0}


@dataclass(slots=True)
class _Run:
    """One run of events, and the number of the block that it is written to."""

    started: Started
    held: list[str] = field(default_factory=list)
    block: int | None = None


class AnthropicEncoder:
    """Writes one streamed reply."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._runs: dict[str, _Run] = {}
        self._next = 0
        self._open: tuple[int, str] | None = None
        self._ending: ChoiceEnded | None = None
        self._usage: dict[str, Any] = dict(_NO_COUNTS)

    def feed(self, event: Event) -> bytes:
        """The frames for one event, possibly none."""
        match event:
            case Head():
                return self._begin(event)
            case Started():
                self._runs[event.address] = _Run(event)
            case Delta():
                return self._delta(self._runs[event.address], event.text)
            case Ended():
                return self._end(self._runs.pop(event.address))
            case ChoiceEnded() if event.choice == 0:
                self._ending = event
            case Usage():
                self._usage |= event.fields
            case Finished():
                return self._finish()
        return b""

    def error(self, error: GatewayError) -> bytes:
        """The error event: clients stop at it."""
        return sse.named(anthropic_error.body(error))

    def _begin(self, head: Head) -> bytes:
        self._usage |= head.fields.get("usage") or {}
        message: dict[str, Any] = {
            "id": head.fields.get("id") or fresh_id("msg", "_"),
            "type": "message",
            "role": "assistant",
            "model": head.fields.get("model") or self._call.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self._usage,
        }
        return sse.named({"type": "message_start", "message": message})

    def _delta(self, run: _Run, text: str) -> bytes:
        if run.started.fields.get("json"):
            run.held.append(text)
            return b""
        if not text or run.started.choice:
            return b""
        return self._opened(run) + self._piece(run, _piece(run.started, text))

    def _opened(self, run: _Run) -> bytes:
        """The start of a run's block, where it is not the open one already."""
        if self._open is not None and self._open[0] == run.block:
            return b""
        closed = self._close()
        run.block, self._next = self._next, self._next + 1
        self._open = run.block, run.started.channel
        start = {"type": "content_block_start", "index": run.block, "content_block": _opening(run.started)}
        return closed + sse.named(start)

    def _piece(self, run: _Run, delta: dict[str, Any]) -> bytes:
        return sse.named({"type": "content_block_delta", "index": run.block, "delta": delta})

    def _end(self, run: _Run) -> bytes:
        leaf = run.started.fields.get("json")
        if leaf:
            return self._other(run, leaf)
        if run.started.choice or run.block is not None:
            return b""
        return self._opened(run)  # an empty block is one all the same

    def _other(self, run: _Run, leaf: Any) -> bytes:
        value = value_of(run.started, "".join(run.held))
        if value is None or run.started.choice:
            return b""
        if leaf == "citation" and self._open is not None:
            return self._note({"type": "citations_delta", "citation": value})
        if leaf == "signature" and self._open is not None and self._open[1] == "reasoning":
            return self._note({"type": "signature_delta", "signature": value})
        block = {"type": "redacted_thinking", "data": value} if leaf == "data" else value
        if leaf not in ("data", "block") or not isinstance(block, dict):
            return b""
        closed, index = self._close(), self._next
        self._next += 1
        stop = {"type": "content_block_stop", "index": index}
        return (
            closed
            + sse.named({"type": "content_block_start", "index": index, "content_block": block})
            + sse.named(stop)
        )

    def _note(self, delta: dict[str, Any]) -> bytes:
        index = self._open[0] if self._open else 0
        return sse.named({"type": "content_block_delta", "index": index, "delta": delta})

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        index, self._open = self._open[0], None
        return sse.named({"type": "content_block_stop", "index": index})

    def _finish(self) -> bytes:
        reason, stop = _reason(self._ending)
        delta = {"stop_reason": reason, "stop_sequence": stop}
        end = sse.named({"type": "message_delta", "delta": delta, "usage": self._usage}) + sse.named(
            {"type": "message_stop"}
        )
        return self._close() + end


def collect(call: Call, events: Sequence[Event]) -> dict[str, Any]:
    """The whole reply body. Raises ValueError where the events don't end in `Finished`."""
    if not events or not isinstance(events[-1], Finished):
        raise ValueError("the reply is not whole")
    content: list[dict[str, Any]] = []
    runs: dict[str, _Run] = {}
    fields: dict[str, Any] = {}
    ending: ChoiceEnded | None = None
    usage: dict[str, Any] = dict(_NO_COUNTS)
    for event in events:
        match event:
            case Head():
                fields = dict(event.fields)
                usage |= fields.get("usage") or {}
            case Started():
                runs[event.address] = run = _Run(event)
                if not event.choice and not event.fields.get("json"):
                    run.block = len(content)
                    content.append(_opening(event))
            case Delta():
                runs[event.address].held.append(event.text)
            case Ended():
                _settle(content, runs[event.address])
            case ChoiceEnded() if event.choice == 0:
                ending = event
            case Usage():
                usage |= event.fields
    reason, stop = _reason(ending)
    return {
        "id": fields.get("id") or fresh_id("msg", "_"),
        "type": "message",
        "role": "assistant",
        "model": fields.get("model") or call.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": stop,
        "usage": usage,
    }


def _settle(content: list[dict[str, Any]], run: _Run) -> None:
    """Put the whole text of one run in its block."""
    started, text = run.started, "".join(run.held)
    leaf = started.fields.get("json")
    if started.choice:
        return
    if leaf:
        _attach(content, str(leaf), value_of(started, text))
    elif run.block is not None:
        block = content[run.block]
        if started.channel == "arguments":
            block["input"] = _input(text)
        else:
            block["thinking" if started.channel == "reasoning" else "text"] = text


def _attach(content: list[dict[str, Any]], leaf: str, value: Any) -> None:
    last = content[-1] if content else {}
    if value is None:
        return
    if leaf == "citation" and last.get("type") == "text":
        last["citations"] = [*(last.get("citations") or ()), value]
    elif leaf == "signature" and last.get("type") == "thinking":
        last["signature"] = value
    elif leaf == "data":
        content.append({"type": "redacted_thinking", "data": value})
    elif leaf == "block" and isinstance(value, dict):
        content.append(value)


def _opening(started: Started) -> dict[str, Any]:
    if started.channel == "arguments":
        identity = started.fields.get("id") or fresh_id("toolu", "_")
        return {"type": "tool_use", "id": identity, "name": started.name, "input": {}}
    if started.channel == "reasoning":
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {"type": "text", "text": ""}


def _piece(started: Started, text: str) -> dict[str, Any]:
    if started.channel == "arguments":
        return {"type": "input_json_delta", "partial_json": text}
    if started.channel == "reasoning":
        return {"type": "thinking_delta", "thinking": text}
    return {"type": "text_delta", "text": text}


def _input(text: str) -> Any:
    """A tool's input is an object; a provider's arguments that are none are handed over under a name."""
    try:
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return {"input": text}
    return value if isinstance(value, dict) else {"input": value}


def _reason(ending: ChoiceEnded | None) -> tuple[str, str | None]:
    if ending is None:
        return "end_turn", None
    stop = ending.fields.get("stop_sequence")
    return ending.reason, stop if isinstance(stop, str) else None
