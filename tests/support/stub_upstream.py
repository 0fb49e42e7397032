"""An OpenAI-compatible provider on the loopback that behaves as badly as it is asked to.

The last message chooses: `!429` answers with that status, `!hang` never answers, and so on (see `SCENES`);
anything else is echoed. It runs in the test's own event loop.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET_WORDS = "canary: your prompt said Jo Bloggs, key sk-canary"
"""Stands in every error of the stub: nothing of it may come out of an adapter."""

Scene = Callable[["StubUpstream", web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]


@dataclass
class StubUpstream:
    """The running stub: where it listens and what it saw."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)
    disconnected: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[str] = field(default_factory=list)
    """Scenes for the next requests, whatever they say."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.paths.append(request.path_qs)
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        name = self.answers.pop(0) if self.answers else _last_text(body)
        scene = SCENES.get(name)
        if scene is not None:
            return await scene(self, request, body)
        if name.startswith("!") and name[1:4].isdigit():
            return _error(int(name[1:4]), name[5:])
        return await _echo(self, request, body)


def _last_text(body: Mapping[str, Any]) -> str:
    content = body["messages"][-1].get("content") or ""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def _error(status: int, code: str = "") -> web.Response:
    error = {"message": SECRET_WORDS, "type": "error", "param": None, "code": code or None}
    headers = {"retry-after": "2"} if status in (429, 503) else {}
    return web.json_response({"error": error}, status=status, headers=headers)


def _whole(body: Mapping[str, Any], message: Mapping[str, Any], reason: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": body["model"],
        "choices": [
            {"index": index, "message": {"role": "assistant", **message}, "finish_reason": reason}
            for index in range(body.get("n") or 1)
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }


def chunk(body: Mapping[str, Any], delta: Mapping[str, Any], reason: str | None = None, index: int = 0) -> bytes:
    value = {
        "id": "chatcmpl-stub",
        "object": "chat.completion.chunk",
        "created": 1_767_225_600,
        "model": body["model"],
        "choices": [{"index": index, "delta": delta, "finish_reason": reason}],
    }
    return f"data: {json.dumps(value, ensure_ascii=False)}\r\n\r\n".encode()


async def _open(request: web.Request, kind: str = "text/event-stream", **headers: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": kind, **headers})
    await response.prepare(request)
    return response


async def _echo(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    text = _last_text(body)
    if not body.get("stream"):
        return web.json_response(_whole(body, {"content": text}, "stop"))
    response = await _open(request)
    await response.write(b": hello\r\n\r\n")
    for index in range(body.get("n") or 1):
        await response.write(chunk(body, {"role": "assistant", "content": ""}, index=index))
        stream = b"".join(chunk(body, {"content": f"{word} "}, index=index) for word in text.split())
        for start in range(0, len(stream), 7):  # cuts events, lines and characters
            await response.write(stream[start : start + 7])
        await response.write(chunk(body, {}, "stop", index=index))
    if (body.get("stream_options") or {}).get("include_usage"):
        usage = {"id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        usage |= {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}
        await response.write(f"data: {json.dumps(usage)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _tools(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    call = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": '{"who": "PERSON_K7QD2M8X"}'}}
    if not body.get("stream"):
        return web.json_response(_whole(body, {"content": None, "tool_calls": [call]}, "tool_calls"))
    response = await _open(request)
    opening = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "find", "arguments": ""}}
    await response.write(chunk(body, {"role": "assistant", "content": None, "tool_calls": [opening]}))
    for piece in ('{"who": ', '"PERSON_K7', 'QD2M8X"}'):
        await response.write(chunk(body, {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}))
    await response.write(chunk(body, {}, "tool_calls"))
    await response.write(b"data: [DONE]\n\n")
    return response


async def _hang(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """Never answer; note when the client has gone."""
    try:
        await asyncio.Event().wait()
    finally:
        stub.disconnected.set()
    raise AssertionError


async def _endless(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """Stream until the client goes."""
    response = await _open(request)
    try:
        while True:
            await response.write(chunk(body, {"content": "more "}))
            await asyncio.sleep(0.01)
    finally:
        stub.disconnected.set()


async def _quiet(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """Begin, then say nothing more."""
    response = await _open(request)
    await response.write(chunk(body, {"role": "assistant", "content": "wait"}))
    return await _hang(stub, request, body)


async def _cut(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """Drop the connection in the middle of the reply."""
    if body.get("stream"):
        response = await _open(request)
        await response.write(chunk(body, {"role": "assistant", "content": "half a"}))
    else:
        response = await _open(request, "application/json", **{"content-length": "1000"})
        await response.write(b'{"id": "chatcmpl-stub", ')
    assert request.transport is not None
    request.transport.abort()
    return response


async def _no_end(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """End the stream properly on the wire, but without finish reason and end mark."""
    response = await _open(request)
    await response.write(chunk(body, {"role": "assistant", "content": "half a"}))
    return response


async def _garbage(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    if not body.get("stream"):
        return web.Response(text=f"<html>{SECRET_WORDS}</html>", content_type="text/html")
    response = await _open(request)
    await response.write(f"data: {{{SECRET_WORDS}\n\n".encode())
    return response


async def _error_chunk(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    response = await _open(request)
    await response.write(chunk(body, {"role": "assistant", "content": "so"}))
    await response.write(f"data: {json.dumps({'error': {'message': SECRET_WORDS, 'code': 500}})}\n\n".encode())
    return response


async def _redirect(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    return web.Response(status=307, headers={"location": f"{stub.url}/elsewhere"}, text=SECRET_WORDS)


async def _huge(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """More than anybody needs: one reply, or one event, of 40 MiB."""
    stream = body.get("stream")
    response = await _open(request, "text/event-stream" if stream else "application/json")
    await response.write(b'data: {"x": "' if stream else b'{"x": "')
    for _ in range(40):
        await response.write(b"x" * 2**20)
    await response.write(b'"}\n\n')
    return response


async def _bomb(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """A small compressed reply that unpacks to 64 MiB."""
    packed = gzip.compress(b'{"x": "' + b"0" * 2**26 + b'"}', compresslevel=1)
    kind = "text/event-stream" if body.get("stream") else "application/json"
    return web.Response(body=packed, headers={"content-encoding": "gzip", "content-type": kind})


async def _not_utf8(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    response = await _open(request)
    await response.write(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n')
    return response


async def _json_for_stream(stub: StubUpstream, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
    """A server that can't stream and answers whole."""
    return web.json_response(_whole(body, {"content": "whole"}, "stop"))


SCENES: Mapping[str, Scene] = {
    "!tools": _tools,
    "!hang": _hang,
    "!endless": _endless,
    "!quiet": _quiet,
    "!cut": _cut,
    "!no-end": _no_end,
    "!garbage": _garbage,
    "!error-chunk": _error_chunk,
    "!redirect": _redirect,
    "!huge": _huge,
    "!bomb": _bomb,
    "!not-utf8": _not_utf8,
    "!json-for-stream": _json_for_stream,
}


@asynccontextmanager
async def stub_upstream() -> AsyncIterator[StubUpstream]:
    """A stub on a free port of the loopback."""
    stub = StubUpstream()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{tail:.*}", stub.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    stub.url = f"http://{host}:{port}/v1"
    try:
        yield stub
    finally:
        await runner.cleanup()
