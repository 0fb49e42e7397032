"""Cases by hand, over a real ledger: decisions on its conversations, a hold in its tables, an exporter on it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select

from detectors.finding import Finding
from gateway.ledger.checkpoint import Signer
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.merkle import root_of
from gateway.model.case import (
    Approval,
    CaseFile,
    CaseKind,
    Decision,
    Exemption,
    Form,
    Opening,
    Pause,
    Redaction,
    SearchRun,
    Step,
    TimeEntry,
)
from gateway.model.release import UnitOf
from gateway.model.search import Query, Subject
from gateway.records.export.export import Exporter
from gateway.records.export.terms import Terms
from gateway.store import keeping, tables
from gateway.store.engine import make_engine
from gateway.store.release import ReleaseSource, opener, release_source

AT = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
HOLD = "hold-1"
EXEMPTIONS = {
    each.code: each
    for each in (
        Exemption("FOIA s.40(2)", "FOIA", "Personal information of others", False),
        Exemption("FOIA s.43(2)", "FOIA", "Commercial interests", True),
        Exemption("DPA Sch.2 para.16", "DPA", "Rights of others", False),
        Exemption("EIR reg.13(1)", "EIR", "Personal data", False),
    )
}
TERMS = Terms(
    at=AT,
    by="off-1",
    council="Maidstone Borough Council",
    contact="Information Governance, foi@maidstone.example",
    services={"housing": "Housing and Regulatory Services"},
    rules={"routine": "Council schedule 12.3"},
    exemptions=EXEMPTIONS,
    confirmed=True,
)


class Nothing:
    """Detection that sees nothing."""

    def inspect(self, text: str) -> Iterable[Finding]:
        """See `Inspector`."""
        return ()


class Words:
    """Detection of given words, each with its label."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def inspect(self, text: str) -> Iterable[Finding]:
        """See `Inspector`."""
        for word, label in self._words.items():
            at = text.find(word)
            if at >= 0:
                yield Finding(at, at + len(word), label, 1.0, "test", "1")


def case_file(units: Sequence[int], decisions: Iterable[Decision] = (), **changes: Any) -> CaseFile:
    """An FOI case over conversations, searched, held and opened."""
    values: dict[str, Any] = {
        "id": "matter-7c1e", "controller": "maidstone", "kind": CaseKind.FOI, "state": "reviewed",
        "reference": "FOI/2026/0117", "subject": "Use of AI in housing", "requester": "Ms Requester",
        "received_on": date(2026, 11, 3), "due_on": date(2026, 12, 4),
        "clock": "20 working days from 3 November; 2 days of clarification and St Andrew's Day do not count",
        "opened_at": AT - timedelta(days=22), "closed_at": None, "second_reader": True, "holds": (HOLD,),
        "searches": (SearchRun("s1", Query("maidstone", words="rent", subjects=(Subject("PERSON", "John Smith"),)),
                               AT - timedelta(days=9), "off-1", 812, len(units), 0.041,
                               "full text of what left; what detection missed is in no index"),),
        "units": tuple(units), "decisions": {each.unit: each for each in decisions},
        "time": (TimeEntry("locate", 35, "off-1", date(2026, 11, 17)),
                 TimeEntry("redact", 90, "off-1", date(2026, 11, 18))),
        "approvals": (Approval("off-1", AT - timedelta(days=8), "third parties", "off-2", AT - timedelta(days=7)),),
        "openings": tuple(Opening(unit, "off-1", AT - timedelta(days=6)) for unit in units),
        "pauses": (Pause("clarification", date(2026, 11, 5), date(2026, 11, 9)),),
        "steps": tuple(Step(n, AT - timedelta(days=22 - n), "off-1" if n < 3 else "off-2", what, f"{n:064x}")
                       for n, what in enumerate(("opened", "search", "decision", "second_reading"), 1)),
        "officers": {"off-1": "information governance officer", "off-2": "data protection officer"},
    }  # fmt: skip
    return CaseFile(**{**values, **changes})


def decide(unit: UnitOf, verdict: str = "release", form: Form = "sent", **changes: Any) -> Decision:
    """A decision on a conversation, all of whose texts were read, confirmed by a second reader."""
    seen = frozenset(part for part, _ in unit.texts)
    values: dict[str, Any] = {
        "unit": unit.unit, "verdict": verdict, "by": "off-1", "at": AT - timedelta(days=5), "form": form, "seen": seen,
        "second": "off-2", "second_at": AT - timedelta(days=4),
    }  # fmt: skip
    return Decision(**{**values, **changes})


def span(
    unit: UnitOf, words: str, code: str = "FOIA s.40(2)", form: Form = "sent", reason: str = "third party"
) -> Redaction:
    """A redaction of the first place where `words` stand in a conversation."""
    for (part, each), text in sorted(unit.texts.items()):
        at = text.text.find(words)
        if each == form and at >= 0:
            return Redaction(part, form, at, at + len(words), code, reason)
    raise LookupError("no such words")


class Archive:
    """A ledger's database as an exporter sees it."""

    def __init__(self, url: str, keys: Path) -> None:
        self.engine: Engine = make_engine(url)
        self.keystore = FileKeyStore(keys)

    def units(self, *, opened: bool = False) -> list[UnitOf]:
        """Every conversation on record."""
        with self.engine.connect() as connection:
            query = select(tables.record.c.unit).distinct().order_by(tables.record.c.unit)
            numbers = list(connection.scalars(query))
        with self.source(opened=opened) as source:
            return sorted(source.units(numbers), key=lambda unit: unit.records[0].opened_at)

    def hold(self, units: Iterable[int], *, released_at: str | None = None) -> None:
        """Put conversations under the case's hold."""
        with self.engine.begin() as connection:
            values = {"id": HOLD, "controller": "maidstone", "matter": "matter-7c1e", "placed_by": "off-1",
                      "placed_at": "2026-11-04T09:00:00.000000Z", "released_at": released_at,
                      "wrapped": b"", "box": b""}  # fmt: skip
            connection.execute(insert(keeping.hold).values(**values))
            connection.execute(insert(keeping.hold_unit), [{"hold": HOLD, "unit": unit} for unit in units])

    def source(self, *, opened: bool = False) -> AbstractContextManager[ReleaseSource]:
        """One moment of this ledger."""
        return release_source(self.engine, opener(self.keystore) if opened else None)

    @contextmanager
    def exporter(self, inspector: Any = None, *, opened: bool = False) -> Any:
        """An exporter over this ledger."""
        with self.source(opened=opened) as source:
            yield Exporter(source, inspector or Nothing(), Signer(self.keystore), "council-ai-gateway test")

    def checkpoints(self) -> list[int]:
        """Sizes of the log at which there is a signed checkpoint: after each second leaf, as if each had come alone."""
        signer, table, leaf, sequenced = Signer(self.keystore), tables.checkpoint, tables.leaf, tables.sequenced
        with self.engine.begin() as connection:
            query = select(leaf.c.hash).join(sequenced, sequenced.c.leaf == leaf.c.id).order_by(sequenced.c.idx)
            hashes = list(connection.scalars(query))
            known = set(connection.scalars(select(table.c.size)))
            for size in set(range(2, len(hashes), 2)) - known:
                root = root_of(hashes[:size])
                values = {
                    "size": size,
                    "root": root,
                    "note": signer.sign(size, root),
                    "at": "2026-11-20T00:00:00.000000Z",
                }
                connection.execute(insert(table).values(**{k: v for k, v in values.items() if k in table.c}))
            return sorted(connection.scalars(select(table.c.size)))

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()
