"""Conditions of a search as SQL: facts of a record, words of a redacted text, digests of the blind index.

Facts must hold of one call of a conversation; words must stand in one text of it, each value anywhere in it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    any_,
    column,
    exists,
    false,
    func,
    literal,
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
_Value = TypeVar("_Value", int, bytes)


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
        found = listed(blind.c.digest, digests, sqlite=False)
        return select(part.c.conversation).join(blind, blind.c.part == part.c.id).where(found)
    narrow = text("part INDEXED BY ix_part_unit")
    query: Select[Any] = select(literal_column("part.conversation", BigInteger)).select_from(blind, narrow)
    return query.where(literal_column("part.id") == blind.c.part, blind.c.digest.in_(digests))


def units_with_reference(words: str) -> Select[int] | None:
    """The conversation whose record's reference was typed as the words."""
    reference = normal_reference(words)
    if not _REFERENCE.fullmatch(reference):
        return None
    return select(tables.record.c.unit).where(tables.record.c.ref == reference)


def listed(value: ColumnElement[_Value], given: Sequence[_Value], *, sqlite: bool) -> ColumnElement[bool]:
    """Whether a value is one of those given: PostgreSQL takes them as one value, and plans once for any count."""
    return value.in_(given) if sqlite else value == any_(literal(list(given), ARRAY(value.type)))


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a conversation as a whole: words in one text of it, or one of some values anywhere in it. It
    can be asked from either end: which conversations fit, or which of a few given ones."""

    sqlite: bool
    words: str = ""
    digests: Sequence[bytes] = ()

    @property
    def _typed(self) -> Select[int] | None:
        return units_with_reference(self.words) if self.words else None

    def _units(self) -> Select[int]:
        if self.words:
            return units_with_words(self.words, sqlite=self.sqlite)
        return units_with_digests(self.digests, sqlite=self.sqlite)

    def every(self) -> Select[int]:
        """All conversations that fit; one may come several times."""
        typed = self._typed
        return self._units() if typed is None else select(union(self._units(), typed).subquery().c[0])

    def some(self, most: int) -> Select[int]:
        """Those that fit by their first `most` texts; one may come several times."""
        if self.sqlite:
            return self._units().limit(most)
        found = texts_with(self.words, sqlite=False) if self.words else select(blind.c.part)
        if not self.words:
            found = found.where(listed(blind.c.digest, self.digests, sqlite=False))
        # The limit within keeps PostgreSQL from reading through all parts in the hope of meeting these early.
        texts = found.limit(most).subquery()
        return select(tables.part.c.conversation).join(texts, texts.c.part == tables.part.c.id)

    def few(self, connection: Connection, most: int) -> set[int] | None:
        """All conversations that fit, None where more than `most` texts do."""
        rows = connection.execute(self.some(most + 1)).all()
        if len(rows) > most:
            return None
        typed = self._typed
        named = () if typed is None else connection.scalars(typed)
        return {row[0] for row in rows}.union(named)

    def among(self, within: Sequence[int]) -> Select[int]:
        """Those of a few given conversations that fit. Each is asked by itself, text by text until one fits."""
        part, typed = tables.part, self._typed
        given = select(part.c.conversation.label("unit")).distinct()
        units = given.where(listed(part.c.conversation, within, sqlite=self.sqlite)).subquery()
        one = self._text_of(units.c.unit)
        if not self.sqlite:  # PostgreSQL would collect all that fit first
            one = one.offset(0)
        query = select(units.c.unit).where(exists(one.correlate(units)))
        if typed is None:
            return query
        typed = typed.where(listed(tables.record.c.unit, within, sqlite=self.sqlite))
        return select(union(query, typed).subquery().c[0])

    def _text_of(self, unit: ColumnElement[int]) -> Select[int]:
        """The texts of a conversation that fit."""
        part = tables.part
        texts = select(literal(1)).where(part.c.conversation == unit)
        if not self.words:
            return texts.where(blind.c.part == part.c.id, listed(blind.c.digest, self.digests, sqlite=self.sqlite))
        if self.sqlite:
            lite = table("search", column("rowid", BigInteger), column("search", Text))
            return texts.where(lite.c.rowid == part.c.id, lite.c.search.op("MATCH")(match(self.words, sqlite=True)))
        full = table("search", column("part", BigInteger), column("body", Text))
        asked = func.to_tsquery("simple", match(self.words, sqlite=False))
        return texts.where(full.c.part == part.c.id, full.c.body.op("@@")(asked))


def conditions(wanted: Filter, *, sqlite: bool) -> list[Condition] | None:
    """What must hold of conversations as a whole, all of it; None where nothing can fit."""
    if any(not group for group in wanted.digests):
        return None
    found = [Condition(sqlite, digests=group) for group in wanted.digests]
    if wanted.words is not None and wanted.words.strip():
        if not phrases(wanted.words):
            return None
        found.append(Condition(sqlite, words=wanted.words))
    return found


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
    pieces = [piece.replace("-", "") for piece in reference_pieces(typed)]
    if len(pieces[0]) < 3:  # hardly a piece: it would fit thousands
        return false()
    bare = func.replace(record.c.ref, "-", "")
    return or_(*(bare.contains(piece, autoescape=True) for piece in pieces))


def units(wanted: Filter, *, sqlite: bool, within: Sequence[int] | None = None) -> Select[Any]:
    """The conversations that fit, each once. For holds and counts; `DatabaseHits` finds a page of them sooner. With
    `within` those of a few given ones, looked at one by one: what is common costs no more then than what is rare."""
    record, loose = tables.record, sqlite and within is not None
    query = select(record.c.unit).distinct().where(*facts(wanted, record, loose=loose), *people(wanted, record))
    if within is not None:
        query = query.where(listed(record.c.unit, within, sqlite=sqlite))
    found = conditions(wanted, sqlite=sqlite)
    if found is None:
        return query.where(false())
    return query.where(*(record.c.unit.in_(each.every() if within is None else each.among(within)) for each in found))


def newer(wanted: Filter, record: FromClause) -> ColumnElement[bool]:
    """Whether the conversation has a later record that fits too: then it stands further up, under that."""
    later = tables.record.alias("later")
    return exists(
        select(1)
        .where(later.c.unit == record.c.unit, later.c.opened_at > record.c.opened_at)
        .where(*facts(wanted, later, loose=False), *people(wanted, later))
        .correlate(record)
    )
