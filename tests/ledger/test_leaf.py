"""Leaves hold facts, counts, codes and commitments: no canary of content, person, case or reason gets into one."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import leaf
from gateway.ledger.merkle import leaf_hash
from gateway.model.call import Contest
from gateway.model.errors import Passage, Refused
from gateway.model.event import Delta, Ended, Finished, Started
from gateway.model.knob import Limited
from gateway.stages.recall import recall
from tests.support.ledger import CALLER, DECISION, DEPLOYMENT, TOOL, chat, outgoing, service

CANARY = "Zqcanary"


async def test_no_canary_reaches_a_leaf_or_lies_in_clear(tmp_path: Path) -> None:
    """Every field of a call that a caller can write into holds a canary."""
    caller = replace(CALLER, identity=f"{CANARY}1@x.example", purpose=f"{CANARY}2")
    decision = replace(DECISION, reason=f"{CANARY}3", advice=f"{CANARY}4", notices=(f"{CANARY}5",))
    call = replace(
        chat(f"{CANARY}6 is ill", "answer", f"and {CANARY}7 too", stream=True),
        model=f"{CANARY}8",
        purpose=f"{CANARY}9",
        case_ref=f"{CANARY}10",
        contest=Contest(frozenset({"PERSON"}), f"{CANARY}11"),
        body={"messages": f"{CANARY}12", f"{CANARY}13": 1},
        functions=frozenset({f"{CANARY}21"}),
        hosted=frozenset({"web_search"}),
        parameters={"user": f"{CANARY}14"},
    )
    call = replace(call, parts=(*call.parts, replace(call.parts[0], address=f"/metadata/{CANARY}15", turn=-1)))
    ledger = service(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    await ledger.start()
    async with ledger.open("openai_chat", caller) as entry:
        recalled = await recall(call, TOOL, entry)
        sent = outgoing(recalled, {CANARY: "PERSON_AB12CD34"}, {"PERSON": 2})
        await entry.opened(TOOL, decision, replace(sent, values={"PERSON_AB12CD34": f"{CANARY}6"}))
        await entry.attempt(DEPLOYMENT, 2, "timeout", {"temperature": Limited("1", None)})
        await entry.delivered(Started("c0", "text", name=f"{CANARY}16"))
        await entry.delivered(Delta("c0", f"{CANARY}6 should rest. " + "Go on. " * 1000))
        await entry.delivered(Ended("c0"))
        await entry.delivered(Finished({"x": f"{CANARY}17"}, {"PERSON": 1}))
    with pytest.raises(Refused):  # noqa: PT012 - refused inside, as the pipeline does
        async with ledger.open("openai_chat", caller) as entry:
            await recall(call, TOOL, entry)
            passages = (Passage("HEALTH", "health", call.parts[0].address, f"{CANARY}18", 1),)
            raise Refused(decision, passages, clean_text=f"{CANARY}19", counts={"HEALTH": 1}, kept=(f"{CANARY}20",))
    await ledger.stop()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        bodies = [body for (body,) in connection.execute("SELECT body FROM leaf")]
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert len(bodies) == 5
    for body in bodies:
        assert CANARY.encode() not in body
        assert len(body) < 4096
    assert CANARY not in dump, "nothing of it is in clear anywhere in the database"
    assert CANARY.encode().hex().upper() not in dump
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path.name


def test_a_leaf_is_bounded_and_its_hash_is_rfc_6962() -> None:
    draft = {"kind": "gap", "at": "x"}
    data, digest = leaf.finish(draft, "r", 1, b"")
    assert digest == leaf_hash(data)
    assert orjson.loads(data) == {"kind": "gap", "at": "x", "v": 1, "replica": "r", "seq": 1, "prev": ""}
    with pytest.raises(leaf.LeafTooLarge):
        leaf.finish({"kind": "x" * leaf.MAX_BYTES}, "r", 1, b"")


@given(st.text(), st.integers(1, 200))
def test_a_code_is_short_and_harmless(text: str, limit: int) -> None:
    code = leaf.code(text, limit)
    assert len(code) <= limit
    assert code.isascii()
    assert "@" not in code
    assert '"' not in code


def test_times_sort_as_text() -> None:
    early = leaf.timestamp(datetime(2026, 3, 1, 9, tzinfo=UTC))
    late = leaf.timestamp(datetime(2026, 11, 1, 9, 0, 0, 1, tzinfo=UTC))
    assert early < late
    assert early == "2026-03-01T09:00:00.000000Z"


def test_the_largest_opened_leaf_stays_far_below_the_limit() -> None:
    """Every code at its longest, every label counted."""
    long = "x" * 500
    decision = replace(DECISION, rule=long, clause=long, blocked=tuple(f"{n}{long}" for n in range(60)))
    body = leaf.opened(
        ref="MBC-0000-0000", at=datetime.now(UTC), dialect=long, caller=replace(CALLER, actor=long, service=long),
        conversation=2**62, stream=True, tool=replace(TOOL, id=long, name=long), decision=decision,
        findings={f"{n}{long}": 10**12 for n in range(60)}, retention_class=long,
        dispose_after=datetime.now(UTC).date(), facts=None, request=None, versions=(long, long),
        hosted=[f"{n}{long}" for n in range(10)],
        limits={f"{n}{long}": Limited("9" * 500, "9" * 500) for n in range(10)},
    )  # fmt: skip
    data, _ = leaf.finish(body, "r", 1, b"x" * 32)
    assert len(data) < 32_000
