"""What cases need of others: the store, search, holds, disposal, permission. Synchronous; safe from any thread.

`gateway.store` and the other rooms of `gateway.records` fit these without knowing them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.ledger.matter import Draft, HitChange, Matter, StoredEvent
from gateway.ledger.rows import LeafDraft
from gateway.model.case import UnitText
from gateway.model.officer import Officer
from gateway.model.search import Filter, Hit, Query
from gateway.records.access import Act

Change = Callable[[Any], object]
"""Further rows to write in the transaction, given the store's connection."""


class Guard(Protocol):
    """`gateway.records.access.Guard`."""

    def check(self, officer: Officer, act: Act, controller: str) -> None:
        """Raise Forbidden unless the officer may do that at that council."""
        ...


class Matters(Protocol):
    """`gateway.store.matters.DatabaseMatters`: see there for what each raises."""

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        expected: int,
        at: str,
        who: str,
        change: Change | None = None,
        leaves: Sequence[LeafDraft] = (),
    ) -> tuple[StoredEvent, ...]:
        """Write events, their leaves and `change` together. Raises Changed."""
        ...

    def read(self, matter: str, after: int = 0) -> tuple[Matter, tuple[StoredEvent, ...]] | None:
        """A matter and its later events."""
        ...

    def next_number(self, controller: str, year: int) -> int:
        """The next number of a controller's year."""
        ...

    def find(
        self,
        controllers: Sequence[str],
        *,
        state: str | None = None,
        kinds: Sequence[str] = (),
        due_by: str | None = None,
        after: str = "",
        limit: int = 50,
    ) -> tuple[Matter, ...]:
        """A page of matters."""
        ...

    def hits(
        self, matter: str, *, decision: str | None = None, second: str | None = None, after: int = -1, limit: int = 50
    ) -> tuple[HitChange, ...]:
        """A page of hits."""
        ...

    def matters_of(self, unit: int, kind: str | None = None) -> tuple[str, ...]:
        """The matters in which a conversation is a hit."""
        ...


class Texts(Protocol):
    """`gateway.store.texts.DatabaseTexts`."""

    def texts(self, controller: str, unit: int, *, sealed: bool = False) -> tuple[UnitText, ...]:
        """The texts of a conversation; with `sealed` the originals too. Only `gateway.records.cases.opening` and
        `reviewing` ask for these, after the opening was written down."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: every hit, how long it took, how much there was to search, and what it may have missed."""

    filter: Filter = field(repr=False)
    hits: tuple[Hit, ...]
    tree_size: int
    millis: int
    recall: str

    @property
    def units(self) -> tuple[int, ...]:
        """The conversations, in the order found."""
        return tuple(hit.unit for hit in self.hits)


class Finder(Protocol):
    """Runs a search to its end."""

    def find(self, query: Query) -> Found:
        """Everything that fits."""
        ...


@dataclass(frozen=True, slots=True)
class Placement:
    """A hold that is about to be placed: its id, the rows to write, the leaves that vouch for them."""

    id: str
    change: Change
    leaves: tuple[LeafDraft, ...] = ()


class HoldKeeper(Protocol):
    """Legal holds."""

    def place(
        self, *, case: str, controller: str, officer: Officer, reason: str, query: Query, filter_: Filter, at: datetime
    ) -> Placement:
        """Prepare a hold on whatever `filter_` fits now and later. Nothing is written before `Placement.change`
        runs."""
        ...

    def held(self, controller: str, units: Sequence[int]) -> frozenset[int]:
        """Those of `units` that a hold in force keeps."""
        ...


class SearchKeeper(Protocol):
    """Saved searches."""

    def save(
        self, *, search: str, case: str, controller: str, officer: Officer, query: Query, found: Found, at: datetime
    ) -> Placement:
        """Prepare a saved search; see `HoldKeeper.place`."""
        ...


@dataclass(frozen=True, slots=True)
class Erasure:
    """What came of an erasure: the disposal run, whose certificate says what was destroyed, and those of the wanted
    conversations of which nothing is left, by this run or an earlier one."""

    run: str
    gone: frozenset[int]


class Eraser(Protocol):
    """Disposal of particular conversations before their time (UK GDPR Art 17)."""

    def erase(self, controller: str, units: Sequence[int], officer: Officer, reason: str) -> Erasure:
        """Destroy them, durably, but for those that are held or still in use. Raises Busy."""
        ...
