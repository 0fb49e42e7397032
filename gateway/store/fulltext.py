"""Full text over redacted texts: SQLite FTS5, PostgreSQL tsvector. The index is content and goes with its text."""

from collections.abc import Iterator, Sequence

from gateway.store.bulk import Statement, inserts

_CHUNK = 100_000
"""Characters a tsvector (1 MB at most) may come from."""
_POSTGRESQL = "INSERT INTO search (part, chunk, body) VALUES (%s, %s, to_tsvector('simple', %s))"


def index_texts(sqlite: bool, texts: Sequence[tuple[int, bytes]]) -> Iterator[Statement]:
    """Statements that make redacted texts (by part number) findable."""
    readable = [(part, data.decode("utf-8", "replace").replace("\x00", " ")) for part, data in texts]
    if sqlite:
        yield from inserts(sqlite, "search", ("rowid", "body"), readable)
        return
    for part, body in readable:
        for start in range(0, len(body), _CHUNK):
            yield _POSTGRESQL, (part, start // _CHUNK, body[start : start + _CHUNK])
