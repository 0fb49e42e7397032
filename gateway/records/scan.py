"""Scans: originals of a filtered set opened inside the trust boundary to look for somebody whom detection missed.

No text is shown. What is found goes into the blind index, so that the search finds it from then on. Each run is in the
ledger with what it read and found; it can stop anywhere and go on later.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from detectors.normalise import normalise
from gateway.ledger import blind
from gateway.ledger.keystore import KeyStore
from gateway.ledger.leaf import timestamp
from gateway.ledger.text_forms import Finder, finder
from gateway.model.saved import OpenedText, ScanRow
from gateway.model.search import Filter, Query
from gateway.records import sealed
from gateway.records.search import BadQuery, Searcher

STEP = 2_000
"""Texts opened for one leaf: what a crash can make a scan read again."""
LONGEST = 200_000
"""Characters of one text that are looked through without a pause."""
_SCAN = "X"


class RunStore(Protocol):
    """Where runs are kept that write what they find into the blind index."""

    def add(self, row: ScanRow, who: str) -> None:
        """Begin one, durably and with its leaf."""
        ...

    def advance(self, before: ScanRow, row: ScanRow, found: Sequence[tuple[bytes, int]], who: str) -> None:
        """Take one further, in one transaction with what was found and a leaf."""
        ...


class ScanStore(RunStore, Protocol):
    """Where scans are kept and originals opened."""

    def get(self, controller: str, number: str) -> ScanRow | None:
        """One of a controller's."""
        ...

    def opened(self, wanted: Filter, after: int, most: int) -> Sequence[OpenedText]:
        """The next originals, opened."""
        ...

    def left(self, wanted: Filter, after: int) -> int:
        """How many are still to be opened."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: texts read, of them unreadable, texts in which something was found, texts left."""

    id: str
    texts: int
    unreadable: int
    found: int
    left: int
    finished: bool


class Scans:
    """Starts and runs scans. `who` is the officer."""

    def __init__(self, searcher: Searcher, store: ScanStore, keystore: KeyStore, tree_size: Callable[[], int]) -> None:
        self._searcher = searcher
        self._store = store
        self._keystore = keystore
        self._tree_size = tree_size

    def start(self, query: Query, who: str, actor: str, matter: str | None = None) -> Progress:
        """Record a scan for a query's subjects over what fits the rest of it. Raises BadQuery, Unavailable."""
        if not query.subjects:
            raise BadQuery("say whom to look for: a scan opens originals for named subjects only")
        self._searcher.compile(query)
        said = {"query": sealed.query_as_json(query)}
        row = begun(self._keystore, number(_SCAN), query.controller, said, actor, self._tree_size(), matter)
        self._store.add(row, who)
        return _progress(row, self._store.left(self._rest(query), row.cursor))

    def run(
        self,
        controller: str,
        number: str,
        who: str,
        *,
        allowed: Callable[[str], object],
        most: int = 100_000,
    ) -> Iterator[Progress]:
        """Go on with a scan, at most `most` texts. One progress for each step; stop taking them to stop it. `allowed`
        is asked before each step, with the scan's own case, and raises where its leave has ended. Raises BadQuery,
        Unavailable."""
        row = self._row(controller, number)
        query = self._query(row)
        rest, finders = self._rest(query), [finder(subject) for subject in query.subjects]
        key = self._searcher.key(controller)
        read, left = 0, self._store.left(rest, row.cursor) if row.finished_at is None else 0
        while row.finished_at is None and read < most:
            allowed(row.matter or "")
            texts = self._store.opened(rest, row.cursor, min(STEP, most - read))
            found = [(digest, each.part) for each in texts for digest in _found(key, finders, each.text)]
            after = replace(
                row,
                cursor=texts[-1].part if texts else row.cursor,
                texts=row.texts + len(texts),
                unreadable=row.unreadable + sum(each.text is None for each in texts),
                found=row.found + len({part for _, part in found}),
                finished_at=None if texts else timestamp(datetime.now(UTC)),
            )
            self._store.advance(row, after, found, who)
            row, read, left = after, read + len(texts), left - len(texts)
            yield _progress(row, max(0, left))

    def progress(self, controller: str, number: str) -> Progress:
        """How far a scan is. Raises BadQuery."""
        row = self._row(controller, number)
        left = 0 if row.finished_at else self._store.left(self._rest(self._query(row)), row.cursor)
        return _progress(row, left)

    def case_of(self, controller: str, number: str) -> str:
        """The case that a scan belongs to, under whose leave it runs; empty for none. Raises BadQuery."""
        return self._row(controller, number).matter or ""

    def query(self, controller: str, number: str) -> Query:
        """What a scan looks for: run it as a search to see the conversations. Raises BadQuery."""
        return self._query(self._row(controller, number))

    def _row(self, controller: str, number: str) -> ScanRow:
        row = self._store.get(controller, number) if number.startswith(f"{_SCAN}-") else None
        if row is None:
            raise BadQuery("there is no such scan")
        return row

    def _query(self, row: ScanRow) -> Query:
        if row.box is None or row.wrapped is None:
            raise BadQuery(f"what {row.id} looked for went with its case")
        said = sealed.unseal(self._keystore, row.controller, _name(row.id), row.wrapped, row.box)
        return sealed.query_from_json(said["query"])

    def _rest(self, query: Query) -> Filter:
        return self._searcher.compile(replace(query, subjects=()))


def _progress(row: ScanRow, left: int) -> Progress:
    finished = row.finished_at is not None
    return Progress(row.id, row.texts, row.unreadable, row.found, 0 if finished else left, finished)


def number(kind: str) -> str:
    """The number of a new run; `kind` is the letter that it begins with."""
    return f"{kind}-{secrets.token_hex(6).upper()}"


def begun(
    keystore: KeyStore,
    number: str,
    controller: str,
    said: Mapping[str, Any],
    actor: str,
    tree_size: int,
    matter: str | None = None,
) -> ScanRow:
    """A run that has read nothing yet. `said` is what it is for: it lies sealed."""
    box, wrapped, box_hash = sealed.seal(keystore, controller, _name(number), said)
    return ScanRow(
        id=number, controller=controller, matter=matter, actor=actor, started_at=timestamp(datetime.now(UTC)),
        finished_at=None, tree_size=tree_size, cursor=-1, texts=0, unreadable=0, found=0, box_hash=box_hash,
        wrapped=wrapped, box=box,
    )  # fmt: skip


def _found(key: bytes, finders: Sequence[Finder], text: str | None) -> tuple[bytes, ...]:
    """The digests of what is found in a text, as it stands and with its disguises undone."""
    if not text:
        return ()
    plain = normalise(text).text
    readings = (text,) if plain == text else (text, plain)
    pieces = (each[at : at + LONGEST] for each in readings for at in range(0, len(each), LONGEST - 200))
    return blind.digests(key, (form for piece in pieces for find in finders for form in find(piece)))


def _name(number: str) -> str:
    return f"scan/{number}"
