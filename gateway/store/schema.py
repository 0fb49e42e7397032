"""Migrations, forwards only. A database that is newer than this program is refused, never guessed at."""

from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from gateway.store.engine import file_lock, make_engine, sqlite_path

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_LOCK = 0x41494757
"""PostgreSQL advisory lock: one worker migrates, the others wait."""


class SchemaError(Exception):
    """The database's schema does not fit this program; the message says what to do."""


def upgrade(engine_or_url: Engine | str) -> None:
    """Bring the database to this program's schema. Raises SchemaError when it is newer."""
    engine = make_engine(engine_or_url) if isinstance(engine_or_url, str) else engine_or_url
    try:
        with ExitStack() as stack:
            path = sqlite_path(engine)
            if path is not None:
                stack.enter_context(file_lock(path.with_name(path.name + ".migrate-lock")))
            connection = stack.enter_context(engine.connect())
            if path is None:
                connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _LOCK})
                connection.commit()
            try:
                _upgrade(connection)
            finally:
                if path is None:
                    connection.rollback()
                    connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _LOCK})
                    connection.commit()
    finally:
        if isinstance(engine_or_url, str):
            engine.dispose()


def state(engine: Engine) -> Literal["absent", "older", "current"]:
    """What starting the gateway would meet. Raises SchemaError where the schema is newer than this program."""
    with engine.connect() as connection:
        found = _revision(connection)
    if found is None:
        return "absent"
    _refuse_newer(found)
    return "current" if found == _script().get_current_head() else "older"


def require_current(engine: Engine) -> None:
    """For readers that must not migrate. Raises SchemaError unless the schema is this program's."""
    with engine.connect() as connection:
        found, known = _revision(connection), _script().get_current_head()
    if found is None:
        raise SchemaError("There is no ledger in this database yet: start the gateway once, or check the database URL.")
    if found != known:
        _refuse_newer(found)
        raise SchemaError(
            f"The ledger has schema {found}, this program needs {known}: start the gateway to migrate it."
        )


def _upgrade(connection: Connection) -> None:
    found = _revision(connection)
    connection.rollback()
    if found is not None:
        _refuse_newer(found)
    if found == _script().get_current_head():
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def _refuse_newer(found: str) -> None:
    known = {script.revision for script in _script().walk_revisions()}
    if found not in known:
        raise SchemaError(
            f"The ledger has schema {found}, which this program does not know: it was written by a newer version. "
            "Start that version, or restore a backup made before the upgrade."
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
