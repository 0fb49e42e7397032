"""A filled records office for this folder's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.records import Site, site


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Site]:
    with site(tmp_path) as made:
        await made.fill()
        yield made
        await made.ledger.stop()
