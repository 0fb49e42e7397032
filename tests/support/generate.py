"""Thousands of council records through the real entry, scribe and committer, in batches instead of one by one.

Everything in a database that this fills is as the gateway would have written it (leaves, seals, commitments, indexes),
so that it verifies. Only the waiting is left out: what a call asks of the store is answered from memory, and some
hundred calls share a commit. The same seed gives the same texts.

Among the usual business are three matters that somebody may ask about: `TOPIC` (for a Freedom of Information request),
`SITE` (environmental information) and `SUBJECT` (a person's own data).
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from gateway.ledger import entry as entries
from gateway.ledger import scribe as scribes
from gateway.ledger.entry import LiveEntry
from gateway.ledger.reference import new_reference
from gateway.ledger.rows import Base, Job, Known, KnownPart, Link, Settlement, Trace
from gateway.ledger.scribe import Scribe
from gateway.model.caller import Caller
from gateway.model.event import ChoiceEnded, Delta, Ended, Finished, Head, Started
from gateway.store.open import LedgerService
from tests.support.ledger import CONTROLLERS, DECISION, TOOL, chat, outgoing

BATCH: Final = 400
"""Jobs in one commit."""
TOPIC: Final = "Project Kestrel"
SITE: Final = "Upper Stone Street air quality monitoring station"


@dataclass(frozen=True, slots=True)
class Person:
    """A resident: what a text may say of them, by label."""

    name: str
    nino: str
    email: str
    address: str

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Label and value of each detail."""
        return ("PERSON", self.name), ("NINO", self.nino), ("EMAIL", self.email), ("ADDRESS", self.address)


SUBJECT: Final = Person("Margaret Okafor", "QQ 12 34 56 C", "margaret.okafor@mail.example", "14 Union Street")
THIRD: Final = Person("Desmond Achterberg", "QQ 65 43 21 A", "d.achterberg@mail.example", "9 Priory Close")
"""Stands beside the subject in some of the texts, and must not be released with them."""
_FIRST: Final = (
    "Amina",
    "Piotr",
    "Grace",
    "Harjit",
    "Siobhan",
    "Tomasz",
    "Blessing",
    "Ioana",
    "Rhys",
    "Mei",
    "Olu",
    "Kay",
)
_LAST: Final = (
    "Walters",
    "Kowalczyk",
    "Adeyemi",
    "Dhaliwal",
    "Byrne",
    "Nowak",
    "Popescu",
    "Pritchard",
    "Chen",
    "Marsh",
)
_STREETS: Final = ("Tonbridge Road", "King Street", "Park Way", "Mill Lane", "Church Street", "Sandling Road")
SERVICES: Final = ("housing", "planning", "benefits", "environment", "licensing")
_ASKS: Final = (
    "Please draft a short letter to {name} of {address} about the missed bin collection on Tuesday.",
    "Summarise the repair history below for {name} ({email}) and say what is still open.",
    "Make this reply to {name} friendlier: your application was received and is being looked at.",
    "Turn these notes into a table: visit to {name} at {address}, boiler serviced, next visit in March.",
)
_PLAIN: Final = (
    "Please suggest three ways to word a notice about the new recycling days.",
    "Shorten this agenda item on car park charges to fifty words.",
    "List the steps for booking a meeting room, in plain English.",
    "Write a reminder to all staff about the fire drill on Thursday.",
)
_MORE: Final = (
    "Now make it shorter.", "Use plainer words.", "Add a sentence on whom to call.", "Put it into the past tense.",
    "Give me a subject line for it.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation to be written: what was asked, turn by turn, and the details found in it. `about` is `topic`,
    `site`, `subject` or empty."""

    controller: str
    staff: str
    service: str
    begun: datetime
    asks: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A conversation that was written."""

    talk: Talk
    refs: tuple[str, ...]


def talks(
    records: int,
    *,
    seed: int = 1,
    controllers: Sequence[str] = ("maidstone", "swale"),
    until: datetime | None = None,
    days: int = 300,
    every: int = 100,
) -> Iterator[Talk]:
    """Conversations of one to four turns, some `records` records in all, in order of time over `days` days. One in
    `every` of them is about the subject, one about the topic, one about the site, all at the first of `controllers`."""
    chance = random.Random(seed)
    end = until or datetime.now(UTC)
    people = [_person(chance, number) for number in range(max(50, records // 20))]
    sizes: list[int] = []
    while sum(sizes) < records:
        sizes.append(min(chance.choice((1, 1, 2, 4)), records - sum(sizes)))
    for number, size in enumerate(sizes):
        begun = end - timedelta(days=days * (1 - number / len(sizes)), minutes=10)
        about = {1: "subject", 2: "topic", 3: "site"}.get(number % every, "")
        controller = controllers[0] if about else chance.choice(controllers)
        first, values = _opening(chance, about, chance.choice(people))
        asks = (first, *(chance.choice(_MORE) for _ in range(size - 1)))
        staff = f"officer{chance.randrange(40):02}@{controller}.example"
        service = {"subject": "housing", "topic": "planning", "site": "environment"}.get(about, chance.choice(SERVICES))
        yield Talk(controller, staff, service, begun, asks, values, about)


def _person(chance: random.Random, number: int) -> Person:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    return Person(
        f"{first} {last}",
        f"QQ {number // 10000 % 100:02} {number // 100 % 100:02} {number % 100:02} B",
        f"{first}.{last}{number}@mail.example".lower(),
        f"{chance.randrange(1, 200)} {chance.choice(_STREETS)}",
    )


def _opening(chance: random.Random, about: str, person: Person) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The first turn, and the details in it."""
    if about == "subject":
        details = f"{SUBJECT.name} of {SUBJECT.address} ({SUBJECT.email}, {SUBJECT.nino})"
        text = f"Draft a letter to {details} about her rent account."
        if chance.random() < 0.5:
            return f"{text} Her neighbour {THIRD.name} has complained about noise; leave that out.", (
                *SUBJECT.values,
                ("PERSON", THIRD.name),
            )
        return text, SUBJECT.values
    if about == "topic":
        text = f"Summarise the options paper on {TOPIC} for the planning committee. Contact: {person.name}."
        return f"{text} The agreed budget ceiling is 412,000 pounds.", (("PERSON", person.name),)
    if about == "site":
        text = f"Explain the nitrogen dioxide readings of the {SITE} for residents."
        return f"{text} The annual mean was 41 micrograms per cubic metre.", ()
    if chance.random() < 0.4:
        return f"{chance.choice(_PLAIN)} ({chance.randrange(10**6)})", ()
    text = chance.choice(_ASKS).format(name=person.name, address=person.address, email=person.email)
    return text, tuple((label, value) for label, value in person.values if value in text)


@dataclass(slots=True)
class _Memory:
    """Implements `gateway.ledger.rows.Storage`: answers from what was handed in, and keeps jobs until they are many."""

    commit_many: Callable[[Sequence[Job]], object]
    jobs: list[Job] = field(default_factory=list)
    traces_of: dict[bytes, list[Trace]] = field(default_factory=lambda: defaultdict(list))
    bases: dict[bytes, Base] = field(default_factory=dict)
    parts: dict[tuple[int, bytes], KnownPart] = field(default_factory=dict)

    async def traces(self, digests: Sequence[bytes]) -> Mapping[bytes, Sequence[Trace]]:
        """See `Storage.traces`."""
        return {digest: self.traces_of[digest] for digest in digests if digest in self.traces_of}

    async def known(self, conversation: int, manifests: Sequence[Sequence[Link]]) -> Known:
        """See `Storage.known`."""
        bases = [
            next((self.bases[each.chain] for each in reversed(links) if each.chain in self.bases), None)
            for links in manifests
        ]
        wanted = {each.kept for links in manifests for each in links}
        found = {kept: self.parts[conversation, kept] for kept in wanted if (conversation, kept) in self.parts}
        return Known(tuple(bases), found)

    async def commit(self, job: Job) -> None:
        """See `Storage.commit`."""
        self.jobs.append(job)
        for row in job.traces:
            self.traces_of[row.digest].append(Trace(row.purpose, row.conversation, row.ref, row.at))
        for node in job.nodes:
            self.bases[node.digest] = Base(node.root, node.position)
        for part in job.parts:
            if (
                part.digest is not None
                and part.wrapped is not None
                and part.kept_root is not None
                and part.box is not None
            ):
                self.parts[part.conversation, part.digest] = KnownPart(
                    part.id, part.wrapped, part.kept_root, sha256(part.box).digest(), part.sent_digest, part.sent_root
                )
        if len(self.jobs) >= BATCH:
            self.flush()

    async def settle(self, settlement: Settlement) -> None:
        """See `Storage.settle`. Nothing fails here, so what was opened is open."""
        await self.commit(settlement.if_open)

    def flush(self) -> None:
        """Commit what has been kept."""
        self.commit_many(self.jobs)
        self.jobs.clear()

    def forget(self) -> None:
        """Let go of a conversation that is over."""
        self.traces_of.clear()
        self.bases.clear()
        self.parts.clear()


def fill(ledger: LedgerService, given: Iterator[Talk], actor: Callable[[str, str], str]) -> list[Written]:
    """Write conversations into a ledger that was not started; `actor` gives a person's pseudonymous id at a
    controller."""
    ledger._replica.register()
    memory = _Memory(ledger._committer.commit)

    async def write_all() -> list[Written]:
        found = []
        with _clock() as set_to:
            for talk in given:
                found.append(await _write(ledger, memory, talk, actor(talk.controller, talk.staff), set_to))
                memory.forget()
        return found

    found = asyncio.run(write_all())
    memory.flush()
    ledger._sequencer.drain()
    ledger._replica.leave()
    return found


async def _write(
    ledger: LedgerService, memory: _Memory, talk: Talk, actor: str, set_to: Callable[[datetime], None]
) -> Written:
    caller = Caller(
        controller=talk.controller, key_id="k1", kind="person", actor=actor, identity=talk.staff, person_known=True,
        person_class="officer", service=talk.service, purpose="correspondence",
    )  # fmt: skip
    tokens = {value: f"{label}_{sha256(value.encode()).hexdigest()[:8].upper()}" for label, value in talk.values}
    said: list[str] = []
    refs = []
    for turn, ask in enumerate(talk.asks):
        set_to(talk.begun + timedelta(minutes=2 * turn))
        said.append(ask)
        call = chat(*said)
        scribe = Scribe(ledger._office, new_reference(CONTROLLERS[talk.controller]), "openai_chat", caller)
        entry = LiveEntry(scribe, memory)
        async with entry:
            await entry.recall(call, TOOL)
            counts = {label: sum(each == label for each, _ in talk.values) for label, _ in talk.values}
            left = outgoing(call, tokens, counts)
            named = tuple(
                tuple((label, value) for label, value in talk.values if value in part.text) for part in call.parts
            )
            await entry.opened(TOOL, DECISION, replace(left, named=named))
            answer = f"Here is a draft, version {turn + 1}. {ask.split('. ')[0]}."
            address = "/choices/0/message/content"
            said_back = (Started(address, "text"), Delta(address, answer), Ended(address), ChoiceEnded(0, "stop"))
            for event in (Head({"id": "x"}), *said_back, Finished()):
                await entry.delivered(event)
        said.append(answer)
        refs.append(entry.ref)
    return Written(talk, tuple(refs))


@contextmanager
def _clock() -> Iterator[Callable[[datetime], None]]:
    """Sets the time by which records are written, for as long as the block lasts."""
    at = [datetime.now(UTC)]
    modules: tuple[Any, ...] = (scribes, entries)
    before = [each.now for each in modules]
    for each in modules:
        each.now = lambda: at[0]

    def set_to(moment: datetime) -> None:
        at[0] = moment

    try:
        yield set_to
    finally:
        for each, was in zip(modules, before, strict=True):
            each.now = was
