"""A real OpenAI-compatible server that keeps every byte it receives, and answers as the test says."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Literal

from aiohttp import web

from tests.support import media, native

Body = Mapping[str, Any]
Answer = Callable[[Body], "Reply"]


@dataclass(frozen=True)
class Reply:
    """What the capture answers. `pieces` are the text deltas of a streamed reply (one whole text otherwise);
    `frames`, where given, are the very bytes of the event stream, written one by one; `says` the message of an error,
    in place of the last text; `raw`, where given, the very bytes of a whole reply, and `content_type` what they are
    said to be. Of a stream only the first `cut` frames are written, then `tail`, and `then` it ends, stalls or dies."""

    pieces: Sequence[str] = ()
    tool_calls: Sequence[Mapping[str, Any]] = ()
    frames: Iterable[bytes] | None = None
    status: int = 200
    says: str = ""
    pause_s: float = 0.0
    raw: bytes | None = None
    content_type: str = "application/json"
    cut: int | None = None
    tail: bytes = b""
    then: Literal["end", "stall", "die"] = "end"

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def last_text(body: Body) -> str:
    """The text of the last message, whatever its form."""
    if "messages" not in body:
        if "input" not in body and not isinstance(body.get("prompt"), str):
            return ""
        return native.responses_text({"input": body["prompt"]} if "prompt" in body else body)
    content = body["messages"][-1].get("content") or ""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def echo(body: Body) -> Reply:
    """Says the last message again, word by word, so that pseudonyms come back."""
    words = ("You wrote: " + last_text(body)).split(" ")
    return Reply(pieces=[word + " " for word in words[:-1]] + words[-1:])


@dataclass
class Capture:
    """The server. `received` holds the raw bytes (headers and body) of every request, `bodies` them parsed."""

    answer: Answer = echo
    received: list[bytes] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def clear(self) -> None:
        self.received.clear()
        self.bodies.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        self.received.append(f"{request.method} {request.raw_path}\r\n{head}\r\n".encode() + raw)
        form = request.content_type == "multipart/form-data"
        body = media.parsed_form(request.headers["content-type"], raw) if form else json.loads(raw)
        self.bodies.append(body)
        reply = self.answer(body)
        if reply.status != 200:
            return web.json_response(
                {"error": {"message": reply.says or last_text(body), "type": "x"}}, status=reply.status
            )
        kind = request.path.rpartition("/v1/")[2]
        if reply.pause_s and not body.get("stream"):
            await asyncio.sleep(reply.pause_s)
        whole, stream = SPOKEN.get(kind, (whole_body, sse_frames))
        if body.get("stream"):
            said = stream(body, reply) if reply.frames is None else reply.frames
            return await self._stream(request, chain(islice(said, reply.cut), [reply.tail]), reply)
        if (answered := self._media(kind, body, reply)) is not None:
            return web.Response(body=answered[0], content_type=answered[1])
        return web.json_response(whole(body, reply))

    def _media(self, kind: str, body: Body, reply: Reply) -> tuple[bytes, str] | None:
        """Replies given as bytes, and those of endpoints whose replies are no JSON."""
        if reply.raw is not None:
            return reply.raw, reply.content_type
        if kind == "audio/speech":
            return media.SOUNDS[body.get("response_format") or "mp3"], "application/octet-stream"
        return media.transcript(body, reply.text) if kind.startswith("audio/") else None

    async def _stream(self, request: web.Request, frames: Iterable[bytes], reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for frame in frames:
            if reply.pause_s:
                await asyncio.sleep(reply.pause_s)
            await response.write(frame)
        while reply.then == "stall" and request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(0.02)
        if reply.then != "end":
            if request.transport is not None:
                request.transport.abort()
            return response
        await response.write_eof()
        return response


def whole_body(body: Body, reply: Reply) -> dict[str, Any]:
    """A whole chat completion with the reply as each of its choices."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    reason = "stop"
    if reply.tool_calls:
        message["tool_calls"] = list(reply.tool_calls)
        reason = "tool_calls"
    return {
        "id": "chatcmpl-capture",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": body["model"],
        "choices": [
            {"index": index, "message": message, "finish_reason": reason, "logprobs": None}
            for index in range(body.get("n") or 1)
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 12, "total_tokens": 22},
    }


def sse_frames(body: Body, reply: Reply) -> Iterator[bytes]:
    """The same reply as an event stream, a frame for each piece."""
    for index in range(body.get("n") or 1):
        yield frame(body, index, {"role": "assistant", "content": ""})
        for piece in reply.pieces:
            yield frame(body, index, {"content": piece})
        for position, call in enumerate(reply.tool_calls):
            yield frame(body, index, {"tool_calls": [{"index": position, **call}]})
        yield frame(body, index, {}, "tool_calls" if reply.tool_calls else "stop")
    if (body.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": 10, "completion_tokens": 12, "total_tokens": 22}
        yield data({**chunk_head(body), "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


Whole = Callable[[Body, Reply], Mapping[str, Any]]
Frames = Callable[[Body, Reply], Iterable[bytes]]

SPOKEN: Mapping[str, tuple[Whole, Frames]] = {
    "messages": (
        lambda body, reply: native.message(body, reply.pieces, reply.tool_calls),
        lambda body, reply: native.frames(body, reply.pieces, reply.tool_calls),
    ),
    "messages/count_tokens": (lambda _body, _reply: {"input_tokens": 7}, sse_frames),
    "responses": (
        lambda body, reply: native.response(body, reply.pieces, reply.tool_calls),
        lambda body, reply: native.response_frames(body, reply.pieces, reply.tool_calls),
    ),
    "embeddings": (lambda body, _reply: native.embeddings(body), sse_frames),
    **dict.fromkeys(
        ("images/generations", "images/edits", "images/variations"),
        (lambda body, reply: media.images(body, reply.text), sse_frames),
    ),
    "moderations": (lambda body, _reply: native.moderation(body), sse_frames),
}
"""What is answered at an endpoint, whole and streamed; anywhere else it is a chat completion."""


def chunk_head(body: Body) -> dict[str, Any]:
    return {
        "id": "chatcmpl-capture",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": body["model"],
    }


def frame(body: Body, index: int, delta: Mapping[str, Any], reason: str | None = None) -> bytes:
    return data({**chunk_head(body), "choices": [{"index": index, "delta": delta, "finish_reason": reason}]})


def data(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


@contextmanager
def capturing(answer: Answer = echo) -> Iterator[Capture]:
    """Run a capture on a free port of the loopback, on a thread of its own."""
    capture = Capture(answer=answer)
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def start() -> web.AppRunner:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/{tail:.*}", capture.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        capture.url = f"http://{host}:{port}/v1"
        return runner

    def work() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=work, name="capture", daemon=True)
    thread.start()
    if not ready.wait(10):
        raise RuntimeError("the capturing upstream did not start")
    try:
        yield capture
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
