"""New ledgers' databases, copied from one that was migrated once: migrating takes longer than most tests do."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import make_url

from gateway.store import schema


def lay(url: str) -> None:
    """Put today's empty tables into a SQLite file that does not exist yet; another database is left as it is."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or Path(parsed.database).exists():
        return
    path = Path(parsed.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{uuid4().hex}")
    made.touch(0o600)
    made.write_bytes(_migrated())
    made.rename(path)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        schema.upgrade(f"sqlite:///{path}")
        return path.read_bytes()
