"""Writes down each step of a call as a job for the store: leaves, sealed texts, manifests, traces. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from gateway.ledger import leaf, returned, sealing
from gateway.ledger.blind import CALL_CASE_REF, PURPOSE, Named
from gateway.ledger.identifiers import Numbers
from gateway.ledger.keystore import KeyStore
from gateway.ledger.manifest import Binder, Content, Home, Manifest
from gateway.ledger.port import Outcome
from gateway.ledger.retention import RetentionSchedule, UnknownClass
from gateway.ledger.rows import Job, JournalRow, LeafDraft, Link, TraceRow
from gateway.ledger.tokens import Redactor, aligned
from gateway.ledger.traces import LONG_ENOUGH, Tracker, Tracks, asked_rows, refused_rows
from gateway.model.call import Call
from gateway.model.caller import Caller, Deployment, Tool
from gateway.model.decision import Decision
from gateway.model.knob import Limits
from gateway.model.outgoing import Outgoing
from gateway.model.part import Part

DIGEST_SECRET = "ledger-digests"  # noqa: S105 - the name of a secret, not one
FACTS: Mapping[str, str] = {PURPOSE: "purpose", CALL_CASE_REF: "case_ref"}
"""What a caller says about a call that records can be searched for by, by kind."""


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Office:
    """What every record of a worker is written with."""

    keystore: KeyStore
    schedule: RetentionSchedule
    versions: tuple[str, str]
    """Suite version and policy hash."""
    numbers: Numbers = field(default_factory=Numbers)

    def digest_secret(self) -> bytes:
        """The key of every keyed digest in the ledger."""
        return self.keystore.secret(DIGEST_SECRET, 32)


@dataclass(frozen=True, slots=True, repr=False)
class Ending:
    """How a call ended: outcome, error code, label counts in the reply, whether our note went out."""

    outcome: Outcome
    error: str = ""
    findings: Mapping[str, int] = field(default_factory=dict)
    note: bool = False


@dataclass(slots=True, repr=False)
class Run:
    """One run of reply text as it was handed on."""

    address: str
    channel: str
    choice: int
    name: str
    chunks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.chunks)


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """An `opened` step before the store was asked what it knows."""

    facts: list[Content]
    request: list[Content]
    links: tuple[list[Link], list[Link]]
    binder: Binder


@dataclass(slots=True, repr=False)
class Scribe:
    """The scribe of one call. `home` is set once the call's conversation and class are known."""

    office: Office
    ref: str
    dialect: str
    caller: Caller
    stream: bool = False
    home: Home | None = None
    named: dict[tuple[str, str], None] = field(default_factory=dict)
    """Values found in this call so far, by label: those that its reply repeats are findable there too."""

    def tracker(self) -> Tracker:
        """The maker of this actor's traces."""
        return Tracker(self.office.digest_secret(), self.caller.controller, self.caller.actor)

    def settle_in(self, conversation: int, retention_class: str) -> Home:
        """Fix where this call's contents are recorded."""
        self.home = Home(self.ref, conversation, self.caller.controller, retention_class)
        return self.home

    def prepare(
        self, home: Home, call: Call, kept: Sequence[str], sent: Sequence[str | None], named: Sequence[Named]
    ) -> Opening:
        """What is to be recorded of a call's content, in an order that a growing conversation extends. `named` are the
        values found in each part; it may be empty."""
        binder = Binder(home, self.office.keystore, self.office.numbers, self.office.digest_secret())
        self.named.update((value, None) for values in named for value in values)
        facts, request = fact_contents(call, self.caller), part_contents(call.parts, kept, sent, named)
        return Opening(facts, request, (binder.links(facts), binder.links(request)), binder)

    def opened_leaf(
        self,
        *,
        tool: Tool | None,
        decision: Decision | None,
        findings: Mapping[str, int],
        conversation: int | None,
        retention_class: str,
        manifests: tuple[Manifest, Manifest] | None,
        hosted: frozenset[str],
        limits: Limits,
    ) -> LeafDraft:
        """The `opened` leaf. Raises UnknownClass."""
        at = now()
        body = leaf.opened(
            ref=self.ref, at=at, dialect=self.dialect, caller=self.caller, conversation=conversation,
            stream=self.stream, tool=tool, decision=decision, findings=findings, retention_class=retention_class,
            dispose_after=self.office.schedule.dispose_after(retention_class, at),
            facts=manifests[0].fact() if manifests else None,
            request=manifests[1].fact() if manifests else None,
            versions=self.office.versions, hosted=hosted, limits=limits,
        )  # fmt: skip
        return LeafDraft("opened", self.ref, body)

    def refused(
        self,
        ending: Ending,
        *,
        tool: Tool | None,
        decision: Decision | None,
        findings: Mapping[str, int],
        conversation: int | None,
        tracks: Tracks | None,
        withheld: frozenset[str],
        hosted: frozenset[str],
        manifests: tuple[Manifest, Manifest] | None = None,
    ) -> Job:
        """A call that never left: both leaves in one job. Content only where `manifests` are given (a schedule that
        keeps it). `withheld` are the addresses whose texts `recall` is to know again."""
        wanted = decision.retention_class if decision else self.office.schedule.fallback
        retention_class = wanted if wanted in self.office.schedule.classes else self.office.schedule.fallback
        opened = self.opened_leaf(
            tool=tool, decision=decision, findings=findings, conversation=conversation,
            retention_class=retention_class, manifests=manifests, hosted=hosted, limits={},
        )  # fmt: skip
        job = Job(leaves=[opened, self._closed_leaf(ending, None)])
        if tracks is not None and conversation is not None:
            at = leaf.timestamp(now())
            job.traces = asked_rows(tracks, conversation, self.ref, at)[:1]
            job.traces += refused_rows(tracks, withheld, conversation, self.ref, at)
        if manifests is not None:
            add(job, *manifests)
        return job

    def attempt(self, deployment: Deployment, number: int, cause: str, limits: Limits) -> Job:
        """A retry or failover."""
        body = leaf.attempt(ref=self.ref, at=now(), deployment=deployment, number=number, cause=cause, limits=limits)
        return Job(leaves=[LeafDraft("attempt", self.ref, body)])

    def closed(self, ending: Ending, runs: Sequence[Run], redact: Redactor, prefix: bytes | None) -> Job:
        """The end of a call that was opened: `runs` become parts, so that the next turn only refers to them."""
        if self.home is None:
            raise ValueError("a call that was not opened has no reply to record")
        said = [run for run in runs if run.chunks]
        contents = [self._answer(run, redact) for run in said]
        binder = Binder(self.home, self.office.keystore, self.office.numbers, self.office.digest_secret())
        manifest = binder.bind(contents, binder.links(contents), None, {})
        job = Job(leaves=[self._closed_leaf(ending, manifest)])
        job.traces = self._reply_traces([run for run in said if run.channel == "text"], prefix)
        add(job, manifest)
        return job

    def _answer(self, run: Run, redact: Redactor) -> Content:
        """What is recorded of one run of a reply."""
        role, place, text = f"reply:{run.channel}", f"{run.address}\n{run.name}", run.text
        if run.channel != "file":
            return Content(role, place, text, redact(text), repeated(self.named, text))
        file = returned.described(text, run.name, keep=self.office.schedule.keep_returned_files)
        return Content(role, place, text if file.kept else file.words, file.words)

    def journal(self, key: bytes, seq: int, pieces: Sequence[tuple[str, str, int, str, str]]) -> Job:
        """Reply text handed on, sealed; the first row brings the key. A piece: address, channel, choice, name, text."""
        if self.home is None:
            raise ValueError("a call that was not opened has no journal")
        rows = []
        if seq == 1:
            name = journal_name(self.ref, 0)
            home = self.home
            wrapped = sealing.wrap(
                self.office.keystore, home.controller, home.retention_class, key, name, unit=home.conversation
            )
            rows.append(JournalRow(self.ref, 0, wrapped))
        box = sealing.seal_text(key, orjson.dumps(_storable(pieces)), journal_name(self.ref, seq))
        rows.append(JournalRow(self.ref, seq, box))
        return Job(journal=rows)

    def _closed_leaf(self, ending: Ending, reply: Manifest | None) -> LeafDraft:
        body = leaf.closed(
            ref=self.ref, at=now(), outcome=ending.outcome, error=ending.error, findings=ending.findings,
            reply=None if reply is None else reply.fact(), note=ending.note,
        )  # fmt: skip
        return LeafDraft("closed", self.ref, body)

    def _reply_traces(self, runs: Sequence[Run], prefix: bytes | None) -> list[TraceRow]:
        if self.home is None:
            return []
        tracker, at, conversation = self.tracker(), leaf.timestamp(now()), self.home.conversation
        rows: list[TraceRow] = []
        for run in runs:
            digest = tracker.text(run.text)
            if len(run.text) >= LONG_ENOUGH:
                rows.append(TraceRow(digest, "reply", conversation, self.ref, at))
            if prefix is not None:
                rows.append(TraceRow(tracker.next_prefix(prefix, digest), "prefix", conversation, self.ref, at))
        return rows


def add(job: Job, *manifests: Manifest) -> None:
    """Put the rows of manifests into a job."""
    for manifest in manifests:
        job.parts.extend(manifest.parts)
        job.blind.extend(manifest.index)
        job.nodes.extend(manifest.nodes)


def journal_name(ref: str, seq: int) -> bytes:
    """The additional data that ties a journal row to its place."""
    return f"journal/{ref}/{seq}".encode()


def fact_contents(call: Call, caller: Caller) -> list[Content]:
    """What is content about the caller and the purpose: sealed, never searchable, never in a leaf.

    One text of lines `name<tab>value`, so that a release can open one line's words and leave the others shut.
    """
    values = {
        "identity": caller.identity,
        "key": caller.key_id,
        "purpose": call.purpose or caller.purpose,
        "case_ref": call.case_ref or "",
        "contest_reason": call.contest.reason if call.contest else "",
        "model": call.model,
    }
    lines = "".join(f"{name}\t{value}\n" for name, value in values.items() if value)
    named = tuple((kind, values[name]) for kind, name in FACTS.items() if values[name])
    return [Content("facts", "", lines, None, named)]


def part_contents(
    parts: Sequence[Part], kept: Sequence[str], sent: Sequence[str | None], named: Sequence[Named] = ()
) -> list[Content]:
    """Parts outside messages first (tools, settings), then turn by turn: the next request only adds at the end."""
    rows = zip(parts, kept, sent, named or [()] * len(parts), strict=True)
    ordered = sorted(rows, key=lambda row: row[0].turn >= 0)
    return [
        Content(_role(part), part.address, before, None if part.kind == "blob" else after, values)
        for part, before, after, values in ordered
    ]


def repeated(named: Iterable[tuple[str, str]], text: str) -> Named:
    """Those of the values that stand in a text, in its order."""
    places = ((text.find(value), label, value) for label, value in named if value)
    return tuple((label, value) for place, label, value in sorted(places) if place >= 0)


def redactor(outgoing: Outgoing) -> Redactor:
    """What puts pseudonyms back into the reply's searchable form."""
    if outgoing.values:
        return Redactor((value, token) for token, value in outgoing.values.items()).also(outgoing.hidden)
    rows = zip(outgoing.call.parts, outgoing.kept, outgoing.sent, strict=True)
    pairs = [(kept, sent) for part, kept, sent in rows if kept != sent and part.address not in outgoing.call.heard]
    return aligned(pairs).also(outgoing.hidden)


def known_class(schedule: RetentionSchedule, name: str) -> str:
    """`name`, if the schedule has it. Raises UnknownClass."""
    if name not in schedule.classes:
        raise UnknownClass(f"the retention schedule has no class {name!r}")
    return name


def _role(part: Part) -> str:
    return part.role if part.kind == "text" else f"{part.role}:{part.kind}"


def _storable(pieces: Sequence[tuple[str, str, int, str, str]]) -> list[list[str | int]]:
    """Texts with lone surrogates as JSON can't hold them: escaped, and read back by `journalled`."""
    return [[_escape(piece) if isinstance(piece, str) else piece for piece in row] for row in pieces]


def _escape(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").hex()


def journalled(data: bytes) -> list[tuple[str, str, int, str, str]]:
    """The pieces in an unsealed journal row."""
    rows = []
    for address, channel, choice, name, text in orjson.loads(data):
        rows.append((_unescape(address), _unescape(channel), int(choice), _unescape(name), _unescape(text)))
    return rows


def _unescape(text: str) -> str:
    return bytes.fromhex(text).decode("utf-16-le", "surrogatepass")
