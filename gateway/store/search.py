"""Words to single records, and the piece of text in which they stand."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Select, func, select, union

from gateway.ledger.reference import normal_reference
from gateway.store import tables
from gateway.store.engine import is_sqlite
from gateway.store.finding import phrases, texts_with

_AROUND = 60


def matching_refs(connection: Connection, query: str) -> Select[str] | None:
    """A query for the references of records in which every word (or "phrase") occurs in one text, or whose reference is
    typed; None where there is no word to look for."""
    record, node = tables.record, tables.node
    if not phrases(query):
        return None
    by_name = select(record.c.ref).where(record.c.ref == normal_reference(query))
    parts = texts_with(query, sqlite=is_sqlite(connection.engine))
    by_text = select(node.c.ref).where(node.c.sent_id.in_(parts))
    both = union(by_name, by_text).subquery()
    return select(both.c.ref)


def excerpt(connection: Connection, ref: str, query: str) -> str:
    """A piece of a record's redacted text in which the first words are found; empty where it was the reference."""
    node, part = tables.node, tables.part
    texts = select(part.c.text).join(node, node.c.sent_id == part.c.id).where(node.c.ref == ref)
    return _around(connection.scalars(texts.order_by(node.c.role, node.c.position)), phrases(query))


def passages(connection: Connection, units: Sequence[int], query: str) -> dict[int, str]:
    """The same for conversations: from a text of each in which all of the words stand."""
    part = tables.part
    matching = texts_with(query, sqlite=is_sqlite(connection.engine))
    mine = select(part.c.id).where(part.c.conversation.in_(units))
    found = connection.scalars(matching.where(matching.selected_columns[0].in_(mine))).all()
    first = select(func.min(part.c.id)).where(part.c.id.in_(found)).group_by(part.c.conversation)
    texts = select(part.c.conversation, part.c.text).where(part.c.id.in_(list(connection.scalars(first))))
    return {unit: _around([text], phrases(query)) for unit, text in connection.execute(texts)}


def _around(texts: Iterable[bytes | None], wanted: Sequence[Sequence[str]]) -> str:
    for data in texts:
        said = " ".join((data or b"").decode("utf-8", "replace").split())
        found = re.search(r"\W+".join(map(re.escape, wanted[0])), said, re.IGNORECASE) if wanted else None
        if found:
            start, end = max(0, found.start() - _AROUND), found.end() + _AROUND
            return ("... " if start else "") + said[start:end] + (" ..." if end < len(said) else "")
    return ""
