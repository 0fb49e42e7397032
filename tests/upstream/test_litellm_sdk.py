"""litellm behind the port: what it may be told, and what it may not do."""

import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.model.caller import Deployment
from gateway.model.errors import UpstreamFailed
from gateway.upstream.config import UpstreamConfig
from gateway.upstream.litellm_sdk import PASSED, LitellmUpstream
from gateway.upstream.port import Stream, Whole
from tests.support.shared import ROOT
from tests.support.stub_upstream import StubUpstream, stub_upstream

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Item .* is using the `ReadOnly` qualifier"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]
DEPLOYMENT = Deployment("d", "u", "openai/stub-model", "p", "uk", timeout_s=20)


@pytest.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with stub_upstream() as running:
        yield running


@pytest.fixture
async def upstream(stub: StubUpstream) -> AsyncIterator[LitellmUpstream]:
    built = LitellmUpstream(UpstreamConfig("u", "litellm", base_url=stub.url, api_key="sk-gateway"))
    yield built
    await built.close()


def body(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"model": "openai/stub-model", "messages": [{"role": "user", "content": text}], **more}


@pytest.mark.parametrize(
    "field",
    [
        *("api_base", "base_url", "api_key", "api_version", "custom_llm_provider", "extra_headers", "extra_body"),
        *("mock_response", "fallbacks", "metadata_", "model_list", "client", "timeout", "no-log", "litellm_params"),
        *("num_retries", "proxy_server_request", "aws_access_key_id", "drop_params", "made_up"),
    ],
)
async def test_a_caller_cannot_steer_litellm(upstream: LitellmUpstream, stub: StubUpstream, field: str) -> None:
    """A field that isn't on the list is an error: neither dropped in silence nor handed on."""
    assert field not in PASSED
    with pytest.raises(UpstreamFailed) as caught:
        await upstream.send("openai_chat", body(**{field: "http://evil.example"}), DEPLOYMENT)
    assert caught.value.code == "upstream_rejected"
    assert stub.bodies == []


async def test_parameters_arrive(upstream: LitellmUpstream, stub: StubUpstream) -> None:
    sent: dict[str, Any] = {
        "temperature": 0,
        "top_p": 0.5,
        "seed": 7,
        "stop": ["x"],
        "max_tokens": 9,
        "logit_bias": {"5": 1},
    }
    sent |= {"presence_penalty": 0.1, "frequency_penalty": 0.2, "user": "u", "response_format": {"type": "json_object"}}
    await upstream.send("openai_chat", body(**sent), DEPLOYMENT)
    assert {name: stub.bodies[0].get(name) for name in sent} == sent


async def test_nothing_is_logged_or_kept(
    upstream: LitellmUpstream, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    reply = await upstream.send("openai_chat", body("canary-prompt"), DEPLOYMENT)
    assert isinstance(reply, Whole)
    with pytest.raises(UpstreamFailed):
        await upstream.send("openai_chat", body("!500"), DEPLOYMENT)
    with pytest.raises(UpstreamFailed):
        await upstream.send("openai_chat", body("!401"), DEPLOYMENT)
    output = capfd.readouterr()
    assert "canary" not in caplog.text + output.out + output.err
    assert "sk-gateway" not in caplog.text + output.out + output.err
    assert upstream._litellm.success_callback == []
    assert upstream._litellm.callbacks == []


async def test_litellms_own_fields_are_taken_out(upstream: LitellmUpstream) -> None:
    reply = await upstream.send("openai_chat", body(), DEPLOYMENT)
    assert isinstance(reply, Whole)
    assert "provider_specific_fields" not in json.dumps(dict(reply.body))


@pytest.mark.parametrize("scene", ["!huge", "!bomb"])
@pytest.mark.parametrize("stream", [False, True])
async def test_bombs(upstream: LitellmUpstream, monkeypatch: pytest.MonkeyPatch, scene: str, stream: bool) -> None:
    monkeypatch.setattr("gateway.upstream.guarded.MAX_REPLY_BYTES", 2**20)

    async def read() -> None:
        reply = await upstream.send("openai_chat", body(scene, stream=stream), DEPLOYMENT)
        assert isinstance(reply, Stream)
        async for _ in reply.chunks:
            pass

    with pytest.raises(UpstreamFailed):
        await read()


async def test_the_environment_is_not_trusted(
    upstream: LitellmUpstream, stub: StubUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    await upstream.send("openai_chat", body(), DEPLOYMENT)
    assert stub.headers[0]["authorization"] == "Bearer sk-gateway"


class Anthropic:
    """A provider with an interface of its own."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], dict[str, Any]]] = []

    async def messages(self, request: web.Request) -> web.StreamResponse:
        sent = await request.json()
        self.seen.append(({k.lower(): v for k, v in request.headers.items()}, sent))
        text = sent["messages"][0]["content"]
        text = text if isinstance(text, str) else text[0]["text"]
        if text == "!redirect":
            return web.Response(status=307, headers={"location": "/v1/elsewhere"})
        if text == "!429":
            error = {"type": "error", "error": {"type": "rate_limit_error", "message": "canary"}}
            return web.json_response(error, status=429, headers={"retry-after": "3"})
        usage = {"input_tokens": 3, "output_tokens": 4}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "usage": usage}
        content = [{"type": "text", "text": f"you said {text}"}]
        return web.json_response({**message, "content": content, "stop_reason": "end_turn", "stop_sequence": None})


async def test_another_providers_interface() -> None:
    """Through litellm's other client the same rules hold: explicit key, no redirect, errors mapped."""
    provider = Anthropic()
    app = web.Application()
    app.router.add_post("/v1/messages", provider.messages)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    upstream = LitellmUpstream(UpstreamConfig("claude", "litellm", base_url=url, api_key="sk-claude"))
    deployment = Deployment("c", "claude", "anthropic/claude-sonnet-4-5", "p", "uk", timeout_s=20)
    sent = {"model": deployment.model, "messages": [{"role": "user", "content": "good morning"}], "max_tokens": 50}
    try:
        reply = await upstream.send("openai_chat", sent, deployment)
        assert isinstance(reply, Whole)
        assert reply.body["choices"][0]["message"]["content"] == "you said good morning"
        assert provider.seen[0][0]["x-api-key"] == "sk-claude"
        assert "store" not in provider.seen[0][1]
        for text, code, wait in (("!429", "upstream_rate_limited", 3), ("!redirect", "upstream_misconfigured", None)):
            failing = {**sent, "messages": [{"role": "user", "content": text}]}
            with pytest.raises(UpstreamFailed) as caught:
                await upstream.send("openai_chat", failing, deployment)
            assert (caught.value.code, caught.value.retry_after_s) == (code, wait)
        assert len(provider.seen) == 3
    finally:
        await upstream.close()
        await runner.cleanup()


def test_it_is_not_imported_until_it_is_used() -> None:
    code = "import sys; import gateway.upstream.build; sys.exit('litellm' in sys.modules or 'httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_dotenv_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CANARY_FROM_DOTENV=1\n")
    code = (
        "import os; from gateway.upstream.litellm_sdk import _load; _load(None);"
        "raise SystemExit('CANARY_FROM_DOTENV' in os.environ)"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-W", "ignore", "-c", code]
    assert subprocess.run(command, cwd=tmp_path, env=environment, timeout=90).returncode == 0


def test_settings_that_can_not_hold() -> None:
    with pytest.raises(ValueError, match="trust_env"):
        LitellmUpstream(UpstreamConfig("u", "litellm", trust_env=True))
