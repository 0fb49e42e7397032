"""Failures known of other AI gateways, each tried on a running one. A test's docstring names what must not happen."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.capture import Capture, Reply, frame, last_text
from tests.support.gateway import Gateway

NAME = "Margaret Okafor"
OTHER = "David Whitfield"
EMAIL = "margaret.okafor@mail.example"
NINO = "AB 12 34 56 C"
PLAIN = "Please suggest three ways to word a notice about the new recycling days."
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOKEN = re.compile(r"PERSON_[0-9A-Z]{8}")
CALL_ID = "call_a1b2c3d4e5f6g7h8"


@pytest.fixture
def client(gateway: Gateway, key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=gateway.base_url, headers=headers, timeout=60, trust_env=False) as made:
        yield made


def ask(client: httpx.Client, *messages: Any, **more: Any) -> httpx.Response:
    said = [{"role": "user", "content": m} if isinstance(m, str) else m for m in messages]
    headers = more.pop("headers", None)
    body = {"model": "council-assistant", "messages": said, **more}
    return client.post("/chat/completions", json=body, headers=headers)


def answered(client: httpx.Client, *messages: Any, **more: Any) -> str:
    reply = ask(client, *messages, **more)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


def sent(capture: Capture) -> str:
    """Everything the upstream received, as bytes and as decoded strings."""
    return "\n".join([*(raw.decode() for raw in capture.received), json.dumps(capture.bodies, ensure_ascii=False)])


def streamed(response: str) -> str:
    """The content of a streamed reply."""
    chunks = [json.loads(line[6:]) for line in response.splitlines() if line.startswith("data: {")]
    return "".join(c["delta"].get("content") or "" for chunk in chunks for c in chunk.get("choices", ()))


def used(*, name: str = "lookup_case", arguments: str = "{}") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": CALL_ID, "type": "function", "function": function}],
    }


def result(content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": CALL_ID, "content": content}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_tool_results_and_arguments_are_inspected(client: httpx.Client, capture: Capture, stream: bool) -> None:
    """What tools were given and what they returned is forwarded unread, or is with `stream` on."""
    data = {"name": NAME, "contact": json.dumps({"email": EMAIL}), "ni_number": NINO}
    assert (
        ask(client, PLAIN, used(arguments=json.dumps(data)), result(json.dumps([data])), stream=stream).status_code
        == 200
    )
    assert not [value for value in (NAME, "Okafor", EMAIL, NINO) if value in sent(capture)]


def test_thinking_in_history_is_inspected(client: httpx.Client, capture: Capture) -> None:
    """Reasoning text that comes back as history is forwarded unread."""
    thought = {"type": "thinking", "thinking": f"The tenant is {NAME}, {EMAIL}.", "signature": "c2lnbmVk"}
    history = {
        "role": "assistant",
        "content": "Noted.",
        "reasoning_content": f"{NAME} again",
        "thinking_blocks": [thought],
    }
    assert ask(client, PLAIN, history, "Go on.").status_code == 200
    assert not [value for value in (NAME, "Okafor", EMAIL) if value in sent(capture)]


def test_tool_definitions_do_not_block_a_harmless_prompt(client: httpx.Client, capture: Capture) -> None:
    """Names in the description of a function count as personal data in the prompt."""
    function = {"name": "store_stock", "description": "Stock at John Lewis, per Regent Street.", "parameters": {}}
    assert ask(client, PLAIN, tools=[{"type": "function", "function": function}]).status_code == 200
    assert capture.bodies[-1]["tools"][0]["function"] == function


def test_a_definition_does_not_give_a_pseudonym_away(client: httpx.Client, capture: Capture) -> None:
    """The name that a message hides stands in clear among a function's allowed values."""
    schema = {"type": "object", "properties": {"who": {"type": "string", "enum": [NAME, "nobody"]}}}
    tool = {"type": "function", "function": {"name": "lookup_case", "parameters": schema}}
    assert ask(client, f"Find the case of {NAME}.", tools=[tool]).status_code == 200
    assert NAME not in sent(capture)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": "https://files.example/letter"},
        {"type": "input_image", "image_url": "https://files.example/letter"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}},
        {"type": "video_url", "video_url": {"url": "https://files.example/a"}},
        {"type": "document", "source": {"type": "url", "url": "https://files.example/a"}},
        {"type": "input_file", "file_id": "file-1"},
        {"type": "text", "text": PICTURE},
    ],
    ids=lambda part: str(part["type"]),
)  # fmt: skip
def test_what_cannot_be_read_does_not_leave(client: httpx.Client, capture: Capture, part: Any, stream: bool) -> None:
    """Pictures and files pass unread where they come in a form that the filter does not know."""
    refused = ask(
        client, {"role": "user", "content": [{"type": "text", "text": "Summarise this."}, part]}, stream=stream
    )
    assert refused.status_code == 400
    assert refused.json()["error"]["refusal"]["rule"] == "unreadable"
    assert not capture.received


SAID = [{"role": "user", "content": f"Write to {NAME}."}]
ENDPOINTS: dict[str, dict[str, Any]] = {
    "messages": {"messages": SAID, "max_tokens": 50},
    "messages/count_tokens": {"messages": SAID},
    "responses": {"input": SAID},
    "completions": {"prompt": [f"Write to {NAME}."]},
    "embeddings": {"input": [f"Write to {NAME}."]},
    "moderations": {"input": f"Write to {NAME}."},
    "images/generations": {"prompt": f"A picture of {NAME}."},
    "files": {"purpose": NAME},
    "rerank": {"query": NAME, "documents": [NAME]},
}


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_no_other_endpoint_is_a_way_round(client: httpx.Client, capture: Capture, path: str, stream: bool) -> None:
    """An endpoint without filters forwards what the others stop."""
    reply = client.post(f"/{path}", json={"model": "council-assistant", "stream": stream, **ENDPOINTS[path]})
    assert reply.status_code in (200, 400, 404)
    assert reply.status_code != 200 or reply.headers["x-ai-record"]
    assert bool(capture.received) is (reply.status_code == 200)
    assert NAME not in sent(capture)


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({}, {"no-log": True}),
        ({}, {"litellm_params": {"no-log": True}}),
        ({}, {"dryrun": True}),
        ({}, {"store": False}),
        ({"x-portkey-debug": "false"}, {}),
        ({"cf-aig-collect-log-payload": "false", "cf-aig-collect-log": "false"}, {}),
        ({"x-litellm-no-log": "true", "litellm-disable-message-redaction": "true"}, {}),
    ],
)
def test_a_caller_cannot_switch_the_record_off(
    client: httpx.Client, capture: Capture, gateway: Gateway, headers: dict[str, str], more: dict[str, Any]
) -> None:
    """A field or a header of the caller's suppresses the record."""
    reply = ask(client, PLAIN, headers=headers, **more)
    record = gateway.records(reply.headers["x-ai-record"])
    assert record["outcome"] == "delivered"
    assert PLAIN in [part["text"] for part in record["request"]]


def test_one_person_keeps_one_pseudonym_over_turns_and_two_never_share(client: httpx.Client, capture: Capture) -> None:
    """Numbering starts again with each request or message, so that two people share a placeholder."""
    first = f"Please write to {NAME} about her bins."
    second = f"Please write to {OTHER} about his bins. He is not {NAME}."
    answered(client, first)
    answered(client, first, {"role": "assistant", "content": "Done."}, second)
    answered(client, second)
    (one,) = set(TOKEN.findall(capture.bodies[0]["messages"][0]["content"]))
    turns = [m["content"] for m in capture.bodies[1]["messages"] if m["role"] == "user"]
    assert TOKEN.findall(turns[0]) == [one]
    both = TOKEN.findall(turns[1])
    assert len(set(both)) == 2
    assert both[1] == one
    assert TOKEN.findall(capture.bodies[2]["messages"][0]["content"]) == both


def test_a_pseudonym_quoted_in_a_later_turn_still_comes_back(client: httpx.Client, capture: Capture) -> None:
    """A placeholder of an earlier turn can't be undone in a later one."""
    first = f"Please write to {NAME} about her bins."
    answered(client, first)
    (token,) = set(TOKEN.findall(capture.bodies[0]["messages"][0]["content"]))
    capture.answer = lambda body: Reply(pieces=[f"As agreed, {token} is told."])
    said = answered(client, first, {"role": "assistant", "content": "Done."}, "And now?")
    assert said.startswith(f"As agreed, {NAME} is told.")


def test_no_fragments_of_names_are_left(client: httpx.Client, capture: Capture) -> None:
    """Offsets run out of step with the text, so that letters of a name stay beside its placeholder."""
    text = (
        f"\U0001f469\U0001f4bb na\u00efve text. {NAME}\u2019s e-mail is {EMAIL}; \u00a312 to {OTHER}, "
        f"\u201c{NAME}\u201d. \U0001f600"
    )
    reply = answered(client, text)
    assert not [word for name in (NAME, OTHER) for word in name.split() if word in sent(capture)]
    assert text in reply


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_a_pseudonym_over_two_chunks_comes_back(client: httpx.Client, capture: Capture, size: int) -> None:
    """A value that is split over chunks of a stream is seen by no check."""

    def answer(body: Any) -> Reply:
        said = last_text(body)
        return Reply(pieces=[said[at : at + size] for at in range(0, len(said), size)])

    capture.answer = answer
    text = f"Please write to {NAME} ({EMAIL}) about bins."
    assert streamed(ask(client, text, stream=True).text).startswith(text)


def test_a_stream_stays_a_stream(client: httpx.Client, capture: Capture) -> None:
    """Checks hold the whole reply back, and it comes as one chunk."""
    capture.answer = lambda body: Reply(pieces=["word "] * 30, pause_s=0.05)
    body = {"model": "council-assistant", "messages": [{"role": "user", "content": PLAIN}], "stream": True}
    with client.stream("POST", "/chat/completions", json=body) as response:
        arrived = [time.monotonic() for line in response.iter_lines() if '"content":"word' in line]
    assert len(arrived) > 20
    assert arrived[-1] - arrived[0] > 0.5


def test_a_client_that_leaves_has_its_record(client: httpx.Client, capture: Capture, gateway: Gateway) -> None:
    """A stream that the client leaves halfway is on no record."""
    capture.answer = lambda body: Reply(pieces=[f"half a sentence {n} " for n in range(200)], pause_s=0.05)
    body = {"model": "council-assistant", "messages": [{"role": "user", "content": PLAIN}], "stream": True}
    with client.stream("POST", "/chat/completions", json=body) as response:
        reference = response.headers["x-ai-record"]
        lines = response.iter_lines()
        while "half a sentence 5" not in next(lines):
            pass
    deadline = time.monotonic() + 10
    while (record := gateway.records(reference))["outcome"] != "disconnected" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert record["outcome"] == "disconnected"
    assert "half a sentence 3" in record["reply"][0]["text"]


def test_a_blocked_call_is_on_record_with_why(client: httpx.Client, gateway: Gateway, capture: Capture) -> None:
    """What was blocked, and by which rule, is missing from the record."""
    refused = ask(client, "The password: Tr0ub4dor&3xyz lets you in.").json()["error"]
    record = gateway.records(refused["record"])
    assert record["outcome"] == "refused"
    assert "SECRET" in json.dumps(record)
    assert "Tr0ub4dor" not in json.dumps(record)
    assert not capture.received


def test_long_texts_are_kept_whole(client: httpx.Client, gateway: Gateway, capture: Capture) -> None:
    """The record cuts long prompts and replies in the middle."""
    text = " ".join(f"The bins of week {n} are green." for n in range(400))
    reply = ask(client, text)
    record = gateway.records(reply.headers["x-ai-record"])
    assert [part["text"] for part in record["request"]] == [text]
    assert text in record["reply"][0]["text"]


def test_calls_side_by_side_keep_their_records_apart(client: httpx.Client, gateway: Gateway, capture: Capture) -> None:
    """A buffer that is used again puts one call's text on another's record."""
    texts = [f"Please word notice number {n}: recycling day {n} moves." for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda text: ask(client, text), texts))
    for text, reply in list(zip(texts, replies, strict=True))[::4]:
        record = gateway.records(reply.headers["x-ai-record"])
        assert [part["text"] for part in record["request"]] == [text]
        assert text in record["reply"][0]["text"]


def test_product_names_and_reference_numbers_stay(client: httpx.Client, capture: Capture) -> None:
    """Short technical names are masked, and one in eleven ten-digit references is taken for an NHS number."""
    text = "Move the C4 and S3 storage to EKS, it took 9434765919 bytes."
    answered(client, text)
    assert capture.bodies[0]["messages"][0]["content"] == text


def test_originals_come_back_after_a_document(client: httpx.Client, capture: Capture) -> None:
    """After a long document in the prompt, names in the answer stay placeholders."""
    pages = " ".join(f"Paragraph {n} is about drains." for n in range(300))
    text = f"{pages} The complainant is {NAME}, {EMAIL}. {pages}"
    capture.answer = lambda body: Reply(pieces=["It is about ", *TOKEN.findall(last_text(body))[:1], "."])
    assert answered(client, text).startswith(f"It is about {NAME}.")


def test_a_reply_gone_wrong_ends_in_one_error(client: httpx.Client, capture: Capture, gateway: Gateway) -> None:
    """A reply of an unexpected form breaks the proxy, or ends without a word."""
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    capture.answer = lambda body: Reply(
        frames=[frame(body, 0, {"content": "Dear "}), frame(body, 0, {"z": deep}), b"data: [DONE]\n\n"]
    )
    reply = ask(client, PLAIN, stream=True)
    assert reply.text.count('"error"') == 1
    assert "upstream_unreadable" in reply.text
    assert "[DONE]" not in reply.text
    assert gateway.records(reply.headers["x-ai-record"])["outcome"] == "upstream_failed"
