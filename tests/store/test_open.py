"""Whole calls through an entry, on both databases."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import leaf
from gateway.ledger.retention import RetentionSchedule
from gateway.model.call import Contest
from gateway.model.errors import (
    BadRequest,
    Cut,
    GatewayError,
    NotOffered,
    Passage,
    Refused,
    Unavailable,
    UpstreamFailed,
)
from gateway.model.event import Delta, Started
from gateway.model.knob import Limited
from gateway.stages.recall import recall
from gateway.store.evidence import verify_database
from gateway.store.open import LedgerService
from tests.support.ledger import (
    CALLER,
    DECISION,
    DEPLOYMENT,
    SCHEDULE,
    TOOL,
    chat,
    outgoing,
    reply_events,
    service,
    turn,
)

LONG = "Write to John Smith about his rent arrears at 12 High Street please"
ANSWER = "Dear John Smith, we are writing about your rent account."


async def leave(ledger: LedgerService, error: BaseException | None, *, opened: bool) -> str:
    """A call that ends with `error`."""
    call = chat(LONG)
    with contextlib.suppress(type(error) if error else Exception):
        async with ledger.open("openai_chat", CALLER) as entry:
            await entry.recall(call, TOOL)
            if opened:
                await entry.opened(TOOL, DECISION, outgoing(call))
                await entry.delivered(Started("c0", "text"))
                await entry.delivered(Delta("c0", "Dear John"))
            if error is not None:
                raise error
    return entry.ref


def refusal(call_address: str = "/messages/0/content", kept: tuple[str, ...] = ()) -> Refused:
    passage = Passage("HEALTH", "health", call_address, "message 1", 2)
    return Refused(DECISION, (passage,), counts={"HEALTH": 2}, kept=kept, withheld=frozenset({passage.address}))


async def test_a_delivered_call_is_recorded_whole(ledger: LedgerService) -> None:
    ref = await turn(ledger, chat(LONG), ANSWER[:10], ANSWER[10:], replace={"John Smith": "PERSON_AB12CD34"})
    view = ledger.reader.show(ref.lower())
    assert view is not None
    assert (view.row.outcome, view.row.tool, view.row.findings) == ("delivered", "copilot", {"PERSON": 1})
    assert [leaf.kind for leaf in view.leaves] == ["opened", "closed"]
    assert [text.text for text in view.request] == [LONG.replace("John Smith", "PERSON_AB12CD34")]
    assert [text.text for text in view.reply] == [ANSWER.replace("John Smith", "PERSON_AB12CD34")]
    assert view.note_delivered
    assert view.reply_findings == {"EMAIL": 1}
    assert view.dispose_after > view.row.opened_at[:10]


@pytest.mark.parametrize(
    ("error", "opened", "outcome"),
    [
        (refusal(), False, "refused"),
        (BadRequest("no"), False, "refused"),
        (NotOffered("no"), False, "refused"),
        (Unavailable("detector"), False, "failed"),
        (asyncio.CancelledError(), False, "disconnected"),
        (UpstreamFailed("no"), True, "upstream_failed"),
        (Cut("no"), True, "cut"),
        (asyncio.CancelledError(), True, "disconnected"),
        (GeneratorExit(), True, "disconnected"),
        (Unavailable("detector"), True, "failed"),
        (RuntimeError("bug"), True, "failed"),
        (None, True, "failed"),
    ],
)
async def test_every_way_out_has_exactly_one_outcome(
    ledger: LedgerService, error: BaseException | None, opened: bool, outcome: str
) -> None:
    ref = await leave(ledger, error, opened=opened)
    view = ledger.reader.show(ref)
    assert view is not None
    assert view.row.outcome == outcome
    assert [leaf.kind for leaf in view.leaves] == ["opened", "closed"]
    assert [text.text for text in view.reply] == (["Dear John"] if opened else [])
    if isinstance(error, GatewayError):
        assert error.reference == ref
        assert view.error == error.code


async def test_a_refused_call_keeps_findings_and_no_content(ledger: LedgerService) -> None:
    ref = await leave(ledger, refusal(), opened=False)
    view = ledger.reader.show(ref)
    assert view is not None
    assert (view.row.findings, view.row.rule, view.clause) == ({"HEALTH": 2}, "enterprise.contact", "7.3")
    assert view.request == ()
    assert not ledger.reader.search("rent")
    assert ledger.reader.disclosure(ref) is None


async def test_a_schedule_may_keep_refused_content_sealed_only(url: str, tmp_path: Path) -> None:
    ledger = service(url, tmp_path, RetentionSchedule(SCHEDULE.classes, keep_refused_content=True))
    await ledger.start()
    ref = await leave(ledger, refusal(kept=(LONG,)), opened=False)
    await ledger.stop()
    view = ledger.reader.show(ref)
    assert view is not None
    assert [text.text for text in view.request] == [None]
    assert not ledger.reader.search("rent")
    assert ledger.verify().ok
    ledger.close()


async def test_a_refused_turn_is_known_again_and_the_conversation_goes_on(ledger: LedgerService) -> None:
    ref = await leave(ledger, refusal(), opened=False)
    call = chat(LONG, "(error)", "Then write about the weather")
    async with ledger.open("openai_chat", CALLER) as entry:
        recalled = await recall(call, TOOL, entry)
        await entry.opened(TOOL, DECISION, outgoing(recalled))
    words = f"[This message was withheld by the council's AI gateway. Record {ref}.]"
    assert recalled.parts[0].text == words
    assert recalled.edits == {"/messages/0/content": words}
    assert recalled.parts[2].text == call.parts[2].text
    first, second = ledger.reader.show(ref), ledger.reader.show(entry.ref)
    assert first is not None
    assert second is not None
    assert first.row.conversation == second.row.conversation


async def test_a_contested_text_that_went_through_is_no_longer_withheld(ledger: LedgerService) -> None:
    await leave(ledger, refusal(), opened=False)
    await turn(ledger, chat(LONG), ANSWER)
    async with ledger.open("openai_chat", CALLER) as entry:
        assert await entry.recall(chat(LONG, ANSWER, "Shorter"), TOOL) == {}


async def test_another_actor_s_refusals_are_not_recalled(ledger: LedgerService) -> None:
    await leave(ledger, refusal(), opened=False)
    other = CALLER.__class__(**{**{n: getattr(CALLER, n) for n in CALLER.__slots__}, "actor": "act-99"})
    async with ledger.open("openai_chat", other) as entry:
        assert await entry.recall(chat(LONG, "x", "y"), TOOL) == {}


def rows(ledger: LedgerService, table: str) -> int:
    with ledger._engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608


async def test_a_growing_conversation_is_stored_once(ledger: LedgerService) -> None:
    said = [LONG]
    refs = []
    before: list[Mapping[str, int]] = []
    for number in range(8):
        answer = f"{ANSWER} This is answer number {number} to you, John Smith."
        refs.append(
            await turn(ledger, chat(*said, system="You help."), answer, replace={"John Smith": "PERSON_AB12CD34"})
        )
        said += [answer, f"And another question, number {number}, about the same rent arrears"]
        before.append({name: rows(ledger, name) for name in ("part", "node")})
    grown = [after["part"] - earlier["part"] for earlier, after in pairwise(before)]
    linked = [after["node"] - earlier["node"] for earlier, after in pairwise(before)]
    assert set(grown) == {2}, "only the new question and the new answer are sealed"
    assert set(linked) == {3}, "the old answer is linked as history, the question and the answer are new"
    last = ledger.reader.show(refs[-1])
    assert last is not None
    assert last.conversation_refs == tuple(refs)
    assert len(last.request) == 16
    assert sum(text.new for text in last.request) == 2


async def test_conversations_of_the_same_first_words_are_told_apart(ledger: LedgerService) -> None:
    first = await turn(ledger, chat("hello there"), "Hello, how can I help you today with your work?")
    repeat = await turn(ledger, chat("hello there"), "Good morning! What would you like me to write for you?")
    follow = await turn(
        ledger, chat("hello there", "Hello, how can I help you today with your work?", "Bins"), "Bins go out on Monday."
    )
    shown = {ref: ledger.reader.show(ref) for ref in (first, repeat, follow)}
    names = {ref: view.row.conversation for ref, view in shown.items() if view is not None}
    assert names[first] == names[repeat], "an exact repeat within the hour is one conversation"
    assert names[follow] == names[first]


async def test_a_truncated_history_still_finds_its_conversation(ledger: LedgerService) -> None:
    first = await turn(ledger, chat(LONG), ANSWER)
    second = await turn(ledger, chat("(dropped)", ANSWER, "Shorter please"), "Dear John")
    views = [ledger.reader.show(first), ledger.reader.show(second)]
    assert views[0] is not None
    assert views[1] is not None
    assert views[0].row.conversation == views[1].row.conversation


async def test_an_attempt_is_a_leaf_of_its_own(ledger: LedgerService) -> None:
    call = chat(LONG)
    with pytest.raises(UpstreamFailed):  # noqa: PT012 - the error comes from inside the call
        async with ledger.open("openai_chat", CALLER) as entry:
            await entry.recall(call, TOOL)
            await entry.opened(TOOL, DECISION, outgoing(call))
            await entry.attempt(DEPLOYMENT, 2, "timeout", {})
            raise UpstreamFailed("no")
    view = ledger.reader.show(entry.ref)
    assert view is not None
    assert view.attempts == 2
    assert [leaf.kind for leaf in view.leaves] == ["opened", "attempt", "closed"]


async def test_both_values_of_a_limited_parameter_are_on_the_record(ledger: LedgerService) -> None:
    """The last attempt's count: it is what the provider had."""
    call = replace(chat(LONG), hosted=frozenset({"web_search", "mcp"}))
    limits = {"temperature": Limited("1", "0.3"), "max_output_tokens": Limited(None, "500")}
    async with ledger.open("openai_chat", CALLER) as entry:
        await entry.recall(call, TOOL)
        await entry.opened(TOOL, DECISION, replace(outgoing(call), limits=limits))
        first = ledger.reader.show(entry.ref)
        await entry.attempt(DEPLOYMENT, 2, "unsupported:temperature", {"temperature": Limited("1", None)})
        for event in reply_events("Hello"):
            await entry.delivered(event)
    view = ledger.reader.show(entry.ref)
    assert first is not None
    assert view is not None
    assert first.limits == limits
    assert view.limits == {"temperature": Limited("1", None)}
    assert view.hosted == ("mcp", "web_search")
    assert view.leaves[0].body["limits"] == {
        "temperature": {"asked": "1", "sent": "0.3"},
        "max_output_tokens": {"asked": None, "sent": "500"},
    }


async def test_a_refused_call_keeps_the_features_that_it_asked_for(ledger: LedgerService) -> None:
    with pytest.raises(Refused):  # noqa: PT012 - the error comes from inside the call
        async with ledger.open("openai_chat", CALLER) as entry:
            await entry.recall(replace(chat(LONG), hosted=frozenset({"web_search"})), TOOL)
            raise refusal()
    view = ledger.reader.show(entry.ref)
    assert view is not None
    assert (view.hosted, view.limits) == (("web_search",), {})


async def test_leaves_from_before_limits_are_read_and_verified(
    ledger: LedgerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = leaf.opened

    def older(**given: Any) -> dict[str, Any]:
        return {name: value for name, value in whole(**given).items() if name not in ("hosted", "limits")}

    monkeypatch.setattr(leaf, "opened", older)
    ref = await turn(ledger, chat(LONG), ANSWER)
    view = ledger.reader.show(ref)
    assert view is not None
    assert "limits" not in view.leaves[0].body
    assert (view.hosted, view.limits) == ((), {})
    report = verify_database(ledger._engine, ledger.vkey, None, None)
    assert report.ok, report.lines()


async def test_an_unknown_retention_class_fails_closed(ledger: LedgerService) -> None:
    odd = DECISION.__class__(**{**{n: getattr(DECISION, n) for n in DECISION.__slots__}, "retention_class": "odd"})
    with pytest.raises(Unavailable):
        await turn(ledger, chat(LONG), ANSWER, decision=odd)
    [row] = ledger.reader.search()
    assert row.outcome == "failed"


async def test_search_by_words_and_facts(ledger: LedgerService) -> None:
    ref = await turn(ledger, chat("The garden waste collection in Snodland"), "Every second Friday.")
    await turn(ledger, chat("A planning question about dormer windows"), "See policy DM9.")
    [found] = ledger.reader.search("garden SNODLAND")
    assert (found.ref, found.excerpt) == (ref, "The garden waste collection in Snodland")
    assert "garden" not in repr(found)
    assert [row.ref for row in ledger.reader.search('"waste collection"')] == [ref]
    assert not ledger.reader.search('"collection waste"')
    assert [row.ref for row in ledger.reader.search("friday")] == [ref]
    assert [row.ref for row in ledger.reader.search(ref)] == [ref]
    assert len(ledger.reader.search(controller="maidstone", outcome="delivered", tool="copilot", label="PERSON")) == 2
    assert not ledger.reader.search(controller="swale")
    assert len(ledger.reader.search(limit=1)) == 1
    assert not ledger.reader.search("' OR 1=1 -- \" : * ( ) & | !")


async def test_facts_about_people_are_sealed_and_never_searchable(ledger: LedgerService) -> None:
    call = chat(LONG)
    contested = call.__class__(
        **{**{n: getattr(call, n) for n in call.__slots__}, "contest": Contest(frozenset({"PERSON"}), "canaryreason")}
    )
    await turn(ledger, contested, ANSWER)
    for word in ("canaryreason", "bloggs", "0042", "HSG"):
        assert not ledger.reader.search(word)


async def test_strange_texts_are_recorded_as_they_are(ledger: LedgerService) -> None:
    strange = "nul \x00 lone \ud800 emoji \U0001f600 " + "x" * 300
    ref = await turn(ledger, chat(strange), "reply \x00 \udfff end", "")
    view = ledger.reader.show(ref)
    assert view is not None
    assert [row.ref for row in ledger.reader.search("lone")] == [ref]
    assert ledger.verify().ok


async def test_a_long_text_is_recorded_and_found(ledger: LedgerService) -> None:
    text = " ".join(f"word{n}" for n in range(30_000))
    ref = await turn(ledger, chat(text), "ok")
    assert [row.ref for row in ledger.reader.search("word29999")] == [ref]


async def test_disclosure_says_the_minimum(ledger: LedgerService) -> None:
    ref = await turn(ledger, chat(LONG), ANSWER)
    said = ledger.reader.disclosure(ref)
    assert said is not None
    assert (said.controller, said.tool, said.tool_name, said.outcome) == (
        "maidstone",
        "copilot",
        "Council Copilot",
        "delivered",
    )
    assert "John" not in repr(said)
    assert CALLER.actor not in repr(said)


async def test_many_calls_at_once_are_all_recorded(ledger: LedgerService) -> None:
    refs = await asyncio.gather(*(turn(ledger, chat(f"Question {n} about the bins"), f"Answer {n}") for n in range(40)))
    await asyncio.to_thread(ledger._sequencer.drain)
    assert len(set(refs)) == 40
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["records"] == 40


async def test_a_stranger_without_a_prefix_is_refused(ledger: LedgerService) -> None:
    odd = CALLER.__class__(**{**{n: getattr(CALLER, n) for n in CALLER.__slots__}, "controller": "elsewhere"})
    with pytest.raises(Unavailable):
        ledger.open("openai_chat", odd)


async def test_a_ledger_that_was_not_started_refuses_calls(url: str, tmp_path: Path) -> None:
    idle = service(url, tmp_path)
    assert not idle.healthy()
    with pytest.raises(Unavailable):
        idle.open("openai_chat", CALLER)
    idle.close()
