"""A small real site: the application over a scripted pipeline, on a real server, and what became of each call."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI

from gateway.dialects.ollama import OllamaChat
from gateway.dialects.openai_chat import OpenAIChat
from gateway.http.app import create_app
from gateway.http.server import server_config
from gateway.model.call import Call, Credentials, Request
from gateway.model.caller import Caller
from gateway.model.dialect import Dialect
from gateway.model.errors import GatewayError, Unauthenticated
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage
from gateway.stages.resolve import Offer

REF = "MBC-7F3K-Q2XD"
HEAD = Head(
    {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_760_000_000, "model": "council-chat"},
    {"AI-Disclosure": "mode=machine-generated", "X-AI-Record": REF},
)
Script = Callable[[Call], AsyncIterator[Event]]


@dataclass
class Identity:
    """Knows one key, `good`."""

    seen: list[Credentials] = field(default_factory=list)

    async def authenticate(self, credentials: Credentials) -> Caller:
        self.seen.append(credentials)
        if credentials.secret != "good":
            raise Unauthenticated("The key is not known, has expired or was revoked.")
        return Caller("maidstone", "k1", "person", "a1", "jo@example.org", True, "officer", "housing", "letters")


class Register:
    def models(self, caller: Caller) -> Sequence[Offer]:
        return [
            Offer("council-chat", "chat", "Council chat", "Drafts letters", "enterprise", 1_750_000_000, ("letters",))
        ]


@dataclass
class Desk:
    """What the application sees; `script` answers, `outcomes` is what the record of each call would say."""

    script: Script
    identity: Identity = field(default_factory=Identity)
    register: Register = field(default_factory=Register)
    dialects: Mapping[str, Dialect] = field(
        default_factory=lambda: {"openai_chat": OpenAIChat(), "ollama_chat": OllamaChat()}
    )
    calls: list[Call] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    reached: threading.Event = field(default_factory=threading.Event)

    def wait_closed(self) -> str:
        """The outcome of the next call whose record closes."""
        assert self.closed.acquire(timeout=10), "no record was closed"
        return self.outcomes[-1]


async def handle(request: Request, desk: Desk) -> AsyncIterator[Event]:
    """The pipeline in small: authenticates, opens a record, reads, answers, and closes with one outcome."""
    await desk.identity.authenticate(request.credentials)
    outcome = "failed"
    try:
        call = await request.read()
        desk.calls.append(call)
        async for event in desk.script(call):
            yield event
        outcome = "delivered"
    except GatewayError as error:
        outcome = error.code
        error.reference = REF
        raise
    except (asyncio.CancelledError, GeneratorExit):
        outcome = "disconnected"
        raise
    finally:
        desk.outcomes.append(outcome)
        desk.closed.release()


def text_reply(text: str, choice: int = 0) -> list[Event]:
    """One choice that says `text`, word by word."""
    address = f"/choices/{choice}/message/content"
    words = text.split(" ")
    pieces = [word + " " for word in words[:-1]] + words[-1:]
    return [
        Started(address, "text", choice),
        *(Delta(address, piece) for piece in pieces),
        Ended(address),
        ChoiceEnded(choice, "stop"),
    ]


async def echo(call: Call) -> AsyncIterator[Event]:
    """Says the last text again in each choice."""
    texts = [part.text for part in call.parts if part.role == "user"]
    yield HEAD
    for choice in range(call.choices):
        for event in text_reply(f"You wrote: {texts[-1]}", choice):
            yield event
    yield Usage({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
    yield Finished()


def failing(error: Exception, *before: Event) -> Script:
    """Yields some events, then fails."""

    async def script(call: Call) -> AsyncIterator[Event]:
        for event in before:
            yield event
        raise error

    return script


def silent(desk_ready: Callable[[], None], *before: Event) -> Script:
    """Yields some events, then waits for ever."""

    async def script(call: Call) -> AsyncIterator[Event]:
        for event in before:
            yield event
        desk_ready()
        await asyncio.Event().wait()
        yield Finished()

    return script


@contextmanager
def serving(app: FastAPI, **settings: Any) -> Iterator[str]:
    """Run the application on a free port; its root URL."""
    config = server_config(app, host="127.0.0.1", port=0, **{"timeout_graceful_shutdown": 5, **settings})
    server = uvicorn.Server(config)
    failed: list[BaseException] = []
    started = threading.Event()
    startup = server.startup

    async def announced(*args: Any, **more: Any) -> None:
        await startup(*args, **more)
        started.set()

    server.startup = announced  # type: ignore[method-assign]

    def work() -> None:
        try:
            server.run()
        except BaseException as error:  # noqa: BLE001 - shown by the test that started it
            failed.append(error)
            started.set()

    thread = threading.Thread(target=work, name="site", daemon=True)
    thread.start()
    assert started.wait(20), "the server did not start"
    if failed:
        raise failed[0]
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def site(script: Script = echo, **options: Any) -> Iterator[tuple[str, Desk]]:
    """A served site and its desk. Options go to `create_app`."""
    desk = Desk(script)
    with serving(create_app(desk, handle=handle, **options)) as url:
        yield url, desk


async def ask(
    app: FastAPI,
    *,
    body: bytes = b"",
    path: str = "/v1/chat/completions",
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    receive: Callable[[], Awaitable[dict[str, Any]]] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """One request straight into the application: status, headers, body."""
    given = {"authorization": "Bearer good", **(headers or {})}
    messages: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def default() -> dict[str, Any]:
        if messages:
            return dict(messages.pop(0))
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http", "client": ("10.0.0.9", 5),
        "server": ("gateway", 80), "headers": [(k.encode(), v.encode("utf-8")) for k, v in given.items()],
    }  # fmt: skip
    await app(scope, receive or default, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    data = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return start["status"], {k.decode(): v.decode("latin-1") for k, v in start["headers"]}, data
