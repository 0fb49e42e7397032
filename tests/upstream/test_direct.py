"""The direct relay: its bounds, its pool, and whom it trusts."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.model.caller import Deployment
from gateway.model.errors import UpstreamFailed
from gateway.telemetry import metrics
from gateway.upstream import direct
from gateway.upstream.build import build_upstreams
from gateway.upstream.config import UpstreamConfig
from gateway.upstream.direct import DirectUpstream
from gateway.upstream.port import Reply, Stream, Whole
from tests.support.stub_upstream import StubUpstream, stub_upstream

DEPLOYMENT = Deployment("d", "u", "m", "p", "uk", timeout_s=20)


@pytest.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with stub_upstream() as running:
        yield running


def body(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def settings(stub: StubUpstream, **more: Any) -> UpstreamConfig:
    return UpstreamConfig("u", "direct", **{"base_url": stub.url, "api_key": "sk-test", **more})


async def ask(config: UpstreamConfig, text: str = "hello", deployment: Deployment = DEPLOYMENT, **more: Any) -> Reply:
    """One call; a stream is read to its end."""
    upstream = DirectUpstream(config)
    try:
        reply = await upstream.send("openai_chat", body(text, **more), deployment)
        if isinstance(reply, Stream):
            async for _ in reply.chunks:
                pass
        return reply
    finally:
        await upstream.close()


@pytest.mark.parametrize(
    ("text", "stream", "limits", "code"),
    [
        ("!huge", False, {"max_body_bytes": 2**20}, "upstream_reply_too_large"),
        ("!huge", True, {"max_event_bytes": 2**20}, "upstream_unreadable"),
        ("!endless", True, {"max_stream_bytes": 2**12}, "upstream_reply_too_large"),
        ("!bomb", False, {}, "upstream_unreadable"),
        ("!bomb", True, {}, "upstream_unreadable"),
        ("!not-utf8", True, {}, "upstream_unreadable"),
    ],
)
async def test_bounds(stub: StubUpstream, text: str, stream: bool, limits: dict[str, int], code: str) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        await ask(settings(stub, **limits), text, stream=stream)
    assert caught.value.code == code


async def test_a_server_that_cannot_stream(stub: StubUpstream) -> None:
    reply = await ask(settings(stub), "!json-for-stream", stream=True)
    assert isinstance(reply, Whole)
    assert reply.body["choices"][0]["message"]["content"] == "whole"


async def test_connections_are_kept(stub: StubUpstream) -> None:
    """Whole replies and finished streams hand their connection to the next call; abandoned ones don't."""
    upstream = DirectUpstream(settings(stub))
    for stream in (False, True, False, True):
        reply = await upstream.send("openai_chat", body(stream=stream), DEPLOYMENT)
        if isinstance(reply, Stream):
            assert [chunk async for chunk in reply.chunks]
        while upstream._draining:
            await asyncio.sleep(0)
    assert len(stub.peers) == 1
    reply = await upstream.send("openai_chat", body("!endless", stream=True), DEPLOYMENT)
    assert isinstance(reply, Stream)
    async with aclosing(reply.chunks) as chunks:  # type: ignore[type-var]
        await anext(chunks)
    await upstream.send("openai_chat", body(), DEPLOYMENT)
    assert len(stub.peers) == 2
    await upstream.close()


async def test_a_stream_that_does_not_close_is_dropped(stub: StubUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "DRAIN_S", 0.05)

    async def lingers(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b'data: {"choices": []}\n\ndata: [DONE]\n\n')
        try:
            await asyncio.Event().wait()
        finally:
            stub.disconnected.set()
        return response

    app = web.Application()
    app.router.add_post("/chat/completions", lingers)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream = DirectUpstream(settings(stub, base_url=f"http://127.0.0.1:{runner.addresses[0][1]}"))
    reply = await upstream.send("openai_chat", body(stream=True), DEPLOYMENT)
    assert isinstance(reply, Stream)
    assert [chunk async for chunk in reply.chunks] == [{"choices": []}]
    await asyncio.wait_for(stub.disconnected.wait(), 20)
    await upstream.close()
    await runner.cleanup()


async def test_the_environment_is_not_trusted(stub: StubUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(await ask(settings(stub)), Whole)


async def test_a_configured_proxy_is_used(stub: StubUpstream) -> None:
    config = settings(stub, proxy=stub.url.removesuffix("/v1"), base_url="http://provider.invalid/v1")
    assert isinstance(await ask(config), Whole)
    assert stub.headers[0]["host"] == "provider.invalid"


async def test_keys_and_headers(stub: StubUpstream) -> None:
    await ask(settings(stub, auth="api-key", headers={"x-team": "digital"}, api_version="2026-01-01"))
    assert stub.headers[0]["api-key"] == "sk-test"
    assert "authorization" not in stub.headers[0]
    assert stub.headers[0]["x-team"] == "digital"
    assert stub.paths == ["/v1/chat/completions?api-version=2026-01-01"]
    assert stub.headers[0]["user-agent"] == "council-ai-gateway"
    await ask(
        settings(stub, api_key=None), deployment=Deployment("d", "u", "m", "p", "uk", options={"api_version": "v"})
    )
    assert "authorization" not in stub.headers[1]
    assert stub.paths[1].endswith("?api-version=v")


async def test_cookies_are_not_kept(stub: StubUpstream) -> None:
    async def sets(request: web.Request) -> web.Response:
        stub.headers.append(dict(request.headers))
        return web.json_response({"choices": []}, headers={"set-cookie": "track=1"})

    app = web.Application()
    app.router.add_post("/chat/completions", sets)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream = DirectUpstream(settings(stub, base_url=f"http://127.0.0.1:{runner.addresses[0][1]}"))
    for _ in range(2):
        await upstream.send("openai_chat", body(), DEPLOYMENT)
    assert all("Cookie" not in headers for headers in stub.headers)
    await upstream.close()
    await runner.cleanup()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "ca.pem", folder / "key.pem"
    cert.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


async def test_a_councils_own_authority(stub: StubUpstream, tmp_path: Path) -> None:
    cert, private = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, private)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", stub.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        assert isinstance(await ask(settings(stub, base_url=url, ca_file=cert)), Whole)
        with pytest.raises(UpstreamFailed) as caught:
            await ask(settings(stub, base_url=url))
        assert caught.value.code == "upstream_misconfigured"
        assert not caught.value.retryable
    finally:
        await runner.cleanup()


async def test_refused_credentials_raise_the_alarm(stub: StubUpstream) -> None:
    metrics.declare(upstreams=["u"])
    before = metrics.UPSTREAM_CREDENTIALS_REFUSED.labels("u")._value.get()
    with pytest.raises(UpstreamFailed):
        await ask(settings(stub), "!401")
    assert metrics.UPSTREAM_CREDENTIALS_REFUSED.labels("u")._value.get() == before + 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"base_url": None}, "base_url"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"base_url": "https://user:sk-canary@host/v1"}, "must not hold credentials"),
        ({"base_url": "https://x", "idle_timeout_s": 0}, "idle_timeout_s"),
    ],
)
def test_settings_at_fault_are_named(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        UpstreamConfig("azure", "direct", **more)
    assert "canary" not in str(caught.value)


def test_secrets_stay_out_of_sight() -> None:
    config = UpstreamConfig("u", "direct", base_url="https://x", api_key="canary", headers={"x": "canary"})
    assert "canary" not in repr(config) + repr(DirectUpstream(config))


@pytest.mark.parametrize(
    ("url", "warned"),
    [("http://llm.internal/v1", True), ("https://llm.internal/v1", False), ("http://127.0.0.1:9/v1", False)],
)
def test_prompts_in_clear_are_warned_of(url: str, warned: bool, capsys: pytest.CaptureFixture[str]) -> None:
    DirectUpstream(UpstreamConfig("u", "direct", base_url=url))
    assert ("upstream_without_tls" in capsys.readouterr().err) is warned


def test_one_proxy_for_all_that_share_connections() -> None:
    two = [UpstreamConfig("a", "litellm"), UpstreamConfig("b", "litellm", proxy="http://proxy.example")]
    with pytest.raises(ValueError, match="same proxy"):
        build_upstreams(two)


def test_names_are_given_once() -> None:
    built = build_upstreams([UpstreamConfig("a", "offline"), UpstreamConfig("b", "direct", base_url="https://x")])
    assert list(built) == ["a", "b"]
    with pytest.raises(ValueError, match="given twice"):
        build_upstreams([UpstreamConfig("a", "offline")] * 2)
