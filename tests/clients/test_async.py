"""The asynchronous clients of OpenAI and Anthropic: whole, streamed, with their helpers, and cancelled half-way."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import anthropic
import openai
import pydantic
import pytest

from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway
from tests.support.sealed import reply_text

ASKED = "Write to Margaret Okafor about her bins."
CRIME = "He was convicted of burglary in 2019. Write to him."
MODEL = "council-assistant"
WORDS = [f"Sentence number {number} is about recycling. " for number in range(200)]
SAID: list[Any] = [{"role": "user", "content": ASKED}]


class Days(pydantic.BaseModel):
    """What structured output is parsed into."""

    days: list[str]


@pytest.fixture
async def client(gateway: Gateway, key: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=gateway.base_url, api_key=key, max_retries=0) as made:
        yield made


@pytest.fixture
async def claude(gateway: Gateway, key: str) -> AsyncIterator[anthropic.AsyncAnthropic]:
    root = gateway.base_url.removesuffix("/v1")
    async with anthropic.AsyncAnthropic(base_url=root, api_key=key, max_retries=0) as made:
        yield made


def sent(capture: Capture) -> bytes:
    return b"".join(capture.received)


async def closed(gateway: Gateway, ref: str) -> dict[str, Any]:
    """The record once it has an outcome."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        record = await asyncio.to_thread(gateway.records, ref)
        if record["outcome"]:
            return record
        await asyncio.sleep(0.2)
    raise TimeoutError(ref)


async def test_chat(client: openai.AsyncOpenAI, capture: Capture) -> None:
    reply = await client.chat.completions.create(model=MODEL, messages=SAID)
    assert "Margaret Okafor" in (reply.choices[0].message.content or "")
    text = ""
    async for chunk in await client.chat.completions.create(model=MODEL, messages=SAID, stream=True):
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert "Margaret Okafor" in text
    assert text.count("AI helped write this.") == 1
    assert b"Okafor" not in sent(capture)


async def test_chats_streaming_helper(client: openai.AsyncOpenAI, capture: Capture) -> None:
    async with client.chat.completions.stream(model=MODEL, messages=SAID) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_completion()
    text = "".join(event.delta for event in events if event.type == "content.delta")
    assert "Margaret Okafor" in text
    assert final.choices[0].message.content == text
    assert [event.content for event in events if event.type == "content.done"] == [text]


async def test_chat_parsed(client: openai.AsyncOpenAI, capture: Capture) -> None:
    capture.answer = lambda body: Reply(pieces=['{"days": ', '["Tuesday"]}'])
    reply = await client.chat.completions.parse(model=MODEL, messages=SAID, response_format=Days)
    assert reply.choices[0].message.parsed == Days(days=["Tuesday"])
    async with client.chat.completions.stream(model=MODEL, messages=SAID, response_format=Days) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.parsed == Days(days=["Tuesday"])


async def test_responses(client: openai.AsyncOpenAI, capture: Capture) -> None:
    reply = await client.responses.create(model=MODEL, input=ASKED)
    assert "Margaret Okafor" in reply.output_text
    async with client.responses.stream(model=MODEL, input=ASKED) as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_response()
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert "Margaret Okafor" in final.output_text
    capture.answer = lambda body: Reply(pieces=['{"days": ["Tuesday"]}'])
    parsed = await client.responses.parse(model=MODEL, input=ASKED, text_format=Days)
    assert parsed.output_parsed == Days(days=["Tuesday"])
    assert b"Okafor" not in sent(capture)


async def test_embeddings(client: openai.AsyncOpenAI, capture: Capture) -> None:
    reply = await client.embeddings.create(model=MODEL, input=[ASKED, "Bins"])
    assert [row.embedding for row in reply.data] == [[0.5, 0.0], [0.5, 1.0]]
    assert b"Okafor" not in sent(capture)


async def test_models(client: openai.AsyncOpenAI, claude: anthropic.AsyncAnthropic, gateway: Gateway, key: str) -> None:
    openais = [model.id async for model in client.models.list()]
    anthropics = [model async for model in claude.models.list()]
    assert MODEL in openais
    assert [model.id for model in anthropics] == openais
    assert anthropics[0].display_name == "Council Assistant"
    assert anthropics[0].created_at.year == 2026
    assert (await client.models.retrieve(MODEL)).owned_by == "maidstone"
    assert (await claude.models.retrieve(MODEL)).type == "model"
    with pytest.raises(anthropic.NotFoundError) as caught:
        await claude.models.retrieve("nothing-of-that-name")
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["type"] == "error"
    with anthropic.Anthropic(base_url=gateway.base_url.removesuffix("/v1"), api_key=key) as plain:
        assert [model.id for model in plain.models.list()] == openais


async def test_messages(claude: anthropic.AsyncAnthropic, capture: Capture) -> None:
    reply = await claude.messages.create(model=MODEL, max_tokens=100, messages=SAID)
    assert reply.content[0].type == "text"
    assert "Margaret Okafor" in reply.content[0].text
    async with claude.messages.stream(model=MODEL, max_tokens=100, messages=SAID) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        final = await stream.get_final_message()
    assert "Margaret Okafor" in text
    assert text.count("AI helped write this.") == 1
    assert final.content[0].type == "text"
    assert final.content[0].text == text
    assert b"Okafor" not in sent(capture)


async def test_refusals(client: openai.AsyncOpenAI, claude: anthropic.AsyncAnthropic, capture: Capture) -> None:
    said: list[Any] = [{"role": "user", "content": CRIME}]
    for refused in (
        lambda: client.chat.completions.create(model=MODEL, messages=said, stream=True),
        lambda: client.responses.create(model=MODEL, input=CRIME),
        lambda: client.embeddings.create(model=MODEL, input=CRIME),
    ):
        with pytest.raises(openai.BadRequestError, match="clause"):
            await refused()
    with pytest.raises(anthropic.BadRequestError, match="clause"):
        await claude.messages.create(model=MODEL, max_tokens=100, messages=said)
    assert not capture.received


async def test_many_at_once(client: openai.AsyncOpenAI, capture: Capture) -> None:
    """Each call gets its own answer back, with its own names."""
    people = ["Margaret Okafor", "Tobias Fairweather", "Fatima Abdullahi", "Gareth Pritchard"]

    async def ask(name: str) -> str:
        said: list[Any] = [{"role": "user", "content": f"Write to {name} about the bins."}]
        reply = await client.chat.completions.create(model=MODEL, messages=said)
        return reply.choices[0].message.content or ""

    for name, text in zip(people, await asyncio.gather(*map(ask, people)), strict=True):
        assert name in text
        assert not any(other in text for other in people if other != name)


async def half_of_chat(client: openai.AsyncOpenAI, heard: list[str]) -> str:
    stream = await client.chat.completions.create(model=MODEL, messages=SAID, stream=True)
    async for chunk in stream:
        heard += [choice.delta.content or "" for choice in chunk.choices]
        if len("".join(heard)) > 300:
            break
    await stream.close()
    return stream.response.headers["x-ai-record"]


async def half_of_responses(client: openai.AsyncOpenAI, heard: list[str]) -> str:
    async with client.responses.stream(model=MODEL, input=ASKED) as stream:
        async for event in stream:
            if event.type == "response.output_text.delta":
                heard.append(event.delta)
            if len("".join(heard)) > 300:
                break
        return stream._response.headers["x-ai-record"]


@pytest.mark.parametrize("half", [half_of_chat, half_of_responses], ids=["chat", "responses"])
async def test_a_stream_closed_half_way(
    client: openai.AsyncOpenAI, capture: Capture, gateway: Gateway, half: Any
) -> None:
    capture.answer = lambda body: Reply(pieces=WORDS, pause_s=0.03)
    heard: list[str] = []
    ref = await half(client, heard)
    await check_half(gateway, ref, "".join(heard))


async def test_anthropics_stream_closed_half_way(
    claude: anthropic.AsyncAnthropic, capture: Capture, gateway: Gateway
) -> None:
    capture.answer = lambda body: Reply(pieces=WORDS, pause_s=0.03)
    heard = ""
    async with claude.messages.stream(model=MODEL, max_tokens=100, messages=SAID) as stream:
        async for piece in stream.text_stream:
            heard += piece
            if len(heard) > 300:
                break
        ref = stream.response.headers["x-ai-record"]
    await check_half(gateway, ref, heard)


async def test_a_task_cancelled_half_way(client: openai.AsyncOpenAI, capture: Capture, gateway: Gateway) -> None:
    capture.answer = lambda body: Reply(pieces=WORDS, pause_s=0.03)
    heard: list[str] = []
    refs: list[str] = []
    enough = asyncio.Event()

    async def listen() -> None:
        async with await client.chat.completions.create(model=MODEL, messages=SAID, stream=True) as stream:
            refs.append(stream.response.headers["x-ai-record"])
            async for chunk in stream:
                heard.extend(choice.delta.content or "" for choice in chunk.choices)
                if len("".join(heard)) > 300:
                    enough.set()

    task = asyncio.create_task(listen())
    await asyncio.wait_for(enough.wait(), 30)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await check_half(gateway, refs[0], "".join(heard))


async def check_half(gateway: Gateway, ref: str, heard: str) -> None:
    """The record says that the client went away, and holds what it was handed, with at most what was on its way."""
    record = await closed(gateway, ref)
    assert record["outcome"] == "disconnected"
    assert not record["note_delivered"]
    kept = reply_text(gateway.database, gateway.database.parent / "keys", ref)
    assert heard
    assert heard in kept
    assert len(kept) < len("".join(WORDS)) / 2
