"""Pseudonyms of callers rotate; every version is searched; a destroyed one names nobody any more."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.identity.pseudonyms import Pseudonyms
from gateway.model.search import Query
from gateway.records.holds import Holds
from gateway.store.actor_keys import StillNeeded
from gateway.store.finding import units
from gateway.store.open import LedgerService
from tests.support.ledger import CALLER, chat, service, turn
from tests.support.searching import Desk, sequenced

JO = "Jo.Bloggs@maidstone.example"


async def test_every_version_is_found_and_none_after_it_is_destroyed(
    ledger: LedgerService, tmp_path: Path, url: str
) -> None:
    desk = Desk(ledger, tmp_path)
    refs = []
    for number in range(3):
        if number:
            assert ledger.actor_keys.rotate("admin") == number
            desk.people.use(ledger.actor_keys.keys())
        caller = replace(CALLER, actor=desk.people.of("maidstone", JO))
        refs.append(await turn(ledger, chat(f"Question {number}"), "Answer.", caller=caller))
    assert len(set(desk.people.every("maidstone", JO))) == 3
    found = desk.searcher.search(Query("maidstone", people=(" jo.bloggs@MAIDSTONE.example ",)))
    assert [hit.refs for hit in found.hits] == [(ref,) for ref in reversed(refs)]
    assert desk.searcher.search(Query("maidstone", people=("somebody.else@maidstone.example",))).total == 0
    assert desk.searcher.search(Query("swale", people=(JO,))).total == 0
    for version, said in ((0, "pepper"), (2, "in use"), (3, "no version"), (1, "records of its time")):
        with pytest.raises(StillNeeded, match=said):
            ledger.actor_keys.destroy(version, "admin")
    with ledger._engine.connect() as connection:
        connection.execute(text("UPDATE record SET disposed_at = opened_at WHERE ref = :ref"), {"ref": refs[1]})
        moved = "UPDATE actor_key SET made_at = '2020-01-02T00:00:00.000000Z' WHERE version = 2"
        before = connection.scalar(text("SELECT made_at FROM actor_key WHERE version = 2"))
        connection.execute(text(moved))
        connection.commit()
        ledger.actor_keys.destroy(1, "admin")
        connection.execute(text("UPDATE actor_key SET made_at = :at WHERE version = 2"), {"at": before})
        connection.execute(text("UPDATE record SET disposed_at = NULL"))
        connection.commit()
    assert len(ledger.actor_keys.keys()) == 1
    desk.people.use(ledger.actor_keys.keys())
    found = desk.searcher.search(Query("maidstone", people=(JO,)))
    assert [hit.refs for hit in found.hits] == [(refs[2],), (refs[0],)]
    assert not (tmp_path / "keys" / "secret.actor.v1").exists()
    sequenced(ledger)
    assert ledger.verify().ok, ledger.verify().lines()
    with ledger._engine.connect() as connection:
        connection.execute(text("UPDATE actor_key SET destroyed_at = NULL"))
        connection.commit()
    assert any("actor_key" in line for line in ledger.verify().lines())


async def test_a_crash_between_row_and_key_is_made_good(url: str, tmp_path: Path) -> None:
    ledger = service(url, tmp_path)
    ledger.actor_keys.rotate("admin")
    ledger.actor_keys.rotate("admin")
    ledger.actor_keys.keys()
    ledger.actor_keys._keystore.destroy = lambda name: False  # type: ignore[method-assign]
    ledger.actor_keys.destroy(1, "admin")
    ledger.close()
    assert (tmp_path / "keys" / "secret.actor.v1").exists()
    again = service(url, tmp_path)
    await again.start()
    await again.stop()
    assert not (tmp_path / "keys" / "secret.actor.v1").exists()


def test_pseudonyms_of_before_stay_what_they_were() -> None:
    """Version 0 is the derivation of the first release: records on disk bear it."""
    people = Pseudonyms(b"p" * 32)
    assert people.of("maidstone", JO) == "9b9ccd9c432a0606284a21ac013c9510"
    assert people.every("maidstone", JO) == (people.of("maidstone", JO),)
    assert people.of("swale", JO) != people.of("maidstone", JO)


async def test_a_hold_on_somebody_outlasts_a_rotation(ledger: LedgerService, tmp_path: Path) -> None:
    desk = Desk(ledger, tmp_path)
    holds = Holds(ledger.holds(units), desk.searcher, desk.keystore)
    first = await turn(ledger, chat("One"), "Answer.", caller=replace(CALLER, actor=desk.people.of("maidstone", JO)))
    number, found = holds.place(Query("maidstone", people=(JO,)), "SAR-1", "officer")
    assert found == 1
    ledger.actor_keys.rotate("admin")
    desk.people.use(ledger.actor_keys.keys())
    second = await turn(ledger, chat("Two"), "Answer.", caller=replace(CALLER, actor=desk.people.of("maidstone", JO)))
    await turn(ledger, chat("Three"), "Answer.")
    row = ledger.holds(units).get(number)
    assert row is not None
    kept = {hit.refs for hit in ledger.hits.search(holds.filter_of(row)).hits}
    assert kept == {(first,), (second,)}
