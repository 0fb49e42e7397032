"""Anthropic Messages, ready to be tried."""

import json
from collections.abc import Sequence

from hypothesis import strategies as st

from gateway.dialects.anthropic_messages import AnthropicMessages
from gateway.dialects.anthropic_shape import BODY, ROLES, STRUCTURAL
from tests.conformance.harness import Body, Exchange, Specimen, frames
from tests.support.bodies import KEYS, VALUES, WORDS, nested

_PIECES = st.lists(st.text(max_size=8), max_size=5)
_SEALED = "EqQBCgIYAhIkMGJ6qhVX3mZk8bT1n0Qy7cWf4uHs9dLp2RoKxYiEaJtNvBgMwZ5lDhTqUeScPrXyAoFiKjVbGnWm"
_TEXT = st.builds(
    lambda text, more: {"type": "text", "text": text, **more}, WORDS, st.dictionaries(KEYS, VALUES, max_size=1)
)
_SOURCES = st.one_of(
    st.just({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoAAA"}),
    st.builds(lambda url: {"type": "url", "url": f"https://example.org/{url}"}, WORDS),
    st.builds(lambda text: {"type": "text", "media_type": "text/plain", "data": text}, WORDS),
    st.builds(lambda text: {"type": "content", "content": text}, st.one_of(WORDS, st.lists(_TEXT, max_size=2))),
    VALUES,
)
_MEDIA = st.builds(
    lambda kind, source: {"type": kind, "source": source}, st.sampled_from(["image", "document"]), _SOURCES
)
_SIMPLE = st.one_of(_TEXT, _MEDIA, VALUES)
_TOOLS_USED = st.one_of(
    st.builds(
        lambda name, given: {"type": "tool_use", "id": "toolu_01", "name": name, "input": given},
        WORDS, st.dictionaries(KEYS, st.one_of(VALUES, nested(VALUES)), max_size=2),
    ),
    st.builds(
        lambda content: {"type": "tool_result", "tool_use_id": "toolu_01", "content": content},
        st.one_of(WORDS, nested(VALUES), st.lists(_SIMPLE, max_size=2)),
    ),
    st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": _SEALED}, WORDS),
    st.just({"type": "redacted_thinking", "data": _SEALED}),
    st.builds(
        lambda title, content: {"type": "search_result", "source": "s", "title": title, "content": content},
        WORDS, st.lists(_TEXT, max_size=2),
    ),
)  # fmt: skip
_CONTENT = st.one_of(WORDS, nested(VALUES), st.none(), st.lists(st.one_of(_SIMPLE, _TOOLS_USED), max_size=3))
_MESSAGES = st.lists(
    st.builds(
        lambda role, content, more: {**more, "role": role, "content": content},
        st.one_of(st.sampled_from(sorted(ROLES)), WORDS), _CONTENT, st.dictionaries(KEYS, VALUES, max_size=2),
    ),
    min_size=1, max_size=3,
)  # fmt: skip
_TOOLS = st.lists(
    st.builds(
        lambda name, names: {"name": name, "input_schema": {"type": "object", "properties": names}},
        WORDS, st.dictionaries(KEYS, VALUES, max_size=2),
    ),
    max_size=2,
)  # fmt: skip
_OTHER = st.dictionaries(
    KEYS.filter(lambda key: key not in ("model", "messages", "stream", "system")), VALUES, max_size=3
)
BODIES: st.SearchStrategy[Body] = st.builds(
    lambda messages, tools, other, system, temperature: {
        **other, "model": "council-chat", "messages": messages, "tools": tools, "system": system,
        "max_tokens": 100, "temperature": temperature,
    },
    _MESSAGES, _TOOLS, _OTHER, st.one_of(WORDS, st.lists(_TEXT, max_size=2)),
    st.one_of(st.floats(0, 3), st.just(10**9)),
)  # fmt: skip

_HEAD = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x"}
_FIRST = {"input_tokens": 3, "output_tokens": 1}


@st.composite
def _exchange(draw: st.DrawFn) -> Exchange:
    """A reply of blocks of every kind, and how it ends."""
    content: list[Body] = []
    chunks: list[Body] = [
        {"type": "message_start", "message": {**_HEAD, "content": [], "stop_reason": None, "usage": _FIRST}}
    ]
    for kind in draw(st.lists(st.sampled_from(["text", "thinking", "tool", "sealed", "hosted", "cited"]), max_size=4)):
        block, begun, deltas = draw(_block(kind))
        index = len(content)
        content.append(block)
        chunks.append({"type": "content_block_start", "index": index, "content_block": begun})
        chunks += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        chunks.append({"type": "content_block_stop", "index": index})
        chunks.append({"type": "ping"})
    reason = draw(st.sampled_from(["end_turn", "max_tokens", "tool_use"]))
    usage = {**_FIRST, "output_tokens": 9}
    chunks.append({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage})
    chunks.append({"type": "message_stop"})
    whole = {**_HEAD, "content": content, "stop_reason": reason, "stop_sequence": None, "usage": usage}
    return Exchange(plain("Hello", False), whole, chunks, frozenset({len(chunks)}))


@st.composite
def _block(draw: st.DrawFn, kind: str) -> tuple[Body, Body, list[Body]]:
    pieces = draw(_PIECES)
    text = "".join(pieces)
    if kind == "text":
        return {"type": "text", "text": text}, {"type": "text", "text": ""}, _deltas("text_delta", "text", pieces)
    begun: Body
    if kind == "thinking":
        deltas = [*_deltas("thinking_delta", "thinking", pieces), {"type": "signature_delta", "signature": _SEALED}]
        begun = {"type": "thinking", "thinking": "", "signature": ""}
        return {**begun, "thinking": text, "signature": _SEALED}, begun, deltas
    if kind == "tool":
        value = draw(st.dictionaries(WORDS, VALUES, max_size=2))
        written = json.dumps(value)
        begun = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}
        return {**begun, "input": value}, begun, _deltas("input_json_delta", "partial_json", [written[:3], written[3:]])
    if kind == "sealed":
        block = {"type": "redacted_thinking", "data": _SEALED}
        return block, block, []
    if kind == "hosted":
        block = {"type": "vendor_result", "content": draw(VALUES)}
        return block, block, []
    citation = {"type": "char_location", "cited_text": text, "start_char_index": 1}
    begun = {"type": "text", "text": ""}
    note: list[Body] = [{"type": "citations_delta", "citation": citation}]
    return {**begun, "text": "so", "citations": [citation]}, begun, [*_deltas("text_delta", "text", ["so"]), *note]


def _deltas(kind: str, key: str, pieces: Sequence[str]) -> list[Body]:
    return [{"type": kind, key: piece} for piece in pieces]


def plain(text: str, stream: bool) -> Body:
    return {
        "model": "council-chat",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": text}],
        "stream": stream,
    }


_GROWS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


def accumulate(sent: bytes) -> Body:
    """What a client makes of the frames."""
    body: Body = {}
    inputs: dict[int, str] = {}
    for event in map(json.loads, frames(sent)):
        match event["type"]:
            case "message_start":
                body = event["message"]
            case "content_block_start":
                assert event["index"] == len(body["content"])
                body["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                block, delta = body["content"][event["index"]], event["delta"]
                if delta["type"] == "input_json_delta":
                    inputs[event["index"]] = inputs.get(event["index"], "") + delta["partial_json"]
                elif delta["type"] == "citations_delta":
                    block["citations"] = [*block.get("citations", []), delta["citation"]]
                else:
                    block[_GROWS[delta["type"]]] += delta[_GROWS[delta["type"]]]
            case "message_delta":
                body |= event["delta"]
                body["usage"] |= event["usage"]
    for index, text in inputs.items():
        body["content"][index]["input"] = json.loads(text)
    return body


def ended(sent: bytes) -> bool:
    return any(json.loads(data)["type"] in ("message_delta", "message_stop") for data in frames(sent))


ANTHROPIC = Specimen(
    dialect=AnthropicMessages(),
    plain=plain,
    bodies=BODIES,
    table=STRUCTURAL,
    shape=BODY,
    exchanges=_exchange(),
    accumulate=accumulate,
    ended=ended,
)
