"""Limits against a running gateway, in three dialects, to providers that speak them and across the bridge.

What is asked for above the register's limit leaves lowered; both values are in the response and on the record; what the
register rules out is refused with its clause.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import anthropic
import httpx
import openai
import pytest

from policies.compile import default_register_path
from tests.support.capture import Capture, Reply, echo
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running

ASKED = "Write to Margaret Okafor about her bins."
EVERY = ["openai_chat", "openai_completions", "openai_responses", "anthropic_messages", "anthropic_count_tokens"]
Dialect = str
CALLS: Mapping[Dialect, tuple[str, dict[str, Any]]] = {
    "chat": ("/chat/completions", {"messages": [{"role": "user", "content": ASKED}]}),
    "completions": ("/completions", {"prompt": ASKED}),
    "responses": ("/responses", {"input": ASKED}),
    "anthropic": ("/messages", {"messages": [{"role": "user", "content": ASKED}]}),
}
TOKENS = {
    "chat": "max_tokens",
    "completions": "max_tokens",
    "responses": "max_output_tokens",
    "anthropic": "max_tokens",
}
every_dialect = pytest.mark.parametrize("dialect", sorted(CALLS))


@pytest.fixture(scope="module", params=["bridged", "native"])
def gateway(
    request: pytest.FixtureRequest, server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """The shipped register; the casework assistant's model takes no temperature."""
    folder = tmp_path_factory.mktemp("gateway")
    settings: dict[str, Any] = {"kind": "direct", "base_url": server.url}
    if request.param == "native":
        settings |= {"speaks": EVERY}
    place = "casework-a: {upstream: offline, model: assistant-large, processor: example-cloud, region: uk-south"
    register = default_register_path().read_text(encoding="utf-8")
    assert place in register
    (folder / "register.yaml").write_text(register.replace(place, f"{place}, options: {{rejects: temperature}}"))
    with running(folder, server.url, upstreams={"offline": settings}, register=str(folder / "register.yaml")) as made:
        yield made


@pytest.fixture(scope="module")
def secret(gateway: Gateway) -> str:
    return gateway.key()


@pytest.fixture(scope="module")
def casework(gateway: Gateway) -> str:
    return gateway.key(purpose="casework")


Send = Callable[..., httpx.Response]


@pytest.fixture
def send(gateway: Gateway, secret: str, capture: Capture) -> Send:
    def sent(dialect: Dialect, key: str = secret, **more: Any) -> httpx.Response:
        path, body = CALLS[dialect]
        headers = {"Authorization": f"Bearer {key}"}
        whole = {"model": "council-assistant", **body, **more}
        return httpx.post(gateway.base_url + path, json=whole, headers=headers, timeout=30)

    return sent


def left(capture: Capture) -> dict[str, Any]:
    """The parameters of the one body that left, its tokens under one name."""
    [body] = capture.bodies
    tokens = {body[name] for name in ("max_tokens", "max_completion_tokens", "max_output_tokens") if name in body}
    found: dict[str, Any] = {name: body[name] for name in ("temperature", "top_p") if name in body}
    return {**found, **({"tokens": tokens.pop()} if tokens else {})}


@every_dialect
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_more_is_lowered_and_both_values_are_told(
    dialect: Dialect, stream: bool, send: Send, capture: Capture, gateway: Gateway
) -> None:
    reply = send(dialect, temperature=1.0, top_p=0.9, **{TOKENS[dialect]: 90_000}, stream=stream)
    assert reply.status_code == 200, reply.text
    assert left(capture) == {"temperature": 0.7, "top_p": 0.9, "tokens": 8000}
    assert reply.headers["x-ai-limits"] == "temperature=0.7 (asked 1), max_output_tokens=8000 (asked 90000)"
    if dialect == "responses":  # a response repeats its request's parameters: as they were
        assert '"temperature":0.7' in reply.text
        assert '"max_output_tokens":8000' in reply.text
    if stream:
        return
    record = gateway.records(reply.headers["x-ai-record"])
    assert record["outcome"] == "delivered"
    assert record["limits"] == {
        "temperature": {"asked": "1", "sent": "0.7"},
        "max_output_tokens": {"asked": "90000", "sent": "8000"},
    }


@every_dialect
def test_less_leaves_as_it_came(dialect: Dialect, send: Send, capture: Capture) -> None:
    reply = send(dialect, temperature=0.1, **{TOKENS[dialect]: 50})
    assert left(capture) == {"temperature": 0.1, "tokens": 50}
    assert "x-ai-limits" not in reply.headers


@every_dialect
def test_what_was_not_asked_is_set(dialect: Dialect, send: Send, capture: Capture) -> None:
    reply = send(dialect)
    [body] = capture.bodies
    short = dialect == "completions" and "prompt" in body  # 16 tokens, unless more is asked for
    assert left(capture) == ({"temperature": 0.7} if short else {"temperature": 0.7, "tokens": 8000})
    assert "temperature=0.7 (not asked)" in reply.headers["x-ai-limits"]


@every_dialect
def test_a_model_that_rejects_the_parameter(
    dialect: Dialect, send: Send, capture: Capture, gateway: Gateway, casework: str
) -> None:
    reply = send(dialect, casework, model="casework-assistant", temperature=0.9, **{TOKENS[dialect]: 10})
    assert left(capture) == {"tokens": 10}
    assert reply.headers["x-ai-limits"] == "temperature=not applicable (asked 0.9)"
    if dialect == "chat":
        text = gateway.cli("records", "show", reply.headers["x-ai-record"]).stdout
        assert "temperature not applicable (asked 0.9)" in text


@every_dialect
def test_a_provider_that_refuses_what_we_added_is_asked_without_it(
    dialect: Dialect, send: Send, capture: Capture, gateway: Gateway
) -> None:
    def fussy(body: Mapping[str, Any]) -> Reply:
        if "temperature" in body:
            return Reply(status=400, says="'temperature' is not supported with this model")
        return echo(body)

    capture.answer = fussy
    reply = send(dialect, **{TOKENS[dialect]: 10})
    assert reply.status_code == 200, reply.text
    assert ["temperature" in body for body in capture.bodies] == [True, False]
    assert "x-ai-limits" not in reply.headers
    record = gateway.records(reply.headers["x-ai-record"])
    assert record["attempts"] == 2
    opened, attempt, _ = record["leaves"]
    assert opened["body"]["limits"] == {"temperature": {"asked": None, "sent": "0.7"}}
    assert (attempt["body"]["cause"], attempt["body"]["limits"]) == ("unsupported:temperature", {})
    capture.bodies.clear()
    refused = send(dialect, temperature=0.1)
    assert refused.json()["error"].get("code", "upstream_rejected") == "upstream_rejected"
    assert len(capture.bodies) == 1, "the caller's own value is the caller's to take out"


HOSTED: Mapping[Dialect, dict[str, Any]] = {
    "chat": {"web_search_options": {}},
    "completions": {"web_search_options": {}},
    "responses": {"tools": [{"type": "web_search"}]},
    "anthropic": {"tools": [{"type": "web_search_20250305", "name": "web_search"}], "max_tokens": 10},
}
FUNCTION = {"name": "send_email", "description": "Sends an e-mail."}
FUNCTIONS: Mapping[Dialect, dict[str, Any]] = {
    "chat": {"tools": [{"type": "function", "function": FUNCTION}]},
    "completions": {"functions": [FUNCTION]},
    "responses": {"tools": [{"type": "function", **FUNCTION, "parameters": {"type": "object"}}]},
    "anthropic": {"tools": [{**FUNCTION, "input_schema": {"type": "object"}}], "max_tokens": 10},
}


@every_dialect
def test_web_search_is_refused(dialect: Dialect, send: Send, capture: Capture, gateway: Gateway) -> None:
    reply = send(dialect, **HOSTED[dialect])
    assert reply.status_code == 400
    message = reply.json()["error"]["message"]
    assert "not assessed for web search" in message
    assert "clause 7.1 of the AI policy" in message
    assert "Switch it off" in message
    assert not capture.received
    record = gateway.records(reply.headers["x-ai-record"])
    assert (record["outcome"], record["rule"], record["hosted"]) == ("refused", "hosted-feature", ["web_search"])
    if dialect == "chat":
        text = gateway.cli("records", "show", reply.headers["x-ai-record"]).stdout
        assert "features asked for  web search" in text


@every_dialect
def test_a_forbidden_function_is_refused(dialect: Dialect, send: Send, capture: Capture, gateway: Gateway) -> None:
    reply = send(dialect, **FUNCTIONS[dialect])
    assert reply.status_code == 400
    message = reply.json()["error"]["message"]
    assert "send_*" in message
    assert "clause 7.1" in message
    assert not capture.received
    record = gateway.records(reply.headers["x-ai-record"])
    assert record["rule"] == "forbidden-function"
    assert "send_email" not in json.dumps(record), "the function's name is the caller's"
    assert b"send_email" not in gateway.log.read_bytes()


@pytest.mark.parametrize("dialect", ["chat", "completions"])
def test_more_answers_than_allowed_are_refused(dialect: Dialect, send: Send, capture: Capture) -> None:
    reply = send(dialect, n=6)
    assert reply.status_code == 400
    assert "Set n to 5" in reply.json()["error"]["message"]
    assert "clause 5.5" in reply.json()["error"]["message"]
    assert not capture.received
    assert send(dialect, n=5).status_code == 200


@every_dialect
def test_a_limited_parameter_must_be_a_number(dialect: Dialect, send: Send, capture: Capture) -> None:
    reply = send(dialect, temperature="1.9")
    assert reply.status_code == 400
    assert "'temperature' must be a number" in reply.json()["error"]["message"]
    assert not capture.received


@pytest.mark.parametrize("most", [90_000, -1])
def test_ollamas_options_are_lowered(gateway: Gateway, secret: str, capture: Capture, most: int) -> None:
    """They stand in a field of their own; -1 asks for as many tokens as there may be."""
    body = {"model": "council-assistant", "messages": [{"role": "user", "content": ASKED}], "stream": False}
    body["options"] = {"temperature": 1.0, "top_p": 0.9, "num_predict": most}
    root = gateway.base_url.removesuffix("/v1")
    reply = httpx.post(f"{root}/api/chat", json=body, headers={"Authorization": f"Bearer {secret}"}, timeout=30)
    assert reply.status_code == 200, reply.text
    assert left(capture) == {"temperature": 0.7, "top_p": 0.9, "tokens": 8000}
    asked = "asked 90000" if most > 0 else "not asked"
    assert reply.headers["x-ai-limits"] == f"temperature=0.7 (asked 1), max_output_tokens=8000 ({asked})"
    body["options"] = {"temperature": "hot"}
    refused = httpx.post(f"{root}/api/chat", json=body, headers={"Authorization": f"Bearer {secret}"}, timeout=30)
    assert "'temperature' must be a number" in refused.json()["error"]


def test_the_sdks_meet_the_same(gateway: Gateway, secret: str, capture: Capture) -> None:
    """OpenAI's and Anthropic's own packages, unmodified."""
    root = gateway.base_url.removesuffix("/v1")
    with (
        openai.OpenAI(base_url=gateway.base_url, api_key=secret, max_retries=0) as ours,
        anthropic.Anthropic(base_url=root, api_key=secret, max_retries=0) as theirs,
    ):
        raw = ours.responses.with_raw_response.create(model="council-assistant", input=ASKED, temperature=1.5)
        assert "temperature=0.7 (asked 1.5)" in raw.headers["x-ai-limits"]
        said = theirs.messages.with_raw_response.create(
            model="council-assistant", max_tokens=9000, messages=[{"role": "user", "content": ASKED}]
        )
        assert "max_output_tokens=8000 (asked 9000)" in said.headers["x-ai-limits"]
        with pytest.raises(openai.BadRequestError, match="not assessed for web search"):
            ours.responses.create(model="council-assistant", input=ASKED, tools=[{"type": "web_search"}])
        with pytest.raises(anthropic.BadRequestError, match="not assessed for code execution"):
            theirs.messages.create(
                model="council-assistant",
                max_tokens=10,
                messages=[{"role": "user", "content": ASKED}],
                tools=[{"type": "code_execution_20250522", "name": "code_execution"}],
            )


def test_a_count_of_tokens_keeps_its_body(gateway: Gateway, secret: str, capture: Capture) -> None:
    """It has no answer to limit, and Anthropic refuses fields that a count doesn't have."""
    body = {"model": "council-assistant", "messages": [{"role": "user", "content": "Bins"}]}
    headers = {"Authorization": f"Bearer {secret}"}
    reply = httpx.post(f"{gateway.base_url}/messages/count_tokens", json=body, headers=headers, timeout=30)
    assert (reply.status_code, len(capture.bodies)) in ((200, 1), (404, 0))
    assert all(sent.keys() == body.keys() for sent in capture.bodies)
