"""Ollama's own package for Python: its client at `/api/chat`, `/api/generate` and the small routes."""

import asyncio
import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import ollama
import pytest

from tests.documents.makers import drawn, saved
from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway

MODEL = "council-assistant"
ASKED = "Write to Margaret Okafor about her bins."
CRIME = "He was convicted of burglary in 2019. Write to him."
SAID = [{"role": "user", "content": ASKED}]
NOTE = "AI helped write this."
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look a resident's case up.",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}


@pytest.fixture
def client(gateway: Gateway, key: str) -> Iterator[ollama.Client]:
    with ollama.Client(gateway.base_url.removesuffix("/v1"), headers={"Authorization": f"Bearer {key}"}) as made:
        yield made


def sent(capture: Capture) -> bytes:
    return b"".join(capture.received)


def test_whole_and_streamed(client: ollama.Client, capture: Capture, gateway: Gateway) -> None:
    whole = client.chat(MODEL, SAID, options={"temperature": 0.2, "num_predict": 300})
    pieces = list(client.chat(MODEL, SAID, stream=True))
    for text in (whole.message.content, "".join(piece.message.content or "" for piece in pieces)):
        assert text is not None
        assert "Margaret Okafor" in text
        assert text.count(NOTE) == 1
    assert (whole.done, whole.done_reason, whole.model) == (True, "stop", MODEL)
    assert (whole.prompt_eval_count, whole.eval_count) == (10, 12)
    assert [piece.done for piece in pieces][-2:] == [False, True]
    assert pieces[-1].eval_count == 12
    assert b"Okafor" not in sent(capture)
    assert capture.bodies[0]["max_completion_tokens"] == 300
    assert b"POST /v1/chat/completions" in capture.received[0]


def test_generate(client: ollama.Client, capture: Capture) -> None:
    whole = client.generate(MODEL, ASKED, system="You help officers.")
    streamed = "".join(piece.response or "" for piece in client.generate(f"{MODEL}:latest", ASKED, stream=True))
    for text in (whole.response or "", streamed):
        assert "Margaret Okafor" in text
        assert text.count(NOTE) == 1
    assert capture.bodies[0]["messages"][0] == {"role": "system", "content": "You help officers."}
    assert b"Okafor" not in sent(capture)
    with pytest.raises(ollama.ResponseError, match="token numbers"):
        client.generate(MODEL, ASKED, context=[1, 2, 3])
    with pytest.raises(ollama.ResponseError, match="suffix"):
        client.generate(MODEL, ASKED, suffix="end")


def test_a_refusal(client: ollama.Client, gateway: Gateway, key: str, capture: Capture) -> None:
    with pytest.raises(ollama.ResponseError, match="clause") as caught:
        client.chat(MODEL, [{"role": "user", "content": CRIME}])
    assert caught.value.status_code == 400
    with pytest.raises(ollama.ResponseError, match="clause"):
        list(client.chat(MODEL, [{"role": "user", "content": CRIME}], stream=True))
    root = gateway.base_url.removesuffix("/v1")
    body = {"model": MODEL, "messages": [{"role": "user", "content": CRIME}], "stream": False}
    raw = httpx.post(f"{root}/api/chat", json=body, headers={"Authorization": f"Bearer {key}"}, timeout=30).json()
    assert raw["refusal"]["rule"]
    assert gateway.records(raw["record"])["outcome"] == "refused"
    assert not capture.received


def test_json(client: ollama.Client, capture: Capture) -> None:
    capture.answer = lambda _body: Reply(['{"letter": "Dear resident"}'])
    schema = {"type": "object", "properties": {"letter": {"type": "string"}}}
    for form in ("json", schema):
        reply = client.chat(MODEL, SAID, format=form)
        assert reply.message.content == '{"letter": "Dear resident"}'
    assert capture.bodies[0]["response_format"] == {"type": "json_object"}
    assert capture.bodies[1]["response_format"]["json_schema"]["schema"] == schema


def test_a_tool_loop(client: ollama.Client, capture: Capture) -> None:
    called = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"name": "the bins"}'}}
    capture.answer = lambda _body: Reply([], [called])
    first = client.chat(MODEL, SAID, tools=[WEATHER])
    assert first.message.tool_calls is not None
    (call,) = first.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("look_up", {"name": "the bins"})
    streamed = list(client.chat(MODEL, SAID, tools=[WEATHER], stream=True))
    assert [each.function.name for piece in streamed for each in piece.message.tool_calls or ()] == ["look_up"]
    capture.answer = lambda _body: Reply(["Done."])
    result = {"role": "tool", "tool_name": "look_up", "content": "Margaret Okafor rang about her bins."}
    last = client.chat(MODEL, [*SAID, first.message, result], tools=[WEATHER])
    assert (last.message.content or "").startswith("Done.")
    _user, assistant, answered = capture.bodies[-1]["messages"]
    assert answered["role"] == "tool"
    assert answered["tool_call_id"] == assistant["tool_calls"][0]["id"]
    assert b"Okafor" not in sent(capture)


def test_a_picture_leaves_as_its_words(client: ollama.Client, capture: Capture) -> None:
    letter = saved(drawn(("Your bin is blue.",)))
    client.chat(MODEL, [{"role": "user", "content": "What does it say?", "images": [letter]}])
    question, words = capture.bodies[0]["messages"][0]["content"]
    assert question == {"type": "text", "text": "What does it say?"}
    assert "Your bin is blue" in words["text"]
    assert base64.b64encode(letter)[:40] not in sent(capture)


def test_the_small_routes(client: ollama.Client, capture: Capture) -> None:
    assert MODEL in {model.model for model in client.list().models}
    assert client.show(MODEL).capabilities == ["completion", "tools"]
    assert client.ps().models == []
    with pytest.raises(ollama.ResponseError, match="no such model"):
        client.show("nobody-knows")
    assert not capture.received


def test_what_is_not_offered(client: ollama.Client, gateway: Gateway, key: str, capture: Capture) -> None:
    acts: list[Callable[[], object]] = [
        lambda: client.pull(MODEL),
        lambda: client.push(MODEL),
        lambda: client.create(MODEL, from_="x"),
        lambda: client.copy(MODEL, "y"),
        lambda: client.delete(MODEL),
        lambda: client.embed(MODEL, "x"),
    ]
    for refused in acts:
        with pytest.raises(ollama.ResponseError, match="does not offer") as caught:
            refused()
        assert caught.value.status_code == 404
    assert not capture.received
    root, headers = gateway.base_url.removesuffix("/v1"), {"Authorization": f"Bearer {key}"}
    for name in ("pull", "embed", "blobs/sha256:0"):
        ref = httpx.post(f"{root}/api/{name}", json={"model": "Margaret Okafor"}, headers=headers).json()["record"]
        assert gateway.records(ref)["outcome"] == "refused"


def test_without_a_key(gateway: Gateway) -> None:
    with ollama.Client(gateway.base_url.removesuffix("/v1")) as client:
        acts: list[Callable[[], object]] = [lambda: client.chat(MODEL, SAID), lambda: client.list()]
        for refused in acts:
            with pytest.raises(ollama.ResponseError, match="key") as caught:
                refused()
            assert caught.value.status_code == 401


async def test_asynchronously(gateway: Gateway, key: str, capture: Capture) -> None:
    root = gateway.base_url.removesuffix("/v1")
    client = ollama.AsyncClient(root, headers={"Authorization": f"Bearer {key}"})
    text = ""
    async for piece in await client.chat(MODEL, SAID, stream=True):
        text += piece.message.content or ""
    assert "Margaret Okafor" in text
    await client._client.aclose()
    await asyncio.sleep(0)
    assert b"Okafor" not in sent(capture)
