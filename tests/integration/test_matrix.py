"""Every dialect, whole and streamed: let out, masked, replaced and put back, refused; wherever the words stand."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import httpx
import pytest

from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running

Body = dict[str, Any]
CALL = "call_a1b2c3d4e5f6g7h8"
SCHEMA = {"type": "object", "properties": {"about": {"type": "string"}}}
TOKEN = re.compile(r"PERSON_[A-Z0-9]+")
EFFECTS = {
    "allow": ("The tenant is 47 years old.", "47 years"),
    "mask": ("She paid with card 4111 1111 1111 1111.", "4111"),
    "pseudonymise": ("Write to Margaret Okafor about it.", "Okafor"),
    "block": ("He was convicted of burglary in {year}.", "burglary"),
}
"""What the shipped policy does with what stands in a text, and the part of it that tells. A text that was refused
once is known again and withheld, so that each refusal has a year of its own."""


@dataclass(frozen=True)
class Said:
    """What stands in each place of a conversation."""

    text: str = "Please go on."
    arguments: str = "the bins"
    results: str = "Nothing was found."
    system: str = "You help officers."


def chat(said: Said) -> Body:
    function = {"name": "lookup_case", "arguments": json.dumps({"about": said.arguments})}
    call = {"id": CALL, "type": "function", "function": function}
    return {
        "messages": [
            {"role": "system", "content": said.system},
            {"role": "user", "content": "Look it up."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": CALL, "content": said.results},
            {"role": "user", "content": [{"type": "text", "text": said.text}]},
        ],
        "tools": [{"type": "function", "function": {"name": "lookup_case", "parameters": SCHEMA}}],
    }


def responses(said: Said) -> Body:
    arguments = json.dumps({"about": said.arguments})
    return {
        "instructions": said.system,
        "input": [
            {"role": "user", "content": "Look it up."},
            {"type": "function_call", "call_id": CALL, "name": "lookup_case", "arguments": arguments},
            {"type": "function_call_output", "call_id": CALL, "output": said.results},
            {"role": "user", "content": [{"type": "input_text", "text": said.text}]},
        ],
        "tools": [{"type": "function", "name": "lookup_case", "parameters": SCHEMA}],
    }


def anthropic(said: Said) -> Body:
    use = {"type": "tool_use", "id": CALL, "name": "lookup_case", "input": {"about": said.arguments}}
    return {
        "max_tokens": 500,
        "system": [{"type": "text", "text": said.system}],
        "messages": [
            {"role": "user", "content": "Look it up."},
            {"role": "assistant", "content": [use]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": CALL, "content": [{"type": "text", "text": said.results}]},
                    {"type": "text", "text": said.text},
                ],
            },
        ],
        "tools": [{"name": "lookup_case", "input_schema": SCHEMA}],
    }


def ollama(said: Said) -> Body:
    call = {"function": {"name": "lookup_case", "arguments": {"about": said.arguments}}}
    return {
        "messages": [
            {"role": "system", "content": said.system},
            {"role": "user", "content": "Look it up."},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_name": "lookup_case", "content": said.results},
            {"role": "user", "content": said.text},
        ],
        "tools": [{"type": "function", "function": {"name": "lookup_case", "parameters": SCHEMA}}],
    }


DIALECTS: dict[str, tuple[str, Callable[[Said], Body], tuple[str, ...]]] = {
    "chat": ("/v1/chat/completions", chat, ("text", "arguments", "results", "system", "nested")),
    "responses": ("/v1/responses", responses, ("text", "arguments", "results", "system", "nested")),
    "anthropic": ("/v1/messages", anthropic, ("text", "arguments", "results", "system", "nested")),
    "ollama": ("/api/chat", ollama, ("text", "arguments", "results", "system", "nested")),
    "completions": ("/v1/completions", lambda said: {"prompt": said.text}, ("text",)),
    "generate": ("/api/generate", lambda said: {"prompt": said.text, "system": said.system}, ("text", "system")),
}
"""Path, a conversation in the dialect, and the places that it has."""
CASES = [
    (dialect, place, effect, stream)
    for (dialect, (_, _, places)), effect, stream in product(DIALECTS.items(), EFFECTS, (False, True))
    for place in places
]


def saying(place: str, words: str) -> Said:
    """A conversation with the words in one place; `nested` is JSON in a string in JSON in a tool's result."""
    if place == "nested":
        return Said(results=json.dumps({"found": [json.dumps({"note": words})]}))
    return Said(**{place: words})


@pytest.fixture(scope="module")
def gateway(server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    often = {"calls_per_minute": 100_000, "burst": 10_000}
    with running(tmp_path_factory.mktemp("gateway"), server.url, identity=often) as made:
        yield made


@pytest.fixture(scope="module")
def client(gateway: Gateway, key: str) -> Iterator[httpx.Client]:
    root = gateway.base_url.removesuffix("/v1")
    with httpx.Client(base_url=root, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False) as made:
        yield made


@pytest.mark.parametrize(
    ("dialect", "place", "effect", "stream"),
    CASES,
    ids=[f"{dialect}-{place}-{effect}-{'streamed' if stream else 'whole'}" for dialect, place, effect, stream in CASES],
)
def test_what_is_said_where(
    client: httpx.Client, capture: Capture, dialect: str, place: str, effect: str, stream: bool
) -> None:
    def answer(body: Any) -> Reply:
        found = TOKEN.search(json.dumps(body))
        return Reply(["It is about ", found[0][:9] if found else "no", found[0][9:] if found else "body", "."])

    capture.answer = answer
    path, build, _ = DIALECTS[dialect]
    words, telling = EFFECTS[effect]
    words = words.format(year=1950 + CASES.index((dialect, place, effect, stream)) % 70)
    reply = client.post(path, json={"model": "council-assistant", "stream": stream, **build(saying(place, words))})
    left = b"".join(capture.received).decode()
    if effect == "block":
        assert reply.status_code == 400, reply.text
        assert "refusal" in reply.text
        assert not capture.received
        return
    assert reply.status_code == 200, reply.text
    assert (telling in left) is (effect == "allow")
    assert ("[removed: payment card number]" in left) is (effect == "mask")
    assert bool(TOKEN.search(left)) is (effect == "pseudonymise")
    said = spoken(reply)
    assert ("It is about Margaret Okafor." if effect == "pseudonymise" else "It is about nobody.") in said
    assert said.count("AI helped write this.") == 1
    assert not TOKEN.search(said)


def spoken(reply: httpx.Response) -> str:
    """The words of an answer, whole or in pieces, in any dialect."""
    kind = reply.headers["content-type"]
    if "event-stream" in kind:
        pieces = [json.loads(line[6:]) for line in reply.text.split("\n") if line.startswith("data: {")]
    else:
        pieces = [json.loads(line) for line in reply.text.split("\n") if line]
    return "".join(text for piece in pieces for text in _words(piece))


def _words(piece: Body) -> Iterator[str]:
    """The words in one piece. Of a streamed response only what grows counts: its end says all of it again."""
    if piece.get("type", "").startswith("response."):
        yield piece["delta"] if piece["type"] == "response.output_text.delta" else ""
        return
    if isinstance(piece.get("delta"), dict):
        yield piece["delta"].get("text", "")
    for choice in piece.get("choices", ()):
        yield choice.get("text") or (choice.get("message") or choice.get("delta") or {}).get("content") or ""
    yield piece.get("response") or ""
    yield (piece.get("message") or {}).get("content") or "" if isinstance(piece.get("message"), dict) else ""
    for item in piece.get("output", ()):
        yield from (part["text"] for part in item["content"])
    if isinstance(piece.get("content"), list):
        yield from (block["text"] for block in piece["content"])
