"""OpenAI's own package at the endpoints beside chat: to a provider that has them, and to one that only has chat."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.support.capture import Capture, Reply, echo
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running

ASKED = "Write to Margaret Okafor about her bins."
CRIME = "He was convicted of burglary in 2019. Write to him."
TOOL: Any = {
    "type": "function",
    "name": "look_up",
    "description": "Looks up a resident's case.",
    "parameters": {"type": "object", "properties": {"name": {"type": "string"}}},
    "strict": False,
}
EVERY = ["openai_chat", "openai_responses", "openai_embeddings", "openai_moderations"]


@pytest.fixture(scope="module", params=["bridged", "native"])
def upstream(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="module")
def gateway(upstream: str, server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    settings: dict[str, Any] = {"kind": "direct", "base_url": server.url}
    if upstream == "native":
        settings |= {"speaks": EVERY}
    with running(tmp_path_factory.mktemp("gateway"), server.url, upstreams={"offline": settings}) as made:
        yield made


@pytest.fixture(scope="module")
def secret(gateway: Gateway) -> str:
    return gateway.key()


@pytest.fixture(scope="module")
def client(gateway: Gateway, secret: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.base_url, api_key=secret, max_retries=0) as opened:
        yield opened


@pytest.fixture(scope="module")
def azure(gateway: Gateway, secret: str) -> Iterator[openai.AzureOpenAI]:
    with openai.AzureOpenAI(
        azure_endpoint=gateway.base_url.removesuffix("/v1"),
        api_key=secret,
        api_version="2025-04-01-preview",
        max_retries=0,
    ) as opened:
        yield opened


def sent(capture: Capture) -> bytes:
    return b"".join(capture.received)


def test_a_whole_response(client: openai.OpenAI, capture: Capture, gateway: Gateway, upstream: str) -> None:
    raw = client.responses.with_raw_response.create(
        model="council-assistant", instructions="You help officers.", input=ASKED
    )
    reply = raw.parse()
    assert reply.status == "completed"
    assert "Margaret Okafor" in reply.output_text
    assert reply.output_text.count("AI helped write this.") == 1
    assert reply.instructions == "You help officers."
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.total_tokens) == (10, 12, 22)
    assert b"Okafor" not in sent(capture)
    path = "/responses" if upstream == "native" else "/chat/completions"
    assert f"POST /v1{path}".encode() in capture.received[0]
    assert gateway.records(raw.headers["x-ai-record"])["outcome"] == "delivered"


def test_a_streamed_response(client: openai.OpenAI, capture: Capture) -> None:
    with client.responses.stream(model="council-assistant", input=[{"role": "user", "content": ASKED}]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_item.added") == kinds.count("response.output_item.done") == 1
    assert "Margaret Okafor" in final.output_text
    assert final.output_text.count("AI helped write this.") == 1
    assert b"Okafor" not in sent(capture)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tool_loop(client: openai.OpenAI, capture: Capture, stream: bool) -> None:
    def calls(_body: object) -> Reply:
        token = "PERSON_" + capture.received[-1].decode().split("PERSON_")[1][:8]
        function = {"name": "look_up", "arguments": json.dumps({"name": token})}
        return Reply(tool_calls=[{"id": "call_0123456789abcdef01", "type": "function", "function": function}])

    capture.answer = calls
    given: list[Any] = [{"role": "user", "content": "Look up Margaret Okafor."}]
    if stream:
        with client.responses.stream(model="council-assistant", input=given, tools=[TOOL]) as events:
            first: Any = events.until_done().get_final_response()
    else:
        first = client.responses.create(model="council-assistant", input=given, tools=[TOOL])
    call = first.output[-1]
    assert (call.type, call.name, call.call_id) == ("function_call", "look_up", "call_0123456789abcdef01")
    capture.answer = echo
    given += [
        call.model_dump(exclude_none=True),
        {
            "type": "function_call_output",
            "call_id": call.call_id,
            "output": '{"name": "Margaret Okafor", "ni": "QQ123456C"}',
        },
        {"role": "user", "content": ASKED},
    ]
    last = client.responses.create(model="council-assistant", input=given, tools=[TOOL])
    assert "Margaret Okafor" in last.output_text
    assert b"Okafor" not in capture.received[-1]
    assert b"QQ123456C" not in capture.received[-1]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_refusal_says_why(client: openai.OpenAI, capture: Capture, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="council-assistant", input=CRIME, stream=stream)
    assert "clause" in caught.value.message
    for refused in (
        lambda: client.completions.create(model="council-assistant", prompt=CRIME),
        lambda: client.embeddings.create(model="council-assistant", input=[CRIME]),
        lambda: client.moderations.create(model="council-assistant", input=CRIME),
    ):
        with pytest.raises(openai.BadRequestError, match="clause"):
            refused()
    assert not capture.received


@pytest.mark.parametrize(
    "kept",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"background": True},
        {"prompt": {"id": "pmpt_1"}},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
    ],
    ids=lambda kept: next(iter(kept)),
)
def test_what_the_provider_would_keep_is_refused(client: openai.OpenAI, capture: Capture, kept: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": "council-assistant", "input": "Hello", **kept})
    assert caught.value.code == "kept_by_provider"
    assert not capture.received


def test_legacy_completions(client: openai.OpenAI, capture: Capture) -> None:
    reply = client.completions.create(model="council-assistant", prompt=ASKED, max_tokens=50)
    assert reply.object == "text_completion"
    assert "Margaret Okafor" in reply.choices[0].text
    assert "AI helped write this." in reply.choices[0].text
    pieces = client.completions.create(model="council-assistant", prompt=ASKED, stream=True)
    text = "".join(choice.text for piece in pieces for choice in piece.choices)
    assert "Margaret Okafor" in text
    assert b"Okafor" not in sent(capture)


def test_embeddings(client: openai.OpenAI, capture: Capture, gateway: Gateway) -> None:
    raw = client.embeddings.with_raw_response.create(model="council-assistant", input=[ASKED, "Bins"])
    assert [row.embedding for row in raw.parse().data] == [[0.5, 0.0], [0.5, 1.0]]
    assert b"Okafor" not in sent(capture)
    assert raw.headers["ai-disclosure"].startswith("mode=machine-generated")
    assert gateway.records(raw.headers["x-ai-record"])["outcome"] == "delivered"
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="council-assistant", input=[[1, 2, 3]])
    assert caught.value.code == "tokens_not_readable"


def test_moderations(client: openai.OpenAI, capture: Capture, upstream: str) -> None:
    if upstream == "bridged":
        with pytest.raises(openai.NotFoundError) as caught:
            client.moderations.create(model="council-assistant", input="Hello")
        assert caught.value.code == "not_offered_by_tool"
        assert not capture.received
        return
    reply = client.moderations.create(model="council-assistant", input=ASKED)
    assert reply.results[0].flagged is False
    assert reply.results[0].category_scores.violence == 0.01
    assert b"Okafor" not in sent(capture)


def test_azures_client(azure: openai.AzureOpenAI, capture: Capture) -> None:
    """The deployment in the path is the model; a model in the body doesn't count, as with Azure."""
    chat = azure.chat.completions.create(model="council-assistant", messages=[{"role": "user", "content": ASKED}])
    assert "Margaret Okafor" in (chat.choices[0].message.content or "")
    stream = azure.chat.completions.create(
        model="council-assistant", messages=[{"role": "user", "content": ASKED}], stream=True
    )
    said = "".join(choice.delta.content or "" for piece in stream for choice in piece.choices)
    assert "Margaret Okafor" in said
    assert azure.embeddings.create(model="council-assistant", input="Bins").data[0].index == 0
    assert "Okafor" in azure.responses.create(model="council-assistant", input=ASKED).output_text
    assert b"Okafor" not in sent(capture)
    with pytest.raises(openai.BadRequestError, match="clause"):
        azure.chat.completions.create(model="council-assistant", messages=[{"role": "user", "content": CRIME}])


def test_azures_newer_path(gateway: Gateway, secret: str, capture: Capture) -> None:
    with openai.OpenAI(base_url=gateway.base_url.replace("/v1", "/openai/v1"), api_key=secret) as client:
        assert "council-assistant" in {model.id for model in client.models.list()}
        chat = client.chat.completions.create(model="council-assistant", messages=[{"role": "user", "content": ASKED}])
    assert "Margaret Okafor" in (chat.choices[0].message.content or "")
    assert b"Okafor" not in sent(capture)


@pytest.mark.parametrize(
    "path",
    ["files", "batches", "fine_tuning/jobs", "vector_stores", "assistants", "threads/t1/runs", "realtime/sessions",
     "conversations", "videos", "containers", "evals", "uploads", "messages/batches"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_offered_says_so_on_the_record(
    gateway: Gateway, secret: str, capture: Capture, path: str, method: str
) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    reply = httpx.request(method, f"{gateway.base_url}/{path}", headers=headers, timeout=20)
    assert reply.status_code == 404
    error = reply.json()["error"]
    assert error["code"] == "route_not_offered"
    assert "ask the owner of the AI gateway" in error["message"]
    assert reply.headers["x-ai-record"].startswith("MBC-")
    assert not capture.received
    if (path, method) == ("files", "POST"):
        assert gateway.records(reply.headers["x-ai-record"])["outcome"] == "refused"


def test_what_is_not_offered_needs_a_key_to_be_told(gateway: Gateway) -> None:
    assert httpx.post(f"{gateway.base_url}/files", timeout=20).status_code == 401
