"""Any chunking of a reply gives the bytes of the whole reply: prose, arguments, masked or not, over SSE text too."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable, Sequence

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects.openai_chat import OpenAIChat
from gateway.model.decision import ReplyMode
from gateway.model.event import Delta, Event, Finished
from gateway.stages.disclose import disclose
from gateway.stages.guard import guard
from gateway.upstream.sse import SseParser
from tests.support.stages import (
    CALLER,
    NOTES,
    REF,
    TOOL,
    Detector,
    call_of,
    chunks,
    decided,
    prose,
    restorer_of,
    stream,
    text_of,
)

VALUES = [("Siobhan O'Connor", "PERSON"), ("30 April 1990", "DATE_OF_BIRTH"), ("jo@example.org", "EMAIL")]
NEW = [("QQ123456C", "NINO"), ("Bob Stone", "PERSON"), ("07700 900123", "PHONE")]
MODES: tuple[ReplyMode, ...] = ("allow", "flag", "mask")
_, (P, D, E) = restorer_of(*VALUES)

REPLY = (
    f"Dear **{P}**, born {D.lower()}, write to <{E}>. Bob Stone (QQ123456C) has rung on 07700 900123 about it. "
    f"![x](https://evil.example/?q={P}) [a](<https://e.example/ {P}>) {P.replace('_', chr(92) + '_')}'s turn.\n\n"
    f"An officer checked this. PERSON_ABCDEFGH &amp; {P.replace('_', '&#95;')} — {P}s, é🎉 {P}.evil.example {P}"
)
ARGUMENTS = json.dumps(
    {"who": P, "url": f"https://x.example/{P}", "in": json.dumps({"ni": "QQ123456C", "d": [D, 1.5]})}
)


def delivered(events: Sequence[Event], mode: ReplyMode, *, tool: str = "lookup_case") -> list[Event]:
    """What the client gets, with a fresh restorer."""

    async def run() -> list[Event]:
        restorer, _ = restorer_of(*VALUES)
        guarded = guard(stream(*events), restorer, decided(reply=mode), Detector([*VALUES, *NEW]))
        return [e async for e in disclose(guarded, call_of("x"), CALLER, TOOL, REF, NOTES)]

    return asyncio.run(run())


def same(one: Sequence[Event], other: Sequence[Event]) -> None:
    assert text_of(one) == text_of(other)
    assert text_of(one, notes=False) == text_of(other, notes=False)
    assert [e for e in one if not isinstance(e, Delta)] == [e for e in other if not isinstance(e, Delta)]


WHOLE = {mode: delivered(prose([REPLY]), mode) for mode in MODES}


@pytest.mark.parametrize("mode", MODES)
def test_the_whole_reply_is_as_it_should_be(mode: ReplyMode) -> None:
    text = text_of(WHOLE[mode])
    assert text.count("Siobhan O'Connor") == 5
    assert f"evil.example/?q={P})" in text
    assert f"{P}.evil.example" in text
    assert ("QQ123456C" in text) is (mode != "mask")
    assert "An officer checked" not in text
    assert "PERSON_ABCDEFGH" not in text
    assert "[removed: person's name]" in text
    findings = {"NINO": 1, "PERSON": 1, "PHONE": 1}
    assert WHOLE[mode][-1] == Finished(findings={} if mode == "allow" else findings)


@pytest.mark.parametrize("mode", MODES)
def test_every_split_in_two(mode: ReplyMode) -> None:
    for cut in range(1, len(REPLY)):
        same(delivered(prose([REPLY[:cut], REPLY[cut:]]), mode), WHOLE[mode])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_small_pieces(mode: ReplyMode, size: int) -> None:
    same(delivered(prose(chunks(REPLY, size)), mode), WHOLE[mode])


def pieces(text: str, cuts: Iterable[int]) -> list[str]:
    edges = [0, *sorted({c % (len(text) + 1) for c in cuts}), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(edges)]


FRAGMENTS = [
    P, D, E, P.lower(), P[:9], P[9:], P.replace("_", " "), "PERSON_", "QQ123456C", "Bob Stone", " ", "\n\n", ". ",
    "<", ">", "![x](", ")", "]: ", "https://e.example/", "<img src='", "'", '"', "**", "\\", "&#95;", "&", "x", "@",
    "://", "url(", "é", "An officer ", "checked this", "AI helped write this. ", "```\n", "{", "word ",
]  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=14), st.lists(st.integers(0, 400), max_size=8), st.sampled_from(MODES)
)
def test_any_text_in_any_pieces(fragments: list[str], cuts: list[int], mode: ReplyMode) -> None:
    text = "".join(fragments)
    same(delivered(prose(pieces(text, cuts)), mode), delivered(prose([text]), mode))


# Over the bytes of a provider's event stream, as the dialect reads and writes them.

BODY = {"model": "assistant", "stream": True, "messages": [{"role": "user", "content": "hello"}]}


def frames(texts: Sequence[str], arguments: Sequence[str]) -> bytes:
    """An upstream's stream: prose in choice 0, a function call in choice 1."""
    out = b""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-x"}

    def frame(choice: int, delta: object, reason: str | None = None) -> bytes:
        inner = {"index": choice, "delta": delta, "finish_reason": reason}
        return b"data: " + orjson.dumps({**head, "choices": [inner]}) + b"\n\n"

    out += frame(0, {"role": "assistant", "content": ""})
    for text in texts:
        out += frame(0, {"content": text})
    for number, piece in enumerate(arguments):
        call = {"index": 0, "function": {"arguments": piece}}
        if not number:
            call |= {"id": "c1", "type": "function", "function": {"name": "lookup_case", "arguments": piece}}
        out += frame(1, {"tool_calls": [call]})
    return out + frame(0, {}, "stop") + frame(1, {}, "tool_calls") + b"data: [DONE]\n\n"


def through(reads: Iterable[bytes], mode: ReplyMode) -> tuple[str, str]:
    """Prose and arguments as the client reads them."""
    dialect = OpenAIChat()
    call = dialect.read(BODY, {})

    async def events() -> AsyncIterator[Event]:
        parser, decoder = SseParser(1 << 20), dialect.decoder(call)
        for read in reads:
            for data in parser.feed(read):
                for event in decoder.end() if data == "[DONE]" else decoder.chunk(orjson.loads(data)):
                    yield event

    async def run() -> bytes:
        restorer, _ = restorer_of(*VALUES)
        guarded = guard(events(), restorer, decided(reply=mode), Detector([*VALUES, *NEW]))
        encoder = dialect.encoder(call)
        return b"".join([encoder.feed(e) async for e in disclose(guarded, call, CALLER, TOOL, REF, NOTES)])

    prose_text, arguments = "", ""
    received = SseParser(1 << 20).feed(asyncio.run(run()))
    assert received[-1] == "[DONE]"
    for data in received[:-1]:
        for choice in orjson.loads(data)["choices"]:
            prose_text += choice["delta"].get("content") or ""
            for tool_call in choice["delta"].get("tool_calls") or ():
                arguments += tool_call["function"]["arguments"]
    return prose_text, arguments


@pytest.mark.parametrize("mode", MODES)
def test_the_bytes_of_the_event_stream(mode: ReplyMode) -> None:
    whole = through([frames([REPLY], [ARGUMENTS])], mode)
    assert whole[0] == text_of(WHOLE[mode])
    read = json.loads(whole[1])
    assert read["who"] == "Siobhan O'Connor"
    assert read["url"] == f"https://x.example/{P}"
    small = frames(chunks(REPLY, 3), chunks(ARGUMENTS, 5))
    for size in (1, 64, 1000):
        assert through((small[i : i + size] for i in range(0, len(small), size)), mode) == whole


def test_every_split_of_the_event_stream_in_two() -> None:
    raw = frames(chunks(REPLY, 60), [ARGUMENTS])
    whole = through([raw], "mask")
    for cut in range(1, len(raw), 7):
        assert through([raw[:cut], raw[cut:]], "mask") == whole
