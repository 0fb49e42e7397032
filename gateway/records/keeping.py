"""What a case keeps when it searches: the search as it was over the tree as it was, the hold, and the saved search.

Implements the ports of `gateway.records.cases` on search and holds.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from gateway.ledger.identifiers import conversation_name
from gateway.ledger.keystore import KeyStore
from gateway.ledger.leaf import timestamp
from gateway.ledger.rows import LeafDraft
from gateway.model.errors import BadRequest
from gateway.model.hold import HoldRow
from gateway.model.officer import Officer
from gateway.model.saved import SavedRow
from gateway.model.search import Filter, Query
from gateway.records import sealed
from gateway.records.cases.ports import Found, Placement
from gateway.records.holds import Holds
from gateway.records.recall import Recall
from gateway.records.saved import MOST, hash_of, sealed_name
from gateway.records.search import BadQuery, Searcher

TOO_MANY: Final = f"This finds more than {MOST:,} conversations: nobody can review that many. Narrow it."


class Placing(Protocol):
    """`gateway.store.placing.Placing`."""

    def hold(self, row: HoldRow, found: Filter, who: str, at: datetime) -> tuple[Callable[[Any], object], LeafDraft]:
        """The rows of a hold, and its leaf."""
        ...

    def search(self, row: SavedRow, who: str, at: datetime) -> tuple[Callable[[Any], object], LeafDraft]:
        """The row of a saved search, and its leaf."""
        ...

    def held(self, controller: str, units: Sequence[int]) -> frozenset[int]:
        """Those that a hold keeps."""
        ...


class TreeSearch:
    """Implements `Finder`: a search to its end over what the tree holds now, so that it can be repeated."""

    def __init__(self, searcher: Searcher, tree_size: Callable[[], int]) -> None:
        self._searcher = searcher
        self._tree_size = tree_size

    def find(self, query: Query) -> Found:
        """See `Finder.find`. Raises BadRequest for a query that can't be run, or finds too much."""
        try:
            begun, size = time.monotonic(), self._tree_size()
            wanted = self._searcher.compile(query)
            page = self._searcher.hits.search(replace(wanted, below=size), limit=MOST)  # each page would search anew
            if page.after:
                raise BadRequest(TOO_MANY, code="too_many_hits", status=422)
            millis = round((time.monotonic() - begun) * 1000)
            return Found(wanted, page.hits, size, millis, told(self._searcher.recall(query)))
        except BadQuery as error:
            raise bad(error) from None


class CaseHolds:
    """Implements `HoldKeeper`."""

    def __init__(self, holds: Holds, placing: Placing) -> None:
        self._holds = holds
        self._placing = placing

    def place(
        self, *, case: str, controller: str, officer: Officer, reason: str, query: Query, filter_: Filter, at: datetime
    ) -> Placement:
        """See `HoldKeeper.place`."""
        row, found = self._holds.prepared(replace(query, controller=controller), reason, officer.id, case, filter_)
        change, leaf = self._placing.hold(row, found, officer.id, at)
        return Placement(row.id, change, (leaf,))

    def held(self, controller: str, units: Sequence[int]) -> frozenset[int]:
        """See `HoldKeeper.held`."""
        return self._placing.held(controller, units)


class CaseSearches:
    """Implements `SearchKeeper`. `pseudonym` says how rows name somebody who acted."""

    def __init__(self, placing: Placing, keystore: KeyStore, pseudonym: Callable[[str], str]) -> None:
        self._placing = placing
        self._keystore = keystore
        self._pseudonym = pseudonym

    def save(
        self, *, search: str, case: str, controller: str, officer: Officer, query: Query, found: Found, at: datetime
    ) -> Placement:
        """See `SearchKeeper.save`. It is the case's search of that number, and can be repeated by `S-` and it."""
        number, units = saved_number(search), sorted(found.units)
        said = {"query": sealed.query_as_json(query), "units": [conversation_name(unit) for unit in units]}
        box, wrapped, box_hash = sealed.seal(self._keystore, controller, sealed_name(number), said)
        row = SavedRow(
            id=number, controller=controller, matter=case, at=timestamp(at), actor=self._pseudonym(officer.id),
            tree_size=found.tree_size, hits=len(units), found=hash_of(units), box_hash=box_hash, wrapped=wrapped,
            box=box,
        )  # fmt: skip
        change, leaf = self._placing.search(row, officer.id, at)
        return Placement(number, change, (leaf,))


def saved_number(search: str) -> str:
    """How a case's search is saved."""
    return f"S-{search.upper()}"


def told(recall: Recall) -> str:
    """What a search looked through and may have missed, as a text."""
    parts = [f"Searched: {' '.join(recall.searched)}"]
    if recall.missing:
        parts.append(f"May be missing: {' '.join(recall.missing)}")
    return " ".join([*parts, *recall.next])


def bad(error: ValueError) -> BadRequest:
    """A query that can't be run, as an error for people. The message repeats nothing that was looked for."""
    said = str(error)
    return BadRequest(f"{said[:1].upper()}{said[1:]}.", code="bad_query", status=422)
