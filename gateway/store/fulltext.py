"""Full text over redacted texts: SQLite FTS5, PostgreSQL tsvector. The index is content and goes with its text."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Engine

from gateway.model.folding import fold
from gateway.store.bulk import Statement, inserts
from gateway.store.engine import is_sqlite

_POSITIONED = 4_000
"""Words whose places one tsvector keeps: it numbers 16,383 at most, and 256 of the same word."""
_OVERLAP = 50
"""Words of the piece before that a piece begins with, so that a phrase stands whole in one of them."""
_TOGETHER = 300_000
"""Bytes of different words that one tsvector (1 MB at most) holds."""
_LONGEST = 500
"""Characters of one word: PostgreSQL takes 2,046 bytes, and refuses a search for more."""
_WORD = re.compile(rf"[^\W_]{{1,{_LONGEST}}}")
_ASCII_WORD = re.compile(rf"[a-z0-9]{{1,{_LONGEST}}}")
_BEYOND_FTS = re.compile("[^\x00-\x7f\xa0£§©®°·«»À-ÅÇ-ÏÑ-ÖÙ-Ýà-åç-ïñ-öù-ýÿ\u2010-\u2027\u202f-\u203a€]")
"""What FTS5 may read otherwise than we do; texts without it, the most by far, it is given as they are."""
_INSERT = "INSERT INTO search (part, chunk, body) VALUES (%s, %s, "
_PLACED, _UNPLACED = f"{_INSERT}to_tsvector('simple', %s))", f"{_INSERT}strip(to_tsvector('simple', %s)))"
_MERGE_PAGES = 500
_FORGET = "INSERT INTO search (search, rowid, body) VALUES ('delete', ?, ?)"


def index_texts(sqlite: bool, texts: Sequence[tuple[int, bytes]]) -> Iterator[Statement]:
    """Statements that make redacted texts (by part number) findable."""
    if sqlite:
        yield from inserts(sqlite, "search", ("rowid", "body"), _for_fts(texts))
        return
    for part, body in _readable(texts):
        for chunk, (statement, words) in enumerate(_vectors(words_of(body))):
            yield statement, (part, chunk, words)


def words_of(text: str) -> list[str]:
    """The words of a text as they are indexed and looked for, without case and accents.

    PostgreSQL is given these words apart: its own parser takes `his/her`, `12.50` and `HSG/2026/0042` for one word.
    """
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    words: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFC", text)):
        if word.isascii():
            words.append(word.lower())
        else:
            words += _WORD.findall(fold(word))
    return words


def _vectors(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What makes a text findable in PostgreSQL: statements with their words. A long text is cut for the sake of its
    phrases, and all of its words are indexed together too, since every word of a search must stand in one text."""
    if len(words) <= _POSITIONED and sum(map(len, words)) < _TOGETHER // 4:
        yield _PLACED, " ".join(words)
        return
    for words_once in _packed(sorted(set(words)), len(words), 0):
        yield _UNPLACED, words_once
    for piece in _packed(words, _POSITIONED, _OVERLAP):
        yield _PLACED, piece


def _packed(words: Sequence[str], most: int, overlap: int) -> Iterator[str]:
    """Words in pieces of at most `most` and of what a tsvector holds; each begins with the last `overlap` of the piece
    before."""
    some: list[str] = []
    size = 0
    for word in words:
        length = len(word.encode()) + 1
        if len(some) == most or (size + length > _TOGETHER and len(some) > overlap):
            yield " ".join(some)
            some = some[len(some) - overlap :]
            size = sum(len(each.encode()) + 1 for each in some)
        some.append(word)
        size += length
    yield " ".join(some)


def forget_texts(connection: Connection, texts: Sequence[tuple[int, bytes]]) -> None:
    """Take redacted texts out of the index. FTS5 without content must be told exactly what it was given."""
    if is_sqlite(connection.engine):
        for part, body in _for_fts(texts):
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


def _readable(texts: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
    for part, data in texts:
        yield part, data.decode("utf-8", "replace").replace("\x00", " ")


def _for_fts(texts: Sequence[tuple[int, bytes]]) -> list[tuple[int, str]]:
    """Texts as FTS5 is given them: mostly as they are, since what comes here holds up the writer."""
    return [(part, " ".join(words_of(body)) if _BEYOND_FTS.search(body) else body) for part, body in _readable(texts)]
