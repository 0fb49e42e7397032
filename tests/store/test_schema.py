"""Migrations make exactly the tables that the code describes, and a newer database is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from gateway.store import schema
from gateway.store.engine import LedgerError, make_engine, normal_url
from gateway.store.open import open_ledger
from gateway.store.tables import metadata
from tests.support.ledger import CONTROLLERS, SCHEDULE, service


@pytest.fixture
def engine(bare_url: str) -> Iterator[Engine]:
    made = make_engine(bare_url)
    yield made
    made.dispose()


def test_migrated_tables_are_the_described_ones(engine: Engine) -> None:
    schema.upgrade(engine)
    schema.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [each for each in compare_metadata(context, metadata) if "search" not in repr(each)]
    assert differences == []
    assert any(name == "search" for name in inspect(engine).get_table_names())


def test_a_newer_database_is_refused(engine: Engine, bare_url: str, tmp_path: Path) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(schema.SchemaError, match="newer version"):
        schema.upgrade(bare_url)
    with pytest.raises(schema.SchemaError, match="newer version"):
        schema.require_current(engine)
    with pytest.raises(schema.SchemaError, match="newer version"):
        service(bare_url, tmp_path)


def test_a_reader_does_not_make_a_ledger(bare_url: str, tmp_path: Path) -> None:
    from gateway.ledger.keystore import FileKeyStore

    keystore = FileKeyStore(tmp_path / "keys")
    with pytest.raises(schema.SchemaError, match="no ledger"):
        open_ledger(bare_url, tmp_path / "data", keystore, SCHEDULE, CONTROLLERS, "", "", migrate=False)


def test_only_databases_that_keep_what_they_are_given() -> None:
    assert normal_url("postgresql://u@h/d").drivername == "postgresql+psycopg"
    with pytest.raises(LedgerError, match="neither SQLite nor PostgreSQL"):
        normal_url("mysql://u@h/d")
    with pytest.raises(LedgerError, match="memory"):
        make_engine("sqlite://")


def test_sqlite_is_durable(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1
    engine.dispose()
