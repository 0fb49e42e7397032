"""Clients that leave, stall or keep waiting: the record is closed, the provider's work is stopped."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.http.app import create_app
from gateway.http.ports import Limits
from gateway.model.call import Call
from gateway.model.event import Event, Finished
from tests.http.site import HEAD, Desk, ask, echo, failing, handle, serving, silent, site, text_reply


def post(url: str, *, stream: bool, body: bytes | None = None, path: str = "/v1/chat/completions") -> socket.socket:
    """Send a call by hand; the socket is the test's to close."""
    host, _, port = url.removeprefix("http://").partition(":")
    sent = (
        body
        or json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": stream}).encode()
    )
    connection = socket.create_connection((host, int(port)), timeout=10)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: {len(sent)}"
    connection.sendall(head.encode() + b"\r\n\r\n" + (sent if body is None else body[: len(body) // 2]))
    return connection


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        piece = connection.recv(65536)
        assert piece, f"the connection ended before {mark!r}: {data!r}"
        data += piece
    return data


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_closes_the_record_at_once(stream: bool) -> None:
    reached = threading.Event()
    script = silent(reached.set, HEAD, *text_reply("Dear Mrs Jones")[:2])
    with site(script) as (url, desk):
        connection = post(url, stream=stream)
        assert reached.wait(10)
        if stream:
            read_until(connection, b"Dear")
        assert desk.outcomes == []
        connection.close()
        assert desk.wait_closed() == "disconnected"


def test_a_client_that_leaves_while_it_sends_closes_the_record() -> None:
    with site(echo) as (url, desk):
        connection = post(url, stream=False, body=b'{"model": "m", "messages": []}' * 4)
        connection.close()
        assert desk.wait_closed() == "disconnected"
        assert desk.calls == []


def test_the_server_goes_on_after_clients_have_left() -> None:
    reached = threading.Event()
    answers = iter([silent(reached.set, HEAD), echo])

    async def script(call: Call) -> AsyncIterator[Event]:
        async for event in next(answers)(call):
            yield event

    with site(script, limits=Limits(in_flight=1)) as (url, desk):
        first = post(url, stream=True)
        assert reached.wait(10)
        busy = post(url, stream=True)
        refused = read_until(busy, b"\r\n\r\n")
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in refused
        first.close()
        assert desk.wait_closed() == "disconnected"
        second = post(url, stream=True)
        assert b"[DONE]" in read_until(second, b"[DONE]")
        for connection in (busy, second):
            connection.close()


def test_silence_is_filled_with_comments() -> None:
    reached = threading.Event()
    with site(silent(reached.set, HEAD), limits=Limits(keep_alive_seconds=0.05)) as (url, desk):
        connection = post(url, stream=True)
        data = read_until(connection, b": keep-alive\n\n\r\n")
        assert b"data:" not in data
        connection.close()
        assert desk.wait_closed() == "disconnected"


def test_silence_in_lines_is_filled_with_a_line() -> None:
    """Ollama's clients read every line as JSON: a comment would break them."""
    reached = threading.Event()
    with site(silent(reached.set, HEAD), limits=Limits(keep_alive_seconds=0.05)) as (url, desk):
        connection = post(url, stream=True, path="/api/chat")
        head, _, data = read_until(connection, b'"done":false}\n').partition(b"\r\n\r\n")
        assert b"content-type: application/x-ndjson" in head.lower()
        line = json.loads(data[data.index(b"{") :].split(b"\n")[0])
        assert (line["message"]["content"], line["done"]) == ("", False)
        connection.close()
        assert desk.wait_closed() == "disconnected"


def test_nothing_is_made_for_a_client_that_does_not_read() -> None:
    """What is in memory for a slow client is bounded: the pipeline waits for it."""
    made = 0

    async def endless(call: Call) -> AsyncIterator[Event]:
        nonlocal made
        yield HEAD
        yield text_reply("x")[0]
        while True:
            made += 1
            yield text_reply("x" * 65_536)[1]

    with site(endless, limits=Limits(send_seconds=20)) as (url, desk):
        connection = post(url, stream=True)
        before = -1
        while made != before:
            before = made
            time.sleep(0.5)
        assert 0 < made < 500  # 32 MB: what the system's own buffers hold
        read_until(connection, b"x" * 1000)
        connection.close()
        assert desk.wait_closed() == "disconnected"


def test_a_client_that_stops_reading_is_gone() -> None:
    async def endless(call: Call) -> AsyncIterator[Event]:
        yield HEAD
        while True:
            for event in text_reply("x" * 65536)[:2]:
                yield event
            await asyncio.sleep(0)

    with site(endless, limits=Limits(send_seconds=0.3)) as (url, desk):
        connection = post(url, stream=True)
        assert desk.wait_closed() == "disconnected"
        connection.close()


def test_open_streams_end_when_the_server_stops() -> None:
    """A stop signal lets a running stream finish, and its record close, before the ledger is taken down."""
    reached = threading.Event()
    go_on = threading.Event()
    order: list[str] = []

    async def script(call: Call) -> AsyncIterator[Event]:
        yield HEAD
        reached.set()
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        for event in text_reply("Done"):
            yield event
        yield Finished()
        order.append("call ended")

    class Life:
        async def __aenter__(self) -> None:
            return None

        async def __aexit__(self, *_: object) -> None:
            order.append("ledger down")

    with site(script, lifespan=Life) as (url, desk):
        connection = post(url, stream=True)
        assert reached.wait(10)
        threading.Timer(0.2, go_on.set).start()
    assert b"[DONE]" in read_until(connection, b"[DONE]")
    connection.close()
    assert desk.outcomes == ["delivered"]
    assert order == ["call ended", "ledger down"]


def test_streams_that_do_not_end_are_cut_when_the_server_stops() -> None:
    reached = threading.Event()
    desk = Desk(silent(reached.set, HEAD, *text_reply("Dear Mrs Jones")[:2]))
    with serving(create_app(desk, handle=handle), timeout_graceful_shutdown=1) as url:
        connection = post(url, stream=True)
        assert reached.wait(10)
    connection.close()
    assert desk.outcomes == ["disconnected"]


async def test_a_body_that_never_ends_is_refused_in_time() -> None:
    desk = Desk(echo)
    app = create_app(desk, handle=handle, limits=Limits(body_seconds=0.05))

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    status, headers, body = await ask(app, receive=receive)
    assert status == 408
    assert json.loads(body)["error"]["code"] == "request_timeout"
    assert headers["x-ai-record"]
    assert desk.outcomes == ["request_timeout"]


@pytest.mark.parametrize("before", [(), (HEAD,)])
async def test_failures_of_ours_say_nothing(before: tuple[Event, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """An exception's text can hold content: it reaches neither the client nor the log."""
    desk = Desk(failing(RuntimeError("NHS 943 476 5919"), *before))
    app = create_app(desk, handle=handle)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}).encode()
    status, _, data = await ask(app, body=body)
    assert status == (200 if before else 500)
    assert b"internal_error" in data
    assert b"[DONE]" not in data
    assert b"943 476" not in data
    assert "943 476" not in "".join(capfd.readouterr())
    assert desk.outcomes == ["failed"]


async def test_a_stream_without_an_end_is_a_failure() -> None:
    async def endless(call: Call) -> AsyncIterator[Event]:
        yield HEAD

    app = create_app(Desk(endless), handle=handle)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}).encode()
    _, _, data = await ask(app, body=body)
    assert b"internal_error" in data
    assert b"[DONE]" not in data
