"""`kill -9` at random moments under load: nothing that left or came back is unrecorded, and the ledger is whole."""

import asyncio
import json
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from gateway.administration import store
from gateway.settings import load_settings
from tests.support.capture import Body, Capture, Reply, capturing, last_text
from tests.support.gateway import Gateway
from tests.support.sealed import reply_text

USERS = 6
BEHIND_S = 1.0
"""The journal's bound (promise 1): text delivered longer ago than this is on disk."""
PLAIN = [
    *("green", "paper", "round", "water", "table", "window", "garden", "bottle", "metal", "glass", "plastic", "food"),
    *("waste", "collect", "notice", "street", "market", "leaf", "box", "crate", "lid", "wheel", "colour", "week"),
]
"""Of six a marker is made: apart, since detection takes some words made of several for names, and the searchable text
would not keep them."""
WORDS = ("bin", "lorry", "street", "notice", "letter", "council", "garden", "permit", "recycling", "paper", "route")


@dataclass
class Exchange:
    """One call as its client saw it: the marker in its prompt, and the text received so far at each moment."""

    marker: str
    stream: bool
    ref: str = ""
    received: list[tuple[float, str]] = field(default_factory=list)
    ended: bool = False

    def text_at(self, moment: float) -> str:
        return "".join(text for at, text in self.received if at <= moment)


@dataclass
class Load:
    """Everything the clients did until the kill."""

    key: str
    url: str
    rnd: random.Random
    exchanges: list[Exchange] = field(default_factory=list)
    killed_at: float = 0.0

    async def run(self, gateway: Gateway, seconds: float) -> None:
        async with aiohttp.ClientSession() as session:
            users = [asyncio.create_task(self._user(session)) for _ in range(USERS)]
            await asyncio.sleep(seconds)
            self.killed_at = time.monotonic()
            await asyncio.to_thread(gateway.stop, signal.SIGKILL)
            for user in users:
                user.cancel()
            await asyncio.gather(*users, return_exceptions=True)

    async def _user(self, session: aiohttp.ClientSession) -> None:
        while True:
            marker = " ".join(self.rnd.choice(PLAIN) for _ in range(6))
            exchange = Exchange(marker, stream=self.rnd.random() < 0.7)
            self.exchanges.append(exchange)
            try:
                await self._call(session, exchange)
            except (aiohttp.ClientError, ConnectionError):
                await asyncio.sleep(0.05)

    async def _call(self, session: aiohttp.ClientSession, exchange: Exchange) -> None:
        prompt = f"please reword this notice about {exchange.marker} and the bins, which are late today"
        body = {
            "model": "council-internal",
            "messages": [{"role": "user", "content": prompt}],
            "stream": exchange.stream,
        }
        async with session.post(self.url, json=body, headers={"Authorization": f"Bearer {self.key}"}) as response:
            exchange.ref = response.headers.get("x-ai-record", "")
            if response.status != 200:
                return
            if not exchange.stream:
                whole = await response.json()
                exchange.received.append((time.monotonic(), whole["choices"][0]["message"]["content"]))
                exchange.ended = True
                return
            async for line in response.content:
                exchange.ended |= line.startswith(b"data: [DONE]")
                if line.startswith(b"data: {"):
                    for choice in json.loads(line[6:])["choices"]:
                        exchange.received.append((time.monotonic(), choice["delta"].get("content") or ""))


def slow_words(body: Body) -> Reply:
    """A reply that takes from a tenth of a second to two, word by word."""
    rnd = random.Random(last_text(body))
    return Reply(pieces=[f"{rnd.choice(WORDS)} " for _ in range(rnd.randint(5, 100))], pause_s=0.02)


@pytest.fixture
def capture() -> Iterator[Capture]:
    with capturing(slow_words) as running:
        yield running


def check(gateway: Gateway, capture: Capture, load: Load, *, verify: bool) -> None:
    """Everything that must hold after a kill and a restart."""
    ledger = store(load_settings(gateway.config), migrate=False)
    try:
        for body in capture.bodies:
            marker = last_text(body).partition("notice about ")[2].partition(" and the bins")[0]
            assert len(ledger.reader.search(f'"{marker}"')) == 1, f"a call that left has no record: {marker}"
        with sqlite3.connect(gateway.database) as connection:
            (still_open,) = connection.execute("SELECT count(*) FROM record WHERE outcome IS NULL").fetchone()
        connection.close()
        assert still_open == 0
        for exchange in load.exchanges:
            if exchange.ref and exchange.received:
                check_reply(gateway, ledger.reader.show(exchange.ref), exchange, load.killed_at)
        if verify:
            report = ledger.verify()
            assert report.ok, report.lines()
    finally:
        ledger.close()


def check_reply(gateway: Gateway, record: object, exchange: Exchange, killed_at: float) -> None:
    """What the client got is recorded: all of it where the reply ended, else all but the journal's bound."""
    assert record is not None, f"a call that was answered has no record: {exchange.ref}"
    recorded = reply_text(gateway.database, gateway.folder / "data" / "keys", exchange.ref)
    due = exchange.text_at(killed_at if exchange.ended else killed_at - BEHIND_S)
    spoken = due.split("\n\nAI helped write this.")[0]
    assert recorded.startswith(spoken), f"{exchange.ref}: {len(recorded)} characters recorded, {len(spoken)} due"


def trial(tmp_path: Path, capture: Capture, kills: int, seed: int) -> None:
    """Kill and restart, again and again, on one ledger."""
    gateway = Gateway(tmp_path, capture.url, overrides={"identity": {"calls_per_minute": 1_000_000, "burst": 10_000}})
    gateway.write_settings()
    key = gateway.key()
    rnd = random.Random(seed)
    left = cut_short = 0
    gateway.start()
    try:
        for number in range(kills):
            capture.clear()
            load = Load(key, gateway.base_url + "/chat/completions", random.Random(rnd.random()))
            asyncio.run(load.run(gateway, rnd.uniform(0.2, 2.5)))
            gateway.start()
            check(gateway, capture, load, verify=number % 20 == 19 or number == kills - 1)
            left += len(capture.bodies)
            cut_short += sum(bool(each.received) and not each.ended for each in load.exchanges)
    finally:
        gateway.stop()
    assert left > kills  # or the trial has tried nothing
    assert cut_short > kills


@pytest.mark.slow
def test_three_kills(tmp_path: Path, capture: Capture) -> None:
    trial(tmp_path, capture, kills=3, seed=11)


@pytest.mark.trial
@pytest.mark.timeout(3000)
def test_two_hundred_kills(tmp_path: Path, capture: Capture) -> None:
    trial(tmp_path, capture, kills=200, seed=12)
