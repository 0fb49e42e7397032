"""Anthropic's own package against a running gateway: to a provider of its kind, and to one of OpenAI's kind."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.support.capture import Capture, Reply, echo
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running

ASKED = "Write to Margaret Okafor about her bins."
TOOL = {
    "name": "look_up",
    "description": "Looks up a resident's case.",
    "input_schema": {"type": "object", "properties": {"name": {"type": "string"}}},
}


@pytest.fixture(scope="module", params=["bridged", "native"])
def upstream(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="module")
def gateway(upstream: str, server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    settings: dict[str, Any] = {"kind": "direct", "base_url": server.url}
    if upstream == "native":
        settings |= {"speaks": ["anthropic_messages"], "auth": "x-api-key"}
    with running(tmp_path_factory.mktemp("gateway"), server.url, upstreams={"offline": settings}) as made:
        yield made


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[anthropic.Anthropic]:
    root = gateway.base_url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=root, api_key=gateway.key(), max_retries=0) as opened:
        yield opened


def test_a_whole_answer(client: anthropic.Anthropic, capture: Capture, upstream: str, gateway: Gateway) -> None:
    answer = client.messages.with_raw_response.create(
        model="council-assistant",
        max_tokens=200,
        system="You help officers.",
        messages=[{"role": "user", "content": ASKED}],
    )
    reply = answer.parse()
    assert reply.type == "message"
    assert reply.stop_reason == "end_turn"
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (10, 12)
    block = reply.content[0]
    assert block.type == "text"
    assert "Margaret Okafor" in block.text
    assert "AI helped write this." in block.text
    assert b"Okafor" not in b"".join(capture.received)
    path = "/messages" if upstream == "native" else "/chat/completions"
    assert f"POST /v1{path}".encode() in capture.received[0]
    record = gateway.records(answer.headers["x-ai-record"])
    assert record["outcome"] == "delivered"
    assert reply._request_id == answer.headers["x-ai-record"]


def test_a_streamed_answer(client: anthropic.Anthropic, capture: Capture) -> None:
    with client.messages.stream(
        model="council-assistant", max_tokens=200, messages=[{"role": "user", "content": ASKED}]
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 1
    block = final.content[0]
    assert block.type == "text"
    assert "Margaret Okafor" in block.text
    assert block.text.count("AI helped write this.") == 1
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", 12)
    assert b"Okafor" not in b"".join(capture.received)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tool_loop(client: anthropic.Anthropic, capture: Capture, stream: bool) -> None:
    """The model asks for a tool, the caller answers with its result, the model answers in words."""

    def calls(body: object) -> Reply:
        token = "".join(capture.received[-1].decode().split("PERSON_")[1:2])[:8]
        arguments = json.dumps({"name": f"PERSON_{token}"})
        return Reply(
            tool_calls=[{"id": "toolu_0123456789abcdef01", "function": {"name": "look_up", "arguments": arguments}}]
        )

    capture.answer = calls
    messages: list[anthropic.types.MessageParam] = [{"role": "user", "content": "Look up Margaret Okafor."}]
    asked = {"model": "council-assistant", "max_tokens": 200, "tools": [TOOL]}
    if stream:
        with client.messages.stream(**asked, messages=messages) as events:  # type: ignore[arg-type]
            first = events.get_final_message()
    else:
        first = client.messages.create(**asked, messages=messages)  # type: ignore[call-overload]
    assert first.stop_reason == "tool_use"
    use = first.content[-1]
    assert use.type == "tool_use"
    assert use.name == "look_up"
    assert use.id == "toolu_0123456789abcdef01"
    capture.answer = echo
    messages += [
        {"role": "assistant", "content": first.content},
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": use.id,
                    "content": '{"name": "Margaret Okafor", "ni": "QQ123456C"}',
                }
            ],
        },
        {"role": "assistant", "content": "I have it."},
        {"role": "user", "content": "Write to Margaret Okafor."},
    ]
    last = client.messages.create(**asked, messages=messages)  # type: ignore[call-overload]
    assert "Margaret Okafor" in last.content[0].text
    sent = capture.received[-1]
    assert b"Okafor" not in sent
    assert b"QQ123456C" not in sent


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_refusal_says_why(client: anthropic.Anthropic, capture: Capture, stream: bool) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(
            model="council-assistant",
            max_tokens=200,
            stream=stream,
            messages=[{"role": "user", "content": "He was convicted of burglary in 2019. Write to him."}],
        )
    assert "clause" in caught.value.message
    body = caught.value.body
    assert isinstance(body, dict)
    assert body["error"]["refusal"]["found"][0]["label"] == "CRIMINAL"
    assert not capture.received


def test_an_image_is_refused(client: anthropic.Anthropic, capture: Capture) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(
            model="council-assistant",
            max_tokens=200,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": pixel}},
                        {"type": "text", "text": "What is on this picture?"},
                    ],
                }
            ],
        )
    assert "image" in caught.value.message
    assert not capture.received
