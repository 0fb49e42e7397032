"""Replies of every dialect, guarded: any chunking says what the whole says, from a provider of the dialect or through
its bridge; a detector that fails lets nothing out that it did not see."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.dialects.openai_chat import OpenAIChat
from gateway.model.call import Call
from gateway.model.decision import ReplyMode
from gateway.model.dialect import Decoder, Dialect
from gateway.model.errors import Unavailable
from gateway.model.event import Event
from gateway.stages.disclose import disclose
from gateway.stages.guard import guard
from gateway.upstream.sse import SseParser
from tests.conformance.harness import Specimen, lines
from tests.conformance.specimens import SPECIMENS
from tests.support import native
from tests.support.capture import Reply, sse_frames, whole_body
from tests.support.stages import CALLER, NOTE, NOTES, REF, TOOL, Detector, decided, restorer_of

VALUES = [("Siobhan O'Connor", "PERSON"), ("30 April 1990", "DATE_OF_BIRTH")]
NEW = [("QQ123456C", "NINO"), ("Bob Stone", "PERSON")]
MODES: tuple[ReplyMode, ...] = ("allow", "flag", "mask")
_, (P, D) = restorer_of(*VALUES)
TEXT = (
    f"Dear {P}, born {D.lower()}. Bob Stone (QQ123456C) rang. See https://evil.example/?q={P}\n\nPERSON_ABCDEFGH knows."
)
ARGUMENTS = json.dumps({"who": P, "in": json.dumps({"ni": "QQ123456C", "d": [D, 1.5]})})
CALLED = {"id": "call_1", "type": "function", "function": {"name": "lookup_case", "arguments": ARGUMENTS}}

Body = Mapping[str, Any]
Frames = Callable[[Body, Sequence[str], Sequence[Mapping[str, Any]]], Iterable[bytes]]
Whole = Callable[[Body, Sequence[str], Sequence[Mapping[str, Any]]], Body]


def chat_frames(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> Iterable[bytes]:
    return sse_frames({**body, "stream_options": {"include_usage": True}}, Reply(pieces, tools))


def chat_whole(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> Body:
    return whole_body(body, Reply(pieces, tools))


def legacy_frames(body: Body, pieces: Sequence[str], _tools: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    for text, reason in [*((piece, None) for piece in pieces), ("", "stop")]:
        choice = {"index": 0, "text": text, "finish_reason": reason, "logprobs": None}
        yield b"data: " + json.dumps({"id": "cmpl-1", "model": "m", "choices": [choice]}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def legacy_whole(body: Body, pieces: Sequence[str], _tools: Sequence[Mapping[str, Any]]) -> Body:
    choice = {"index": 0, "text": "".join(pieces), "finish_reason": "stop", "logprobs": None}
    return {"id": "cmpl-1", "model": "m", "choices": [choice]}


def ollama_whole(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> Body:
    text = "".join(pieces)
    calls = [
        {"id": each["id"], "function": {"name": each["function"]["name"], "arguments": json.loads(ARGUMENTS)}}
        for each in tools
    ]
    said = {"message": {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}}
    return {"model": "m", **({"response": text} if "prompt" in body else said), "done": True, "done_reason": "stop"}


def ollama_frames(body: Body, pieces: Sequence[str], tools: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    """Lines, in the clothes of events: which they come in is the transport's affair."""
    for piece in pieces:
        yield b"data: " + json.dumps({**ollama_whole(body, [piece], ()), "done": False}).encode() + b"\n\n"
    yield b"data: " + json.dumps(ollama_whole(body, (), tools)).encode() + b"\n\n"


WIRES: dict[str, tuple[Frames, Whole]] = {
    "openai_chat": (chat_frames, chat_whole),
    "openai_completions": (legacy_frames, legacy_whole),
    "openai_responses": (native.response_frames, native.response),
    "anthropic_messages": (native.frames, native.message),
    "ollama_chat": (ollama_frames, ollama_whole),
    "ollama_generate": (ollama_frames, ollama_whole),
}
CASES = [(s, bridged) for s in SPECIMENS if s.streams for bridged in (False, True) if not bridged or s.dialect.bridge]
every = pytest.mark.parametrize(
    ("specimen", "bridged"), CASES, ids=[f"{s.name}-{'bridged' if b else 'native'}" for s, b in CASES]
)


class Provider:
    """One dialect's provider: what it sends, and what the gateway makes of it."""

    def __init__(self, specimen: Specimen, bridged: bool) -> None:
        self.specimen = specimen
        self.dialect: Dialect = specimen.dialect
        self.call: Call = self.dialect.read({**specimen.plain("hello", True), "model": "m"}, {})
        self.frames, self.whole_body = WIRES["openai_chat" if bridged else specimen.name]
        self.bridge = self.dialect.bridge if bridged else None

    def decoder(self) -> Decoder:
        if self.bridge is None:
            return self.dialect.decoder(self.call)
        return self.bridge.decoder(OpenAIChat().decoder(self.call))

    def guarded(self, events: AsyncIterator[Event], mode: ReplyMode, detector: Detector) -> AsyncIterator[Event]:
        restorer, _ = restorer_of(*VALUES)
        guarded = guard(events, restorer, decided(reply=mode), detector)
        return disclose(guarded, self.call, CALLER, TOOL, REF, NOTES)

    def streamed(self, pieces: Sequence[str], tools: Sequence[Any], mode: ReplyMode, detector: Detector) -> bytes:
        encoder, out = self.dialect.encoder(self.call), bytearray()

        async def events() -> AsyncIterator[Event]:
            parser, decoder = SseParser(1 << 20), self.decoder()
            for frame in self.frames(self.call.body, pieces, tools):
                for data in parser.feed(frame):
                    for event in decoder.chunk(json.loads(data)) if data != "[DONE]" else ():
                        yield event
            for event in decoder.end():
                yield event

        async def run() -> None:
            try:
                async for event in self.guarded(events(), mode, detector):
                    out.extend(encoder.feed(event))
            except Unavailable as error:
                out.extend(encoder.error(error))

        asyncio.run(run())
        return bytes(out)

    def whole(self, pieces: Sequence[str], tools: Sequence[Any], mode: ReplyMode) -> Body:
        async def events() -> AsyncIterator[Event]:
            for event in self.decoder().whole(self.whole_body(self.call.body, pieces, tools)):
                yield event

        async def run() -> list[Event]:
            return [event async for event in self.guarded(events(), mode, Detector([*VALUES, *NEW]))]

        return self.dialect.collect(self.call, asyncio.run(run()))


def settled(value: Any) -> Any:
    """A reply without what is drawn anew for each: ids and times."""
    if isinstance(value, dict):
        return {key: settled(inner) for key, inner in value.items() if key not in ("id", "created", "created_at")}
    return [settled(inner) for inner in value] if isinstance(value, list) else value


def pieces_of(text: str, cuts: Iterable[int]) -> list[str]:
    edges = [0, *sorted({cut % (len(text) + 1) for cut in cuts}), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


@every
@pytest.mark.parametrize("mode", MODES)
def test_restored_masked_and_noted(specimen: Specimen, bridged: bool, mode: ReplyMode) -> None:
    said = json.dumps(Provider(specimen, bridged).whole([TEXT], [CALLED], mode))
    assert "Dear Siobhan O'Connor, born 30 April 1990." in said
    assert f"evil.example/?q={P}" in said
    assert "PERSON_ABCDEFGH" not in said
    assert ("QQ123456C" in said) is (mode != "mask")
    assert said.count(NOTE) == 1
    if specimen.name not in ("openai_completions", "ollama_generate"):
        assert said.count("Siobhan O'Connor") == 2


@every
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.integers(0, 400), max_size=8), mode=st.sampled_from(MODES), calls=st.integers(0, 2))
def test_any_chunking_says_what_the_whole_says(
    specimen: Specimen, bridged: bool, cuts: list[int], mode: ReplyMode, calls: int
) -> None:
    provider = Provider(specimen, bridged)
    tools = [{**CALLED, "id": f"call_{number}"} for number in range(calls)]
    streamed = provider.streamed(pieces_of(TEXT, cuts), tools, mode, Detector([*VALUES, *NEW]))
    got, whole = settled(specimen.accumulate(streamed)), settled(provider.whole([TEXT], tools, mode))
    got.pop("usage", None)
    whole.pop("usage", None)
    assert got == whole


@every
@pytest.mark.parametrize("mode", MODES)
def test_every_split_in_two(specimen: Specimen, bridged: bool, mode: ReplyMode) -> None:
    provider = Provider(specimen, bridged)
    whole = settled(provider.whole([TEXT], [], mode))
    whole.pop("usage", None)
    for cut in range(1, len(TEXT)):
        streamed = provider.streamed([TEXT[:cut], TEXT[cut:]], [], mode, Detector([*VALUES, *NEW]))
        got = settled(specimen.accumulate(streamed))
        got.pop("usage", None)
        assert got == whole


@every
def test_a_failing_detector_lets_nothing_through(specimen: Specimen, bridged: bool) -> None:
    """What is held when detection fails is dropped, and the stream ends with the dialect's own error."""
    provider = Provider(specimen, bridged)
    text = [*["All is well so far. "] * 200, "A quite ordinary sentence. ", "Poison is here. ", "And more after it."]
    out = provider.streamed(text, [], "mask", Detector([*VALUES, *NEW], poison="Poison"))
    assert b"All is well" in out
    assert b"Poison" not in out
    assert b"And more" not in out
    assert b"reply_not_inspected" in out
    end = b"\n" if specimen.data is lines else b"\n\n"
    assert not specimen.ended(out.rpartition(end)[0].rpartition(end)[0] + end)
