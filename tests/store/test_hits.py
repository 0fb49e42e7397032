"""Conversations are found by every condition, alone and together, on both databases, by whichever plan."""

import base64
import itertools
import json
import random
from collections import ChainMap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from gateway.model.caller import Tool
from gateway.model.errors import Refused
from gateway.model.search import Hit, Page, Query, Subject
from gateway.records.recall import DETECTION
from gateway.records.search import BadQuery
from gateway.store import hits, tables
from gateway.store.finding import facts
from gateway.store.hits import BadCursor
from gateway.store.open import LedgerService
from tests.support.ledger import CALLER, DECISION, SCHEDULE, TOOL, chat, service, turn
from tests.support.searching import Desk

SWALE = replace(CALLER, controller="swale", actor="act-swale")
LEGAL = replace(CALLER, actor="act-legal", service="legal", person_class="member", purpose="advice")
MINUTES = Tool("minutes", "Minutes", "enterprise", "live", TOOL.deployments)
NAMED = (
    ("PERSON", "Siobhan O'Connor"),
    ("NINO", "QQ 12 34 56 C"),
    ("ADDRESS", "14 Sandling Rd"),
    ("POSTCODE", "ME14 1AA"),
)
PSEUDONYM = {"Siobhan O'Connor": "PERSON_AAAA1111"}
LETTER = "Write to Siobhan O'Connor, QQ 12 34 56 C, 14 Sandling Rd ME14 1AA, about her damp flat."


@pytest_asyncio.fixture
async def desk(ledger: LedgerService, tmp_path: Path) -> Desk:
    """Four conversations: two calls about a tenant, one of legal, one of parking, one of another council."""
    answer = "Dear PERSON_AAAA1111, the damp in your flat will be treated."
    first = await turn(
        ledger, chat(LETTER), "Dear Siobhan O'Connor, ", "the damp will be treated.", replace=PSEUDONYM, named=NAMED
    )
    more = chat(LETTER, "Dear Siobhan O'Connor, the damp will be treated.", "Make it shorter and mention bicycles.")
    second = await turn(ledger, more, "Short.", replace=PSEUDONYM, named=NAMED)
    legal = await turn(
        ledger, replace(chat("Summarise the tenancy appeal of damp cases."), case_ref="LGL-9"), "A summary.",
        caller=LEGAL, tool=MINUTES, counts={"HEALTH": 2},
    )  # fmt: skip
    parking = await turn(ledger, chat("Bicycle parking in the damp car park."), answer.replace("flat", "bay"))
    theirs = await turn(ledger, chat(LETTER), "Dear Siobhan O'Connor.", caller=SWALE, replace=PSEUDONYM, named=NAMED)
    made = Desk(ledger, tmp_path)
    made.refs = (first, second, legal, parking, theirs)
    return made


def found(page: Page) -> list[tuple[str, ...]]:
    return [hit.refs for hit in page.hits]


def ask(desk: Desk, **given: object) -> list[tuple[str, ...]]:
    page = desk.searcher.search(Query("maidstone", **given))  # type: ignore[arg-type]
    assert page.total == len(page.hits)
    assert page.whole
    return found(page)


async def test_each_condition(desk: Desk) -> None:
    first, second, legal, parking, _ = desk.refs
    tenant = (first, second)
    assert ask(desk) == [(parking,), (legal,), tenant]
    assert ask(desk, words="damp") == [(parking,), (legal,), tenant]
    assert ask(desk, words="damp bicycle") == [(parking,)], "every word in one text"
    assert ask(desk, words='"car park"') == [(parking,)]
    assert ask(desk, words=first.lower()) == [tenant]
    assert ask(desk, words="O'Connor") == []
    assert ask(desk, words="!!") == []
    assert ask(desk, subjects=(Subject("PERSON", "Siobhan O'Connor", fuzzy=False),)) == [tenant]
    assert ask(desk, subjects=(Subject("PERSON", "Shevaun O Connor"),)) == [tenant]
    assert ask(desk, subjects=(Subject("PERSON", "Shevaun O Connor", fuzzy=False),)) == []
    assert ask(desk, subjects=(Subject("NINO", "qq123456c"),)) == [tenant]
    assert ask(desk, subjects=(Subject("ADDRESS", "14 Sandling Road, ME14 1AA"),)) == [tenant]
    assert ask(desk, subjects=(Subject("NINO", "qq123456c"), Subject("PERSON", "Nobody Else"))) == []
    assert ask(desk, case_ref="lgl 9") == [(legal,)]
    assert ask(desk, purpose="advice") == [(legal,)]
    assert ask(desk, label="HEALTH") == [(legal,)]
    assert ask(desk, label="EMAIL") == [(parking,), (legal,), tenant], "found in the answers"
    assert ask(desk, facts={"service": "legal"}) == [(legal,)]
    assert ask(desk, facts={"tool": "minutes", "outcome": "delivered", "person_class": "member"}) == [(legal,)]
    assert ask(desk, facts={"model": "gpt-4o", "policy": "policy", "deployment": "azure-1"}) == ask(desk)
    assert ask(desk, facts={"policy": "POLICY-1"}) == ask(desk)
    assert ask(desk, facts={"outcome": "refused"}) == []
    assert ask(desk, refs=(second,)) == [tenant]
    assert ask(desk, refs=(second[4:],)) == [tenant]
    assert ask(desk, refs=(second.replace("-", "")[3:9].lower(),)) == [tenant]
    misread = second[4:].translate(str.maketrans("01", "OI"))
    assert ask(desk, refs=(misread,)) == [tenant], "as O and I are read"
    assert ask(desk, refs=(second, legal)) == [(legal,), tenant]
    assert ask(desk, since="2020-01-01", until="2099-01-01") == ask(desk)
    assert ask(desk, until="2020-01-01") == []


async def test_conditions_may_be_met_by_different_texts(desk: Desk) -> None:
    first, second, *_ = desk.refs
    assert ask(desk, words="bicycles", subjects=(Subject("NINO", "QQ123456C"),)) == [(first, second)]
    assert ask(desk, words="bicycles", subjects=(Subject("NINO", "QQ123456C"),), facts={"service": "legal"}) == []


async def test_values_are_indexed_where_the_answer_repeats_them(desk: Desk) -> None:
    """The answer alone is asked about: the request's own texts lose their rows."""
    from sqlalchemy import text as sql

    with desk.ledger._engine.connect() as connection:
        kept = "SELECT part.id FROM part JOIN node ON node.kept_id = part.id WHERE node.role LIKE 'reply:%'"
        connection.execute(sql(f"DELETE FROM blind WHERE part NOT IN ({kept})"))  # noqa: S608
        connection.commit()
    assert ask(desk, subjects=(Subject("PERSON", "Siobhan O'Connor"),)) == [desk.refs[:2]]
    assert ask(desk, subjects=(Subject("NINO", "QQ123456C"),)) == []


async def test_no_council_sees_another(desk: Desk) -> None:
    theirs = desk.refs[4]
    subject = (Subject("PERSON", "Siobhan O'Connor"),)
    for query in (Query("swale"), Query("swale", subjects=subject), Query("swale", words="damp")):
        assert found(desk.searcher.search(query)) == [(theirs,)]
    assert found(desk.searcher.search(Query("tunbridge-wells", subjects=subject))) == []
    assert ask(desk, refs=(theirs,)) == []
    assert ask(desk, words=theirs) == []
    wanted = replace(desk.searcher.compile(Query("swale", subjects=subject)), controller="maidstone")
    assert desk.ledger.hits.search(wanted).hits == (), "their digests say nothing here"


def asked() -> Iterable[Query]:
    plain = Query("maidstone")
    yield plain
    yield replace(plain, words="damp")
    yield replace(plain, words="parking", facts={"service": "housing"})
    yield replace(plain, purpose="drafting")
    yield replace(plain, purpose="drafting", words="damp", label="PERSON")
    yield replace(plain, subjects=(Subject("PERSON", "Ann Field"),), words="case")
    yield replace(plain, words="case", purpose="drafting", facts={"outcome": "delivered"})


async def test_every_plan_finds_the_same_in_the_same_order(
    desk: Desk, ledger: LedgerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        text = f"Case {number}: Ann Field asks about parking and damp." if number % 2 else f"Case {number} of parking."
        call = chat(text)
        await turn(ledger, call, "Done.", named=(("PERSON", "Ann Field"),))
        if number % 3 == 0:
            await turn(ledger, chat(text, "Done.", "And again, please."), "Done again.")
    monkeypatch.setattr(hits, "COUNT_SECONDS", 60)
    compiled = [desk.searcher.compile(query) for query in asked()]
    for wanted in [*compiled, *(replace(each, actors=(CALLER.actor,)) for each in compiled)]:
        monkeypatch.setattr(hits, "RARE", 30_000)
        whole = ledger.hits.search(wanted, limit=100)
        every = ledger.hits.every(wanted, 100) or []
        assert ({hit.unit for hit in whole.hits}, whole.total) == (set(every), len(every)), wanted
        times = [hit.last_at for hit in whole.hits]
        assert times == sorted(times, reverse=True)
        for rare, patience, batch in ((30_000, 1_000, 500), (0, 1_000, 500), (0, 1_000, 2), (0, 0, 2), (0, 3, 4)):
            monkeypatch.setattr(hits, "RARE", rare)
            monkeypatch.setattr(hits, "PATIENCE", patience)
            monkeypatch.setattr(hits, "_BATCH", batch)
            pages: list[Hit] = []
            after = ""
            while True:
                page = ledger.hits.search(wanted, after, 3)
                assert page.total == whole.total
                pages += page.hits
                after = page.after
                if not after:
                    break
            assert [hit.unit for hit in pages] == [hit.unit for hit in whole.hits], (rare, patience, batch, wanted)


async def test_pages_follow_one_another_whatever_finds_them_and_however_many_stand_at_one_time(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page may be found by another plan than the one before, since what is rare changes while somebody reads."""
    desk, chance, record = Desk(ledger, tmp_path), random.Random(7), tables.record
    for number in range(14):
        said = [f"Case {number} of {'damp' if number % 3 else 'bins'}."]
        for turns in range(1 + number % 3):
            who = replace(CALLER, service=chance.choice(["housing", "legal"]))
            await turn(ledger, chat(*said), "Done.", caller=who, named=(("PERSON", "Ann Field"),) * (number % 2))
            said += ["Done.", f"And {turns} more damp."]
    with ledger._engine.connect() as connection:
        for ref in connection.scalars(select(record.c.ref)).all():
            day = f"2026-11-0{chance.randint(1, 3)}T09:00:00.000000Z"
            connection.execute(update(record).where(record.c.ref == ref).values(opened_at=day))
        connection.commit()
    monkeypatch.setattr(hits, "COUNT_SECONDS", 60)
    conditions: tuple[dict[str, Any], ...] = (
        {"words": "damp"},
        {"subjects": (Subject("PERSON", "Ann Field", fuzzy=False),)},
        {"facts": {"service": "legal"}},
        {"until": "2026-11-03"},
    )
    for given in itertools.product(*(({}, each) for each in conditions)):
        query: dict[str, Any] = dict(ChainMap(*given))
        wanted = desk.searcher.compile(Query("maidstone", **query))
        newest: dict[int, str] = {}
        with ledger._engine.connect() as connection:
            for unit, at in connection.execute(select(record.c.unit, record.c.opened_at).where(*facts(wanted, record))):
                newest[unit] = max(newest.get(unit, ""), at)
        fits = sorted(((newest[unit], unit) for unit in ledger.hits.every(wanted, 100) or ()), reverse=True)
        found: list[int] = []
        after = ""
        while True:
            for name, values in (
                ("RARE", (0, 30_000)),
                ("PATIENCE", (0, 2, 1_000)),
                ("_BATCH", (1, 3)),
                ("_CHUNK", (2,)),
            ):
                monkeypatch.setattr(hits, name, chance.choice(values))
            page = ledger.hits.search(wanted, after, 3)
            assert (page.total, page.whole) == (len(fits), True)
            found += [hit.unit for hit in page.hits]
            after = page.after
            if not after:
                break
        assert found == [unit for _, unit in fits], wanted


async def test_a_total_has_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hits, "COUNTED", 2)
    page = desk.searcher.search(Query("maidstone"), limit=1)
    assert (page.total, page.whole) == (2, False)
    later = desk.searcher.search(Query("maidstone"), page.after, 1)
    assert (later.total, later.whole) == (2, False)


async def test_a_hit_says_what_there_is_without_names(desk: Desk) -> None:
    (hit,) = desk.searcher.search(Query("maidstone", words="shorter")).hits
    assert hit.refs == desk.refs[:2]
    assert (hit.services, hit.tools, hit.outcomes) == (("housing",), ("copilot",), ("delivered",))
    assert hit.findings == {"EMAIL": 2, "PERSON": 2}
    assert hit.first_at < hit.last_at
    assert "shorter" in hit.excerpt
    assert not hit.held
    (named,) = desk.searcher.search(Query("maidstone", words="QQ")).hits
    assert "O'Connor" not in named.excerpt


async def test_mistakes_are_said(desk: Desk) -> None:
    for given, said in (
        ({"subjects": (Subject("HEALTH", "asthma"),)}, "looked for by HEALTH"),
        ({"subjects": (Subject("PERSON", " - "),)}, "no letters"),
        ({"facts": {"secret": "x"}}, "secret"),
        ({"facts": {"service": "hou\0sing"}}, "control characters"),
        ({"label": "NOPE"}, "no label"),
        ({"since": "yesterday"}, "no day"),
        ({"refs": ("M",)}, "at least 3"),
        ({"case_ref": "--"}, "case reference"),
    ):
        with pytest.raises(BadQuery, match=said):
            desk.searcher.compile(Query("maidstone", **given))


AT = "2026-11-24T09:00:00.000000Z"


@pytest.mark.parametrize(
    "mark",
    [
        [AT, 2**63, 1, True],
        [AT, 2**64 - 1, 1, True],
        [AT, 10**30, 1, True],
        [AT, 1e300, 1, True],
        [AT, -1, 1, True],
        [AT, True, 1, True],
        [AT, "1", 1, True],
        [AT, 1, 2**64 - 1, True],
        [AT, 1, -1, True],
        [AT, 1, 1, 1],
        ["9999\0", 1, 1, True],
        ["", 1, 1, True],
        [AT, 1, 1],
        {"at": 1, "unit": 2, "total": 3, "whole": 4},
        [[AT], 1, 1, True],
    ],
)
async def test_a_page_mark_that_no_search_gave_is_refused(desk: Desk, mark: object) -> None:
    after = base64.urlsafe_b64encode(json.dumps(mark).encode()).decode().rstrip("=")
    for query in (Query("maidstone"), Query("maidstone", words="damp"), Query("maidstone", facts={"tool": "copilot"})):
        with pytest.raises(BadCursor):
            desk.searcher.search(query, after)


async def test_a_page_mark_that_is_no_mark_is_refused(desk: Desk) -> None:
    for after in ("nonsense", "W10", "!!!", "\u00e9", "A"):
        with pytest.raises(BadCursor):
            desk.searcher.search(Query("maidstone"), after)


async def test_what_nobody_types_finds_nothing_and_fails_nothing(desk: Desk) -> None:
    """PostgreSQL takes no NUL in a text, neither database a number of more than 63 bits."""
    for given in (
        {"words": "da\0mp"},
        {"words": "\0"},
        {"refs": ("MBC\0-7F3K-Q2XD",)},
        {"refs": ("7F3\0K",)},
        {"refs": ("%%%_a1b2",)},
        {"people": ("o\0b@maidstone.example",)},
        {"case_ref": "LGL\0-99"},
        {"purpose": "dr\0afting"},
        {"subjects": (Subject("PERSON", "Si\0obhan"),)},
    ):
        assert ask(desk, **given) == [], given


async def test_many_people_at_once(desk: Desk) -> None:
    names = [
        Subject("PERSON", f"Elizabeth Mohammed {word}son") for word in ("Thompkin", "Robert", "Peter", "Harri", "Ander")
    ]
    with pytest.raises(BadQuery, match="fewer people"):
        desk.searcher.compile(Query("maidstone", subjects=tuple(names)))
    one = replace(desk.searcher.compile(Query("maidstone", subjects=(names[0],))))
    assert len(one.digests[0]) > 5_000
    assert desk.ledger.hits.search(one).total == 0
    exact = tuple(replace(name, fuzzy=False) for name in names)
    assert desk.searcher.search(Query("maidstone", subjects=exact * 5)).total == 0


async def test_refused_content_is_found_where_the_schedule_keeps_it(url: str, tmp_path: Path) -> None:
    schedule = replace(SCHEDULE, keep_refused_content=True)
    ledger = service(url, tmp_path, schedule)
    await ledger.start()
    call = chat(LETTER)
    decision = replace(DECISION, effect="deny", retention_class="refused")
    refused = Refused(decision, kept=(LETTER,), named=(NAMED,), counts={"NINO": 1})
    entry = ledger.open("openai_chat", CALLER)

    async def call_it() -> None:
        async with entry:
            await entry.recall(call, TOOL)
            raise refused

    with pytest.raises(Refused):
        await call_it()
    desk = Desk(ledger, tmp_path)
    assert ask(desk, subjects=(Subject("NINO", "QQ123456C"),), facts={"outcome": "refused"}) == [(entry.ref,)]
    assert ask(desk, words="damp") == [], "sealed only"
    await ledger.stop()


async def test_recall_is_stated(desk: Desk) -> None:
    said = desk.searcher.recall(Query("maidstone", words="damp", subjects=(Subject("PERSON", "Ann Field"),)))
    assert said.searched[0].startswith("4 records")
    assert any(str(DETECTION["PERSON"]) in line for line in said.missing)
    assert said.next
    assert not desk.searcher.recall(Query("maidstone")).missing
