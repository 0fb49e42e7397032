"""One capturing upstream and one gateway process for a file's tests."""

from collections.abc import Iterator

import pytest

from tests.support.capture import Capture, capturing, echo
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running


@pytest.fixture(scope="module")
def server() -> Iterator[Capture]:
    with capturing() as capture:
        yield capture


@pytest.fixture(scope="module")
def gateway(server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("gateway"), server.url) as made:
        yield made


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> str:
    """A housing officer's key: an ordinary person, drafting letters."""
    return gateway.key()


@pytest.fixture
def capture(server: Capture) -> Iterator[Capture]:
    """The upstream, emptied before and back to echoing after each test."""
    server.clear()
    yield server
    server.answer = echo
