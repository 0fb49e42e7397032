"""The demo model: honest about itself, deterministic, and of the right form."""

import base64
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects import pictures
from gateway.model.caller import Deployment
from gateway.upstream.offline import MODEL_LABEL, OfflineUpstream
from gateway.upstream.port import Stream, Whole
from tests.support.media import pixels

DEPLOYMENT = Deployment("offline", "offline", "demo", "none", "uk")


async def ask(dialect: str = "openai_chat", **body: Any) -> dict[str, Any]:
    reply = await OfflineUpstream().send(dialect, body, DEPLOYMENT)
    assert isinstance(reply, Whole)
    return dict(reply.body)


def user(*texts: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text} for text in texts]


async def content(**body: Any) -> str:
    return str((await ask(**body))["choices"][0]["message"]["content"])


async def test_it_says_what_it_is() -> None:
    assert MODEL_LABEL in await content(model="m", messages=user("hello"))
    assert "no AI" in await content(model="m", messages=user("are you an AI?"))


async def test_it_speaks_of_what_it_was_given() -> None:
    text = await content(messages=user("Write to PERSON_K7QD2M8X at ADDRESS_00112233, then to PERSON_K7QD2M8X"))
    assert "PERSON_K7QD2M8X and ADDRESS_00112233" in text
    assert "Dear PERSON_K7QD2M8X," in text
    parts = [{"type": "text", "text": "for NHS_NUMBER_K7QD2M8X"}, {"type": "image_url", "image_url": {}}]
    assert "NHS_NUMBER_K7QD2M8X" in await content(messages=user(parts))
    assert "turn 2" in await content(messages=user("one", "two"))


async def test_the_same_request_gives_the_same_reply() -> None:
    one, two = [await ask(messages=user("hello"), n=2) for _ in range(2)]
    assert one == two
    assert one["choices"][0]["message"]["content"] != one["choices"][1]["message"]["content"]


async def test_a_stream_says_the_same_as_the_whole() -> None:
    body: dict[str, Any] = {"messages": user("about PERSON_K7QD2M8X"), "n": 2}
    whole = await ask(**body)
    reply = await OfflineUpstream(pace_s=0.0001).send("openai_chat", {**body, "stream": True}, DEPLOYMENT)
    assert isinstance(reply, Stream)
    texts = ["", ""]
    async for chunk in reply.chunks:
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice["delta"].get("content") or ""
    assert texts == [choice["message"]["content"] for choice in whole["choices"]]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "who": {"type": "string"},
        "kind": {"enum": ["letter", "email"]},
        "count": {"type": "integer"},
        "share": {"type": ["number", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "inner": {"type": "object", "properties": {"yes": {"type": "boolean"}, "no": {"type": "null"}}},
        "fixed": {"const": 7},
    },
    "required": ["who", "kind", "count", "share", "tags", "inner", "fixed"],
}
FUNCTION = {"type": "function", "function": {"name": "send", "parameters": SCHEMA}}


async def test_json_mode() -> None:
    text = await content(messages=user("for PERSON_K7QD2M8X"), response_format={"type": "json_object"})
    assert json.loads(text)["placeholders"] == ["PERSON_K7QD2M8X"]
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    value = json.loads(await content(messages=user("for PERSON_K7QD2M8X"), response_format=form))
    jsonschema.validate(value, SCHEMA)
    assert value["who"] == "PERSON_K7QD2M8X"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "send"}}])
async def test_a_forced_tool(choice: Any) -> None:
    reply = await ask(messages=user("for PERSON_K7QD2M8X"), tools=[FUNCTION], tool_choice=choice)
    call = reply["choices"][0]["message"]["tool_calls"][0]
    assert call["function"]["name"] == "send"
    jsonschema.validate(json.loads(call["function"]["arguments"]), SCHEMA)
    assert reply["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("choice", ["auto", "none", None, {"type": "function", "function": {"name": "other"}}])
async def test_a_tool_that_is_not_forced(choice: Any) -> None:
    reply = await ask(messages=user("hello"), tools=[FUNCTION], tool_choice=choice)
    assert reply["choices"][0]["finish_reason"] == "stop"


async def test_after_a_tools_result_it_answers() -> None:
    messages = [*user("hello"), {"role": "tool", "tool_call_id": "c", "content": "found PERSON_K7QD2M8X"}]
    reply = await ask(messages=messages, tools=[FUNCTION], tool_choice="required")
    assert "PERSON_K7QD2M8X" in reply["choices"][0]["message"]["content"]


async def test_embeddings() -> None:
    reply = await ask("openai_embeddings", input=["one", "two", "one"], model="e")
    vectors = [item["embedding"] for item in reply["data"]]
    assert vectors[0] == vectors[2] != vectors[1]
    assert all(-1 <= number <= 1 for vector in vectors for number in vector)
    assert len((await ask("openai_embeddings", input="one"))["data"]) == 1


LOOSE = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "text", "function", "name"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["messages", "tools", "tool_choice", "response_format", "n", "model"]), LOOSE))
async def test_odd_bodies_get_an_answer(body: dict[str, Any]) -> None:
    assert (await ask(**body))["choices"]


async def test_pictures_say_nothing() -> None:
    reply = await ask("openai_images", model="m", prompt="Jo Smith", n=2)
    assert len(reply["data"]) == 2
    for row in reply["data"]:
        data = base64.b64decode(row["b64_json"])
        assert pictures.kind_of(data) == "image/png"
        assert len(set(pixels(data)[::4])) == 1
        assert b"Jo" not in data
