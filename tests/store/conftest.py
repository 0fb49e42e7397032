"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.store.open import LedgerService
from tests.support.ledger import service


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that nobody has used; on PostgreSQL the ledger's tables stand in it, on SQLite `service` lays them."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("bare_postgres_url"))


@pytest_asyncio.fixture
async def ledger(url: str, tmp_path: Path) -> AsyncIterator[LedgerService]:
    """A started ledger."""
    opened = service(url, tmp_path)
    await opened.start()
    yield opened
    await opened.stop()
