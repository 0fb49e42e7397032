"""OpenAI Chat Completions: the provider's reply as events, whole or streamed.

Addresses are pointers into the whole reply body. Text runs (`content`, `refusal`, reasoning, any other string
of the message) and tool arguments are guarded as such. A field that we don't know and that is no string is a
run of its own, its JSON as `arguments` of a nameless tool: guarded, never restored, put back in its place by the
encoder. Log probabilities, token ids, speech and pictures repeat or replace the answer in a form that can't be
guarded: they are left out.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.dialects import runs
from gateway.dialects.embedded import MAX_DEPTH, depth_within
from gateway.dialects.pointer import token
from gateway.dialects.reply import (
    Surrogates,
    broken,
    code_of,
    counts_of,
    cut_short,
    failed_reply,
    fresh_id,
    verdicts_of,
    word_of,
)
from gateway.dialects.runs import Outbox
from gateway.model.call import Call
from gateway.model.event import Channel, ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage

DROPPED: Final = frozenset(
    {
        "logprobs", "prompt_logprobs", "token_ids", "prompt_token_ids", "prompt_tokens_ids", "audio", "images",
        "obfuscation", "tokens", "kv_transfer_params",
    }
)  # fmt: skip
"""Reply fields left out wherever they stand."""

MAX_CALLS: Final = 512
"""Tool calls in one choice; more is a provider gone wrong."""

_HEAD: Final = ("id", "object", "created", "model", "system_fingerprint", "service_tier", "prompt_filter_results")
_TOP: Final = frozenset({*_HEAD, "choices", "usage", "error"})
_VERDICT: Final = "content_filter_results"
_CHOICE: Final = frozenset({"index", "message", "delta", "finish_reason", "text", _VERDICT})
_MESSAGE: Final = frozenset({"role", "tool_calls", "function_call"})
_CALL: Final = frozenset({"index", "id", "type", "function", "custom"})
_CHANNELS: Final[dict[str, Channel]] = {"content": "text", "refusal": "refusal"}


@dataclass(slots=True)
class _Run:
    """A run of text that is open."""

    address: str
    channel: Channel
    halves: Surrogates = field(default_factory=Surrogates)


@dataclass(slots=True)
class _Tool:
    """A tool call that is open. `key` is the id that began it, so that a provider without indexes is understood."""

    key: str
    run: _Run | None = None
    kind: str = "function"
    identity: str = ""
    name: str = ""


@dataclass(slots=True)
class _Choice:
    """One choice while it is read."""

    index: int
    runs: dict[str, _Run] = field(default_factory=dict)
    tools: list[_Tool] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)
    reason: str | None = None
    others: dict[str, int] = field(default_factory=dict)
    verdict: Any = None


class ChatDecoder(Outbox):
    """Reads one reply to `call`."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._choices: dict[int, _Choice] = {}
        self._begun = False
        self._waiting: dict[str, Any] = {}
        self._usage: Any = None
        self._others: dict[str, int] = {}
        self._early: dict[str, Any] = {}

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        self._top(body, "message")
        for choice in self._choices.values():
            if choice.reason is None:
                self._close(choice, "stop")
        return [*self._take(), *self.end()]

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """One chunk of a stream. Raises UpstreamFailed."""
        self._top(data, "delta")
        return self._take()

    def end(self) -> list[Event]:
        """The stream has closed properly."""
        if not self._choices or any(choice.reason is None for choice in self._choices.values()):
            raise cut_short()
        usage = counts_of(self._usage) if isinstance(self._usage, Mapping) else None
        if usage:
            self._out.append(Usage(usage))
        self._out.append(Finished())
        return self._take()

    def _top(self, body: Mapping[str, Any], part: str) -> None:
        if not isinstance(body, Mapping):
            raise broken("not an object")
        if body.get("error"):
            raise failed_reply(body["error"])
        choices = body.get("choices", [])
        if not isinstance(choices, list):
            raise broken("choices")
        self._head(body, bool(choices))
        if body.get("usage") is not None:
            self._usage = body["usage"]
        for position, choice in enumerate(choices):
            self._choice(choice, position, part)
        for key, value in body.items():
            if key not in _TOP:
                self._early[key] = value
        if self._begun:
            for key, value in self._early.items():
                self._other("", key, value, 0, self._others)
            self._early.clear()

    def _head(self, body: Mapping[str, Any], ready: bool) -> None:
        """Announce the reply at the first chunk that has a choice: some providers send an empty one before."""
        if self._begun:
            return
        for key in _HEAD:
            if body.get(key) not in (None, "", 0):
                self._waiting[key] = body[key]
        if not ready:
            return
        self._begun = True
        found = self._waiting
        created = found.get("created")
        fields: dict[str, Any] = {
            "id": code_of(found.get("id")) or fresh_id("chatcmpl"),
            "object": "chat.completion",
            "created": created if isinstance(created, int) and 0 < created < 2**40 else int(time.time()),
            "model": code_of(found.get("model")) or self._call.model,
        }
        for key in ("service_tier", "system_fingerprint"):
            if code_of(found.get(key)):
                fields[key] = found[key]
            elif key in body and body[key] is None:
                fields[key] = None
        if found.get("prompt_filter_results"):
            fields["prompt_filter_results"] = verdicts_of(found["prompt_filter_results"])
        asked = self._call.body.get("logprobs") is True
        self._out.append(Head(fields, {"X-AI-Notice": "logprobs-left-out"} if asked else {}))

    def _choice(self, data: Any, position: int, part: str) -> None:
        if not isinstance(data, Mapping):
            raise broken("choices")
        index = data.get("index", position)
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < max(128, self._call.choices):
            raise broken("a choice's index")
        choice = self._choices.setdefault(index, _Choice(index))
        message = data.get(part)
        if message is not None:
            if not isinstance(message, Mapping):
                raise broken(part)
            self._message(choice, message)
        for key, value in data.items():
            if key not in _CHOICE:
                self._other(f"/choices/{index}", key, value, index, choice.others)
        if data.get(_VERDICT) and choice.reason is None:
            choice.verdict = verdicts_of(data[_VERDICT])
        reason = data.get("finish_reason")
        if reason is not None and choice.reason is None:
            self._close(choice, word_of(reason) or "stop")

    def _message(self, choice: _Choice, message: Mapping[str, Any]) -> None:
        base = f"/choices/{choice.index}/message"
        for key, value in message.items():
            if key in _MESSAGE or key in DROPPED or value is None:
                continue
            if key == "content" and isinstance(value, list):
                value = _joined(value)
            if isinstance(value, str):
                channel = _CHANNELS.get(key, "reasoning")
                self._text(choice, f"{base}/{token(key)}", channel, value)
            else:
                self._other(base, key, value, choice.index, choice.others)
        legacy = message.get("function_call")
        if legacy is not None:
            self._legacy(choice, legacy)
        calls = message.get("tool_calls")
        if calls is not None:
            if not isinstance(calls, list):
                raise broken("tool_calls")
            for position, call in enumerate(calls):
                self._tool(choice, call, position)

    def _text(self, choice: _Choice, address: str, channel: Channel, text: str, **opening: Any) -> None:
        run = choice.runs.get(address)
        if run is None:
            if choice.reason is not None:
                if text:
                    raise broken("text after a choice's end")
                return
            run = choice.runs[address] = _Run(address, channel)
            self._out.append(Started(address, channel, choice.index, **opening))
        elif choice.reason is not None and text:
            raise broken("text after a choice's end")
        whole = run.halves.push(text)
        if whole:
            self._out.append(Delta(address, whole))

    def _legacy(self, choice: _Choice, call: Any) -> None:
        if not isinstance(call, Mapping):
            raise broken("function_call")
        address = f"/choices/{choice.index}/message/function_call/arguments"
        name = code_of(call.get("name")) or ("" if address in choice.runs else "unnamed")
        arguments = call.get("arguments")
        self._text(
            choice, address, "arguments", _arguments(arguments), name=name, fields={"function_call": True}
        )  # fmt: skip

    def _tool(self, choice: _Choice, call: Any, position: int) -> None:
        if not isinstance(call, Mapping):
            raise broken("tool_calls")
        slot = self._slot(choice, call, position)
        tool = choice.tools[slot]
        tool.identity = tool.identity or code_of(call.get("id")) or ""
        kind = "custom" if "custom" in call or call.get("type") == "custom" else "function"
        inner = call.get(kind)
        if inner is not None and not isinstance(inner, Mapping):
            raise broken("a tool call")
        inner = inner or {}
        tool.kind = kind if tool.run is None else tool.kind
        tool.name = tool.name or code_of(inner.get("name")) or ""
        leaf = "input" if tool.kind == "custom" else "arguments"
        base = f"/choices/{choice.index}/message/tool_calls/{slot}"
        address = f"{base}/{tool.kind}/{leaf}"
        if tool.name or tool.run is not None:
            tool.identity = tool.identity or fresh_id("call")
            fields = {"index": slot, "id": tool.identity, "type": tool.kind}
            self._text(choice, address, "arguments", _arguments(inner.get(leaf)), name=tool.name, fields=fields)
            tool.run = choice.runs.get(address)
        elif inner.get(leaf):
            raise broken("a tool call without a name")
        for key, value in call.items():
            if key not in _CALL:
                self._other(base, key, value, choice.index, choice.others)

    def _slot(self, choice: _Choice, call: Mapping[str, Any], position: int) -> int:
        """Which tool call of the choice a piece belongs to. Some providers give no index, or 0 for all."""
        index = call.get("index", position)
        if isinstance(index, bool) or not isinstance(index, int) or index < 0:
            raise broken("a tool call's index")
        key = call.get("id") if isinstance(call.get("id"), str) else ""
        slot = choice.slots.get(index)
        if slot is None or (key and choice.tools[slot].key and key != choice.tools[slot].key):
            slot = next((n for n, tool in enumerate(choice.tools) if key and tool.key == key), len(choice.tools))
            choice.slots[index] = slot
        if slot == len(choice.tools):
            if slot >= MAX_CALLS:
                raise broken("too many tool calls")
            choice.tools.append(_Tool(key or ""))
        return slot

    def _other(self, base: str, key: str, value: Any, choice: int, seen: dict[str, int]) -> None:
        """A field that we don't know: its JSON is a run of its own."""
        if key in DROPPED or value is None:
            return
        address = f"{base}/{token(key)}"
        number = seen[address] = seen.get(address, 0) + 1
        address = address if number == 1 else f"{address}#{number}"
        if isinstance(value, bool) or value in ([], {}, ""):  # nothing to guard, and nothing to keep on the record
            self._out += runs.constant(address, value, choice, json=True)
        else:
            self._out += runs.guarded(address, value, choice, json=True)

    def _close(self, choice: _Choice, reason: str) -> None:
        choice.reason = reason
        for run in choice.runs.values():
            rest = run.halves.end()
            if rest:
                self._out.append(Delta(run.address, rest))
            self._out.append(Ended(run.address))
        self._out.append(ChoiceEnded(choice.index, reason, {_VERDICT: choice.verdict} if choice.verdict else {}))


def _joined(content: list[Any]) -> Any:
    """Text blocks as one text; other blocks as they are."""
    if all(isinstance(block, Mapping) and isinstance(block.get("text"), str) for block in content):
        return "".join(block["text"] for block in content)
    return content


def _arguments(value: Any) -> str:
    """Arguments as text; some providers send the object itself."""
    if value is None:
        return ""
    if not depth_within(value, MAX_DEPTH):
        raise broken("arguments that are nested too deep")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
