"""What fits a search among given conversations is what fits it among all, asked the other way round."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from gateway.model.search import Filter
from gateway.records.search import MOST_SPELLINGS
from gateway.store import keeping, tables
from gateway.store.finding import units
from gateway.store.holds import CHUNK
from gateway.store.open import LedgerService
from tests.records.test_disposal import CANARY, OTHER, talk

SEARCHES = {
    "nothing asked": Filter("maidstone"),
    "another council": Filter("swale"),
    "a word": Filter("maidstone", words=CANARY),
    "a phrase": Filter("maidstone", words=f'"{OTHER}petiolatum writes"'),
    "words of two texts": Filter("maidstone", words=f"{CANARY} {OTHER}"),
    "no word": Filter("maidstone", words="..."),
    "a fact": Filter("maidstone", facts={"tool": "copilot"}),
    "another fact": Filter("maidstone", facts={"tool": "none"}),
    "a time": Filter("maidstone", since="2020-01-01T00:00:00.000000Z", until="2020-01-02T00:00:00.000000Z"),
    "a label": Filter("maidstone", label="PERSON"),
    "a person": Filter("maidstone", actors=("act-7f",)),
    "nobody": Filter("maidstone", actors=("x",)),
    "a value": Filter("maidstone", digests=((b"one", b"three"),)),
    "two values": Filter("maidstone", digests=((b"one",), (b"two",))),
    "a value and a word": Filter("maidstone", words=CANARY, digests=((b"two",),)),
    "a value that nothing stands for": Filter("maidstone", digests=((),)),
}


async def test_both_ways_agree(ledger: LedgerService, tmp_path: Path) -> None:
    for word in (CANARY, OTHER, CANARY, "Marchpane"):
        await talk(ledger, word, turns=2)
    part, sqlite = tables.part, ledger._engine.dialect.name == "sqlite"
    found = 0
    with ledger._engine.connect() as connection:
        every = sorted(connection.scalars(select(tables.record.c.unit).distinct()))
        ids = list(connection.scalars(select(part.c.id).order_by(part.c.conversation, part.c.id)))
        rows = [{"digest": b"one", "part": number} for number in ids[::2]]
        connection.execute(insert(keeping.blind), rows + [{"digest": b"two", "part": number} for number in ids[:3]])
        refs = list(connection.scalars(select(tables.record.c.ref)))
        many = (refs[0], *(f"MBC-{number:04}-AAAA" for number in range(3000)), refs[1][4:8])
        searches = {
            **SEARCHES,
            "thousands of references": Filter("maidstone", refs=many),
            "a reference": Filter("maidstone", refs=(refs[0],)),
            "typed": Filter("maidstone", words=refs[1]),
        }
        for what, wanted in searches.items():
            whole = set(connection.scalars(units(wanted, sqlite=sqlite)))
            for within in (every, every[:2], every[2:], []):
                some = list(connection.scalars(units(wanted, sqlite=sqlite, within=within)))
                assert sorted(some) == sorted(whole & set(within)), what
            found += len(whole)
        connection.rollback()
    assert found > 15
    assert len(every) == 3  # the second with the same words went on in the first


@pytest.mark.parametrize("sqlite", [True, False])
def test_the_question_names_what_it_is_asked_of(sqlite: bool) -> None:
    assert "IN" in str(units(Filter("maidstone", words="x"), sqlite=sqlite, within=[1]))


async def test_the_longest_search_is_one_statement(ledger: LedgerService) -> None:
    """A hold for twenty people with as many spellings as may be, asked about as many conversations as are at once."""
    people = [[b"%d" % number] for number in range(19)]
    people.append([b"x%d" % number for number in range(MOST_SPELLINGS - len(people))])
    wanted = Filter("maidstone", words="rent", digests=tuple(map(tuple, people)), facts={"service": "housing"})
    sqlite = ledger._engine.dialect.name == "sqlite"
    with ledger._engine.connect() as connection:
        if sqlite:  # some builds take more than SQLite's own
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
        assert connection.scalars(units(wanted, sqlite=sqlite, within=list(range(CHUNK)))).all() == []
