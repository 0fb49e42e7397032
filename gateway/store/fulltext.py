"""Full text over redacted texts: SQLite FTS5, PostgreSQL tsvector. The index is content and goes with its text."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Engine

from gateway.store.bulk import Statement, inserts
from gateway.store.engine import is_sqlite

_CHUNK = 100_000
"""Characters a tsvector (1 MB at most) may come from."""
_POSTGRESQL = "INSERT INTO search (part, chunk, body) VALUES (%s, %s, to_tsvector('simple', %s))"


_MERGE_PAGES = 500
_FORGET = "INSERT INTO search (search, rowid, body) VALUES ('delete', ?, ?)"


def index_texts(sqlite: bool, texts: Sequence[tuple[int, bytes]]) -> Iterator[Statement]:
    """Statements that make redacted texts (by part number) findable."""
    readable = _readable(texts)
    if sqlite:
        yield from inserts(sqlite, "search", ("rowid", "body"), readable)
        return
    for part, body in readable:
        for start in range(0, len(body), _CHUNK):
            yield _POSTGRESQL, (part, start // _CHUNK, body[start : start + _CHUNK])


def forget_texts(connection: Connection, texts: Sequence[tuple[int, bytes]]) -> None:
    """Take redacted texts out of the index. FTS5 without content must be told exactly what it was given."""
    if is_sqlite(connection.engine):
        for part, body in _readable(texts):
            connection.exec_driver_sql(_FORGET, (part, body))
        return
    for part, _ in texts:
        connection.exec_driver_sql("DELETE FROM search WHERE part = %s", (part,))


def merge_step(engine: Engine, connection: Connection, *, first: bool) -> bool:
    """Rewrite a piece of FTS5's index without what was taken out of it, which it only marks as gone until then; whether
    there is more to do. See "The merge command" in SQLite's FTS5 documentation."""
    if not is_sqlite(engine):
        return False
    before = connection.exec_driver_sql("SELECT total_changes()").scalar() or 0
    pages = -_MERGE_PAGES if first else _MERGE_PAGES
    connection.exec_driver_sql("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
    after = connection.exec_driver_sql("SELECT total_changes()").scalar() or 0
    return after - before >= 2


def _readable(texts: Sequence[tuple[int, bytes]]) -> list[tuple[int, str]]:
    return [(part, data.decode("utf-8", "replace").replace("\x00", " ")) for part, data in texts]
