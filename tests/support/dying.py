"""A worker that is to be killed: `python -m tests.support.dying URL FOLDER stream|load|once|crowd|sequence`."""

import asyncio
import sys
from pathlib import Path

from gateway.model.event import Delta, Started
from tests.support.ledger import CALLER, DECISION, TOOL, chat, outgoing, reply_events, service

TEXT = "Write to John Smith about his rent arrears at 12 High Street please"


def say(line: str) -> None:
    """Tell the parent."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def stream(url: str, folder: Path) -> None:
    """Open a call, hand on 5 KB of reply, say so, and hang."""
    ledger = service(url, folder)
    await ledger.start()
    call = chat(TEXT, stream=True)
    async with ledger.open("openai_chat", CALLER) as entry:
        await entry.recall(call, TOOL)
        await entry.opened(TOOL, DECISION, outgoing(call, {"John Smith": "PERSON_AB12CD34"}))
        await entry.delivered(Started("c0", "text"))
        await entry.delivered(Delta("c0", "Dear John Smith, " + "we write to you. " * 300))
        say(entry.ref)
        await asyncio.Event().wait()


async def load(url: str, folder: Path) -> None:
    """Calls without end, eight at a time; a reference is said once its `opened` is durable, as if it were sent."""
    ledger = service(url, folder)
    await ledger.start()

    async def calls(worker: int) -> None:
        number = 0
        while True:
            number += 1
            call = chat(f"{TEXT} {worker} {number}", stream=True)
            async with ledger.open("openai_chat", CALLER) as entry:
                await entry.recall(call, TOOL)
                await entry.opened(TOOL, DECISION, outgoing(call))
                say(entry.ref)
                for event in reply_events("Dear John Smith, ", "x" * 5000):
                    await entry.delivered(event)

    await asyncio.gather(*(calls(worker) for worker in range(8)))


async def crowd(url: str, folder: Path) -> None:
    """Like `load`, three at a time, and says `opened REF` and `closed REF` once each is durable."""
    ledger = service(url, folder, bare=True)
    await ledger.start()

    async def calls(worker: int) -> None:
        number = 0
        while True:
            number += 1
            call = chat(f"{TEXT} {worker} {number}", stream=True)
            async with ledger.open("openai_chat", CALLER) as entry:
                await entry.recall(call, TOOL)
                await entry.opened(TOOL, DECISION, outgoing(call))
                say(f"opened {entry.ref}")
                for event in reply_events("Dear John Smith, ", "x" * 5000):
                    await entry.delivered(event)
            say(f"closed {entry.ref}")

    await asyncio.gather(*(calls(worker) for worker in range(3)))


async def sequence(url: str, folder: Path) -> None:
    """Nothing but a sequencer, without pause."""
    ledger = service(url, folder, bare=True)
    say("ready")
    while True:
        if ledger._sequencer.step():
            say("sequenced")
        await asyncio.sleep(0.001)


async def once(url: str, folder: Path) -> None:
    """One call; says BEGIN, OPENED and CLOSED at the moments when the call would begin, leave, and end."""
    ledger = service(url, folder)
    await ledger.start()
    call = chat(TEXT)
    say("BEGIN")
    async with ledger.open("openai_chat", CALLER) as entry:
        await entry.recall(call, TOOL)
        await entry.opened(TOOL, DECISION, outgoing(call))
        say("OPENED")
        for event in reply_events("Dear John Smith, "):
            await entry.delivered(event)
        say("CLOSED")
    await ledger.stop()


if __name__ == "__main__":
    modes = {"stream": stream, "load": load, "once": once, "crowd": crowd, "sequence": sequence}
    asyncio.run(modes[sys.argv[3]](sys.argv[1], Path(sys.argv[2])))
