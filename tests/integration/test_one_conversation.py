"""One conversation in every dialect, whole and streamed: what is found, decided, sent, answered and recorded is the
same. A peer's second endpoint is where its guarantees end."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway

SYSTEM = "You help officers of the housing team. The duty officer is Rosalind Achterberg."
ASKED = "Look up the tenant Margaret Okafor, born 3 May 1971."
FOUND = json.dumps({"tenant": "Margaret Okafor", "note": json.dumps({"ni_number": "QQ123456C"})})
GIVEN = json.dumps({"name": "Margaret Okafor"})
LAST = "Write to Margaret Okafor at margaret.okafor@mail.example."
CRIME = "He was convicted of burglary in 2019. Write to him."
CALL = "call_a1b2c3d4e5f6g7h8"
VALUES = ("Okafor", "Achterberg", "QQ123456C", "1971", "margaret.okafor")
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}

Body = dict[str, Any]


def chat(last: str) -> Body:
    function = {"name": "lookup_case", "arguments": GIVEN}
    return {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": ASKED},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": CALL, "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": CALL, "content": FOUND},
            {"role": "user", "content": last},
        ],
        "tools": [{"type": "function", "function": {"name": "lookup_case", "parameters": SCHEMA}}],
    }


def responses(last: str) -> Body:
    return {
        "instructions": SYSTEM,
        "input": [
            {"role": "user", "content": ASKED},
            {"type": "function_call", "call_id": CALL, "name": "lookup_case", "arguments": GIVEN},
            {"type": "function_call_output", "call_id": CALL, "output": FOUND},
            {"role": "user", "content": [{"type": "input_text", "text": last}]},
        ],
        "tools": [{"type": "function", "name": "lookup_case", "parameters": SCHEMA}],
    }


def anthropic(last: str) -> Body:
    use = {"type": "tool_use", "id": CALL, "name": "lookup_case", "input": json.loads(GIVEN)}
    return {
        "max_tokens": 500,
        "system": SYSTEM,
        "messages": [
            {"role": "user", "content": ASKED},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": CALL, "content": FOUND}]},
            {"role": "assistant", "content": "Found."},
            {"role": "user", "content": [{"type": "text", "text": last}]},
        ],
        "tools": [{"name": "lookup_case", "input_schema": SCHEMA}],
    }


def ollama(last: str) -> Body:
    return {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": ASKED},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"function": {"name": "lookup_case", "arguments": json.loads(GIVEN)}}],
            },
            {"role": "tool", "tool_name": "lookup_case", "content": FOUND},
            {"role": "user", "content": last},
        ],
        "tools": [{"type": "function", "function": {"name": "lookup_case", "parameters": SCHEMA}}],
    }


DIALECTS: dict[str, tuple[str, Callable[[str], Body]]] = {
    "chat": ("/chat/completions", chat),
    "responses": ("/responses", responses),
    "anthropic": ("/messages", anthropic),
    "ollama": ("/api/chat", ollama),
}
every = pytest.mark.parametrize("dialect", DIALECTS)
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def post(gateway: Gateway, key: str, dialect: str, last: str, **more: Any) -> httpx.Response:
    path, build = DIALECTS[dialect]
    body = {"model": "council-assistant", **build(last), **more}
    return sent_to(gateway, key, path, {"stream": False, **body})


def sent_to(gateway: Gateway, key: str, path: str, body: Body) -> httpx.Response:
    root = gateway.base_url.removesuffix("/v1") if path.startswith("/api/") else gateway.base_url
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(root + path, json=body, headers=headers, timeout=60, trust_env=False)


def said(dialect: str, reply: httpx.Response) -> str:
    """The answer's words, put together as a client of the dialect does."""
    if dialect == "ollama":
        return "".join(json.loads(line)["message"]["content"] for line in reply.text.split("\n") if line)
    if "event-stream" not in reply.headers["content-type"]:
        body = reply.json()
        if dialect == "chat":
            return str(body["choices"][0]["message"]["content"])
        parts = body["output"][0]["content"] if dialect == "responses" else body["content"]
        return "".join(part["text"] for part in parts)
    events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
    if dialect == "chat":
        return "".join(c["delta"].get("content") or "" for event in events for c in event["choices"])
    deltas = [
        event["delta"] for event in events if event["type"] in ("response.output_text.delta", "content_block_delta")
    ]
    return "".join(delta if isinstance(delta, str) else delta["text"] for delta in deltas)


def answering(capture: Capture) -> None:
    """The provider says the last message again, and a pseudonym that this call never gave it."""

    def answer(body: Any) -> Reply:
        content = body["messages"][-1]["content"]
        last = content if isinstance(content, str) else content[0]["text"]
        return Reply(pieces=[word + " " for word in f"You wrote: {last} PERSON_ABCDEFGH knows.".split(" ")])

    capture.answer = answer


@every
@both
def test_what_leaves_and_what_comes_back(
    gateway: Gateway, key: str, capture: Capture, dialect: str, stream: bool
) -> None:
    answering(capture)
    reply = post(gateway, key, dialect, LAST, stream=stream)
    assert reply.status_code == 200, reply.text
    sent = b"".join(capture.received).decode()
    assert not [value for value in VALUES if value in sent]
    words = said(dialect, reply)
    assert "You wrote: Write to Margaret Okafor at margaret.okafor@mail.example." in words
    assert "PERSON_ABCDEFGH" not in words
    assert words.count("AI helped write this.") == 1


@both
def test_one_decision_and_one_record(gateway: Gateway, key: str, capture: Capture, stream: bool) -> None:
    answering(capture)
    records = []
    for dialect in DIALECTS:
        reply = post(gateway, key, dialect, LAST, stream=stream)
        records.append(gateway.records(reply.headers["x-ai-record"]))
    told = [
        {name: record.get(name) for name in ("outcome", "findings", "decision", "tool", "retention_class")}
        for record in records
    ]
    assert told[0]["outcome"] == "delivered"
    assert told[0]["findings"]
    assert all(each == told[0] for each in told)


@every
@both
def test_a_refusal(gateway: Gateway, key: str, capture: Capture, dialect: str, stream: bool) -> None:
    reply = post(gateway, key, dialect, CRIME, stream=stream)
    assert reply.status_code == 400
    body = reply.json()
    error = body["error"] if isinstance(body["error"], dict) else body
    assert error["refusal"]["clause"]
    assert error["refusal"]["found"] == [
        {"label": "CRIMINAL", "what": "detail of an offence or allegation", "where": "in your message", "count": 1}
    ]
    assert "convicted" not in reply.text.replace(str(error["refusal"]["clean_text"]), "")
    assert not capture.received


@every
def test_the_conversation_goes_on_after_a_refusal(gateway: Gateway, key: str, capture: Capture, dialect: str) -> None:
    """The refused turn comes again as history: it leaves as its record's reference, and the next turn is answered."""
    refused = post(gateway, key, dialect, CRIME)
    ref = refused.headers["x-ai-record"]
    path, build = DIALECTS[dialect]
    body = build(CRIME)
    turns = body["messages" if "messages" in body else "input"]
    turns += [{"role": "assistant", "content": "Refused."}, {"role": "user", "content": "Then draft a general letter."}]
    reply = sent_to(gateway, key, path, {"model": "council-assistant", **body})
    assert reply.status_code == 200, reply.text
    sent = b"".join(capture.received).decode()
    assert "convicted" not in sent
    assert ref in sent
