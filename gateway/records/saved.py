"""Saved searches: kept with what they found, so that they can be run again over the same tree and compared."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from gateway.ledger.keystore import KeyStore
from gateway.model.saved import Gone, Repeat, Saved, SavedRow
from gateway.model.search import Query
from gateway.records import sealed
from gateway.records.search import BadQuery, Searcher

MOST = 20_000
"""Conversations that a saved search may have found: nobody reviews more, and each is compared when it is repeated."""


class SavedStore(Protocol):
    """Where saved searches are kept."""

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
    """Opens and repeats the searches that cases kept (`gateway.records.keeping` keeps them)."""

    def __init__(self, searcher: Searcher, store: SavedStore, keystore: KeyStore) -> None:
        self._searcher = searcher
        self._store = store
        self._keystore = keystore

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
            raise BadQuery(f"it finds more than {MOST:,} conversations now, which is more than can be compared")
        return found

    def _opened(self, row: SavedRow) -> Saved:
        saved = Saved(row.id, row.controller, row.matter, row.at, row.tree_size, row.hits)
        if row.box is None or row.wrapped is None:
            return saved
        said = sealed.unseal(self._keystore, row.controller, sealed_name(row.id), row.wrapped, row.box)
        units = tuple(int(unit, 16) for unit in said["units"])
        return replace(saved, query=sealed.query_from_json(said["query"]), units=units)


def hash_of(units: Iterable[int]) -> bytes:
    """SHA-256 over conversation numbers as 8 bytes each, in ascending order."""
    return hashlib.sha256(b"".join(unit.to_bytes(8, "big") for unit in sorted(units))).digest()


def sealed_name(number: str) -> str:
    """The name under which what a search looked for is sealed."""
    return f"search/{number}"
