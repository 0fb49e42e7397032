"""OpenAI Responses, ready to be tried."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from gateway.dialects.openai_responses import OpenAIResponses
from gateway.dialects.openai_responses_shape import BODY, ROLES, STRUCTURAL
from tests.conformance.harness import Body, Exchange, Specimen, frames
from tests.support.bodies import KEYS, VALUES, WORDS, nested

_SEALED = "gAAAAABo4TzIYkq7VhQ2xXn0ZrFwP3uLmB6eDcJ9sKtA1vHyGfOiUjNbEaRlWqMx5Cp8T0d7YoQzSgXhVkLnBu"
_PIECES = st.lists(st.text(max_size=8), max_size=5)
_PART = st.one_of(
    st.builds(
        lambda kind, text, more: {"type": kind, "text": text, **more},
        st.sampled_from(["input_text", "output_text"]), WORDS, st.dictionaries(KEYS, VALUES, max_size=1),
    ),
    st.just({"type": "input_image", "image_url": "data:image/png;base64,AA=="}),
    st.builds(lambda name: {"type": "input_file", "filename": name, "file_data": "JVBERi0xLjQ"}, WORDS),
    VALUES,
)  # fmt: skip
_CONTENT = st.one_of(WORDS, nested(VALUES), st.none(), st.lists(_PART, max_size=3))
_ITEM = st.one_of(
    st.builds(
        lambda role, content, more: {**more, "type": "message", "role": role, "content": content},
        st.one_of(st.sampled_from(sorted(ROLES)), WORDS), _CONTENT, st.dictionaries(KEYS, VALUES, max_size=2),
    ),
    st.builds(
        lambda name, given: {"type": "function_call", "call_id": "call_1", "name": name, "arguments": given},
        WORDS, st.one_of(nested(VALUES), WORDS),
    ),
    st.builds(
        lambda given: {"type": "function_call_output", "call_id": "call_1", "output": given},
        st.one_of(WORDS, nested(VALUES), st.lists(_PART, max_size=2)),
    ),
    st.builds(
        lambda text: {
            "type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": text}],
            "encrypted_content": _SEALED,
        },
        WORDS,
    ),
    st.builds(lambda given: {"type": "image_generation_call", "result": given}, WORDS),
    st.builds(lambda more: {"type": "vendor_call", **more}, st.dictionaries(KEYS, VALUES, max_size=2)),
    WORDS,
)  # fmt: skip
_TOOLS = st.lists(
    st.builds(
        lambda name, names: {
            "type": "function", "name": name, "parameters": {"type": "object", "properties": names}
        },
        WORDS, st.dictionaries(KEYS, VALUES, max_size=2),
    ),
    max_size=2,
)  # fmt: skip
_OTHER = st.dictionaries(KEYS.filter(lambda key: key not in ("model", "input", "stream")), VALUES, max_size=3)
BODIES: st.SearchStrategy[Body] = st.builds(
    lambda given, tools, other, instructions: {
        **other, "model": "m", "input": given, "tools": tools, "instructions": instructions
    },
    st.one_of(WORDS, nested(VALUES), st.lists(_ITEM, min_size=1, max_size=3)), _TOOLS, _OTHER, WORDS,
)  # fmt: skip
_USAGE = {
    "input_tokens": 3,
    "output_tokens": 4,
    "total_tokens": 7,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}


def _response(output: list[Body], **more: Any) -> Body:
    return {
        "id": "resp_1", "object": "response", "created_at": 1_760_000_000, "status": "completed", "error": None,
        "incomplete_details": None, "instructions": None, "max_output_tokens": None, "max_tool_calls": None,
        "parallel_tool_calls": True, "temperature": None, "text": None, "tool_choice": "auto", "tools": [],
        "top_p": None, "truncation": "disabled", "reasoning": None, "user": None, "metadata": None, "model": "m-1",
        "output": output, "previous_response_id": None, "store": False, "usage": _USAGE, **more,
    }  # fmt: skip


@st.composite
def _exchange(draw: st.DrawFn) -> Exchange:
    """A reply of items of every kind, and how it ends."""
    output: list[Body] = []
    begun = _response([], status="in_progress", usage=None)
    chunks: list[Body] = [{"type": f"response.{name}", "response": begun} for name in ("created", "in_progress")]
    for kind in draw(st.lists(st.sampled_from(["message", "reasoning", "call", "hosted"]), max_size=4)):
        number = len(output)
        item, opening, events = draw(_item(kind, number))
        output.append(item)
        chunks.append({"type": "response.output_item.added", "output_index": number, "item": opening})
        chunks += [{**event, "output_index": number, "item_id": item["id"]} for event in events]
        chunks.append({"type": "response.output_item.done", "output_index": number, "item": item})
    whole = _response(output)
    if draw(st.booleans()):
        whole |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    chunks.append({"type": f"response.{whole['status']}", "response": whole})
    return Exchange(plain("Hello", False), whole, chunks, frozenset({len(chunks)}))


@st.composite
def _item(draw: st.DrawFn, kind: str, number: int) -> tuple[Body, Body, list[Body]]:
    pieces = draw(_PIECES)
    text = "".join(pieces)
    if kind == "call":
        item: Body = {
            "id": f"fc_{number}", "type": "function_call", "call_id": f"call_{number}", "name": "find",
            "arguments": text, "status": "completed",
        }  # fmt: skip
        stem = "response.function_call_arguments"
        grown = [{"type": f"{stem}.delta", "delta": piece} for piece in pieces]
        opening = {**item, "arguments": "", "status": "in_progress"}
        return item, opening, [*grown, {"type": f"{stem}.done", "arguments": text}]
    if kind == "hosted":
        item = {"id": f"ws_{number}", "type": "web_search_call", "status": "completed", "action": draw(VALUES)}
        return item, item, [{"type": "response.web_search_call.searching"}]
    if kind == "reasoning":
        item = {"id": f"rs_{number}", "type": "reasoning", "summary": [], "encrypted_content": _SEALED}
        events: list[Body] = []
        for place in range(draw(st.integers(0, 2))):
            item["summary"].append({"type": "summary_text", "text": text})
            events += _grown("reasoning_summary_text", "summary_index", place, pieces, "text")
        return item, {"id": item["id"], "type": "reasoning", "summary": []}, events
    item = {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed", "content": []}
    events = []
    for place in range(draw(st.integers(1, 2))):
        if draw(st.booleans()):
            item["content"].append({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
            events += _grown("output_text", "content_index", place, pieces, "text")
        else:
            item["content"].append({"type": "refusal", "refusal": text})
            events += _grown("refusal", "content_index", place, pieces, "refusal")
    if item["content"][-1]["type"] == "output_text" and draw(st.booleans()):
        note = {"type": "url_citation", "url": "https://example.org", "start_index": 0}
        item["content"][-1]["annotations"] = [note]
        place = len(item["content"]) - 1
        events.append({"type": "response.output_text.annotation.added", "content_index": place, "annotation": note})
    return item, {**item, "status": "in_progress", "content": []}, events


def _grown(stem: str, index: str, place: int, pieces: Sequence[str], leaf: str) -> list[Body]:
    grown: list[Body] = [{"type": f"response.{stem}.delta", index: place, "delta": piece} for piece in pieces]
    return [*grown, {"type": f"response.{stem}.done", index: place, leaf: "".join(pieces)}]


def plain(text: str, stream: bool) -> Body:
    return {"model": "m", "input": text, "stream": stream}


def accumulate(sent: bytes) -> Body:
    """What a client makes of the frames: the last event has the whole, and the pieces must say the same."""
    whole: Body = {}
    items: list[Body] = []
    grown: dict[tuple[Any, ...], str] = {}
    for number, event in enumerate(map(json.loads, frames(sent))):
        assert event["sequence_number"] == number
        kind = event["type"]
        if kind == "response.output_item.done":
            assert event["output_index"] == len(items)
            items.append(event["item"])
        elif kind.endswith(".delta"):
            place = (event["output_index"], event.get("summary_index", event.get("content_index")))
            grown[place] = grown.get(place, "") + event["delta"]
        whole = event.get("response") or whole
    assert whole["output"] == items
    for (index, place), text in grown.items():
        item = items[index]
        if place is None:
            assert text == item["arguments"]
        else:
            part = item["content" if item["type"] == "message" else "summary"][place]
            assert text == part[part["type"] if part["type"] == "refusal" else "text"]
    return whole


def ended(sent: bytes) -> bool:
    return any(json.loads(data)["type"] in ("response.completed", "response.incomplete") for data in frames(sent))


RESPONSES = Specimen(
    dialect=OpenAIResponses(),
    plain=plain,
    bodies=BODIES,
    table=STRUCTURAL,
    shape=BODY,
    exchanges=_exchange(),
    accumulate=accumulate,
    ended=ended,
)
