"""Full text over redacted texts: SQLite FTS5, PostgreSQL tsvector. The index is content and goes with its text."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from gateway.store.engine import is_sqlite

_CHUNK = 100_000
"""Characters a tsvector (1 MB at most) may come from."""
_SQLITE = text("INSERT INTO search (rowid, body) VALUES (:part, :body)")
_POSTGRESQL = text("INSERT INTO search (part, chunk, body) VALUES (:part, :chunk, to_tsvector('simple', :body))")


def index_texts(connection: Connection, texts: Sequence[tuple[int, bytes]]) -> None:
    """Make redacted texts (by part number) findable."""
    if not texts:
        return
    readable = [(part, data.decode("utf-8", "replace").replace("\x00", " ")) for part, data in texts]
    if is_sqlite(connection.engine):
        connection.execute(_SQLITE, [{"part": part, "body": body} for part, body in readable])
        return
    rows = [
        {"part": part, "chunk": start // _CHUNK, "body": body[start : start + _CHUNK]}
        for part, body in readable
        for start in range(0, len(body), _CHUNK)
    ]
    connection.execute(_POSTGRESQL, rows)
