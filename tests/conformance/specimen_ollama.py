"""Ollama's dialects, ready to be tried."""

import json
from typing import Any

from hypothesis import strategies as st

from gateway.dialects.ollama import OllamaChat, OllamaGenerate
from gateway.dialects.ollama_shape import CHAT_BODY, CHAT_STRUCTURAL, GENERATE_BODY, GENERATE_STRUCTURAL, ROLES
from tests.conformance.harness import Body, Exchange, Specimen, lines
from tests.support.bodies import KEYS, VALUES, WORDS, nested

_PICTURES = st.lists(st.sampled_from(["iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB", "AAAA", ""]), max_size=2)
_CALLS = st.lists(
    st.builds(
        lambda name, arguments, more: {"function": {"name": name, "arguments": arguments}, **more},
        WORDS, st.dictionaries(KEYS, VALUES, max_size=2), st.dictionaries(KEYS, VALUES, max_size=1),
    ),
    max_size=2,
)  # fmt: skip
_MESSAGES = st.lists(
    st.builds(
        lambda role, content, calls, images, more: {
            **more, "role": role, "content": content, "tool_calls": calls, "images": images
        },
        st.one_of(st.sampled_from(sorted(ROLES)), WORDS), st.one_of(WORDS, st.none(), nested(VALUES)), _CALLS,
        _PICTURES, st.dictionaries(KEYS, VALUES, max_size=2),
    ),
    min_size=1, max_size=3,
)  # fmt: skip
_TOOLS = st.lists(
    st.builds(
        lambda name, schema: {"type": "function", "function": {"name": name, "parameters": schema}},
        WORDS,
        st.builds(lambda names: {"type": "object", "properties": names}, st.dictionaries(KEYS, VALUES, max_size=2)),
    ),
    max_size=2,
)
_OPTIONS = st.dictionaries(st.sampled_from(["temperature", "num_predict", "stop", "num_gpu", "odd"]), VALUES)
_OWN = ("model", "messages", "prompt", "images", "stream", "context", "metadata")
_OTHER = st.dictionaries(KEYS.filter(lambda key: key not in _OWN), VALUES, max_size=3)
_FORMATS = st.one_of(st.just("json"), st.just(""), st.dictionaries(KEYS, VALUES, max_size=2), WORDS)
_CHATS: st.SearchStrategy[Body] = st.builds(
    lambda messages, tools, other, options, form: {
        **other, "model": "m", "messages": messages, "tools": tools, "options": options, "format": form
    },
    _MESSAGES, _TOOLS, _OTHER, _OPTIONS, _FORMATS,
)  # fmt: skip
_PROMPTS: st.SearchStrategy[Body] = st.builds(
    lambda prompt, system, images, other, options, form: {
        **other, "model": "m", "prompt": prompt, "system": system, "images": images, "options": options, "format": form
    },
    st.one_of(WORDS, nested(VALUES)), WORDS, _PICTURES, _OTHER, _OPTIONS, _FORMATS,
)  # fmt: skip
_HEAD = {"model": "m-1", "created_at": "2025-10-09T08:53:20Z"}
_END = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4}


def _placed(flat: bool, text: str, **more: Any) -> Body:
    return {"response": text, **more} if flat else {"message": {"role": "assistant", "content": text, **more}}


@st.composite
def _exchange(draw: st.DrawFn, flat: bool) -> Exchange:
    """A reply with reasoning, text and calls of functions, each where it is drawn."""
    thoughts = draw(st.lists(st.text(min_size=1, max_size=8), max_size=3))
    pieces = draw(st.lists(st.text(min_size=1, max_size=8), max_size=5))
    calls = [
        {"id": f"call_{slot}", "function": {"name": f"f{slot}", "arguments": {"text": draw(st.text(max_size=8))}}}
        for slot in range(0 if flat else draw(st.integers(0, 2)))
    ]
    chunks = [{**_HEAD, **_placed(flat, "", thinking=piece), "done": False} for piece in thoughts]
    chunks += [{**_HEAD, **_placed(flat, piece), "done": False} for piece in pieces]
    chunks += [{**_HEAD, **_placed(flat, "", tool_calls=[call]), "done": False} for call in calls]
    chunks.append({**_HEAD, **_placed(flat, ""), **_END})
    more: Body = {"thinking": "".join(thoughts)} if thoughts else {}
    whole = {**_HEAD, **_placed(flat, "".join(pieces), **more, **({"tool_calls": calls} if calls else {})), **_END}
    request: Body = {"model": "m", "prompt": "Hello"} if flat else plain("Hello", True)
    return Exchange(request, whole, chunks, frozenset({len(chunks)}))


def plain(text: str, stream: bool) -> Body:
    return {"model": "m", "messages": [{"role": "user", "content": text}], "stream": stream}


def plain_prompt(text: str, stream: bool) -> Body:
    return {"model": "m", "prompt": text, "stream": stream}


def accumulate(sent: bytes) -> Body:
    """What a client makes of the lines."""
    body: Body = {}
    said: Body = {}
    for data in lines(sent):
        line = json.loads(data)
        flat = "response" in line
        piece = {"content": line.pop("response"), "thinking": line.pop("thinking", "")} if flat else line.pop("message")
        body |= line
        for key, value in piece.items():
            if key == "role" or not value:
                continue
            said[key] = said[key] + value if key in said else value
    text = said.pop("content", "")
    return {**body, **_placed(flat, text, **said)}


def ended(sent: bytes) -> bool:
    return any(json.loads(data).get("done") for data in lines(sent)) if sent else False


OLLAMA = (
    Specimen(
        dialect=OllamaChat(),
        plain=plain,
        bodies=_CHATS,
        table=CHAT_STRUCTURAL,
        shape=CHAT_BODY,
        exchanges=_exchange(flat=False),
        accumulate=accumulate,
        ended=ended,
        published=False,
        data=lines,
    ),
    Specimen(
        dialect=OllamaGenerate(),
        plain=plain_prompt,
        bodies=_PROMPTS,
        table=GENERATE_STRUCTURAL,
        shape=GENERATE_BODY,
        exchanges=_exchange(flat=True),
        accumulate=accumulate,
        ended=ended,
        published=False,
        data=lines,
    ),
)
