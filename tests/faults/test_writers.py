"""Several writer processes, two competing sequencers, and `kill -9` of any of them, again and again, under load.

Each writer has a sequencer of its own besides. At the end the tree has no gap, `verify` holds, and each call has one
outcome: `delivered` where its client was told so, `interrupted` where its worker was killed in the middle.
"""

import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.store import tables
from tests.support.ledger import service
from tests.support.nursery import talking


class Worker:
    """A process that says what it did; what it said is kept, also after it was killed."""

    def __init__(self, mode: str, url: str, folder: Path) -> None:
        self.mode = mode
        self.said: list[str] = []
        self._open = ExitStack()
        self.process, self._stdout = self._open.enter_context(talking("tests.support.dying", url, str(folder), mode))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._stdout:
            if line.endswith("\n"):
                self.said.append(line.strip())

    def kill(self) -> None:
        self.process.kill()
        self._reader.join(20)
        self._open.close()


def said(workers: list[Worker], word: str) -> set[str]:
    return {line.partition(" ")[2] for worker in workers for line in worker.said if line.startswith(word + " ")}


def until_said(workers: list[Worker], count: int) -> None:
    """Wait until each of these has said so much."""
    deadline = time.monotonic() + 60
    while any(len(worker.said) < count for worker in workers):
        assert time.monotonic() < deadline, [(worker.mode, len(worker.said)) for worker in workers]
        time.sleep(0.02)


async def trial(url: str, folder: Path, writers: int, kills: int, seed: int) -> None:
    rnd = random.Random(seed)
    living = [Worker("crowd", url, folder) for _ in range(writers)] + [
        Worker("sequence", url, folder) for _ in range(2)
    ]
    dead: list[Worker] = []
    try:
        until_said(living, 1)
        for _ in range(kills):
            time.sleep(rnd.uniform(0.05, 0.6))
            victim = living.pop(rnd.randrange(len(living)))
            victim.kill()
            dead.append(victim)
            living.append(Worker(victim.mode, url, folder))
        until_said(living, 4)
    finally:
        for worker in living:
            worker.kill()
    everyone = dead + living
    opened, closed = said(everyone, "opened"), said(everyone, "closed")
    assert len(opened) > writers
    await check(url, folder, opened, closed)


async def check(url: str, folder: Path, opened: set[str], closed: set[str]) -> None:
    """After a restart, which closes what the dead left open."""
    last = service(url, folder)
    await last.start()
    await last.stop()
    reader = service(url, folder)
    with reader._engine.connect() as connection:
        outcomes = {
            row.ref: row.outcome for row in connection.execute(select(tables.record.c.ref, tables.record.c.outcome))
        }
        indexes = list(connection.scalars(select(tables.sequenced.c.idx).order_by(tables.sequenced.c.idx)))
        leaves = connection.execute(select(tables.leaf.c.ref, tables.leaf.c.kind)).all()
        waiting = connection.execute(select(tables.pending)).all()
    assert indexes == list(range(len(leaves))), "no gap, and everything is in the tree"
    assert not waiting
    assert max(Counter(tuple(leaf) for leaf in leaves).values()) == 1, "nothing is there twice"
    assert opened <= outcomes.keys(), "what may have left is recorded"
    assert {outcomes[ref] for ref in closed} == {"delivered"}, "what was told is so"
    assert set(outcomes.values()) <= {"delivered", "interrupted"}
    report = reader.verify()
    assert report.ok, report.lines()
    reader.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_four_writers_on_sqlite(tmp_path: Path) -> None:
    await trial(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, writers=4, kills=5, seed=21)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_eight_writers_on_postgresql(bare_postgres_url: str, tmp_path: Path) -> None:
    await trial(bare_postgres_url, tmp_path, writers=8, kills=6, seed=22)


@pytest.mark.trial
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_hundred_kills(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if database == "postgresql":
        url = str(request.getfixturevalue("bare_postgres_url"))
    await trial(url, tmp_path, writers=4 if database == "sqlite" else 8, kills=100, seed=23)
