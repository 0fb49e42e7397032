"""Officers, a clock that stands still, stand-ins for search, holds and disposal, and the case services put together."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from detectors.errors import DetectorError
from gateway.ledger.keystore import KeyStore
from gateway.ledger.matter import Changed, Draft, HitChange, Matter, StoredEvent
from gateway.ledger.rows import LeafDraft
from gateway.model.case import UnitText
from gateway.model.officer import Officer, Role, Tie
from gateway.model.search import Filter, Hit, Query
from gateway.records.access import Guard
from gateway.records.cases.calendar import Calendar, months_later
from gateway.records.cases.desk import Desk, Policy
from gateway.records.cases.exemptions import shipped
from gateway.records.cases.incidents import Incidents
from gateway.records.cases.opening import Openings
from gateway.records.cases.passages import Found as Finding
from gateway.records.cases.ports import Erasure, Finder, Found, HoldKeeper, Matters, Placement, Texts
from gateway.records.cases.reviewing import Reviews
from gateway.records.cases.rights import Rights
from gateway.records.cases.searching import Searches
from gateway.records.cases.service import Cases
from gateway.records.holds import Holds
from gateway.records.keeping import CaseHolds
from gateway.records.search import Searcher
from gateway.store.finding import units
from gateway.store.open import LedgerService

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PREFIXES = {"maidstone": "MBC", "swale": "SBC"}


class Clock:
    """The time, moved by hand."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def officer(name: str, *roles: Role, controllers: Sequence[str] = ("maidstone",)) -> Officer:
    """Somebody with roles at one council."""
    return Officer(
        name, f"{name}@maidstone.example", f"Officer {name}", frozenset(roles or {Role.IG_OFFICER}),
        frozenset(controllers), datetime(2099, 1, 1, tzinfo=UTC),
    )  # fmt: skip


FIRST, SECOND = officer("off-first"), officer("off-second")
DPO = officer("off-dpo", Role.DPO)
INVESTIGATOR = officer("off-inv", Role.INVESTIGATOR)
AUDITOR = officer("off-audit", Role.AUDITOR)
STRANGER = officer("off-swale", controllers=("swale",))


class MemoryMatters:
    """Implements `Matters` in memory, with the same rules."""

    def __init__(self) -> None:
        self.rows: dict[str, Matter] = {}
        self.events: dict[str, list[StoredEvent]] = {}
        self.found: dict[str, dict[int, HitChange]] = {}
        self.between: Callable[[], object] | None = None

    def append(
        self, drafts: Sequence[Draft], *, expected: int, at: str, who: str,
        change: Callable[[Any], object] | None = None, leaves: Sequence[LeafDraft] = (),
    ) -> tuple[StoredEvent, ...]:  # fmt: skip
        if self.between is not None:
            meanwhile, self.between = self.between, None
            meanwhile()
        row = drafts[-1].row
        events = self.events.get(row.id, [])
        taken = any((m.row.year, m.row.number) == (row.year, row.number) for m in self.rows.values())
        if len(events) != expected or (not expected and taken):
            raise Changed
        if change is not None:
            change(None)
        fresh = [
            StoredEvent(n, at, f"p-{who}", d.kind, secrets.token_bytes(32), d.body)
            for n, d in enumerate(drafts, expected + 1)
        ]
        self.events[row.id] = [*events, *fresh]
        self.rows[row.id] = Matter(row, len(self.events[row.id]), fresh[-1].hash)
        for draft in drafts:
            self.found.setdefault(row.id, {}).update({hit.unit: hit for hit in draft.hits})
        return tuple(fresh)

    def read(self, matter: str, after: int = 0) -> tuple[Matter, tuple[StoredEvent, ...]] | None:
        row = self.rows.get(matter)
        return None if row is None else (row, tuple(self.events[matter][after:]))

    def next_number(self, controller: str, year: int) -> int:
        return 1 + max((m.row.number for m in self.rows.values() if m.row.year == year), default=0)

    def find(
        self, controllers: Sequence[str], *, state: str | None = None, kinds: Sequence[str] = (),
        due_by: str | None = None, after: str = "", limit: int = 50,
    ) -> tuple[Matter, ...]:  # fmt: skip
        fit = [
            m
            for name, m in sorted(self.rows.items())
            if name > after and m.row.controller in controllers and (state is None or m.row.state == state)
            and (not kinds or m.row.kind in kinds)
            and (due_by is None or (m.row.due_on is not None and m.row.due_on <= due_by and not m.row.closed_at))
        ]  # fmt: skip
        return tuple(fit[:limit])

    def hits(
        self, matter: str, *, decision: str | None = None, second: str | None = None, after: int = -1, limit: int = 50
    ) -> tuple[HitChange, ...]:
        rows = [hit for unit, hit in sorted(self.found.get(matter, {}).items()) if unit > after]
        return tuple(
            hit for hit in rows
            if (decision is None or hit.decision == decision) and (second is None or hit.second == second)
        )[:limit]  # fmt: skip

    def matters_of(self, unit: int, kind: str | None = None) -> tuple[str, ...]:
        return tuple(
            name
            for name, hits in sorted(self.found.items())
            if unit in hits and (kind is None or self.rows[name].row.kind == kind)
        )


@dataclass
class MemoryTexts:
    """Implements `Texts` on texts given by hand; remembers what was opened."""

    by_unit: dict[int, tuple[UnitText, ...]] = field(default_factory=dict)
    opened: list[int] = field(default_factory=list)

    def texts(self, controller: str, unit: int, *, sealed: bool = False) -> tuple[UnitText, ...]:
        if sealed:
            self.opened.append(unit)
            return self.by_unit.get(unit, ())
        return tuple(replace(each, kept=None, kept_salt=None) for each in self.by_unit.get(unit, ()))


def text(
    part: int, sent: str | None, kept: str | None = None, *, ref: str = "MBC-AAAA-AAAA", role: str = "user"
) -> UnitText:
    """A text of a conversation; the sent form has a part of its own where it differs."""
    original = kept if kept is not None else sent or ""
    sent_part = None if sent is None else (part if sent == original else part + 1)
    return UnitText(
        part, sent_part, ref, role, "request", 1, part.to_bytes(8, "big"), sent, b"s" * 32, b"r" * 32, b"k" * 32,
        original, b"t" * 32,
    )  # fmt: skip


@dataclass
class MemoryFinder:
    """Implements `Finder`: what each word finds is given by hand."""

    by_word: dict[str, tuple[int, ...]] = field(default_factory=dict)
    asked: list[Query] = field(default_factory=list)

    def find(self, query: Query) -> Found:
        self.asked.append(query)
        units = self.by_word.get(query.words or "".join(query.refs) or "subject", ())
        return Found(Filter(query.controller), tuple(hit(unit) for unit in units), 42, 7, "finds what detection found")


def hit(unit: int, at: str = "2026-02-01T10:00:00.000000Z", service: str = "housing") -> Hit:
    """A hit."""
    return Hit(unit, "maidstone", (), at, at, (service,), ("copilot",), ("delivered",), {}, "2027-02-01")


class Nobody:
    """Implements `gateway.records.search.People` where no member of staff is asked for."""

    def every(self, controller: str, identity: str) -> tuple[str, ...]:
        return ("nobody",)


class WholeSearch:
    """Implements `Finder` on the real search."""

    def __init__(self, searcher: Searcher, tree_size: Callable[[], int]) -> None:
        self._searcher = searcher
        self._tree_size = tree_size

    def find(self, query: Query) -> Found:
        size, hits, after = self._tree_size(), dict[int, Hit](), ""
        while True:
            page = self._searcher.search(query, after, 2)
            hits.update({each.unit: each for each in page.hits})
            after = page.after
            if not after:
                return Found(self._searcher.compile(query), tuple(hits.values()), size, 3, "as search says")


class MemoryHolds:
    """Implements `HoldKeeper`: remembers what was placed; `kept` are the units that are held."""

    def __init__(self) -> None:
        self.kept: set[int] = set()
        self.placed: list[str] = []

    def place(
        self, *, case: str, controller: str, officer: Officer, reason: str, query: Query, filter_: Filter, at: datetime
    ) -> Placement:
        name = "HOLD-" + secrets.token_hex(6).upper()
        return Placement(name, lambda _: self.placed.append(name))

    def held(self, controller: str, units: Sequence[int]) -> frozenset[int]:
        return frozenset(self.kept & set(units))


class MemoryEraser:
    """Implements `Eraser`; remembers what it destroyed."""

    def __init__(self) -> None:
        self.erased: list[int] = []

    def erase(self, controller: str, units: Sequence[int], officer: Officer, reason: str) -> Erasure:
        self.erased.extend(units)
        return Erasure("run-1", frozenset(units))


@dataclass(frozen=True)
class Span:
    """A finding."""

    start: int
    end: int
    label: str


class WordInspector:
    """Finds given words; raises when told to fail, as detection does."""

    def __init__(self, words: Mapping[str, str] | None = None) -> None:
        self.words = dict(words or {})
        self.fails = False
        self.ready = True
        self.version = "suite-1"
        self.read: list[str] = []

    def inspect(self, text: str, *, allow: str | None = None) -> Sequence[Finding]:
        if self.fails:
            raise DetectorError("names")
        self.read.append(text)
        return [
            Span(at, at + len(word), label)
            for word, label in self.words.items()
            for at in range(len(text))
            if text.startswith(word, at)
        ]


@dataclass
class Office:
    """The case services of a council, put together."""

    clock: Clock
    matters: Matters
    finder: Finder
    holds: MemoryHolds
    eraser: MemoryEraser
    inspector: WordInspector
    desk: Desk
    cases: Cases
    openings: Openings
    reviews: Reviews
    incidents: Incidents
    rights: Rights


def office(
    matters: Matters, texts: Texts, finder: Finder, *, clock: Clock | None = None, policy: Policy | None = None,
    keeper: HoldKeeper | None = None, words: Mapping[str, str] | None = None, calendar: Calendar | None = None,
    tie: Callable[[str, Officer], Tie] | None = None,
) -> Office:  # fmt: skip
    """Services over a store."""
    clock = clock or Clock()
    desk = Desk(matters, Guard(clock), clock, calendar or Calendar(), PREFIXES, _three_years, tie or strangers, policy)
    holds, eraser, inspector = MemoryHolds(), MemoryEraser(), WordInspector(words)
    keeper = keeper or holds
    searches = Searches(desk, finder, keeper)
    openings = Openings(desk, texts)
    return Office(
        clock, matters, finder, holds, eraser, inspector, desk, Cases(desk, searches), openings,
        Reviews(desk, texts, openings, inspector, shipped()), Incidents(desk, searches), Rights(desk, keeper, eraser),
    )  # fmt: skip


def database_office(
    ledger: LedgerService, keystore: KeyStore, *, clock: Clock | None = None, words: Mapping[str, str] | None = None
) -> Office:
    """Services over a real ledger, its search and its holds."""
    searcher = Searcher(ledger.hits, keystore, Nobody())
    holds = Holds(ledger.holds(units), searcher, keystore)
    keeper = CaseHolds(holds, ledger.placing(holds.filter_of, units))
    finder = WholeSearch(searcher, ledger.saved.tree_size)
    return office(ledger.matters, ledger.texts, finder, clock=clock, keeper=keeper, words=words)


def strangers(_first: str, _second: Officer) -> Tie:
    """Nobody appointed anybody."""
    return Tie.NONE


def _three_years(at: datetime) -> date:
    return months_later(at.date(), 36)
