"""Saved searches: kept with what they found, so that they can be run again over the same tree and compared."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from gateway.ledger.keystore import KeyStore
from gateway.ledger.leaf import timestamp
from gateway.model.saved import Gone, Repeat, Saved, SavedRow
from gateway.model.search import Query
from gateway.records import sealed
from gateway.records.search import BadQuery, Searcher

MOST = 20_000
"""Conversations that a saved search may have found: nobody reviews more, and each is compared when it is repeated."""


class SavedStore(Protocol):
    """Where saved searches are kept."""

    def tree_size(self) -> int:
        """How many leaves the tree has now."""
        ...

    def add(self, row: SavedRow, who: str) -> None:
        """Keep one, durably and with its leaf."""
        ...

    def get(self, controller: str, number: str) -> SavedRow | None:
        """One of a controller's."""
        ...

    def list(self, controller: str, matter: str | None = None) -> Sequence[SavedRow]:
        """A controller's, or a case's, oldest first."""
        ...

    def disposed(self, units: Iterable[int]) -> Mapping[int, Gone]:
        """Those of the conversations that `disposed` leaves speak of."""
        ...


class SavedSearches:
    """Saves and repeats searches. `who` is the officer; who may is asked before."""

    def __init__(self, searcher: Searcher, store: SavedStore, keystore: KeyStore) -> None:
        self._searcher = searcher
        self._store = store
        self._keystore = keystore

    def save(self, query: Query, who: str, actor: str, matter: str | None = None) -> Saved:
        """Run a search over what the tree holds now and keep query and result. `actor` is the officer's pseudonym.
        Raises BadQuery, also where it finds too much; Unavailable."""
        size = self._store.tree_size()
        units = self._units(query, size)
        number = f"S-{secrets.token_hex(6).upper()}"
        said = {"query": sealed.query_as_json(query), "units": [f"{unit:016x}" for unit in units]}
        box, wrapped, box_hash = sealed.seal(self._keystore, query.controller, _name(number), said)
        row = SavedRow(
            id=number, controller=query.controller, matter=matter, at=timestamp(datetime.now(UTC)), actor=actor,
            tree_size=size, hits=len(units), found=hash_of(units), box_hash=box_hash, wrapped=wrapped, box=box,
        )  # fmt: skip
        self._store.add(row, who)
        return Saved(number, row.controller, matter, row.at, size, len(units), query, tuple(units))

    def list(self, controller: str, matter: str | None = None) -> Sequence[Saved]:
        """Saved searches, oldest first, opened. Raises Unsealable, KeyGone, Unavailable."""
        return [self._opened(row) for row in self._store.list(controller, matter)]

    def get(self, controller: str, number: str) -> Saved | None:
        """One saved search, opened."""
        row = self._store.get(controller, number)
        return None if row is None else self._opened(row)

    def repeat(self, controller: str, number: str) -> Repeat:
        """Run a saved search again, over the tree as it was, and say what differs and why. Raises BadQuery."""
        saved = self.get(controller, number)
        if saved is None:
            raise BadQuery(f"there is no saved search {number}")
        if saved.query is None:
            raise BadQuery(f"what {number} looked for went with its case")
        now, then = set(self._units(saved.query, saved.tree_size)), set(saved.units)
        lost = sorted(then - now)
        gone = self._store.disposed(lost)
        return Repeat(
            saved=saved,
            same=now == then,
            hits=len(now),
            gone=tuple(gone[unit] for unit in lost if unit in gone),
            missing=tuple(unit for unit in lost if unit not in gone),
            more=tuple(sorted(now - then)),
        )

    def _units(self, query: Query, size: int) -> Sequence[int]:
        found = self._searcher.hits.every(replace(self._searcher.compile(query), below=size), MOST)
        if found is None:
            raise BadQuery(f"this finds more than {MOST:,} conversations: narrow it before it is saved")
        return found

    def _opened(self, row: SavedRow) -> Saved:
        saved = Saved(row.id, row.controller, row.matter, row.at, row.tree_size, row.hits)
        if row.box is None or row.wrapped is None:
            return saved
        said = sealed.unseal(self._keystore, row.controller, _name(row.id), row.wrapped, row.box)
        units = tuple(int(unit, 16) for unit in said["units"])
        return replace(saved, query=sealed.query_from_json(said["query"]), units=units)


def hash_of(units: Iterable[int]) -> bytes:
    """SHA-256 over conversation numbers as 8 bytes each, in ascending order."""
    return hashlib.sha256(b"".join(unit.to_bytes(8, "big") for unit in sorted(units))).digest()


def _name(number: str) -> str:
    return f"search/{number}"
