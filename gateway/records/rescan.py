"""Rescans: what today's detection finds in redacted texts, from which whatever was found at the time has been replaced.

So what is found now was missed then. Nothing sealed is opened. If asked, what is found goes into the blind index, as
what a scan finds does, so that the search finds it from then on; each step of that is in the ledger.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from detectors.errors import BudgetExceeded
from detectors.finding import Finding
from detectors.labels import LABELS
from gateway.ledger import blind
from gateway.ledger.keystore import KeyStore
from gateway.ledger.leaf import timestamp
from gateway.ledger.view import RecordRow
from gateway.model.part import Part
from gateway.model.saved import RedactedText, ScanRow
from gateway.records import scan
from gateway.records.export.redact import PSEUDONYM
from gateway.stages.named import Named, named

STEP = 200
"""Records read for one leaf."""


class Detector(Protocol):
    """Today's detection."""

    @property
    def version(self) -> str:
        """Which it is."""
        ...

    def inspect(self, text: str, *, allow: str | None = None) -> Sequence[Finding]:
        """The findings in a text; `allow` is the controller whose allow-list counts."""
        ...


class RescanStore(scan.RunStore, Protocol):
    """Where redacted texts are read, and runs are kept."""

    def redacted(self, refs: Sequence[str]) -> Sequence[RedactedText]:
        """The redacted texts that records were the first to hold, in order."""
        ...


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A record that today's detection would have decided on with more findings: counts by label, never text."""

    ref: str
    opened_at: str
    tool: str
    missed: dict[str, int]


@dataclass(frozen=True, slots=True)
class Indexed:
    """A run that wrote into the index: texts read, and in how many of them something was found that was missed."""

    run: str
    controller: str
    texts: int
    found: int


@dataclass(frozen=True, slots=True)
class Rescan:
    """What looking again gave: near-misses in the order of the records, how many texts need more work than detection
    does on one, so that nothing is known about them, and what went into the index."""

    misses: tuple[NearMiss, ...]
    unreadable: int
    indexed: Indexed | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """What some records' texts gave."""

    misses: tuple[NearMiss, ...]
    texts: int
    unreadable: int
    found: tuple[tuple[bytes, int], ...]


class Rescans:
    """Looks again at records. Who may is asked before; `rows` are one controller's."""

    def __init__(self, store: RescanStore, keystore: KeyStore, tree_size: Callable[[], int]) -> None:
        self._store = store
        self._keystore = keystore
        self._tree_size = tree_size

    def read(self, rows: Sequence[RecordRow], detector: Detector) -> Rescan:
        """Look again at the redacted requests of records. Raises Unavailable, and what detection raises when it fails;
        a text that needs more work than detection does on one is counted."""
        steps = [self._read(some, detector, None) for some in _steps(rows)]
        return Rescan(tuple(miss for step in steps for miss in step.misses), sum(step.unreadable for step in steps))

    def index(self, controller: str, rows: Sequence[RecordRow], detector: Detector, who: str, actor: str) -> Rescan:
        """The same, and put what is found, in answers too, into the controller's blind index. Raises as `read`."""
        key = blind.controller_key(self._keystore, controller)
        said = {"rescan": {"suite": detector.version, "records": len(rows)}}
        row = scan.begun(self._keystore, scan.number("R"), controller, said, actor, self._tree_size())
        self._store.add(row, who)
        misses: list[NearMiss] = []
        for some in _steps(rows):
            read = self._read(some, detector, key)
            misses += read.misses
            row = self._advance(row, read, len(some), who)
        row = self._advance(row, _Read((), 0, 0, ()), 0, who, finished=True)
        return Rescan(tuple(misses), row.unreadable, Indexed(row.id, controller, row.texts, row.found))

    def _advance(self, row: ScanRow, read: _Read, records: int, who: str, *, finished: bool = False) -> ScanRow:
        after = replace(
            row,
            cursor=row.cursor + records,
            texts=row.texts + read.texts,
            unreadable=row.unreadable + read.unreadable,
            found=row.found + len({part for _, part in read.found}),
            finished_at=timestamp(datetime.now(UTC)) if finished else None,
        )
        self._store.advance(row, after, read.found, who)
        return after

    def _read(self, rows: Sequence[RecordRow], detector: Detector, key: bytes | None) -> _Read:
        """Read the requests of some records; with the `key` of an index their answers too, and make digests."""
        by_ref = {row.ref: row for row in rows}
        missed: dict[str, Counter[str]] = {row.ref: Counter() for row in rows}
        found: list[tuple[bytes, int]] = []
        texts = unreadable = 0
        for each in self._store.redacted(list(by_ref)):
            if each.reply and key is None:
                continue
            texts += 1
            try:
                labels, values = _inspected(each.text, detector, by_ref[each.ref].controller)
            except BudgetExceeded:
                unreadable += 1
                continue
            if not each.reply:
                missed[each.ref].update(labels)
            if key is not None:
                found += [(digest, each.part) for digest in blind.digests_of_text(key, values)]
        misses = tuple(
            NearMiss(ref, by_ref[ref].opened_at, by_ref[ref].tool, dict(sorted(counts.items())))
            for ref, counts in missed.items()
            if counts
        )
        return _Read(misses, texts, unreadable, tuple(found))


def _inspected(text: str, detector: Detector, controller: str) -> tuple[Iterable[str], Named]:
    """Labels, and values but for secrets. A pronoun stands in for each pseudonym: beside one, a made-up word looks like
    somebody."""
    readable = PSEUDONYM.sub("it", text)
    findings = detector.inspect(readable, allow=controller)
    (values,) = named((Part("", "user", readable),), (findings,), LABELS)
    return [each.label for each in findings], values


def _steps(rows: Sequence[RecordRow]) -> Iterator[Sequence[RecordRow]]:
    for start in range(0, len(rows), STEP):
        yield rows[start : start + STEP]
