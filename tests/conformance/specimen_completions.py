"""OpenAI's legacy Completions, ready to be tried."""

import json

from hypothesis import strategies as st

from gateway.dialects.openai_completions import BODY, STRUCTURAL, OpenAICompletions
from tests.conformance.harness import Body, Exchange, Specimen, frames
from tests.support.bodies import KEYS, VALUES, WORDS, nested

_PROMPTS = st.one_of(WORDS, nested(VALUES), st.lists(WORDS, min_size=1, max_size=3))
BODIES: st.SearchStrategy[Body] = st.builds(
    lambda prompt, other, temperature: {**other, "model": "m", "prompt": prompt, "temperature": temperature},
    _PROMPTS,
    st.dictionaries(KEYS.filter(lambda key: key not in ("model", "prompt", "stream", "n")), VALUES, max_size=3),
    st.one_of(st.floats(0, 3), st.integers(0, 10**9)),
)
_HEAD = {"id": "cmpl-1", "object": "text_completion", "created": 1_760_000_000, "model": "m-1"}
_USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def _choice(index: int, text: str, reason: str | None = None) -> Body:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": reason}


@st.composite
def _exchange(draw: st.DrawFn) -> Exchange:
    number = draw(st.integers(1, 2))
    whole: list[Body] = []
    chunks: list[Body] = []
    ends: list[int] = []
    for index in range(number):
        pieces = draw(st.lists(st.text(max_size=8), max_size=5))
        whole.append(_choice(index, "".join(pieces), "stop"))
        chunks += [{**_HEAD, "choices": [_choice(index, piece)]} for piece in pieces]
        chunks.append({**_HEAD, "choices": [_choice(index, "", "stop")]})
        ends.append(len(chunks))
    chunks.append({**_HEAD, "choices": [], "usage": _USAGE})
    request = {"model": "m", "prompt": "Hello", "n": number, "stream_options": {"include_usage": True}}
    return Exchange(request, {**_HEAD, "choices": whole, "usage": _USAGE}, chunks, frozenset({*ends, len(chunks)}))


def plain(text: str, stream: bool) -> Body:
    return {"model": "m", "prompt": text, "stream": stream}


def accumulate(sent: bytes) -> Body:
    """What a client makes of the frames."""
    body: Body = {}
    choices: dict[int, Body] = {}
    for data in frames(sent):
        if data == "[DONE]":
            break
        chunk = json.loads(data)
        body |= {key: value for key, value in chunk.items() if key != "choices"}
        for piece in chunk["choices"]:
            choice = choices.setdefault(piece["index"], _choice(piece["index"], ""))
            choice["text"] += piece["text"]
            choice["finish_reason"] = piece["finish_reason"] or choice["finish_reason"]
    return {**body, "choices": [choices[index] for index in sorted(choices)]}


def ended(sent: bytes) -> bool:
    return any(
        data == "[DONE]" or any(choice["finish_reason"] for choice in json.loads(data)["choices"])
        for data in frames(sent)
    )


COMPLETIONS = Specimen(
    dialect=OpenAICompletions(),
    plain=plain,
    bodies=BODIES,
    table=STRUCTURAL,
    shape=BODY,
    exchanges=_exchange(),
    accumulate=accumulate,
    ended=ended,
)
