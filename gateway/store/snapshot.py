"""The same search over what the tree held at an earlier size, so that a saved search repeats."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, Select, case, exists, false, or_, select

from gateway.model.search import Filter
from gateway.store import finding, tables
from gateway.store.keeping import blind


def units_below(wanted: Filter, size: int, *, sqlite: bool) -> Select[int]:
    """The conversations that fit by leaves below `size` alone: a call counts once it was opened; its answer, outcome
    and what was found in the answer once it was closed."""
    record = tables.record
    closed = _sequenced(record, "closed", size)
    where = [*finding.facts(wanted, record), *finding.people(wanted, record), _sequenced(record, "opened", size)]
    if "outcome" in wanted.facts:
        where.append(closed)
    if wanted.label:
        mark = f'"{wanted.label}":'
        where.append(or_(record.c.findings.contains(mark, autoescape=True), closed))
    query = select(record.c.unit).distinct().where(*where)
    if any(not group for group in wanted.digests):
        return query.where(false())
    for group in wanted.digests:
        query = query.where(record.c.unit.in_(_with_digests(group, size)))
    words = wanted.words
    if words is not None and words.strip():
        if not finding.phrases(words):
            return query.where(false())
        found = or_(record.c.unit.in_(_with_words(words, size, sqlite=sqlite)))
        by_name = finding.units_with_reference(words)
        query = query.where(found if by_name is None else or_(found, record.c.unit.in_(by_name)))
    return query


def _with_words(words: str, size: int, *, sqlite: bool) -> Select[int]:
    node, record = tables.node, tables.record.alias("said")
    query = select(record.c.unit).join(node, node.c.ref == record.c.ref)
    return query.where(node.c.sent_id.in_(finding.texts_with(words, sqlite=sqlite)), _said_below(node, size))


def _with_digests(digests: Sequence[bytes], size: int) -> Select[int]:
    node, record = tables.node, tables.record.alias("said")
    query = select(record.c.unit).join(node, node.c.ref == record.c.ref).join(blind, blind.c.part == node.c.kept_id)
    return query.where(blind.c.digest.in_(digests), _said_below(node, size))


def _said_below(node: FromClause, size: int) -> ColumnElement[bool]:
    """Whether a text was recorded by a leaf below `size`: what was asked by `opened`, what was answered by `closed`."""
    leaf, sequenced = tables.leaf, tables.sequenced
    kind = case((node.c.role.startswith("reply:"), "closed"), else_="opened")
    inner = select(1).select_from(leaf.join(sequenced, sequenced.c.leaf == leaf.c.id))
    return exists(inner.where(leaf.c.ref == node.c.ref, leaf.c.kind == kind, sequenced.c.idx < size).correlate(node))


def _sequenced(record: FromClause, kind: str, size: int) -> ColumnElement[bool]:
    leaf, sequenced = tables.leaf, tables.sequenced
    inner = select(1).select_from(leaf.join(sequenced, sequenced.c.leaf == leaf.c.id))
    return exists(
        inner.where(leaf.c.ref == record.c.ref, leaf.c.kind == kind, sequenced.c.idx < size).correlate(record)
    )
