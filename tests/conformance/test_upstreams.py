"""Every way of reaching a provider keeps the same promises.

One list of trials, run against each adapter. `offline` reaches nobody, so that what a provider does wrong
can't happen to it; its own trials are those of the reply's form.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import pytest

from gateway.model.caller import Deployment
from gateway.model.errors import UpstreamFailed, UpstreamTimeout
from gateway.upstream.build import build_upstreams
from gateway.upstream.config import UpstreamConfig
from gateway.upstream.port import Stream, Upstream, Whole
from tests.support.stub_upstream import StubUpstream, stub_upstream

KEY = "sk-canary-gateway-key"
LITELLM = pytest.param(
    "litellm",
    marks=[
        pytest.mark.slow,  # litellm's import takes seconds, and it warns of itself
        pytest.mark.filterwarnings("ignore:Item .* is using the `ReadOnly` qualifier"),
        pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
    ],
)
REMOTE = pytest.mark.parametrize("kind", ["direct", LITELLM])
EVERY = pytest.mark.parametrize("kind", ["direct", "offline", LITELLM])
CHAT = "openai_chat"


@pytest.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with stub_upstream() as running:
        yield running


@pytest.fixture
async def upstream(kind: str, stub: StubUpstream) -> AsyncIterator[Upstream]:
    config = UpstreamConfig("azure", kind, base_url=stub.url, api_key=KEY, idle_timeout_s=20)  # type: ignore[arg-type]
    built = build_upstreams([config])["azure"]
    yield built
    await built.close()


@pytest.fixture
def deployment(kind: str) -> Deployment:
    model = "openai/stub-model" if kind == "litellm" else "stub-model"
    return Deployment("azure-uks", "azure", model, "Microsoft", "uk-south", timeout_s=20)


def body(deployment: Deployment, text: str, **more: Any) -> dict[str, Any]:
    return {"model": deployment.model, "messages": [{"role": "user", "content": text}], **more}


async def whole(upstream: Upstream, sent: Mapping[str, Any], deployment: Deployment) -> Mapping[str, Any]:
    reply = await upstream.send(CHAT, sent, deployment)
    assert isinstance(reply, Whole)
    return reply.body


async def streamed(upstream: Upstream, sent: Mapping[str, Any], deployment: Deployment) -> list[Mapping[str, Any]]:
    reply = await upstream.send(CHAT, {**sent, "stream": True}, deployment)
    assert isinstance(reply, Stream)
    return [chunk async for chunk in reply.chunks]


def text_of(chunks: list[Mapping[str, Any]], choice: int = 0) -> str:
    deltas = [c["delta"] for chunk in chunks for c in chunk["choices"] if c["index"] == choice]
    return "".join(delta.get("content") or "" for delta in deltas)


async def failing(upstream: Upstream, sent: Mapping[str, Any], deployment: Deployment) -> UpstreamFailed:
    """The error of a call, wherever in it that comes; it never says a word of the provider's."""
    call = streamed if sent.get("stream") else whole
    with pytest.raises(UpstreamFailed) as caught:
        await call(upstream, sent, deployment)
    error = caught.value
    assert "canary" not in f"{error!r} {error.message} {error.__cause__!r} {vars(error)}"
    assert error.__cause__ is None
    return error


@EVERY
async def test_a_whole_reply(upstream: Upstream, deployment: Deployment) -> None:
    reply = await whole(upstream, body(deployment, "good morning PERSON_K7QD2M8X"), deployment)
    choice = reply["choices"][0]
    assert "PERSON_K7QD2M8X" in choice["message"]["content"]
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "stop"
    assert reply["object"] == "chat.completion"
    assert reply["usage"]["total_tokens"] > 0


@EVERY
async def test_a_streamed_reply(upstream: Upstream, deployment: Deployment) -> None:
    chunks = await streamed(upstream, body(deployment, "good morning PERSON_K7QD2M8X, Siân £5 \U0001f600"), deployment)
    assert "PERSON_K7QD2M8X" in text_of(chunks)
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [c.get("finish_reason") for chunk in chunks for c in chunk["choices"]]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)


@EVERY
async def test_usage_in_a_stream_when_asked_for(upstream: Upstream, deployment: Deployment) -> None:
    sent = body(deployment, "good morning", stream_options={"include_usage": True})
    chunks = await streamed(upstream, sent, deployment)
    assert chunks[-1]["usage"]["total_tokens"] > 0
    assert chunks[-1]["choices"] == []


@EVERY
async def test_several_choices(upstream: Upstream, deployment: Deployment) -> None:
    reply = await whole(upstream, body(deployment, "good morning", n=2), deployment)
    assert [choice["index"] for choice in reply["choices"]] == [0, 1]


@EVERY
async def test_several_choices_for_a_stream(upstream: Upstream, deployment: Deployment) -> None:
    """A whole reply is allowed where a provider's library can't stream several; half a reply is not."""
    reply = await upstream.send(CHAT, body(deployment, "good morning", n=2, stream=True), deployment)
    if isinstance(reply, Whole):
        assert [choice["finish_reason"] for choice in reply.body["choices"]] == ["stop", "stop"]
        return
    chunks = [chunk async for chunk in reply.chunks]
    assert text_of(chunks, 0)
    assert text_of(chunks, 1)
    reasons = {c["index"]: c["finish_reason"] for chunk in chunks for c in chunk["choices"] if c.get("finish_reason")}
    assert reasons == {0: "stop", 1: "stop"}


TOOLS: dict[str, Any] = {
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "find",
                "parameters": {"type": "object", "properties": {"who": {"type": "string"}}},
            },
        }
    ],
    "tool_choice": {"type": "function", "function": {"name": "find"}},
}


@EVERY
async def test_a_tool_call(upstream: Upstream, deployment: Deployment, kind: str) -> None:
    text = "about PERSON_K7QD2M8X" if kind == "offline" else "!tools"
    reply = await whole(upstream, body(deployment, text, **TOOLS), deployment)
    call = reply["choices"][0]["message"]["tool_calls"][0]
    assert call["function"] == {"name": "find", "arguments": '{"who": "PERSON_K7QD2M8X"}'}
    assert reply["choices"][0]["finish_reason"] == "tool_calls"
    chunks = await streamed(upstream, body(deployment, text, **TOOLS), deployment)
    deltas = [c["delta"] for chunk in chunks for c in chunk["choices"]]
    pieces = [call["function"] for delta in deltas for call in delta.get("tool_calls") or ()]
    assert "".join(piece.get("arguments") or "" for piece in pieces) == '{"who": "PERSON_K7QD2M8X"}'
    assert [piece["name"] for piece in pieces if piece.get("name")] == ["find"]


@REMOTE
async def test_what_leaves(upstream: Upstream, deployment: Deployment, stub: StubUpstream) -> None:
    """The provider is told not to store; the key travels in its header only; the body is as it was."""
    sent = body(deployment, "hello", store=True, metadata={"topic": "x"}, temperature=0.5)
    await whole(upstream, sent, deployment)
    (received,) = stub.bodies
    assert received["store"] is False
    assert "metadata" not in received
    assert received["messages"] == sent["messages"]
    assert received["temperature"] == 0.5
    assert received["model"] == "stub-model"
    assert stub.headers[0]["authorization"] == f"Bearer {KEY}"
    assert stub.paths == ["/v1/chat/completions"]
    assert KEY not in str(received)


@REMOTE
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("text", "code", "retryable"),
    [
        ("!400", "upstream_rejected", False),
        ("!400 context_length_exceeded", "context_length_exceeded", False),
        ("!401", "upstream_credentials", False),
        ("!403", "upstream_credentials", False),
        ("!404", "upstream_misconfigured", False),
        ("!429", "upstream_rate_limited", True),
        ("!500", "upstream_failed", True),
        ("!503", "upstream_overloaded", True),
        ("!redirect", "upstream_misconfigured", False),
    ],
)
async def test_errors(
    upstream: Upstream, deployment: Deployment, stub: StubUpstream, text: str, code: str, retryable: bool, stream: bool
) -> None:
    error = await failing(upstream, body(deployment, text, stream=stream), deployment)
    assert (error.code, error.retryable) == (code, retryable)
    assert len(stub.bodies) == 1, "one send is one request: no retry, no redirect followed"
    assert error.retry_after_s == (2 if text in ("!429", "!503") else None)


@REMOTE
@pytest.mark.parametrize("stream", [False, True])
async def test_no_answer(upstream: Upstream, deployment: Deployment, stub: StubUpstream, stream: bool) -> None:
    quick = Deployment("d", "azure", deployment.model, "p", "uk", timeout_s=0.2)
    error = await failing(upstream, body(deployment, "!hang", stream=stream), quick)
    assert isinstance(error, UpstreamTimeout)
    assert error.retryable
    await asyncio.wait_for(stub.disconnected.wait(), 20)


@REMOTE
@pytest.mark.parametrize("text", ["!no-end", "!cut", "!garbage", "!error-chunk"])
async def test_streams_that_go_wrong(upstream: Upstream, deployment: Deployment, text: str) -> None:
    error = await failing(upstream, body(deployment, text, stream=True), deployment)
    assert error.retryable
    assert not isinstance(error, UpstreamTimeout)


@REMOTE
async def test_a_stream_that_goes_quiet(kind: str, deployment: Deployment, stub: StubUpstream) -> None:
    config = UpstreamConfig("impatient", kind, base_url=stub.url, idle_timeout_s=0.2, api_key=KEY)  # type: ignore[arg-type]
    impatient = build_upstreams([config])["impatient"]
    error = await failing(impatient, body(deployment, "!quiet", stream=True), deployment)
    assert isinstance(error, UpstreamTimeout)
    assert error.retryable
    await asyncio.wait_for(stub.disconnected.wait(), 20)
    await impatient.close()


@REMOTE
@pytest.mark.parametrize("text", ["!cut", "!garbage"])
async def test_whole_replies_that_go_wrong(upstream: Upstream, deployment: Deployment, text: str) -> None:
    error = await failing(upstream, body(deployment, text), deployment)
    assert error.retryable


@REMOTE
async def test_nobody_there(upstream: Upstream, deployment: Deployment, kind: str) -> None:
    config = UpstreamConfig("gone", kind, base_url="http://127.0.0.1:9/v1", api_key=KEY)  # type: ignore[arg-type]
    gone = build_upstreams([config])["gone"]
    error = await failing(gone, body(deployment, "hello"), deployment)
    assert error.retryable
    assert error.upstream_status == 0
    await gone.close()


@REMOTE
@pytest.mark.parametrize("read", [0, 1])
async def test_closing_a_stream_cancels_the_call(
    upstream: Upstream, deployment: Deployment, stub: StubUpstream, read: int
) -> None:
    reply = await upstream.send(CHAT, body(deployment, "!endless", stream=True), deployment)
    assert isinstance(reply, Stream)
    async with aclosing(reply.chunks) as chunks:  # type: ignore[type-var]
        for _ in range(read):
            await anext(chunks)
    await asyncio.wait_for(stub.disconnected.wait(), 20)


@REMOTE
async def test_cancelling_a_call_cancels_it_upstream(
    upstream: Upstream, deployment: Deployment, stub: StubUpstream
) -> None:
    task = asyncio.create_task(whole(upstream, body(deployment, "!hang"), deployment))
    while not stub.bodies:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(stub.disconnected.wait(), 20)


@EVERY
async def test_unknown_dialects_are_refused(upstream: Upstream, deployment: Deployment) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        await upstream.send("gopher", body(deployment, "hello"), deployment)
    assert caught.value.code == "upstream_misconfigured"


@EVERY
async def test_many_at_once(upstream: Upstream, deployment: Deployment) -> None:
    """Replies don't get mixed up."""
    names = [f"PERSON_K7QD2M{number:02d}" for number in range(20)]
    replies = await asyncio.gather(*(streamed(upstream, body(deployment, f"ask {n}"), deployment) for n in names))
    for name, chunks in zip(names, replies, strict=True):
        assert [other for other in names if other in text_of(chunks)] == [name]
