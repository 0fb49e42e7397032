"""Conditions of a search as SQL: facts of a record, words of a redacted text, digests of the blind index.

Facts must hold of one call of a conversation; words must stand in one text of it, each value anywhere in it.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    column,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    union,
)
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from gateway.ledger.reference import normal_reference, reference_pieces
from gateway.model.search import Filter
from gateway.store import tables
from gateway.store.fulltext import words_of
from gateway.store.keeping import blind

FACTS = ("outcome", "tool", "service", "person_class", "deployment", "model", "policy", "rule", "dialect")
"""What a search may ask of a record exactly; `policy` is asked by its first letters."""
_QUOTES = str.maketrans("“”„«»", '"""""')
_PHRASE = re.compile(r'"([^"]*)"|(\S+)')
_REFERENCE = re.compile(r"[A-Z0-9]+-[0-9A-Z]{4}-[0-9A-Z]{4}")

Where = list[ColumnElement[bool]]


def phrases(words: str) -> list[list[str]]:
    """What is searched for as lists of words that stand together; marks and operators mean nothing special."""
    found = [words_of(quoted or plain) for quoted, plain in _PHRASE.findall(words.translate(_QUOTES))]
    return [each for each in found if each]


def match(words: str, *, sqlite: bool) -> str:
    """The words as the full text's own query: each word or phrase must be there."""
    if sqlite:
        return " AND ".join('"' + " ".join(each) + '"' for each in phrases(words))
    return " & ".join("(" + " <-> ".join(f"'{word}'" for word in each) + ")" for each in phrases(words))


def texts_with(words: str, *, sqlite: bool) -> Select[int]:
    """The part numbers of redacted texts that hold every word."""
    if sqlite:
        lite = table("search", column("rowid", BigInteger), column("search", Text))
        return select(lite.c.rowid).where(lite.c.search.op("MATCH")(match(words, sqlite=True)))
    full = table("search", column("part", BigInteger), column("body", Text))
    return select(full.c.part).where(full.c.body.op("@@")(func.to_tsquery("simple", match(words, sqlite=False))))


def units_with_words(words: str, *, sqlite: bool) -> Select[int]:
    """The conversations that hold such a text; one may come several times."""
    if sqlite:  # by a narrow index: the part's own row, which SQLite would look up, is as wide as its sealed text
        found = text(
            "SELECT part.conversation AS unit FROM search CROSS JOIN part INDEXED BY ix_part_unit"
            " ON part.id = search.rowid WHERE search MATCH :words"
        ).bindparams(words=match(words, sqlite=True))
        units_of: FromClause = found.columns(column("unit", BigInteger)).subquery()
        return select(units_of.c.unit)
    part = tables.part
    return select(part.c.conversation).where(part.c.id.in_(texts_with(words, sqlite=False)))


def units_with_digests(digests: Sequence[bytes], *, sqlite: bool) -> Select[int]:
    """The conversations in which any of these values was found; one may come several times."""
    part = tables.part
    if not sqlite:
        return select(part.c.conversation).join(blind, blind.c.part == part.c.id).where(blind.c.digest.in_(digests))
    narrow = text("part INDEXED BY ix_part_unit")
    query: Select[Any] = select(literal_column("part.conversation", BigInteger)).select_from(blind, narrow)
    return query.where(literal_column("part.id") == blind.c.part, blind.c.digest.in_(digests))


def units_with_reference(words: str) -> Select[int] | None:
    """The conversation whose record's reference was typed as the words."""
    reference = normal_reference(words)
    if not _REFERENCE.fullmatch(reference):
        return None
    return select(tables.record.c.unit).where(tables.record.c.ref == reference)


def said(words: str, *, sqlite: bool) -> Select[int] | None:
    """The conversations that words mean: by text, or by a reference; None where there is no word to look for."""
    by_name = units_with_reference(words)
    if not phrases(words):
        return None
    by_text = units_with_words(words, sqlite=sqlite)
    return by_text if by_name is None else select(union(by_text, by_name).subquery().c[0])


def facts(wanted: Filter, record: FromClause, *, loose: bool = False, gone: bool = False) -> Where:
    """The conditions on one record. `loose` keeps SQLite from choosing an index by them (it has no statistics); with
    `gone`, records that were disposed of count too."""

    def col(name: str) -> Any:
        plain = record.c[name]
        return UnaryExpression(plain, operator=custom_op("+")) if loose else plain

    where: Where = [col("controller") == wanted.controller]
    if not gone:
        where.append(record.c.disposed_at.is_(None))
    if wanted.since:
        where.append(col("opened_at") >= wanted.since)
    if wanted.until:
        where.append(col("opened_at") < wanted.until)
    for name, value in sorted(wanted.facts.items()):
        where.append(_fact(record, name, value))
    if wanted.label:
        mark = f'"{wanted.label}":'
        where.append(
            or_(
                record.c.findings.contains(mark, autoescape=True),
                record.c.reply_findings.contains(mark, autoescape=True),
            )
        )
    return where


def _fact(record: FromClause, name: str, value: str) -> ColumnElement[bool]:
    if name not in FACTS:
        raise ValueError(f"{name} is no fact of a record")
    if name == "policy":
        return record.c.policy.startswith(value.lower(), autoescape=True)  # SQLite's LIKE knows no case
    if name == "outcome" and value == "open":
        return record.c.outcome.is_(None)
    return record.c[name] == value


def people(wanted: Filter, record: FromClause) -> Where:
    """The conditions on who called and on references."""
    where: Where = []
    if wanted.actors:
        where.append(record.c.actor.in_(wanted.actors))
    if wanted.refs:
        whole = [ref for ref in map(normal_reference, wanted.refs) if _REFERENCE.fullmatch(ref)]
        pieces = [typed for typed in wanted.refs if normal_reference(typed) not in whole]
        # One list: SQLite refuses an OR of more than a thousand, and a hold may name more.
        where.append(or_(record.c.ref.in_(whole), *(_piece(record, typed) for typed in pieces)))
    return where


def _piece(record: FromClause, typed: str) -> ColumnElement[bool]:
    """A piece of a reference as it was printed."""
    pieces = reference_pieces(typed)
    if len(pieces[0].replace("-", "")) < 3:  # hardly a piece: it would fit thousands
        return false()
    bare = func.replace(record.c.ref, "-", "")
    return or_(
        *(record.c.ref.contains(piece, autoescape=True) for piece in pieces),
        *(bare.contains(piece.replace("-", ""), autoescape=True) for piece in pieces),
    )


def sets(wanted: Filter, *, sqlite: bool) -> list[Select[int]] | None:
    """The sets of conversations that must all hold a hit; None where nothing can fit."""
    found = [units_with_digests(group, sqlite=sqlite) for group in wanted.digests]
    if any(not group for group in wanted.digests):
        return None
    if wanted.words is not None and wanted.words.strip():
        named = said(wanted.words, sqlite=sqlite)
        if named is None:
            return None
        found.append(named)
    return found


def units(wanted: Filter, *, sqlite: bool, within: Sequence[int] | None = None) -> Select[Any]:
    """The conversations that fit, each once. For holds and counts; `DatabaseHits` finds a page of them sooner. With
    `within` those of a few given ones, looked at one by one: what is common costs no more then than what is rare."""
    if within is not None:
        return _among(wanted, within, sqlite=sqlite)
    record = tables.record
    query = select(record.c.unit).distinct().where(*facts(wanted, record), *people(wanted, record))
    found = sets(wanted, sqlite=sqlite)
    if found is None:
        return query.where(false())
    return query.where(*(record.c.unit.in_(each) for each in found))


def _among(wanted: Filter, within: Sequence[int], *, sqlite: bool) -> Select[Any]:
    record = tables.record
    query = select(record.c.unit).distinct().where(record.c.unit.in_(within))
    query = query.where(*facts(wanted, record, loose=sqlite), *people(wanted, record))
    if any(not group for group in wanted.digests):
        return query.where(false())
    found = [_texts_among(within, sqlite=sqlite, digests=group) for group in wanted.digests]
    if wanted.words is not None and wanted.words.strip():
        by_name = units_with_reference(wanted.words)
        if not phrases(wanted.words):
            return query.where(false())
        by_text = _texts_among(within, sqlite=sqlite, words=wanted.words)
        found.append(by_text if by_name is None else select(union(by_text, by_name).subquery().c[0]))
    return query.where(*(record.c.unit.in_(each) for each in found))


def _texts_among(
    within: Sequence[int], *, sqlite: bool, words: str | None = None, digests: Sequence[bytes] = ()
) -> Select[int]:
    """Of the conversations `within`, those in which a text has the words, or any of the digests: text by text."""
    part = tables.part
    query = select(part.c.conversation).where(part.c.conversation.in_(within))
    if words is None:
        return query.where(exists(select(1).where(blind.c.part == part.c.id, blind.c.digest.in_(digests))))
    if sqlite:
        lite = table("search", column("rowid", BigInteger), column("search", Text))
        one = lite.c.search.op("MATCH")(match(words, sqlite=True))
        return query.where(exists(select(1).select_from(lite).where(lite.c.rowid == part.c.id, one)))
    full = table("search", column("part", BigInteger), column("body", Text))
    one = full.c.body.op("@@")(func.to_tsquery("simple", match(words, sqlite=False)))
    return query.where(exists(select(1).select_from(full).where(full.c.part == part.c.id, one)))


def newer(wanted: Filter, record: FromClause) -> ColumnElement[bool]:
    """Whether the conversation has a later record that fits too: then it stands further up, under that."""
    later = tables.record.alias("later")
    return exists(
        select(1)
        .where(later.c.unit == record.c.unit, later.c.opened_at > record.c.opened_at)
        .where(*facts(wanted, later, loose=False), *people(wanted, later))
        .correlate(record)
    )
