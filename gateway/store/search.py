"""Words to records: full text over redacted texts, and references typed by hand."""

import re

from sqlalchemy import BigInteger, Connection, Select, Text, column, func, select, table, union

from gateway.ledger.reference import normal_reference
from gateway.store import tables
from gateway.store.engine import is_sqlite

_AROUND = 60
_WORD = re.compile(r"\w+")
_PHRASE = re.compile(r'"([^"]*)"|(\S+)')


def matching_refs(connection: Connection, query: str) -> Select[tuple[str]] | None:
    """A query for the references of records in which every word (or "phrase") occurs in one text, or whose reference is
    typed; None where there is no word to look for."""
    phrases = _phrases(query)
    record, node = tables.record, tables.node
    by_name = select(record.c.ref).where(record.c.ref == normal_reference(query))
    if not phrases:
        return None
    parts = _sqlite(phrases) if is_sqlite(connection.engine) else _postgresql(phrases)
    by_text = select(node.c.ref).where(node.c.sent_id.in_(parts))
    both = union(by_name, by_text).subquery()
    return select(both.c.ref)


def _phrases(query: str) -> list[list[str]]:
    """The query as lists of words that stand together; marks and operators mean nothing special."""
    found = [_WORD.findall(quoted or plain) for quoted, plain in _PHRASE.findall(query)]
    return [words for words in found if words]


def _sqlite(phrases: list[list[str]]) -> Select[tuple[int]]:
    found = table("search", column("rowid", BigInteger), column("search", Text))
    wanted = " AND ".join('"' + " ".join(words) + '"' for words in phrases)
    return select(found.c.rowid).where(found.c.search.op("MATCH")(wanted))


def _postgresql(phrases: list[list[str]]) -> Select[tuple[int]]:
    found = table("search", column("part", BigInteger), column("body", Text))
    wanted = " & ".join("(" + " <-> ".join(f"'{word}'" for word in words) + ")" for words in phrases)
    return select(found.c.part).where(found.c.body.op("@@")(func.to_tsquery("simple", wanted)))


def excerpt(connection: Connection, ref: str, query: str) -> str:
    """A piece of the redacted text in which the query's first words are found; empty where it was the reference."""
    node, part = tables.node, tables.part
    phrases = _phrases(query)
    texts = select(part.c.text).join(node, node.c.sent_id == part.c.id).where(node.c.ref == ref)
    for data in connection.scalars(texts.order_by(node.c.role, node.c.position)):
        said = " ".join(data.decode("utf-8", "replace").split())
        found = re.search(r"\W+".join(map(re.escape, phrases[0])), said, re.IGNORECASE) if phrases else None
        if found:
            start, end = max(0, found.start() - _AROUND), found.end() + _AROUND
            return ("... " if start else "") + said[start:end] + (" ..." if end < len(said) else "")
    return ""
