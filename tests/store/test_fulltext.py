"""Words are found in redacted texts alike on both databases, however they are written and however long the text is."""

import sqlite3
from pathlib import Path

import pytest

from gateway.model.search import Query
from gateway.store import fulltext
from gateway.store.finding import match, texts_with
from gateway.store.open import LedgerService
from gateway.store.tables import SEARCH_SQLITE
from tests.support.ledger import chat, turn
from tests.support.searching import Desk

WRITTEN = {
    "Ask about his/her flat and/or garage.": ("her", "or garage", "his/her", '"her flat"'),
    "It was HSG/2026/0042 of 24/11/2026.": ("0042", "hsg/2026/0042", "24/11/2026", "2026"),
    "The bill of £12.50 or 1,200 is v1.2.3 now.": ("12.50", "50", "£12.50", "1,200", "v1.2.3"),
    "See www.council.example/bins or bins@council.example today.": ("bins", "council.example", "bins@council.example"),
    "Call 01622-602000, +44 1622.": ("602000", "01622-602000", "1622"),
    "The tenant’s “damp” walls – well-known, e.g. here.": (
        "tenant",
        "tenant's",
        "damp",
        "“damp walls”",
        "known",
        "e.g.",
    ),
    "Élan café naïve ÉTÉ coöperate": ("cafe", "CAFÉ", "élan", "naive", "été", "ete"),
    "Łódź Straße Ærø ﬁle": ("lodz", "łódź", "strasse", "STRASSE", "aero", "file"),
    "Siobha\u0301n's cafe\u0301 was decomposed": ("café", "siobhan", "Siobhán", '"café was"'),
    "Acme™ naïves, ½ a day, Oʼkafor": ("acme", "naives", "½", "1", "kafor"),
    "Привет МИР, नमस्ते दुनिया": ("привет", "мир", "नमस्ते"),
    "snake_case and PERSON_AAAA1111 here": ("snake", "case", "PERSON_AAAA1111", "aaaa1111"),
    "O'Connor & sons' 3rd 2x4": ("o'connor", "sons", "3rd", "2x4"),
}
NOTHING = (
    "zebra",
    '"flat her"',
    "her zebra",
    "12.51",
    "602",
    "cafes",
    "_",
    '"',
    "' OR 9",
    "dam:*",
    "da*",
    "NEAR(damp walls)",
)

LINES = range(1_000)


@pytest.mark.parametrize("text", WRITTEN)
async def test_words_are_found_however_they_stand(ledger: LedgerService, tmp_path: Path, text: str) -> None:
    desk = Desk(ledger, tmp_path)
    await turn(ledger, chat(text), "Ok.")
    for words in WRITTEN[text]:
        page = desk.searcher.search(Query("maidstone", words=words))
        assert page.total == 1, words
        assert page.hits[0].excerpt, words
    for words in NOTHING:
        assert desk.searcher.search(Query("maidstone", words=words)).total == 0, words


async def test_all_of_a_long_text_is_one_text(ledger: LedgerService, tmp_path: Path) -> None:
    filler = [
        f"the tenant w{number} " + " ".join(f"{word}{number}" for word in "abcdefghijklmnopq") for number in LINES
    ]
    filler[0] += " firstword"
    filler[500] += " middle phrase stands here"
    filler[-1] += " the lastword"
    desk = Desk(ledger, tmp_path)
    await turn(ledger, chat(" ".join(filler)), "Ok.")
    for words in ("firstword lastword", '"middle phrase stands here"', '"the lastword"', "w1 w900", "w999 w0 w500"):
        assert desk.searcher.search(Query("maidstone", words=words)).total == 1, words
    for words in ('"firstword lastword"', '"w1 w2"', "firstword absent"):
        assert desk.searcher.search(Query("maidstone", words=words)).total == 0, words
    for number in LINES[1:-1:7]:
        phrase = f'"tenant w{number} a{number} b{number}"'
        assert desk.searcher.search(Query("maidstone", words=phrase)).total == 1, phrase


async def test_words_of_any_size_fit(ledger: LedgerService, tmp_path: Path) -> None:
    """Two megabytes of words that are all different, as in a file of keys, and one word of 100,000 letters."""
    long = "y" * 100_000
    words = [f"word{number:06}{'x' * 490}" for number in range(4_000)]
    desk = Desk(ledger, tmp_path)
    await turn(ledger, chat(" ".join([*words, long, "lastword"])), "Ok.")
    for asked in ("lastword", words[0], f'"{words[2_000]} {words[2_001]}"', f"lastword {words[17]}"):
        assert desk.searcher.search(Query("maidstone", words=asked)).total == 1
    assert desk.searcher.search(Query("maidstone", words=f"{long} absent")).total == 0


def test_fts5_reads_what_it_is_given_as_we_do() -> None:
    """Every character that a text may hold and be given to it as it is, between letters, in capitals and small."""
    database = sqlite3.connect(":memory:")
    for statement in SEARCH_SQLITE:
        database.execute(statement)
    plain = [chr(code) for code in range(1, 0x2100) if not fulltext._BEYOND_FTS.search(chr(code))]
    assert {"é", "’", "£", "–"} <= set(plain)
    for number, letter in enumerate(plain):
        database.execute("INSERT INTO search (rowid, body) VALUES (?, ?)", (number, f"xa{letter}bx"))
    for number, letter in enumerate(plain):
        wanted = match(f"xa{letter}bx".replace('"', " "), sqlite=True)
        found = {row[0] for row in database.execute("SELECT rowid FROM search WHERE search MATCH ?", (wanted,))}
        assert number in found, f"U+{ord(letter):04X}"
    database.close()


async def test_what_is_taken_out_is_not_found(ledger: LedgerService) -> None:
    body = "Łódź, his/her café".encode()
    sqlite = ledger._engine.dialect.name == "sqlite"
    with ledger._engine.connect() as connection:
        for statement, values in fulltext.index_texts(sqlite, [(7, body)]):
            connection.exec_driver_sql(statement, values)
        assert connection.scalars(texts_with("her lodz", sqlite=sqlite)).all() == [7]
        fulltext.forget_texts(connection, [(7, body)])
        for words in ("her", "lodz", "cafe"):
            assert connection.scalars(texts_with(words, sqlite=sqlite)).all() == []
