"""The dialects, ready to be tried."""

import json
from collections.abc import Sequence

from hypothesis import strategies as st

from gateway.dialects.openai_chat import OpenAIChat
from gateway.dialects.openai_chat_shape import BODY, ROLES, STRUCTURAL
from tests.conformance.harness import Body, Exchange, Specimen, frames
from tests.conformance.specimen_anthropic import ANTHROPIC
from tests.conformance.specimen_completions import COMPLETIONS
from tests.conformance.specimen_media import MEDIA
from tests.conformance.specimen_numbers import COUNT, EMBEDDINGS, MODERATIONS
from tests.conformance.specimen_ollama import OLLAMA
from tests.conformance.specimen_responses import RESPONSES
from tests.support.bodies import KEYS, VALUES, WORDS, nested

_PIECES = st.lists(st.text(max_size=8), max_size=5)


_CONTENT = st.one_of(
    WORDS,
    st.none(),
    nested(VALUES),
    st.lists(
        st.one_of(
            st.builds(lambda text: {"type": "text", "text": text}, WORDS),
            st.builds(lambda more: {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", **more}},
                      st.dictionaries(KEYS, VALUES, max_size=1)),
            VALUES,
        ),
        max_size=3,
    ),
)  # fmt: skip
_CALLS = st.lists(
    st.builds(
        lambda name, arguments, more: {
            "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}, **more
        },
        WORDS, st.one_of(nested(VALUES), WORDS), st.dictionaries(KEYS, VALUES, max_size=1),
    ),
    max_size=2,
)  # fmt: skip
_MESSAGES = st.lists(
    st.builds(
        lambda role, content, calls, more: {**more, "role": role, "content": content, "tool_calls": calls},
        st.one_of(st.sampled_from(sorted(ROLES)), WORDS), _CONTENT, _CALLS, st.dictionaries(KEYS, VALUES, max_size=2),
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
_OTHER = st.dictionaries(
    KEYS.filter(lambda key: key not in ("model", "messages", "n", "stream", "modalities", "audio")), VALUES, max_size=3
)
CHAT_BODIES: st.SearchStrategy[Body] = st.builds(
    lambda messages, tools, other, temperature: {
        **other, "model": "council-chat", "messages": messages, "tools": tools, "temperature": temperature
    },
    _MESSAGES, _TOOLS, _OTHER, st.one_of(st.floats(0, 3), st.integers(0, 10**9)),
)  # fmt: skip

_HEAD = {"id": "chatcmpl-1", "created": 1_760_000_000, "model": "gpt-x", "system_fingerprint": "fp_1"}
_USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


@st.composite
def _chat_exchange(draw: st.DrawFn) -> Exchange:
    """A reply of one or two choices with text, refusal, reasoning, tool calls and fields nobody knows."""
    number = draw(st.integers(1, 2))
    whole_choices: list[Body] = []
    chunks: list[Body] = []
    for index in range(number):
        message: Body = {"role": "assistant", "content": None, "refusal": None}
        pieces: list[Body] = [{"role": "assistant"}]
        for name in draw(
            st.lists(st.sampled_from(["content", "refusal", "reasoning_content", "vendor_text"]), unique=True)
        ):
            texts = draw(_PIECES)
            message[name] = "".join(texts)
            pieces += [{name: text} for text in ["", *texts]]
        calls = []
        for slot in range(draw(st.integers(0, 2))):
            parts = draw(_PIECES)
            opening: Body = {
                "id": f"call_{slot}",
                "type": "function",
                "function": {"name": f"f{slot}", "arguments": ""},
            }
            calls.append({**opening, "function": {"name": f"f{slot}", "arguments": "".join(parts)}})
            begun: Body = {"index": slot, **opening}
            pieces.append({"tool_calls": [begun]})
            pieces += [{"tool_calls": [{"index": slot, "function": {"arguments": part}}]} for part in parts]
        if calls:
            message["tool_calls"] = calls
        if draw(st.booleans()):
            unknown = draw(st.one_of(st.lists(VALUES, max_size=2), st.dictionaries(WORDS, VALUES, max_size=2)))
            message["annotations"] = unknown
            pieces.append({"annotations": unknown})
        reason = "tool_calls" if calls else "stop"
        whole_choices.append({"index": index, "message": message, "logprobs": None, "finish_reason": reason})
        pieced: list[Body] = [{"index": index, "delta": piece, "finish_reason": None} for piece in pieces]
        pieced.append({"index": index, "delta": {}, "finish_reason": reason})
        chunks += [{**_HEAD, "object": "chat.completion.chunk", "choices": [frame]} for frame in pieced]
    chunks.append({**_HEAD, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE})
    request = {
        "model": "council-chat",
        "messages": [{"role": "user", "content": "Hello"}],
        "n": number,
        "stream_options": {"include_usage": True},
    }
    whole = {**_HEAD, "object": "chat.completion", "choices": whole_choices, "usage": _USAGE}
    return Exchange(request, whole, chunks, frozenset(n for n in range(len(chunks) + 1) if _complete(chunks[:n])))


def _complete(chunks: Sequence[Body]) -> bool:
    """Whether every choice that has begun has ended; a provider may give fewer choices than asked for."""
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    ended = {choice["index"] for choice in choices if choice["finish_reason"]}
    return bool(ended) and ended == {choice["index"] for choice in choices}


def _plain_chat(text: str, stream: bool) -> Body:
    return {"model": "council-chat", "messages": [{"role": "user", "content": text}], "stream": stream}


def _accumulate_chat(sent: bytes) -> Body:
    """What a chat client makes of the frames."""
    body: Body = {"object": "chat.completion"}
    choices: dict[int, Body] = {}
    for data in frames(sent):
        if data == "[DONE]":
            break
        chunk = json.loads(data)
        body |= {key: chunk[key] for key in chunk if key not in ("choices", "object") and chunk[key] is not None}
        for piece in chunk["choices"]:
            empty = {"role": "assistant", "content": None, "refusal": None}
            choice = choices.setdefault(
                piece["index"], {"index": piece["index"], "message": empty, "logprobs": None, "finish_reason": None}
            )
            _add(choice["message"], piece["delta"])
            choice["finish_reason"] = piece["finish_reason"] or choice["finish_reason"]
    body["choices"] = [choices[index] for index in sorted(choices)]
    return body


def _add(message: Body, delta: Body) -> None:
    for key, value in delta.items():
        if key == "tool_calls":
            calls = message.setdefault("tool_calls", [])
            for piece in value:
                if piece["index"] == len(calls):
                    calls.append({"id": piece["id"], "type": piece["type"], "function": dict(piece["function"])})
                else:
                    calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]
        elif key == "role" or not isinstance(value, str) or message.get(key) is None:
            message[key] = message.get(key) if value is None else value
        else:
            message[key] += value


def _chat_ended(sent: bytes) -> bool:
    sent_frames = list(frames(sent))
    chunks = [json.loads(data) for data in sent_frames if data != "[DONE]"]
    return (
        "[DONE]" in sent_frames
        or any(c.get("usage") for c in chunks)
        or any(choice["finish_reason"] for c in chunks for choice in c["choices"])
    )


SPECIMENS = (
    Specimen(
        dialect=OpenAIChat(),
        plain=_plain_chat,
        bodies=CHAT_BODIES,
        table=STRUCTURAL,
        shape=BODY,
        exchanges=_chat_exchange(),
        accumulate=_accumulate_chat,
        ended=_chat_ended,
    ),
    COMPLETIONS,
    RESPONSES,
    EMBEDDINGS,
    MODERATIONS,
    *MEDIA,
    ANTHROPIC,
    COUNT,
    *OLLAMA,
)
