"""Each way of reaching a provider, through `forward` and the real dialect: the same events, whole or streamed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.dialects.openai_chat import OpenAIChat
from gateway.model.caller import Deployment, Tool
from gateway.model.event import ChoiceEnded, Delta, Event, Finished, Head, Started, Usage
from gateway.model.knob import Limits
from gateway.model.outgoing import Outgoing
from gateway.stages.forward import forward
from gateway.upstream.build import build_upstreams
from gateway.upstream.config import UpstreamConfig
from gateway.upstream.port import Upstream
from tests.conformance.test_upstreams import EVERY, TOOLS
from tests.support.stub_upstream import stub_upstream


@pytest.fixture
async def upstream(kind: str) -> AsyncIterator[Upstream]:
    async with stub_upstream() as stub:
        config = UpstreamConfig("azure", kind, base_url=stub.url, api_key="k")  # type: ignore[arg-type]
        built = build_upstreams([config])["azure"]
        yield built
        await built.close()


async def events(upstream: Upstream, kind: str, text: str, **more: Any) -> list[Event]:
    """What `forward` yields for a chat completion."""
    dialect = OpenAIChat()
    call = dialect.read({"model": "asked", "messages": [{"role": "user", "content": text}], **more}, {})
    model = "openai/stub-model" if kind == "litellm" else "stub-model"
    tool = Tool("t", "T", "enterprise", "live", (Deployment("d", "azure", model, "p", "uk", timeout_s=20),))
    outgoing = Outgoing(call, dialect.write(call.body, {}), (), (), {})

    async def attempt(deployment: Deployment, number: int, cause: str, limits: Limits) -> None:
        raise AssertionError("no second attempt is due")

    return [event async for event in forward(outgoing, tool, {"openai_chat": dialect}, {"azure": upstream}, attempt)]


def said(happened: list[Event]) -> dict[tuple[int, str], str]:
    """Text by choice and channel."""
    runs = {event.address: (event.choice, event.channel) for event in happened if isinstance(event, Started)}
    texts: dict[tuple[int, str], str] = {}
    for event in happened:
        if isinstance(event, Delta):
            run = runs[event.address]
            texts[run] = texts.get(run, "") + event.text
    return {run: text.strip() for run, text in texts.items() if text.strip()}


@EVERY
async def test_text(upstream: Upstream, kind: str) -> None:
    text = "good morning PERSON_K7QD2M8X, Siân"
    whole = await events(upstream, kind, text)
    streamed = await events(upstream, kind, text, stream=True, stream_options={"include_usage": True})
    assert said(whole) == said(streamed)
    assert "PERSON_K7QD2M8X" in said(whole)[0, "text"]
    for happened in (whole, streamed):
        assert isinstance(happened[0], Head)
        assert happened[0].fields["model"] == "asked"
        assert [e.reason for e in happened if isinstance(e, ChoiceEnded)] == ["stop"]
        assert len([e for e in happened if isinstance(e, Usage)]) == 1
        assert isinstance(happened[-1], Finished)


@EVERY
async def test_choices(upstream: Upstream, kind: str) -> None:
    whole = await events(upstream, kind, "good morning", n=2)
    streamed = await events(upstream, kind, "good morning", n=2, stream=True)
    assert said(whole) == said(streamed)
    assert said(whole).keys() == {(0, "text"), (1, "text")}
    assert sorted(e.choice for e in streamed if isinstance(e, ChoiceEnded)) == [0, 1]


@EVERY
async def test_tool_calls(upstream: Upstream, kind: str) -> None:
    text = "about PERSON_K7QD2M8X" if kind == "offline" else "!tools"
    for stream in (False, True):
        happened = await events(upstream, kind, text, stream=stream, **TOOLS)
        assert said(happened) == {(0, "arguments"): '{"who": "PERSON_K7QD2M8X"}'}
        assert [e.name for e in happened if isinstance(e, Started) and e.channel == "arguments"] == ["find"]
        assert [e.reason for e in happened if isinstance(e, ChoiceEnded)] == ["tool_calls"]
