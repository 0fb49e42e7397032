"""Release packages of cases: who may, with which originals opened, and where it goes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from gateway.ledger.keystore import KeyGone
from gateway.model.case import CaseFile
from gateway.model.errors import GatewayError
from gateway.model.officer import Officer
from gateway.model.release import Disposed, HoldOf, SignedCheckpoint, UnitOf
from gateway.records.access import Act, Guard
from gateway.records.cases.beside import Beside
from gateway.records.cases.exemptions import Exemptions
from gateway.records.cases.opening import Openings
from gateway.records.cases.service import Cases
from gateway.records.export.export import Exporter, NoteSigner
from gateway.records.export.source import Source
from gateway.records.export.terms import ExportRefused, Package, Terms
from gateway.records.export.values import Inspector

Opener = Callable[[Mapping[str, Any]], tuple[str, bytes]]
"""Opens a row of `part`: the original and the salt of its commitment."""


class Refused(GatewayError):
    """An export that may not leave yet; the message says what has to be done."""

    status = 409
    code = "export_refused"


class Sources(Protocol):
    """One moment of the ledger, for one export; with an opener the originals too."""

    def __call__(self, opening: Opener | None) -> AbstractContextManager[Source]:
        """Open it."""
        ...


@dataclass(frozen=True, slots=True)
class Council:
    """How a council signs its packages; `services` and `rules` put codes into words."""

    name: str
    contact: str
    services: Mapping[str, str]
    rules: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the officer who exports says. `accepted` are lines whose withheld words may stand elsewhere, `confirmed`
    that the warnings were read, `originals` that everything is opened, so that what pseudonyms stand for is looked for
    too."""

    accepted: frozenset[str] = frozenset()
    confirmed: bool = False
    originals: bool = False


class Exports:
    """Makes packages. `beside` tells what stands beside a conversation, `opener` opens originals, `inspector` is
    detection, made when first needed."""

    def __init__(
        self,
        cases: Cases,
        openings: Openings,
        beside: Callable[[Officer, str, int], Beside],
        guard: Guard,
        sources: Sources,
        opener: Opener,
        inspector: Callable[[], Inspector],
        signer: NoteSigner,
        councils: Mapping[str, Council],
        grounds: Exemptions,
        program: str,
        now: Callable[[], datetime],
    ) -> None:
        self._cases = cases
        self._openings = openings
        self._beside = beside
        self._guard = guard
        self._sources = sources
        self._opener = opener
        self._inspector = inspector
        self._signer = signer
        self._councils = councils
        self._grounds = grounds
        self._program = program
        self._now = now

    def allowed(self, officer: Officer, case_id: str) -> CaseFile:
        """The case, if the officer may export it. Raises Forbidden, NoSuchCase."""
        case = self._cases.read(officer, case_id)
        self._guard.check(officer, Act.EXPORT, case.controller)
        return case

    def package(self, officer: Officer, case_id: str, wish: Wish, target: Path) -> Package:
        """Write the package of a case to a new folder and a zip beside it. Originals that are to be released, or looked
        through, are opened under the leave in force, and each opening is in the ledger first. Raises Refused."""
        case = self.allowed(officer, case_id)
        case, opened = self._opened(officer, case, everything=wish.originals)
        council = self._councils[case.controller]
        released = [unit for unit, each in case.decisions.items() if each.verdict in ("release", "redact")]
        terms = Terms(
            at=self._now(),
            by=officer.id,
            council=council.name,
            contact=council.contact,
            services=council.services,
            rules=council.rules,
            exemptions={each.code: each for each in self._grounds},
            accepted=wish.accepted,
            confirmed=wish.confirmed,
            corrections={unit: self._beside(officer, case.id, unit).corrections for unit in released},
        )
        with self._sources(_only(self._opener, opened) if opened else None) as source:
            exporter = Exporter(_Held(source, case), self._inspector(), self._signer, self._program)
            try:
                return exporter.export(case, terms, target)
            except ExportRefused as error:
                raise refused(error) from None

    def _opened(self, officer: Officer, case: CaseFile, *, everything: bool) -> tuple[CaseFile, frozenset[int]]:
        """The conversations whose originals this export may see, each opening written down."""
        wanted = [
            unit
            for unit, decision in case.decisions.items()
            if decision.verdict != "not_relevant"
            and (everything or (decision.form == "kept" and decision.verdict in ("release", "redact")))
        ]
        if not wanted:
            return case, frozenset()
        self._guard.check(officer, Act.OPEN_SEALED, case.controller)
        self._openings.in_force(case)
        known = {each.unit for each in case.openings if each.by == officer.id}
        for unit in wanted:
            if unit not in known:
                case, _ = self._openings.open(officer, case.id, unit)
        return case, frozenset(wanted)


class _Held:
    """A source that knows that a case has a hold for each of its searches, and answers for all of them as one."""

    def __init__(self, source: Source, case: CaseFile) -> None:
        self._source = source
        self._holds = tuple(dict.fromkeys(case.holds))

    def checkpoint(self) -> SignedCheckpoint | None:
        """See `Source.checkpoint`."""
        return self._source.checkpoint()

    def units(self, numbers: Sequence[int]) -> Iterable[UnitOf]:
        """See `Source.units`."""
        return self._source.units(numbers)

    def hold(self, hold: str, units: Sequence[int]) -> HoldOf | None:
        """The case's first hold, over everything that any of its holds in force covers."""
        found = [each for name in self._holds if (each := self._source.hold(name, units)) is not None]
        first = next((each for each in found if each.id == hold), None)
        if first is None:
            return None
        covered = frozenset().union(*(each.units for each in found if each.released_at is None))
        return replace(first, units=covered | (first.units if first.released_at is None else frozenset()))

    def disposed(self, units: Sequence[int]) -> Sequence[Disposed]:
        """See `Source.disposed`."""
        return self._source.disposed(units)


def _only(opener: Opener, units: frozenset[int]) -> Opener:
    """Opens texts of these conversations and of no others."""

    def opening(part: Mapping[str, Any]) -> tuple[str, bytes]:
        if part["conversation"] not in units:
            raise KeyGone("not opened for this export")
        return opener(part)

    return opening


def refused(error: ExportRefused) -> Refused:
    """What is missing, as an error for people."""
    lines = "".join(f"\n- {each}" for each in error.missing[:50])
    more = f"\n... and {len(error.missing) - 50} more" if len(error.missing) > 50 else ""
    return Refused(f"{error.why}:{lines}{more}")
