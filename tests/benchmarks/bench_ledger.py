"""Durable ledger entries a second: `python -m tests.benchmarks.bench_ledger [--url URL] [--seconds S]`.

Four writer processes, each with calls in flight as a worker would have; an entry is a leaf (a call has two,
`opened` and `closed`, each synced to disk before the call goes on). Then the same with each sync 5 ms slower, by a shim
in front of the C library: what a slow disk looks like.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from gateway.store.open import LedgerService
from tests.support.ledger import CALLER, DECISION, TOOL, chat, outgoing, reply_events, service

VAR = Path(__file__).resolve().parents[2] / "var"
"""On the disk of the checkout: a temporary folder may be in memory, where a sync costs nothing."""
WRITERS = 4
IN_FLIGHT = 32
TEXT = "Please draft a short letter to John Smith of 12 High Street about his rent account. " * 4
NAMED = (("PERSON", "John Smith"), ("ADDRESS", "12 High Street"))
ANSWER = "Dear PERSON, we are writing to you about your rent account, which is in arrears. " * 4
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void rest(void) { struct timespec t = {0, 5000000L}; nanosleep(&t, 0); }
int fsync(int fd) { static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fsync"); rest(); return real(fd); }
int fdatasync(int fd) {
  static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fdatasync"); rest(); return real(fd);
}
"""


async def one_call(ledger: LedgerService, number: int) -> None:
    """A delivered call of one turn."""
    call = chat(f"{TEXT} Case {number} of {os.getpid()}.")
    async with ledger.open("openai_chat", CALLER) as entry:
        await entry.recall(call, TOOL)
        await entry.opened(TOOL, DECISION, outgoing(call, {"John Smith": "PERSON_AB12CD34"}, {"PERSON": 1}, NAMED))
        for event in reply_events(ANSWER):
            await entry.delivered(event)


async def write(url: str, folder: Path, seconds: float) -> None:
    """One writer: `IN_FLIGHT` calls at a time until the time is up; prints calls and the seconds they took."""
    ledger = service(url, folder)
    await ledger.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    started, worked, done = time.perf_counter(), time.process_time(), 0
    waits: list[float] = []

    async def keep_calling() -> None:
        nonlocal done
        while time.perf_counter() - started < seconds:
            begun = time.perf_counter()
            await one_call(ledger, done)
            waits.append(time.perf_counter() - begun)
            done += 1

    await asyncio.gather(*(keep_calling() for _ in range(IN_FLIGHT)))
    took, work = time.perf_counter() - started, time.process_time() - worked
    await ledger.stop()
    waits.sort()
    result = {
        "calls": done,
        "seconds": took,
        "cpu": work,
        "p50": waits[len(waits) // 2],
        "p99": waits[len(waits) * 99 // 100],
    }
    sys.stdout.write(orjson.dumps(result).decode() + "\n")


def measure(url: str, folder: Path, seconds: float, shim: Path | None) -> dict[str, float]:
    """Run the writers together; entries a second and a call's own latency (both steps)."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_ledger", "--writer", "--url", url]
    command += ["--folder", str(folder), "--seconds", str(seconds)]
    environment = {**os.environ, **({"LD_PRELOAD": str(shim)} if shim else {})}
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    results = [orjson.loads(writer.communicate(timeout=seconds + 120)[0].strip()) for writer in writers]
    calls = sum(result["calls"] for result in results)
    took = max(result["seconds"] for result in results)
    return {
        "entries_per_second": 2 * calls / took,
        "calls_per_second": calls / took,
        "cpu_ms_per_entry": 1000 * sum(result["cpu"] for result in results) / (2 * calls),
        "p50_ms": 1000 * max(result["p50"] for result in results),
        "p99_ms": 1000 * max(result["p99"] for result in results),
    }


def slow_sync(folder: Path) -> Path | None:
    """The shim as a shared library, or None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def run(seconds: float, url: str | None) -> dict[str, dict[str, float]]:
    """Both measurements, each on a fresh ledger, which is verified afterwards."""
    results: dict[str, dict[str, float]] = {}
    for name in ("durable", "durable, each sync 5 ms slower"):
        VAR.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=VAR) as made:
            folder = Path(made)
            shim = slow_sync(folder) if "slower" in name else None
            if "slower" in name and (shim is None or url is not None):
                continue
            target = url or f"sqlite:///{folder / 'ledger.db'}"
            results[name] = measure(target, folder, seconds, shim)
            ledger = service(target, folder)
            report = ledger.verify(sealed=False)
            ledger.close()
            if not report.ok:
                raise SystemExit("\n".join(report.lines()))
    return results


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--writer", action="store_true")
    given = parser.parse_args()
    if given.writer:
        asyncio.run(write(given.url, given.folder, given.seconds))
        return
    for name, result in run(given.seconds, given.url).items():
        figures = ", ".join(f"{key} {value:.1f}" for key, value in result.items())
        sys.stdout.write(f"ledger, {WRITERS} writers, {name}: {figures}\n")


if __name__ == "__main__":
    main()
