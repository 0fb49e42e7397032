"""Words to single records, and the piece of text in which they stand."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, Select, select, union

from gateway.ledger.reference import normal_reference
from gateway.store import tables
from gateway.store.engine import is_sqlite
from gateway.store.finding import phrases, texts_with
from gateway.store.fulltext import words_of
from gateway.store.holds import pieces

_AROUND = 60
_WORD = re.compile(r"\S+")


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
    first: dict[int, int] = {}
    for some in pieces(sorted(set(found), reverse=True)):
        owners = select(part.c.conversation, part.c.id).where(part.c.id.in_(some)).order_by(part.c.id.desc())
        first.update((unit, number) for unit, number in connection.execute(owners))
    shown: dict[int, str] = {}
    for some in pieces(sorted(first.values())):
        texts = select(part.c.conversation, part.c.text).where(part.c.id.in_(some))
        shown.update({unit: _around([data], phrases(query)) for unit, data in connection.execute(texts)})
    return shown


def _around(texts: Iterable[bytes | None], wanted: Sequence[Sequence[str]]) -> str:
    """The first words that were looked for, with some text around them."""
    first = list(wanted[0]) if wanted else []
    if not first:
        return ""
    for data in texts:
        said = " ".join((data or b"").decode("utf-8", "replace").split())
        last: deque[tuple[str, int, int]] = deque(maxlen=len(first))
        for word in _placed(said):
            last.append(word)
            if word[0] == first[-1] and [each for each, _, _ in last] == first:
                start, end = max(0, last[0][1] - _AROUND), word[2] + _AROUND
                return ("... " if start else "") + said[start:end] + (" ..." if end < len(said) else "")
    return ""


def _placed(said: str) -> Iterator[tuple[str, int, int]]:
    """Words as they are indexed, each with the place of what it stands in between blanks."""
    for found in _WORD.finditer(said):
        for word in words_of(found[0]):
            yield word, found.start(), found.end()
