"""A saved search repeats: the same tree, the same result, and what disposal took is said."""

from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text, update

from gateway.ledger import leaf
from gateway.ledger.rows import Job, LeafDraft
from gateway.ledger.scribe import now
from gateway.model.errors import BadRequest
from gateway.model.search import Query, Subject
from gateway.records import keeping, saved
from gateway.records.keeping import TreeSearch
from gateway.records.saved import hash_of
from gateway.records.search import BadQuery
from gateway.store import tables
from gateway.store.open import LedgerService
from tests.support.ledger import chat, turn
from tests.support.searching import Desk, sequenced

NAME = "Adaeze Okafor"
QUERY = Query("maidstone", words="rent", subjects=(Subject("PERSON", "Adaeze Okafro"),), label="PERSON")


@pytest_asyncio.fixture
async def desk(ledger: LedgerService, tmp_path: Path) -> Desk:
    """Two conversations with her name and one without."""
    made = Desk(ledger, tmp_path)
    refs = [await _about(ledger, f"{NAME} asks about rent, letter {number}.") for number in range(2)]
    refs.append(await turn(ledger, chat("Rent in general."), "Rent is due on Mondays."))
    made.refs = tuple(refs)
    sequenced(ledger)
    return made


async def _about(ledger: LedgerService, said: str) -> str:
    return await turn(
        ledger, chat(said), "Dear Adaeze Okafor.", replace={NAME: "PERSON_BBBB2222"}, named=(("PERSON", NAME),)
    )


def _dispose(ledger: LedgerService, ref: str) -> None:
    """What a disposal run leaves of a record, as far as searching goes."""
    at = now()
    body = leaf.disposed(ref=ref, at=at, run="D-1", retention_class="routine", actor="")
    change = update(tables.record).where(tables.record.c.ref == ref).values(disposed_at=leaf.timestamp(at))
    job = Job(leaves=[LeafDraft("disposed", ref, body)])
    ledger.admin._committer.commit([job], lambda connection: connection.execute(change))
    sequenced(ledger)


async def test_a_saved_search_repeats_whatever_came_later(desk: Desk, ledger: LedgerService) -> None:
    kept = desk.keep(QUERY)
    assert kept.hits == 2
    sequenced(ledger)
    assert kept.tree_size == ledger.saved.tree_size() - 1, "saving it has a leaf of its own"
    await _about(ledger, f"{NAME} asks about rent once more.")
    await turn(
        ledger, chat("Rent in general.", "Rent is due on Mondays.", f"And for {NAME}?"), named=(("PERSON", NAME),)
    )
    sequenced(ledger)
    assert desk.searcher.search(QUERY).total == 4
    again = desk.saved.repeat("maidstone", kept.id)
    assert again.same
    assert (again.hits, again.gone, again.missing, again.more) == (2, (), (), ())
    row = ledger.saved.get("maidstone", kept.id)
    assert row is not None
    assert row.found == hash_of(kept.units)
    assert [each.id for each in desk.saved.list("maidstone", "FOI-1")] == [kept.id]
    assert desk.saved.list("maidstone", "FOI-2") == []
    assert desk.saved.list("swale") == []
    assert ledger.verify().ok


async def test_an_answer_counts_from_when_it_was_recorded(desk: Desk, ledger: LedgerService) -> None:
    """Between `opened` and `closed`, the answer is not there yet."""
    ref = await turn(ledger, chat("A question."), "Answered: zebra crossings.")
    sequenced(ledger)
    with ledger._engine.connect() as connection:
        closed = connection.scalar(
            text(
                "SELECT idx FROM sequenced JOIN leaf ON leaf.id = sequenced.leaf"
                " WHERE leaf.ref = :ref AND leaf.kind = 'closed'"
            ),
            {"ref": ref},
        )
    from dataclasses import replace

    wanted = desk.searcher.compile(Query("maidstone", words="zebra"))
    assert ledger.hits.every(replace(wanted, below=closed), 10) == []
    assert len(ledger.hits.every(replace(wanted, below=closed + 1), 10) or ()) == 1
    delivered = desk.searcher.compile(Query("maidstone", refs=(ref,), facts={"outcome": "delivered"}))
    assert ledger.hits.every(replace(delivered, below=closed), 10) == []
    assert ledger.hits.search(replace(wanted, below=closed + 1)).total == 1


async def test_what_was_disposed_of_since_is_said(desk: Desk, ledger: LedgerService) -> None:
    kept = desk.keep(QUERY)
    _dispose(ledger, desk.refs[0])
    again = desk.saved.repeat("maidstone", kept.id)
    assert not again.same
    assert again.hits == 1
    assert [(gone.run, gone.unit in kept.units) for gone in again.gone] == [("D-1", True)]
    assert again.missing == ()


async def test_what_is_missing_without_a_leaf_is_said(desk: Desk, ledger: LedgerService) -> None:
    kept = desk.keep(QUERY)
    with ledger._engine.connect() as connection:
        connection.execute(text("DELETE FROM blind"))
        connection.commit()
    again = desk.saved.repeat("maidstone", kept.id)
    assert again.missing == tuple(sorted(kept.units))


async def test_a_changed_or_removed_row_is_detected(desk: Desk, ledger: LedgerService) -> None:
    kept = desk.keep(QUERY)
    sequenced(ledger)
    assert ledger.verify().ok
    for change in ("SET hits = 7", "SET tree_size = 1", "SET box = wrapped", "SET box = NULL, wrapped = NULL"):
        with ledger._engine.connect() as connection:
            connection.execute(text("CREATE TABLE spare AS SELECT * FROM saved_search"))
            connection.execute(text(f"UPDATE saved_search {change}"))
            connection.commit()
            assert any(kept.id in line for line in ledger.verify().lines()), change
            connection.execute(text("DELETE FROM saved_search"))
            connection.commit()
            assert any("removed" in line for line in ledger.verify().lines())
            connection.execute(text("INSERT INTO saved_search SELECT * FROM spare"))
            connection.execute(text("DROP TABLE spare"))
            connection.commit()
    assert ledger.verify().ok


async def test_too_much_and_unknown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadQuery, match="no saved search"):
        desk.saved.repeat("maidstone", "S-1")
    kept = desk.keep(Query("maidstone"))
    monkeypatch.setattr(saved, "MOST", 1)
    with pytest.raises(BadQuery, match="more than 1 conversations now"):
        desk.saved.repeat("maidstone", kept.id)
    with pytest.raises(BadQuery, match="no saved search"):
        desk.saved.repeat("swale", kept.id)


async def test_a_case_is_given_all_or_told_that_it_is_too_much(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    finder = TreeSearch(desk.searcher, desk.ledger.saved.tree_size)
    found = finder.find(Query("maidstone", words="rent"))
    assert {hit.refs[0] for hit in found.hits} == set(desk.refs)
    monkeypatch.setattr(keeping, "MOST", 3)
    assert len(finder.find(Query("maidstone", words="rent")).hits) == 3
    monkeypatch.setattr(keeping, "MOST", 2)
    with pytest.raises(BadRequest, match="Narrow it") as refused:
        finder.find(Query("maidstone", words="rent"))
    assert refused.value.status == 422
