"""A changed schedule reaches records that are there: their dates change, each with a leaf, and nothing else does."""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, func, select, text, update

from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.leaf import timestamp
from gateway.ledger.retention import RetentionClass, RetentionSchedule
from gateway.ledger.scribe import now
from gateway.model.disposal import Busy, Rule
from gateway.model.redating import Redate, RedatingRun
from gateway.model.search import Query
from gateway.records import redating
from gateway.records.redating import certificate_lines, dates_hash
from gateway.store import keeping, tables
from gateway.store.open import LedgerService
from gateway.store.redating import DatabaseRedating
from gateway.store.unseal import unseal
from tests.records.test_disposal import CANARY, OTHER, talk
from tests.store.conftest import ledger as ledger
from tests.store.conftest import url as url
from tests.support.keeping import LATER, disposals, holds, redatings, today, units
from tests.support.ledger import SCHEDULE, service


def kept_for(days: int, **more: RetentionClass) -> RetentionSchedule:
    return RetentionSchedule(
        {**SCHEDULE.classes, "routine": RetentionClass("routine", days, "created", "RS-7"), **more}
    )


LONGER = kept_for(1095)


def dates(ledger: LedgerService) -> dict[str, str]:
    record = tables.record
    with ledger._engine.connect() as connection:
        return {row.ref: row.dispose_after for row in connection.execute(select(record.c.ref, record.c.dispose_after))}


def sound(ledger: LedgerService) -> None:
    report = ledger.verify()
    assert report.ok, report.lines()


def by(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


async def test_a_class_that_is_kept_longer_is_not_destroyed_by_its_old_date(
    ledger: LedgerService, tmp_path: Path
) -> None:
    """One year became three: what the old date would destroy after one stays, until three are over."""
    keys = tmp_path / "keys"
    gone = await talk(ledger, OTHER, turns=1)
    year = today() + timedelta(days=366)
    assert disposals(ledger, keys, year).run("maidstone", "jo").disposed == 1
    refs = await talk(ledger, CANARY)
    plan = disposals(ledger, keys, year, LONGER).plan("maidstone")
    assert (len(plan.units), plan.outdated) == (1, 2)
    service_ = redatings(ledger, keys, LONGER)
    wanted = service_.plan("maidstone")
    [each] = wanted.classes
    assert (each.name, each.units, each.records, each.longer, each.shorter, each.due) == ("routine", 1, 2, 2, 0, 0)
    assert (each.before, each.after, wanted.unknown) == ((by(365), by(365)), (by(1095), by(1095)), 0)
    assert set(dates(ledger).values()) == {by(365)}, "a plan changes nothing"
    run = service_.run("maidstone", "jo@maidstone.example")
    assert run.records == 2
    assert dates(ledger) == {**dict.fromkeys(refs, by(1095)), gone[0]: by(365)}
    plan = disposals(ledger, keys, year, LONGER).plan("maidstone")
    assert (plan.units, plan.outdated) == ((), 0)
    assert len(disposals(ledger, keys, today() + timedelta(days=1096), LONGER).plan("maidstone").units) == 1
    shown = ledger.reader.show(refs[0])
    assert shown is not None
    assert shown.dispose_after == by(1095)
    assert [view.kind for view in shown.leaves] == ["opened", "closed", "redated"]
    sound(ledger)
    again = service_.run("maidstone", "jo")
    assert (again.records, service_.plan("maidstone").classes) == (0, ())
    assert disposals(ledger, keys, LATER, LONGER).run("maidstone", "jo").disposed == 2
    sound(ledger)


async def test_the_ledger_says_who_applied_which_schedule_to_what(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    refs = await talk(ledger, CANARY)
    disposals(ledger, keys, today()).run("maidstone", "jo")
    run = redatings(ledger, keys, LONGER).run("maidstone", "sam@maidstone.example")
    said = json.loads(run.certificate)
    assert (said["schedule"], said["schedule_before"]) == (LONGER.version, SCHEDULE.version)
    assert said["classes"]["routine"]["days"] == 1095
    assert said["changes"]["routine"]["records"] == said["records"] == 2
    made = [Redate(ref, 0, "routine", by(365), by(1095)) for ref in refs]
    assert said["dates_sha256"] == dates_hash(made)
    told = certificate_lines(said)
    assert any("2 records, 2 kept longer, 0 shorter" in line and by(365) in line for line in told)
    query = "SELECT body FROM leaf WHERE kind IN ('admin', 'redated') ORDER BY replica_seq DESC LIMIT 4"
    with ledger._engine.connect() as connection:
        last = [json.loads(bytes(body)) for body in connection.scalars(text(query))]
    actor = ledger.admin.pseudonym("sam@maidstone.example")
    assert [(body.get("act"), body["actor"]) for body in last] == [
        ("redating_finish", actor), (None, actor), (None, actor), ("redating_begin", actor),
    ]  # fmt: skip
    assert redatings(ledger, keys, LONGER).runs("maidstone") == [run]
    assert redatings(ledger, keys, LONGER).runs("swale") == []


async def test_a_schedule_that_changes_again_and_a_trigger(ledger: LedgerService, tmp_path: Path) -> None:
    """Longer, then shorter, then from the end of the financial year: the chain of dates is followed."""
    keys = tmp_path / "keys"
    await talk(ledger, CANARY, turns=1)
    redatings(ledger, keys, LONGER).run("maidstone", "jo")
    short = redatings(ledger, keys, kept_for(30), today() + timedelta(days=40))
    [each] = short.plan("maidstone").classes
    assert (each.longer, each.shorter, each.due) == (0, 1, 1)
    assert short.run("maidstone", "jo").records == 1
    year_end = RetentionSchedule({"routine": RetentionClass("routine", 10, "financial_year_end", "RS-8")})
    redatings(ledger, keys, year_end).run("maidstone", "jo")
    begin = date(today().year + (today() > date(today().year, 3, 31)), 3, 31)
    assert set(dates(ledger).values()) == {(begin + timedelta(days=10)).isoformat()}
    sound(ledger)


async def test_only_the_classes_and_the_council_that_are_named(ledger: LedgerService, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    await talk(ledger, CANARY, turns=1)
    with ledger._engine.connect() as connection:
        connection.execute(update(tables.record).values(retention_class="no-longer-there"))
        connection.commit()
    service_ = redatings(ledger, keys, LONGER)
    plan = service_.plan("maidstone")
    assert (plan.classes, plan.unknown) == ((), 1)
    await talk(ledger, OTHER, turns=1)
    assert service_.plan("maidstone", ["refused"]).classes == ()
    assert service_.run("maidstone", "jo", ["refused"]).records == 0
    assert service_.plan("swale").classes == ()
    assert service_.run("swale", "jo").records == 0
    with pytest.raises(ValueError, match="not a class"):
        service_.run("maidstone", "jo", ["casework"])
    assert service_.run("maidstone", "jo", ["routine"]).records == 1


async def test_a_hold_keeps_its_records_and_their_keys_whatever_their_date(
    ledger: LedgerService, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    kept = await talk(ledger, OTHER)
    hold, _ = holds(ledger, keys).place(Query("maidstone", words=OTHER), "FOI-2026-1", "jo")
    part = tables.part
    with ledger._engine.connect() as connection:
        before = connection.execute(select(part).order_by(part.c.id)).mappings().all()
    short = redatings(ledger, keys, kept_for(30))
    [each] = short.plan("maidstone").classes
    assert (each.units, each.held) == (1, 1)
    assert short.run("maidstone", "jo").records == len(kept)
    later = today() + timedelta(days=40)
    assert disposals(ledger, keys, later).run("maidstone", "jo").disposed == 0
    with ledger._engine.connect() as connection:
        assert connection.execute(select(part).order_by(part.c.id)).mappings().all() == before
    assert all(unseal(FileKeyStore(keys), dict(row)) for row in before if row["box"] is not None)
    assert holds(ledger, keys).release(hold, "closed", "jo")
    assert disposals(ledger, keys, later).run("maidstone", "jo").disposed == len(kept)
    sound(ledger)


async def test_a_run_that_was_stopped_is_closed_by_the_next_which_does_the_rest(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    refs = [ref for number in range(3) for ref in await talk(ledger, f"{CANARY}{number}")]
    monkeypatch.setattr(redating, "BATCH", 2)
    monkeypatch.setattr(redating, "_PAGE", 4)

    service_ = redatings(ledger, keys, LONGER)
    with monkeypatch.context() as patch:
        apply, batches = DatabaseRedating.apply, itertools.count(1)

        def stop(self: DatabaseRedating, run: str, changes: Sequence[Redate], who: str) -> Sequence[Redate]:
            if next(batches) > 2:
                raise KeyboardInterrupt
            return apply(self, run, changes, who)

        patch.setattr(DatabaseRedating, "apply", stop)
        with pytest.raises(KeyboardInterrupt):
            service_.run("maidstone", "jo")
    sound(ledger)
    assert sorted(dates(ledger).values()) == [by(365)] * 2 + [by(1095)] * 4
    assert service_.runs("maidstone")[0].finished_at is None
    met = {refs.index(ref) // 2 for ref, day in dates(ledger).items() if day == by(1095)}  # in the order of references
    assert service_.run("maidstone", "sam").records == 2
    assert dates(ledger) == dict.fromkeys(refs, by(1095))
    last, first = service_.runs("maidstone")
    states = [json.loads(each.certificate)["state"] for each in (first, last)]
    assert states == ["stopped before its end", "complete"]
    assert (first.records, json.loads(first.certificate)["conversations"]) == (4, len(met))
    sound(ledger)


async def test_disposal_and_redating_of_the_same_records_at_once(
    ledger: LedgerService, url: str, tmp_path: Path
) -> None:
    """Whoever is first, each record is whole: re-dated and there, or gone by the date that it had."""
    keys, other = tmp_path / "keys", service(url, tmp_path)
    rule = Rule("maidstone", LATER.isoformat(), frozenset(SCHEDULE.classes))
    won = set()
    for number in range(10):
        [ref] = await talk(ledger, f"Perigord{number}", turns=1)
        store = ledger.disposal(holds(ledger, keys).filter_of, units)
        due, barrier = list(store.plan(rule).units), threading.Barrier(2)
        change = Redate(ref, 0, "routine", by(365), "2099-01-01")

        def at_once(act: Callable[[], object], barrier: threading.Barrier = barrier) -> object:
            barrier.wait()
            return act()

        def date_it(change: Redate = change) -> object:
            return other.redating(holds(other, keys).filter_of, units).apply("DATE-RACE", [change], "jo")

        def drop(due: list[int] = due) -> object:
            return ledger.disposal(holds(ledger, keys).filter_of, units).destroy("DISP-RACE", rule, due, "jo").refs

        dated, gone = await asyncio.gather(asyncio.to_thread(at_once, date_it), asyncio.to_thread(at_once, drop))
        assert bool(dated) != bool(gone)
        assert (dates(ledger)[ref] == "2099-01-01") == bool(dated)
        won.add(bool(dated))
    ledger.shredder.finish()
    sound(ledger)
    other.close()


async def test_one_run_at_a_time_and_none_beside_disposal(ledger: LedgerService, tmp_path: Path) -> None:
    await talk(ledger, CANARY)
    service_, disposal = redatings(ledger, tmp_path / "keys", LONGER), disposals(ledger, tmp_path / "keys")
    with disposal._store.exclusive(), pytest.raises(Busy, match="at work"):
        service_.run("maidstone", "jo")
    with service_._store.exclusive(), pytest.raises(Busy, match="at work"):
        disposal.run("maidstone", "jo")


async def test_an_open_record_is_redated_and_closes_after(ledger: LedgerService, tmp_path: Path) -> None:
    from tests.support.ledger import CALLER, DECISION, TOOL, chat, outgoing, reply_events

    entry, call = ledger.open("openai_chat", CALLER), chat(f"A question from {CANARY}")
    async with entry:
        await entry.recall(call, TOOL)
        await entry.opened(TOOL, DECISION, outgoing(call))
        run = await asyncio.to_thread(redatings(ledger, tmp_path / "keys", LONGER).run, "maidstone", "jo")
        assert run.records == 1
        for event in reply_events("Certainly."):
            await entry.delivered(event)
    assert dates(ledger) == {entry.ref: by(1095)}
    sound(ledger)


REDATED = select(tables.leaf.c.id).where(tables.leaf.c.kind == "redated")
TRIALS: dict[str, tuple[Callable[[Connection], object], str, str]] = {
    "a date is changed without a leaf": (
        lambda one: one.execute(update(tables.record).values(dispose_after="2027-01-01")),
        "record",
        "column dispose_after",
    ),
    "the leaf of a re-dating is removed": (
        lambda one: one.execute(delete(tables.leaf).where(tables.leaf.c.kind == "redated")),
        "leaf",
        "were removed",
    ),
    "a certificate is changed": (
        lambda one: one.execute(update(keeping.redating).values(records=7)),
        "redating",
        "newest admin leaf",
    ),
    "a run is removed": (lambda one: one.execute(delete(keeping.redating)), "redating", "removed without a leaf"),
}


@pytest.mark.parametrize("what", TRIALS)
async def test_what_no_leaf_explains_is_found(ledger: LedgerService, tmp_path: Path, what: str) -> None:
    change, table, said = TRIALS[what]
    await talk(ledger, CANARY, turns=1)
    redatings(ledger, tmp_path / "keys", LONGER).run("maidstone", "jo")
    ledger._sequencer.drain()
    with ledger._engine.connect() as connection:
        if table == "leaf":
            for name in (tables.sequenced, tables.pending):
                connection.execute(delete(name).where(name.c.leaf.in_(REDATED)))
        change(connection)
        connection.commit()
    problems = ledger.verify().problems
    assert any(each.table == table and said in each.what for each in problems), problems


async def test_a_redating_that_does_not_follow_the_date_before_it_is_found(
    ledger: LedgerService, tmp_path: Path
) -> None:
    """Whoever can write leaves still can't leave one out: the second says what the first left."""
    [ref] = await talk(ledger, CANARY, turns=1)
    store: DatabaseRedating = ledger.redating(holds(ledger, tmp_path / "keys").filter_of, units)
    store.begin(RedatingRun("DATE-A", "maidstone", timestamp(now()), None, "x", 0, "{}"), "jo")
    change = Redate(ref, 0, "routine", by(365), by(400))
    assert store.apply("DATE-A", [change], "jo") == [change]
    assert store.apply("DATE-A", [change], "jo") == [], "it has another date by now"
    with ledger._engine.connect() as connection:
        connection.execute(update(tables.record).values(dispose_after=by(500)))
        connection.commit()
    store.apply("DATE-A", [replace(change, before=by(500), until=by(600))], "jo")
    [problem] = ledger.verify().problems
    assert problem.what == "redated leaf 2 does not follow the last day before it"
    with ledger._engine.connect() as connection:
        query = select(func.count()).select_from(tables.leaf).where(tables.leaf.c.kind == "redated")
        assert connection.scalar(query) == 2
