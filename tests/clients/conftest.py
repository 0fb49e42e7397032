"""One provider with every text endpoint, one gateway process, and clients that can reach nothing but this machine."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import capture as capture
from tests.integration.conftest import key as key
from tests.support.capture import Capture, capturing
from tests.support.garbage import collect_and_freeze
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running

LITELLM = find_spec("litellm")
"""Not imported here: its import alone fetches a price list, unless it is told not to."""
QUIET = {
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LLAMA_INDEX_CACHE_DIR": os.devnull,
    "TIKTOKEN_CACHE_DIR": str(Path((LITELLM and LITELLM.origin) or "").parent / "litellm_core_utils" / "tokenizers"),
}
"""No tracing, no price lists, and token tables from a package instead of the network."""


@pytest.fixture(scope="module")
def server() -> Iterator[Capture]:
    with capturing() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    speaks = ["openai_chat", "openai_responses", "openai_embeddings"]
    settings: dict[str, Any] = {"offline": {"kind": "direct", "base_url": server.url, "speaks": speaks}}
    with running(tmp_path_factory.mktemp("gateway"), server.url, upstreams=settings) as made:
        yield made


@pytest.fixture(autouse=True)
def left_open() -> Iterator[None]:
    """Frameworks leave their connections to the garbage collector: let it work here, and not within a later test."""
    yield
    collect_and_freeze()


@pytest.fixture(autouse=True)
def this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere else fails the test that made it."""
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def connecting(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            pytest.fail(f"a client reached for {address[0]}")
        connect(self, address)

    def resolving(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in ("localhost", "127.0.0.1", "::1", None):
            pytest.fail(f"a client asked for the address of {host!r}")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", connecting)
    monkeypatch.setattr(socket, "getaddrinfo", resolving)
