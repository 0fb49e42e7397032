"""`make bench`: the gateway with everything on, against an echoing upstream, in one run on this machine.

Detection, pseudonyms and their restoration, disclosure and the durable record are all on; the upstream is a process
of its own. Conversations grow turn by turn and resend their history, as chat clients do. A figure counts only
with no failed call and with no detected value in what the upstream received: both are checked and printed.
"""

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from detectors.config import load_config
from detectors.suite import Suite, compile_suite
from tests.benchmarks.corpus import message
from tests.support.gateway import Gateway, free_port, gateway
from tests.support.shared import ROOT

MODEL = "council-assistant"
MARK = re.compile(r"\[\d+-\d+-\d+-\d+\]")


@dataclass(frozen=True)
class Load:
    """How hard to push: `users` at once, each with `conversations` of `turns` messages of `characters`."""

    name: str
    users: int
    conversations: int
    turns: int = 1
    characters: int = 300
    stream: bool = False
    direct: bool = False


@dataclass
class Result:
    """What came of a load. `seconds` by turn."""

    seconds: dict[int, list[float]] = field(default_factory=dict)
    failed: int = 0
    wall: float = 0.0
    prompts: list[str] = field(default_factory=list)

    def all(self) -> list[float]:
        return sorted(value for turn in self.seconds.values() for value in turn)

    def quantile(self, share: float) -> float:
        values = self.all()
        return values[min(len(values) - 1, int(len(values) * share))] * 1000


@contextmanager
def stub() -> Iterator[str]:
    """The upstream's process; yields its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.stub", "--port", str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(url + "/received", timeout=1).read()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


async def drive(load: Load, url: str, key: str, seed: int) -> Result:
    """Run one load in a closed loop: each user sends the next call when the last is answered."""
    result = Result()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:

        async def user(number: int) -> None:
            rnd = random.Random(seed * 1000 + number)
            for conversation in range(load.conversations):
                messages: list[dict[str, str]] = []
                for turn in range(load.turns):
                    mark = f"[{seed}-{number}-{conversation}-{turn}] "
                    text = mark + message(rnd, load.characters - len(mark))
                    result.prompts.append(text)
                    messages.append({"role": "user", "content": text})
                    body = {"model": MODEL, "messages": messages, "stream": load.stream}
                    started = time.perf_counter()
                    async with session.post(url, json=body, headers={"Authorization": f"Bearer {key}"}) as response:
                        raw = await response.read()
                        taken = time.perf_counter() - started
                    if response.status != 200 or (load.stream and b"[DONE]" not in raw):
                        result.failed += 1
                        continue
                    result.seconds.setdefault(turn, []).append(taken)
                    reply = "ok" if load.stream else json.loads(raw)["choices"][0]["message"]["content"]
                    messages.append({"role": "assistant", "content": reply})

        started = time.perf_counter()
        await asyncio.gather(*(user(number) for number in range(load.users)))
        result.wall = time.perf_counter() - started
    return result


def leaked(suite: Suite, prompts: list[str], received: list[str]) -> int:
    """How many prompts have a detected value in what left of them. Each prompt begins with a mark of its own.

    A value counts as a whole word: prompts are cut at a length, and the half word at the end is part of many others.
    """
    sent: dict[str, list[str]] = {}
    for body in received:
        for mark in MARK.findall(body):
            sent.setdefault(mark, []).append(body)
    count = 0
    for text in prompts:
        values = {text[f.start : f.end] for f in suite.inspect(text) if len(text[f.start : f.end]) > 3}
        bodies = sent[MARK.findall(text)[0]]
        whole = [re.compile(rf"(?<!\w){re.escape(json.dumps(value)[1:-1])}(?!\w)") for value in values]
        count += any(value.search(body) for value in whole for body in bodies)
    return count


def stage_split(before: str, after: str, calls: int) -> list[tuple[str, float]]:
    """Milliseconds a call for each stage, from two readings of /metrics."""

    def sums(text: str) -> dict[str, float]:
        found = re.findall(r'aigw_stage_seconds_sum\{stage="([^"]+)"\} (\S+)', text)
        return {name: float(value) for name, value in found}

    first, last = sums(before), sums(after)
    return sorted(((n, (v - first.get(n, 0.0)) / calls * 1000) for n, v in last.items()), key=lambda row: -row[1])


def report(load: Load, result: Result) -> None:
    """One line a load, and a second for growing conversations."""
    done = len(result.all())
    if not done:
        print(f"{load.name:34} nothing succeeded, {result.failed} failed")
        return
    print(
        f"{load.name:34} {done / result.wall:8.1f}/s   p50 {result.quantile(0.5):7.1f} ms   "
        f"p95 {result.quantile(0.95):7.1f} ms   p99 {result.quantile(0.99):7.1f} ms   {result.failed} failed"
    )
    if load.turns > 1:
        turns = " ".join(f"{statistics.median(values) * 1000:.1f}" for _, values in sorted(result.seconds.items()))
        print(f"{'':34} p50 by turn (ms): {turns}")


def loads(quick: bool) -> list[Load]:
    """The loads in the order they run; `quick` makes each a tenth as long."""
    share = 10 if quick else 1
    return [
        Load("upstream alone, 8 users", 8, 400 // share, direct=True),
        Load("1 user, 1 turn", 1, 200 // share),
        Load("8 users, 1 turn", 8, 100 // share),
        Load("1 user, 12 growing turns", 1, 20 // share, turns=12),
        Load("4 users, 12 growing turns", 4, max(1, 10 // share), turns=12),
        Load("1 user, streamed, whole reply", 1, 100 // share, stream=True),
    ]


def main() -> None:
    """Print every load, what left, and where the time goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the calls")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    suite = compile_suite(load_config())
    with tempfile.TemporaryDirectory() as folder, stub() as upstream:
        limits = {"calls_per_minute": 1_000_000, "burst": 100_000}
        with gateway(Path(folder), upstream + "/v1", workers=options.workers, identity=limits) as running:
            key = running.key(purpose="correspondence")
            print(f"gateway with {options.workers} worker(s) on {os.cpu_count()} cores; upstream: echoing stub\n")
            run_loads(running, upstream, key, suite, options.quick)


def run_loads(running: Gateway, upstream: str, key: str, suite: Suite, quick: bool) -> None:
    """Each load in turn, with its checks."""
    warm = Load("warm-up", 8, 3)
    asyncio.run(drive(warm, running.base_url + "/chat/completions", key, 99))
    for number, load in enumerate(loads(quick)):
        urllib.request.urlopen(upstream + "/received", timeout=30).read()
        before = running.get("/metrics")[1].decode()
        base = upstream + "/v1" if load.direct else running.base_url
        result = asyncio.run(drive(load, base + "/chat/completions", key, number))
        report(load, result)
        received = json.loads(urllib.request.urlopen(upstream + "/received", timeout=60).read())
        if not load.direct:
            print(f"{'':34} detected values in what left: {leaked(suite, result.prompts, received)} prompts")
            split = stage_split(before, running.get("/metrics")[1].decode(), max(1, len(result.all())))
            print(f"{'':34} ms a call by stage: " + ", ".join(f"{name} {value:.2f}" for name, value in split) + "\n")


if __name__ == "__main__":
    main()
