"""Providers that stall, die, say nothing readable or report an error in the middle of an answer: in every dialect the
client gets what was said so far and one error of its own kind, and the record says what happened."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running
from tests.support.sealed import reply_text

ASKED = "Write to Margaret Okafor about her bins."
SPOKEN = ["openai_chat", "openai_responses", "anthropic_messages"]
MESSAGES = {"messages": [{"role": "user", "content": ASKED}]}
DIALECTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "chat": ("/v1/chat/completions", MESSAGES, "[DONE]"),
    "completions": ("/v1/completions", {"prompt": ASKED}, "[DONE]"),
    "responses": ("/v1/responses", {"input": ASKED}, "response.completed"),
    "anthropic": ("/v1/messages", {**MESSAGES, "max_tokens": 500}, "message_stop"),
    "ollama": ("/api/chat", MESSAGES, '"done":true'),
    "generate": ("/api/generate", {"prompt": ASKED}, '"done":true'),
}
"""Path, body, and what tells a client that an answer is complete."""
FAULTS: dict[str, tuple[Reply, str]] = {
    "stalls": (Reply(cut=6, then="stall"), "upstream_timeout"),
    "dies": (Reply(cut=6, then="die"), "upstream_cut_short"),
    "ends early": (Reply(cut=6), "upstream_cut_short"),
    "is not JSON": (Reply(cut=6, tail=b"data: {not json\n\n"), "upstream_unreadable"),
    "is no object": (Reply(cut=6, tail=b"data: [1, 2]\n\n"), "upstream_unreadable"),
    "reports an error": (
        Reply(cut=6, tail=b'data: {"error": {"message": "canary"}}\n\n'),
        "upstream_failed",
    ),
}
PIECES = [f"Dear reader, this is line {number}. " for number in range(20)]


@pytest.fixture(scope="module", params=["bridged", "native"])
def gateway(
    request: pytest.FixtureRequest, server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A provider's silence is borne for a second."""
    settings: dict[str, Any] = {"kind": "direct", "base_url": server.url, "idle_timeout_s": 1}
    if request.param == "native":
        settings |= {"speaks": SPOKEN}
    often = {"calls_per_minute": 100_000, "burst": 10_000}
    with running(
        tmp_path_factory.mktemp("gateway"), server.url, upstreams={"offline": settings}, identity=often
    ) as made:
        yield made


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    root, headers = gateway.base_url.removesuffix("/v1"), {"Authorization": f"Bearer {gateway.key()}"}
    with httpx.Client(base_url=root, headers=headers, timeout=30, trust_env=False) as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_error_ends_the_stream(
    client: httpx.Client, gateway: Gateway, capture: Capture, dialect: str, fault: str
) -> None:
    path, body, end = DIALECTS[dialect]
    reply, code = FAULTS[fault]
    capture.answer = lambda _body: Reply(PIECES, cut=reply.cut, tail=reply.tail, then=reply.then)
    got = client.post(path, json={"model": "council-assistant", "stream": True, **body})
    assert got.status_code == 200
    assert "Dear reader, this is line 0." in got.text
    assert end not in got.text
    assert "canary" not in got.text
    before, _, last = got.text.strip().rpartition("\n")
    assert code in json.dumps(json.loads(last.removeprefix("data: ")))
    assert code not in before
    ref = got.headers["x-ai-record"]
    assert outcome(gateway, ref) == ("upstream_failed", code, 0)
    assert "Dear reader, this is line 0." in reply_text(gateway.database, gateway.folder / "data" / "keys", ref)


def outcome(gateway: Gateway, ref: str) -> Any:
    """How a record ended, with which error, and whether the note went out: read at once, since there are many."""
    with closing(sqlite3.connect(f"file:{gateway.database}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT outcome, error, note FROM record WHERE ref = ?", (ref,)).fetchone()
