"""The store fails, the process dies, a worker is taken for dead: nothing is lost quietly, nothing gets two outcomes."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from sqlalchemy.exc import OperationalError

from gateway.ledger.rows import Job
from gateway.model.errors import Unavailable
from gateway.model.event import Delta, Finished, Started
from gateway.store.committer import Committer
from gateway.store.open import LedgerService
from tests.store.test_open import LONG
from tests.support.ledger import CALLER, DECISION, TOOL, chat, outgoing, service, turn
from tests.support.nursery import talking


class Broken:
    """Makes every commit fail until it is mended."""

    def __init__(self, ledger: LedgerService, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken = False
        self.failed = threading.Event()
        real: Callable[..., None] = Committer.commit

        def commit(committer: Committer, jobs: list[Job], *others: object) -> None:
            if self.broken:
                self.failed.set()
                raise OperationalError("INSERT", {}, OSError("disk"))
            real(committer, jobs, *others)

        monkeypatch.setattr(Committer, "commit", commit)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread will do."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_without_the_store_no_call_goes_on_and_the_gap_is_recorded(
    ledger: LedgerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Broken(ledger, monkeypatch)
    await turn(ledger, chat(LONG), "before")
    store.broken = True
    with pytest.raises(Unavailable) as caught:
        await turn(ledger, chat(LONG), "never said")
    assert caught.value.reference is not None
    assert caught.value.retry_after_s is not None
    assert not ledger.healthy()
    with pytest.raises(Unavailable):
        ledger.open("openai_chat", CALLER)
    store.broken = False
    await until(ledger.healthy)
    await turn(ledger, chat(LONG), "after")
    await asyncio.to_thread(ledger._sequencer.drain)
    report = ledger.verify()
    assert report.ok, report.lines()
    refs = {row.ref: row.outcome for row in ledger.reader.search()}
    assert sorted(outcome or "open" for outcome in refs.values()) == ["delivered", "delivered", "failed"]
    assert refs[caught.value.reference] == "failed"
    gaps = [body for kind, body in leaves(ledger) if kind == "gap"]
    assert len(gaps) == 1
    assert gaps[0]["refused"] >= 1


def leaves(ledger: LedgerService) -> list[tuple[str, dict[str, int]]]:
    with ledger._engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT kind, body FROM leaf ORDER BY replica, replica_seq").all()
    return [(row.kind, orjson.loads(row.body)) for row in rows]


async def test_a_stream_whose_end_can_t_be_recorded_ends_with_the_error_and_is_closed_later(
    ledger: LedgerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Broken(ledger, monkeypatch)
    call = chat(LONG, stream=True)
    with pytest.raises(Unavailable):  # noqa: PT012 - the failure comes at a known step inside
        async with ledger.open("openai_chat", CALLER) as entry:
            await entry.recall(call, TOOL)
            await entry.opened(TOOL, DECISION, outgoing(call))
            await entry.delivered(Started("c0", "text"))
            await entry.delivered(Delta("c0", "Dear John"))
            store.broken = True
            await entry.delivered(Finished())
    store.broken = False
    await until(ledger.healthy)
    view = ledger.reader.show(entry.ref)
    assert view is not None
    assert view.row.outcome == "failed"
    assert [text.text for text in view.reply] == ["Dear John"]


async def test_a_journal_that_fails_stops_the_stream(ledger: LedgerService, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Broken(ledger, monkeypatch)
    call = chat(LONG, stream=True)
    with pytest.raises(Unavailable):  # noqa: PT012 - the failure comes at a known step inside
        async with ledger.open("openai_chat", CALLER) as entry:
            await entry.recall(call, TOOL)
            await entry.opened(TOOL, DECISION, outgoing(call))
            store.broken = True
            await entry.delivered(Delta("c0", "x" * 5000))
    store.broken = False
    await until(ledger.healthy)


async def test_streamed_text_is_journalled_within_4_kb_and_within_a_second(ledger: LedgerService) -> None:
    call = chat(LONG, stream=True)
    async with ledger.open("openai_chat", CALLER) as entry:
        await entry.recall(call, TOOL)
        await entry.opened(TOOL, DECISION, outgoing(call))
        for _ in range(30):
            await entry.delivered(Delta("c0", "a" * 1000))
        assert journalled(ledger) == 1 + 30 // 5, "the key, and a row before every fifth kilobyte goes out"
        before = journalled(ledger)
        await entry.delivered(Delta("c0", "the last words before a pause"))
        async with asyncio.timeout(1.5):
            while journalled(ledger) == before:
                await asyncio.sleep(0.02)
        await entry.delivered(Finished())
    assert journalled(ledger) == 0


def journalled(ledger: LedgerService) -> int:
    with ledger._engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM journal").scalar_one())


async def test_a_cancelled_close_still_closes(ledger: LedgerService) -> None:
    call = chat(LONG)
    inside = asyncio.Event()

    async def run() -> None:
        async with ledger.open("openai_chat", CALLER) as entry:
            refs.append(entry.ref)
            await entry.recall(call, TOOL)
            await entry.opened(TOOL, DECISION, outgoing(call))
            inside.set()
            await asyncio.Event().wait()

    refs: list[str] = []
    task = asyncio.ensure_future(run())
    await inside.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    view = ledger.reader.show(refs[0])
    assert view is not None
    assert view.row.outcome == "disconnected"


async def test_a_starting_worker_closes_only_what_the_dead_left(url: str, tmp_path: Path) -> None:
    """The child is killed in mid-stream; a second worker is alive with an open call of its own."""
    alive = service(url, tmp_path)
    await alive.start()
    call = chat("A call that is still running on the other worker")
    async with alive.open("openai_chat", CALLER) as running:
        await running.recall(call, TOOL)
        await running.opened(TOOL, DECISION, outgoing(call))
        with talking("tests.support.dying", url, str(tmp_path), "stream") as (child, said):
            ref = said.readline().strip()
            child.kill()
        starting = service(url, tmp_path)
        await starting.start()
        view, other = starting.reader.show(ref), starting.reader.show(running.ref)
        assert view is not None
        assert other is not None
        assert view.row.outcome == "interrupted"
        assert [text.text for text in view.reply] == ["Dear PERSON_AB12CD34, " + "we write to you. " * 300]
        assert other.row.outcome is None
        await starting.stop()
    report = alive.verify()
    assert report.ok, report.lines()
    assert journalled(alive) == 0
    await alive.stop()


@pytest.mark.slow
async def test_killed_writers_leave_a_whole_ledger(tmp_path: Path) -> None:
    """`kill -9` at random points; after each restart nothing is open and every leaf is in place."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    for number in range(4):
        with talking("tests.support.dying", url, str(tmp_path), "load") as (child, stdout):
            said = [stdout.readline().strip() for _ in range(5 + 7 * number)]
            child.kill()
        ledger = service(url, tmp_path)
        await ledger.start()
        assert not [row for row in ledger.reader.search(limit=10_000) if row.outcome is None]
        for ref in said:
            view = ledger.reader.show(ref)
            assert view is not None, "a call whose text may have left has no record"
        report = ledger.verify()
        assert report.ok, report.lines()
        await ledger.stop()
