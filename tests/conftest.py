"""What every test file shares."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.garbage import collect, collect_and_freeze
from tests.support.postgres import bare_postgres_url as bare_postgres_url
from tests.support.postgres import postgres_module_url as postgres_module_url
from tests.support.postgres import postgres_server as postgres_server
from tests.support.postgres import postgres_template as postgres_template
from tests.support.postgres import postgres_url as postgres_url

TALKING = frozenset({"clients", "conformance", "faults", "integration", "upstream"})
"""Folders whose files drive SDKs and provider libraries."""


# A landing is judged by what it changed: the default run draws the same examples each time, `make hunt` draws others.
settings.register_profile("steady", derandomize=True)
settings.register_profile("hunt", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("steady")

gc.disable()


def pytest_collection_finish() -> None:
    """What importing and collecting made stays until the end: the garbage collector need not walk it each time, and
    not at all before."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def left_open_at_the_end() -> Iterator[None]:
    """For sessions in which libraries talk: what they kept to the end is closed before Python would complain of it."""
    yield
    gc.unfreeze()
    collect()


@pytest.fixture(scope="module", autouse=True)
def left_open_by_libraries(request: pytest.FixtureRequest) -> Iterator[None]:
    """Some libraries keep clients in caches of their own (litellm for an hour), and leave their connections to the
    garbage collector: let it work at the end of the file, and not within a test of another."""
    talks = request.module.__name__.split(".")[1] in TALKING
    if talks:
        request.getfixturevalue("left_open_at_the_end")
    yield
    if talks:
        collect_and_freeze()
