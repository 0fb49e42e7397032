"""What every test file shares."""

import gc
import warnings
from collections.abc import Iterator

import pytest

from tests.support.postgres import bare_postgres_url as bare_postgres_url
from tests.support.postgres import postgres_module_url as postgres_module_url
from tests.support.postgres import postgres_server as postgres_server
from tests.support.postgres import postgres_template as postgres_template
from tests.support.postgres import postgres_url as postgres_url

TALKING = frozenset({"clients", "conformance", "faults", "integration", "upstream"})
"""Folders whose files drive SDKs and provider libraries."""


def pytest_collection_finish() -> None:
    """What importing and collecting made stays until the end: the garbage collector need not walk it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def left_open_by_libraries(request: pytest.FixtureRequest) -> Iterator[None]:
    """Some libraries keep clients in caches of their own (litellm for an hour), and leave their connections to the
    garbage collector: let it work at the end of the file, and not within a test of another."""
    yield
    if request.module.__name__.split(".")[1] in TALKING:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
