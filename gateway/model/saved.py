"""Searches that are kept, and runs that look for somebody in opened originals."""

from dataclasses import dataclass, field

from gateway.model.search import Query


@dataclass(frozen=True, slots=True, repr=False)
class SavedRow:
    """A saved search as it is stored: see `gateway.store.keeping.saved_search`. Empty `box` where its case is gone."""

    id: str
    controller: str
    matter: str | None
    at: str
    actor: str
    tree_size: int
    hits: int
    found: bytes
    box_hash: bytes
    wrapped: bytes | None
    box: bytes | None


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search. `query` is None where it went with its case; `units` are the conversations found then."""

    id: str
    controller: str
    matter: str | None
    at: str
    tree_size: int
    hits: int
    query: Query | None = field(default=None, repr=False)
    units: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """A conversation that was found once and was disposed of since: by which run, when (UTC ISO 8601)."""

    unit: int
    run: str
    at: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A saved search run again over the same tree. `same` where it found what it found then. `gone` were disposed of,
    as leaves say; `missing` are not found any more and no leaf says why; `more` were indexed since, by a scan or
    a rescan."""

    saved: Saved
    same: bool
    hits: int
    gone: tuple[Gone, ...] = ()
    missing: tuple[int, ...] = ()
    more: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class ScanRow:
    """A scan or rescan as it is stored: see `gateway.store.keeping.scan_run`. Times are UTC ISO 8601."""

    id: str
    controller: str
    matter: str | None
    actor: str
    started_at: str
    finished_at: str | None
    tree_size: int
    cursor: int
    texts: int
    unreadable: int
    found: int
    box_hash: bytes
    wrapped: bytes | None
    box: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class OpenedText:
    """An original that was opened in memory; None where its bytes don't open with their key any more."""

    part: int
    text: str | None


@dataclass(frozen=True, slots=True, repr=False)
class RedactedText:
    """A text as it left, or as it came back: of the record that held it first, and the part of its original."""

    ref: str
    part: int
    reply: bool
    text: str
