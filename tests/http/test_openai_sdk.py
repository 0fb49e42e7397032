"""The unmodified `openai` package against a real server."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessage, ChatCompletionMessageParam

from gateway.model.call import Call
from gateway.model.decision import Decision
from gateway.model.errors import Passage, Refused, TooManyRequests, UpstreamFailed
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Started
from tests.http.site import HEAD, REF, Desk, failing, site, text_reply

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello from Fant Lane"}]


def refused() -> Refused:
    decision = Decision(
        effect="deny",
        rule="enterprise-health",
        clause="5.2",
        reason="Health details may not be sent to this tool.",
        advice="Take them out and send it again.",
        policy_hash="ab" * 32,
        blocked=("HEALTH",),
        contestable=frozenset({"HEALTH"}),
    )
    passage = Passage("HEALTH", "health detail", "/messages/0/content", "in line 2 of your message", 2)
    return Refused(decision, (passage,), clean_text="She is [removed: health detail].")


@pytest.fixture(scope="module")
def echoing() -> Iterator[tuple[str, Desk]]:
    with site() as (url, desk):
        yield url, desk


def client(url: str, key: str = "good", **options: Any) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key=key, **{"max_retries": 0, **options})


def test_whole(echoing: tuple[str, Desk]) -> None:
    with client(echoing[0]) as api:
        raw = api.chat.completions.with_raw_response.create(model="council-chat", messages=MESSAGES)
    reply = raw.parse()
    assert reply.choices[0].message.content == "You wrote: Hello from Fant Lane"
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.total_tokens == 3
    assert raw.headers["x-ai-record"] == raw.request_id == REF
    assert raw.headers["ai-disclosure"] == "mode=machine-generated"


def test_streamed(echoing: tuple[str, Desk]) -> None:
    with client(echoing[0]) as api:
        stream = api.chat.completions.create(
            model="council-chat", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
        headers = stream.response.headers
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "You wrote: Hello from Fant Lane"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert headers["x-ai-record"] == REF
    assert headers["x-accel-buffering"] == "no"
    assert headers["content-type"].startswith("text/event-stream")


def test_the_streaming_helper(echoing: tuple[str, Desk]) -> None:
    with client(echoing[0]) as api, api.chat.completions.stream(model="council-chat", messages=MESSAGES) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == "You wrote: Hello from Fant Lane"


def test_two_choices(echoing: tuple[str, Desk]) -> None:
    with client(echoing[0]) as api:
        whole = api.chat.completions.create(model="council-chat", messages=MESSAGES, n=2)
        texts = ["", ""]
        for chunk in api.chat.completions.create(model="council-chat", messages=MESSAGES, n=2, stream=True):
            for choice in chunk.choices:
                texts[choice.index] += choice.delta.content or ""
    assert [choice.message.content for choice in whole.choices] == texts == ["You wrote: Hello from Fant Lane"] * 2


def test_json_mode_and_claims_reach_the_pipeline(echoing: tuple[str, Desk]) -> None:
    url, desk = echoing
    with client(url, default_headers={"X-AI-Purpose": "Correspondence"}) as api:
        api.chat.completions.create(
            model="council-chat",
            messages=MESSAGES,
            response_format={"type": "json_object"},
            metadata={"ai_case_ref": "HB2204817", "topic": "bins"},
            user="jo",
        )
    call = desk.calls[-1]
    assert call.structured
    assert (call.purpose, call.case_ref) == ("correspondence", "HB2204817")
    assert call.body["metadata"] == {"topic": "bins"}
    assert "jo" in {part.text for part in call.parts if part.role == "metadata"}


async def _calls_a_tool(call: Call) -> AsyncIterator[Event]:
    yield HEAD
    for slot, arguments in enumerate(('{"ref": "HB1"}', '{"ref": "HB2"}')):
        address = f"/choices/0/message/tool_calls/{slot}/function/arguments"
        fields = {"index": slot, "id": f"call_{slot}", "type": "function"}
        yield Started(address, "arguments", 0, "lookup_case", fields)
        yield Delta(address, arguments)
        yield Ended(address)
    yield ChoiceEnded(0, "tool_calls")
    yield Finished()


@pytest.mark.parametrize("streamed", [False, True])
def test_tools(streamed: bool) -> None:
    tools: Any = [{"type": "function", "function": {"name": "lookup_case", "parameters": {"type": "object"}}}]
    message: ChatCompletionMessage
    with site(_calls_a_tool) as (url, _), client(url) as api:
        if streamed:
            with api.chat.completions.stream(model="council-chat", messages=MESSAGES, tools=tools) as stream:
                message = stream.get_final_completion().choices[0].message
        else:
            message = (
                api.chat.completions.create(model="council-chat", messages=MESSAGES, tools=tools).choices[0].message
            )
    assert message.tool_calls is not None
    calls = [
        (c.id, c.function.name, json.loads(c.function.arguments)) for c in message.tool_calls if c.type == "function"
    ]
    assert calls == [("call_0", "lookup_case", {"ref": "HB1"}), ("call_1", "lookup_case", {"ref": "HB2"})]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_reads_well_and_is_not_retried(streamed: bool) -> None:
    with site(failing(refused())) as (url, desk), client(url, max_retries=3) as api:
        with pytest.raises(openai.BadRequestError) as caught:
            api.chat.completions.create(model="council-chat", messages=MESSAGES, stream=streamed)
        assert len(desk.calls) == 1
    error = caught.value
    for said in (
        "health detail (2 times) in line 2 of your message",
        "clause 5.2",
        "Take them out",
        REF,
        "X-AI-Contest",
    ):
        assert said in str(error)
    assert error.code == "refused_by_policy"
    assert isinstance(error.body, dict)
    assert error.body["refusal"]["clean_text"] == "She is [removed: health detail]."
    assert error.body["refusal"]["contest"]["labels"] == ["HEALTH"]
    assert error.body["refusal"]["found"][0]["where"] == "in line 2 of your message"
    assert error.response.headers["x-ai-record"] == error.request_id == REF
    assert error.response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("by", ["header", "key"])
def test_a_refusal_as_a_message(streamed: bool, by: str) -> None:
    error = refused()
    error.as_message = by == "key"
    headers = {"X-AI-Refusal": "message"} if by == "header" else {}
    with site(failing(error)) as (url, _), client(url, default_headers=headers) as api:
        if streamed:
            chunks = list(api.chat.completions.create(model="council-chat", messages=MESSAGES, stream=True))
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
            reason = chunks[-1].choices[0].finish_reason
        else:
            raw = api.chat.completions.with_raw_response.create(model="council-chat", messages=MESSAGES)
            assert raw.headers["x-ai-refused"] == "refused_by_policy"
            assert raw.headers["x-ai-record"] == raw.request_id == REF
            choice = raw.parse().choices[0]
            text, reason = choice.message.content or "", choice.finish_reason
    assert reason == "content_filter"
    assert REF in text
    assert text.endswith("She is [removed: health detail].")


def test_limits_are_retried_when_the_gateway_says() -> None:
    with site(failing(TooManyRequests("Too many calls at once.", retry_after_s=0))) as (url, desk):
        with client(url, max_retries=1) as api, pytest.raises(openai.RateLimitError):
            api.chat.completions.create(model="council-chat", messages=MESSAGES)
        assert len(desk.calls) == 2


def test_a_failed_provider_is_not_asked_again_for_nothing() -> None:
    with site(failing(UpstreamFailed("The AI provider failed.", retryable=False))) as (url, desk):
        with client(url, max_retries=2) as api, pytest.raises(openai.InternalServerError) as caught:
            api.chat.completions.create(model="council-chat", messages=MESSAGES)
        assert len(desk.calls) == 1
    assert caught.value.status_code == 502


def test_a_stream_that_breaks_raises_and_never_says_done() -> None:
    broken = failing(UpstreamFailed("The AI provider's answer broke off."), HEAD, *text_reply("Dear Mrs")[:2])
    with site(broken) as (url, desk), client(url) as api:
        stream = api.chat.completions.create(model="council-chat", messages=MESSAGES, stream=True)
        with pytest.raises(openai.APIError, match="broke off"):
            list(stream)
        assert desk.wait_closed() == "upstream_failed"


def test_a_wrong_key(echoing: tuple[str, Desk]) -> None:
    url, desk = echoing
    before = len(desk.calls)
    with client(url, key="wrong") as api, pytest.raises(openai.AuthenticationError):
        api.chat.completions.create(model="council-chat", messages=MESSAGES)
    assert len(desk.calls) == before


def test_models(echoing: tuple[str, Desk]) -> None:
    with client(echoing[0]) as api:
        assert [model.id for model in api.models.list()] == ["council-chat"]
        assert api.models.retrieve("council-chat").owned_by == "maidstone"
        with pytest.raises(openai.NotFoundError):
            api.models.retrieve("another")


def test_a_route_that_is_not_offered(echoing: tuple[str, Desk]) -> None:
    with client(echoing[0]) as api, pytest.raises(openai.NotFoundError, match="does not offer that route"):
        api.embeddings.create(model="council-chat", input="Jo Bloggs")
