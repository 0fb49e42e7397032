"""Anthropic Messages: the provider's reply as events, whole or streamed.

Addresses are pointers into the whole reply body. Text and reasoning are prose, a `tool_use` block's input are the
arguments of its function. A block that we don't know (a hosted tool's call or result), and a text's citations, are
runs of JSON of a nameless tool: guarded, never restored. The signature of reasoning and reasoning that the provider
has sealed are passed on where they look like nothing but that.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.dialects import runs
from gateway.dialects.embedded import MAX_DEPTH, depth_within
from gateway.dialects.media import is_ciphertext
from gateway.dialects.reply import (
    Surrogates,
    broken,
    code_of,
    counts_of,
    cut_short,
    failed_reply,
    fresh_id,
    word_of,
)
from gateway.dialects.runs import Outbox
from gateway.model.call import Call
from gateway.model.event import Channel, ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage

MAX_BLOCKS: Final = 4_096

_TEXTS: Final[dict[str, tuple[str, Channel]]] = {"text": ("text", "text"), "thinking": ("thinking", "reasoning")}
_PIECES: Final = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_SEALED: Final = {"thinking": "signature", "redacted_thinking": "data"}


@dataclass(slots=True)
class _Block:
    """One block of a stream that is open. `value` is what its start said; `pieces` its JSON where it is held."""

    index: int
    kind: str
    value: dict[str, Any]
    run: str = ""
    halves: Surrogates = field(default_factory=Surrogates)
    pieces: list[str] = field(default_factory=list)
    sealed: str = ""
    notes: list[Any] = field(default_factory=list)


class AnthropicDecoder(Outbox):
    """Reads one reply to `call`."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._open: dict[int, _Block] = {}
        self._seen = 0
        self._begun = False
        self._reason: str | None = None
        self._stop: str | None = None
        self._usage: dict[str, Any] = {}
        self._over = False

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        if not isinstance(body, Mapping):
            raise broken("not an object")
        self._errors(body)
        content = body.get("content")
        if not isinstance(content, list):
            raise broken("content")
        self._head(body)
        for index, block in enumerate(content):
            self._begin(index, block)
            self._end(index)
        self._ending(body)
        self._count(body.get("usage"))
        self._over = True
        return self.end()

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """One event of a stream, by its `type`. Raises UpstreamFailed."""
        if not isinstance(data, Mapping):
            raise broken("not an object")
        self._errors(data)
        match data.get("type"):
            case "message_start":
                message = data.get("message")
                if not isinstance(message, Mapping):
                    raise broken("message_start")
                self._count(message.get("usage"))
                self._head(message)
            case "content_block_start":
                self._begin(_index(data), data.get("content_block"))
            case "content_block_delta":
                self._delta(_index(data), data.get("delta"))
            case "content_block_stop":
                self._end(_index(data))
            case "message_delta":
                delta = data.get("delta")
                self._ending(delta if isinstance(delta, Mapping) else {})
                self._count(data.get("usage"))
            case "message_stop":
                self._over = True
        return self._take()

    def end(self) -> list[Event]:
        """The stream has closed properly."""
        if not self._over or self._open or not self._begun:
            raise cut_short()
        self._out.append(ChoiceEnded(0, self._reason or "end_turn", {"stop_sequence": self._stop}))
        if self._usage:
            self._out.append(Usage(self._usage))
        self._out.append(Finished())
        return self._take()

    def _errors(self, body: Mapping[str, Any]) -> None:
        if body.get("type") == "error" or body.get("error"):
            raise failed_reply(body.get("error"))

    def _head(self, body: Mapping[str, Any]) -> None:
        if self._begun:
            raise broken("a second beginning")
        self._begun = True
        fields = {
            "id": code_of(body.get("id")) or fresh_id("msg", "_"),
            "model": code_of(body.get("model")) or self._call.model,
            "usage": dict(self._usage),
        }
        self._out.append(Head(fields))

    def _begin(self, index: int, value: Any) -> None:
        if not self._begun or index in self._open or index < self._seen or index > MAX_BLOCKS:
            raise broken("a block's index")
        if not isinstance(value, Mapping) or not depth_within(value, MAX_DEPTH):
            raise broken("a content block")
        kind = value.get("type")
        block = self._open[index] = _Block(index, kind if isinstance(kind, str) else "", dict(value))
        self._seen = index + 1
        if block.kind in _TEXTS:
            leaf, channel = _TEXTS[block.kind]
            block.run = f"/content/{index}/{leaf}"
            self._out.append(Started(block.run, channel))
            self._grow(block, value.get(leaf))
            found = value.get("citations")
            block.notes += found if isinstance(found, list) else ()
            block.sealed = value.get("signature") or ""
        elif block.kind == "redacted_thinking":
            block.sealed = value.get("data") or ""
        elif block.kind == "tool_use":
            block.run = f"/content/{index}/input"
            identity = code_of(value.get("id")) or fresh_id("toolu", "_")
            name = code_of(value.get("name")) or "unnamed"
            self._out.append(
                Started(block.run, "arguments", 0, name, {"id": identity, "type": "tool_use"})
            )  # fmt: skip
            if value.get("input"):
                self._grow(block, json.dumps(value["input"], ensure_ascii=False))

    def _delta(self, index: int, delta: Any) -> None:
        block = self._open.get(index)
        if block is None or not isinstance(delta, Mapping):
            raise broken("a piece of no block")
        kind = delta.get("type")
        if kind in _PIECES:
            piece = delta.get(_PIECES[kind])
            if block.run:
                self._grow(block, piece)
            elif isinstance(piece, str):
                block.pieces.append(piece)
        elif kind == "signature_delta":
            block.sealed += str(delta.get("signature") or "")
        elif kind == "citations_delta":
            block.notes.append(delta.get("citation"))

    def _grow(self, block: _Block, text: Any) -> None:
        if text is None or text == "":
            return
        if not isinstance(text, str):
            raise broken("a text")
        whole = block.halves.push(text)
        if whole:
            self._out.append(Delta(block.run, whole))

    def _end(self, index: int) -> None:
        block = self._open.pop(index, None)
        if block is None:
            raise broken("the end of no block")
        base = f"/content/{index}"
        if block.run:
            rest = block.halves.end()
            if rest:
                self._out.append(Delta(block.run, rest))
            self._out.append(Ended(block.run))
            for place, note in enumerate(block.notes):  # after the text that they are about, which may be held
                if isinstance(note, Mapping):
                    self._out += runs.guarded(f"{base}/citations/{place}", note, json="citation")
        elif block.kind != "redacted_thinking":
            self._out += runs.guarded(base, _with_input(block), json="block")
        if block.sealed and is_ciphertext(block.sealed):
            leaf = _SEALED.get(block.kind, "signature")
            address = f"{base}/{leaf}"
            self._out += runs.constant(address, block.sealed, json=leaf)

    def _ending(self, found: Mapping[str, Any]) -> None:
        self._reason = word_of(found.get("stop_reason")) or self._reason
        stop, asked = found.get("stop_sequence"), self._call.body.get("stop_sequences")
        if isinstance(stop, str) and isinstance(asked, list) and stop in asked:  # the caller's own words, or none
            self._stop = stop

    def _count(self, usage: Any) -> None:
        counts = counts_of(usage) if isinstance(usage, Mapping) else None
        if isinstance(counts, dict):
            self._usage |= {key: value for key, value in counts.items() if value is not None}


def _index(data: Mapping[str, Any]) -> int:
    index = data.get("index")
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise broken("a block's index")
    return index


def _with_input(block: _Block) -> Mapping[str, Any]:
    """A held block with the input that came in pieces."""
    if not block.pieces:
        return block.value
    text = "".join(block.pieces)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    return {**block.value, "input": value}
