"""Disposal at scale: `python -m tests.benchmarks.bench_disposal [--calls N] [--url URL]`.

N conversations, a tenth of them under a hold; then one run over all of them. Says how long the run took, how long calls
had to wait for a batch at most, and how big the key tree is afterwards.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from gateway.ledger import sealing
from gateway.ledger.keystore import FileKeyStore
from gateway.model.search import Query
from gateway.store import shredding
from gateway.store.disposal import DatabaseDisposal
from gateway.store.shredding import Shredder
from tests.benchmarks.bench_ledger import VAR, one_call
from tests.support.keeping import disposals, holds
from tests.support.ledger import service

HELD = "Case 7"
"""Stands in the text of about one in nine of the calls."""


def timed(owner: type, name: str, spent: list[float]) -> None:
    """Note how long each call of a method takes."""
    inner = getattr(owner, name)

    def outer(*given: object, **named: object) -> object:
        begun = time.perf_counter()
        try:
            return inner(*given, **named)
        finally:
            spent.append(time.perf_counter() - begun)

    setattr(owner, name, outer)


async def measure(url: str, folder: Path, calls: int) -> None:
    """Fill, hold, dispose, check."""
    ledger = service(url, folder)
    await ledger.start()
    for start in range(0, calls, 64):
        await asyncio.gather(*(one_call(ledger, number) for number in range(start, min(calls, start + 64))))
    batches: list[float] = []
    shreds: list[float] = []
    scrubs: list[float] = []
    plans: list[float] = []
    timed(DatabaseDisposal, "_try", batches)
    timed(DatabaseDisposal, "plan", plans)
    timed(Shredder, "finish", shreds)
    timed(Shredder, "scrub", scrubs)
    _, fitting = holds(ledger, folder / "keys").place(Query("maidstone", words=HELD), "FOI-2026-1", "jo")
    day = sealing.today()
    vars(shredding)["today"] = lambda: day + 400  # as on the day when they are due: what was sealed lies long back
    begun = time.perf_counter()
    run = await asyncio.to_thread(disposals(ledger, folder / "keys").run, "maidstone", "jo")
    took = time.perf_counter() - begun
    [nodes] = [tree[3] for tree in FileKeyStore(folder / "keys").trees() if tree[1] == "routine"]
    report = ledger.verify()
    await ledger.stop()
    if not report.ok or run.disposed + fitting != calls:
        raise SystemExit("\n".join(report.lines()))
    sys.stdout.write(
        f"disposal: {run.disposed} of {calls} conversations in {took:.1f} s, {fitting} held; plan {max(plans):.2f} s, "
        f"longest batch {1000 * max(batches):.0f} ms, keys {max(shreds):.2f} s, files {max(scrubs):.1f} s, "
        f"{nodes} nodes\n"
    )


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--url")
    given = parser.parse_args()
    VAR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-disposal-", dir=VAR) as made:
        asyncio.run(measure(given.url or f"sqlite:///{Path(made) / 'ledger.db'}", Path(made), given.calls))


if __name__ == "__main__":
    main()
