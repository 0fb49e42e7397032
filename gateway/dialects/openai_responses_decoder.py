"""OpenAI Responses: the provider's reply as events, whole or streamed.

Addresses are pointers into the whole reply body. Every run says which item it belongs to (`fields["item"]`, its number
in the provider's output), so that the encoder can put the parts of one item together. An item that we don't know
(a hosted tool's call), and a text's annotations, are runs of JSON of a nameless tool: guarded, never restored.
"""

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

MAX_ITEMS: Final = 4_096

_PARTS: Final[dict[str, tuple[str, Channel]]] = {
    "output_text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("text", "reasoning"),
    "summary_text": ("text", "reasoning"),
}
"""A part's type -> its key of words, and what they are."""
_CALLS: Final = {"function_call": "arguments", "custom_tool_call": "input"}
_LISTS: Final = {"message": ("content",), "reasoning": ("summary", "content")}
_PIECES: Final = {
    "response.output_text.delta": "content",
    "response.refusal.delta": "content",
    "response.reasoning_text.delta": "content",
    "response.reasoning_summary_text.delta": "summary",
}
_WHOLE: Final = {
    "response.output_text.done": ("content", "text"),
    "response.refusal.done": ("content", "refusal"),
    "response.reasoning_text.done": ("content", "text"),
    "response.reasoning_summary_text.done": ("summary", "text"),
}
_BEGUN: Final = {
    "response.content_part.added": "content",
    "response.reasoning_summary_part.added": "summary",
}
_LEAF_OF_EVENT: Final = {
    "response.output_text": "output_text",
    "response.refusal": "refusal",
    "response.reasoning_text": "reasoning_text",
    "response.reasoning_summary_text": "summary_text",
}


@dataclass(slots=True)
class _Run:
    """A run of text."""

    address: str
    open: bool = True
    grown: bool = False
    halves: Surrogates = field(default_factory=Surrogates)


@dataclass(slots=True)
class _Item:
    """One item of the output while it is read."""

    number: int
    kind: str
    identity: str
    value: Mapping[str, Any]
    runs: dict[str, _Run] = field(default_factory=dict)
    done: bool = False
    notes: list[tuple[int, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"/output/{self.number}"

    @property
    def named(self) -> dict[str, Any]:
        """What each run of the item says of it."""
        return {"item": self.number, "item_id": self.identity}


class ResponsesDecoder(Outbox):
    """Reads one reply to `call`."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._items: dict[int, _Item] = {}
        self._begun = False
        self._reason = ""
        self._usage: Any = None

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        self._head(body)
        output = body.get("output")
        if not isinstance(output, list):
            raise broken("output")
        for number, item in enumerate(output):
            self._begin(number, item)
            self._finish(number, item)
        self._ending(body)
        return self.end()

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """One event of a stream, by its `type`. Raises UpstreamFailed."""
        kind = data.get("type") if isinstance(data, Mapping) else None
        if not isinstance(kind, str):
            raise broken("an event without a type")
        if kind == "error" or data.get("error"):
            raise failed_reply(data.get("error") or data)
        response = data.get("response")
        if isinstance(response, Mapping):
            if not self._begun:
                self._head(response)
            if kind in ("response.completed", "response.incomplete", "response.failed"):
                self._ending(response)
        elif kind == "response.output_item.added":
            self._begin(_number(data, "output_index"), data.get("item"))
        elif kind == "response.output_item.done":
            self._finish(_number(data, "output_index"), data.get("item"))
        elif kind.startswith("response."):
            self._piece(kind, data)
        return self._take()

    def end(self) -> list[Event]:
        """The stream has closed properly."""
        if not self._reason or any(not item.done for item in self._items.values()):
            raise cut_short()
        self._out.append(ChoiceEnded(0, self._reason))
        usage = counts_of(self._usage) if isinstance(self._usage, Mapping) else None
        if usage:
            self._out.append(Usage(usage))
        self._out.append(Finished())
        return self._take()

    def _head(self, body: Mapping[str, Any]) -> None:
        if not isinstance(body, Mapping):
            raise broken("not an object")
        if body.get("error"):
            raise failed_reply(body["error"])
        self._begun = True
        created = body.get("created_at")
        fields = {
            "id": code_of(body.get("id")) or fresh_id("resp", "_"),
            "model": code_of(body.get("model")) or self._call.model,
            "created_at": created if isinstance(created, int | float) and 0 < created < 2**40 else None,
            "service_tier": code_of(body.get("service_tier")),
        }
        self._out.append(Head(fields))

    def _begin(self, number: int, value: Any) -> None:
        if not self._begun or number in self._items or number >= MAX_ITEMS:
            raise broken("an item's number")
        if not isinstance(value, Mapping) or not depth_within(value, MAX_DEPTH):
            raise broken("an item")
        kind = value.get("type")
        identity = code_of(value.get("id")) or ""
        item = self._items[number] = _Item(number, kind if isinstance(kind, str) else "", identity, value)
        leaf = _CALLS.get(item.kind)
        if leaf:
            fields = {"id": code_of(value.get("call_id")) or fresh_id("call", "_"), "type": item.kind}
            name = code_of(value.get("name")) or "unnamed"
            self._open(item, f"/{leaf}", "arguments", name, fields)

    def _open(
        self, item: _Item, path: str, channel: Channel, name: str = "", more: Mapping[str, Any] | None = None
    ) -> _Run:
        run = item.runs[path] = _Run(item.address + path)
        self._out.append(Started(run.address, channel, 0, name, {**(more or {}), **item.named}))
        return run

    def _piece(self, kind: str, data: Mapping[str, Any]) -> None:
        """What grows a part of an open item. Events that repeat, or tell of progress alone, are passed over."""
        if kind in _BEGUN:
            part = data.get("part")
            self._part(data, _BEGUN[kind], part if isinstance(part, Mapping) else {})
        elif kind in _PIECES or kind in _WHOLE:
            name, leaf = (_PIECES[kind], "delta") if kind in _PIECES else _WHOLE[kind]
            run = self._part(data, name, {"type": _LEAF_OF_EVENT[kind.rpartition(".")[0]]})
            self._grow(run, data.get(leaf), whole=kind in _WHOLE)
        elif kind.startswith(("response.function_call_arguments.", "response.custom_tool_call_input.")):
            item = self._item(data)
            run = item.runs.get(f"/{_CALLS.get(item.kind, '')}")
            if run is None:
                raise broken("arguments of no call")
            done = kind.endswith(".done")
            self._grow(run, data.get(_CALLS[item.kind] if done else "delta"), whole=done)
        elif kind == "response.output_text.annotation.added":
            self._item(data).notes.append((_number(data, "content_index"), data.get("annotation")))

    def _part(self, data: Mapping[str, Any], name: str, part: Mapping[str, Any]) -> _Run | None:
        """The run of a part, opened where it is not; None for a part that is not words."""
        item = self._item(data)
        found = _PARTS.get(str(part.get("type")))
        if found is None:
            return None
        leaf, channel = found
        path = f"/{name}/{_number(data, 'content_index' if name == 'content' else 'summary_index')}/{leaf}"
        return item.runs.get(path) or self._open(item, path, channel, "", {"part": part["type"]})

    def _item(self, data: Mapping[str, Any]) -> _Item:
        item = self._items.get(_number(data, "output_index"))
        if item is None or item.done:
            raise broken("a piece of no item")
        return item

    def _grow(self, run: _Run | None, text: Any, *, whole: bool) -> None:
        if text is None or text == "" or run is None:
            return
        if not isinstance(text, str):
            raise broken("a text")
        if whole and run.grown:
            return  # said already, piece by piece
        if not run.open:
            raise broken("text after its end")
        run.grown = True
        pushed = run.halves.push(text)
        if pushed:
            self._out.append(Delta(run.address, pushed))

    def _finish(self, number: int, value: Any) -> None:
        """An item is complete; `value` says all of it again, and what no event said before."""
        item = self._items.get(number)
        if item is None or item.done or not isinstance(value, Mapping) or not depth_within(value, MAX_DEPTH):
            raise broken("the end of no item")
        item.done = True
        leaf = _CALLS.get(item.kind)
        if leaf:
            self._grow(item.runs[f"/{leaf}"], value.get(leaf), whole=True)
        for name in _LISTS.get(item.kind, ()):
            parts = value.get(name)
            for index, part in enumerate(parts if isinstance(parts, list) else ()):
                self._last(item, name, index, part)
        self._close(item)
        for place, (index, note) in enumerate(item.notes):  # after the text that they are about, which may be held
            if isinstance(note, Mapping):
                path = f"/content/{index}/annotations/{place}"
                self._out += runs.guarded(item.address + path, note, json="annotation", **item.named)
        if item.kind == "reasoning" and is_ciphertext(value.get("encrypted_content")):
            address, leaf = f"{item.address}/encrypted_content", "encrypted_content"
            self._out += runs.constant(address, value[leaf], json=leaf, **item.named)
        elif not leaf and item.kind not in _LISTS:
            self._out += runs.guarded(item.address, value, json="item", **item.named)

    def _last(self, item: _Item, name: str, index: int, part: Any) -> None:
        """A part of a complete item, with its annotations."""
        found = _PARTS.get(str(part.get("type"))) if isinstance(part, Mapping) else None
        if found is None:
            return
        leaf, channel = found
        path = f"/{name}/{index}/{leaf}"
        run = item.runs.get(path) or self._open(item, path, channel, "", {"part": part["type"]})
        self._grow(run, part.get(leaf), whole=True)
        notes = part.get("annotations")
        if isinstance(notes, list):
            said = sum(place == index for place, _ in item.notes)
            item.notes += [(index, note) for note in notes[said:]]

    def _close(self, item: _Item) -> None:
        for run in item.runs.values():
            if run.open:
                run.open = False
                rest = run.halves.end()
                if rest:
                    self._out.append(Delta(run.address, rest))
                self._out.append(Ended(run.address))

    def _ending(self, response: Mapping[str, Any]) -> None:
        if response.get("error") or response.get("status") == "failed":
            raise failed_reply(response.get("error"))
        details = response.get("incomplete_details")
        cut = details.get("reason") if isinstance(details, Mapping) else None
        ended = response.get("status") == "incomplete"
        self._reason = (word_of(cut) or "max_output_tokens") if ended else "completed"
        self._usage = response.get("usage")


def _number(data: Mapping[str, Any], name: str) -> int:
    number = data.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < MAX_ITEMS:
        raise broken(name)
    return number
