"""Release packages of cases: who may, with which originals opened, and where it goes."""

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from gateway.ledger.keystore import KeyGone
from gateway.model.case import CaseFile
from gateway.model.errors import GatewayError
from gateway.model.officer import Officer
from gateway.records.access import Act, Guard
from gateway.records.cases.beside import Beside
from gateway.records.cases.events import Exported
from gateway.records.cases.exemptions import Exemptions
from gateway.records.cases.opening import Openings
from gateway.records.cases.service import Cases
from gateway.records.export.export import Exporter, NoteSigner
from gateway.records.export.sealed import seal_case
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
        through, are opened under the leave in force, and each opening is in the ledger first. That the package was made
        is an event of the case; one that can't be written down is removed again. Raises Refused."""
        case = self.allowed(officer, case_id)
        wanted = [
            unit
            for unit, decision in case.decisions.items()
            if decision.verdict != "not_relevant"
            and (wish.originals or (decision.form == "kept" and decision.verdict in ("release", "redact")))
        ]
        case, opened = self._opened(officer, case, wanted)
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
            exporter = Exporter(source, self._inspector(), self._signer, self._program)
            try:
                made = exporter.export(case, terms, target)
            except ExportRefused as error:
                raise refused(error) from None
        event = Exported("package", made.digest, made.accepted, len(made.warnings))
        with removing(made.folder, made.archive):
            self._cases.exported(officer, case.id, event)
        return made

    def seal(self, officer: Officer, case_id: str, target: Path, passphrase: str = "") -> str:
        """Write all that the case found, as it came, to one encrypted file, for the Commissioner or a tribunal. Every
        original is opened under the leave in force. The key to tell, where there is no passphrase. Raises Refused."""
        case = self.allowed(officer, case_id)
        case, opened = self._opened(officer, case, case.units)
        with self._sources(_only(self._opener, opened)) as source:
            try:
                told = seal_case(source, case, target, passphrase)
            except ExportRefused as error:
                raise refused(error) from None
        with removing(target):
            digest = hashlib.sha256(target.read_bytes()).hexdigest()
            self._cases.exported(officer, case.id, Exported("originals", digest))
        return told

    def _opened(self, officer: Officer, case: CaseFile, wanted: Collection[int]) -> tuple[CaseFile, frozenset[int]]:
        """The conversations whose originals this export may see, each opening written down."""
        if not wanted:
            return case, frozenset()
        self._guard.check(officer, Act.OPEN_SEALED, case.controller)
        self._openings.in_force(case)
        known = {each.unit for each in case.openings if each.by == officer.id}
        with self._sources(None) as source:
            held = [unit.unit for unit in source.units(list(wanted)) if not unit.disposed]
        for unit in held:
            if unit not in known:
                case, _ = self._openings.open(officer, case.id, unit)
        return case, frozenset(held)


@contextmanager
def removing(*paths: Path) -> Iterator[None]:
    """Remove what was made if what has to follow fails."""
    try:
        yield
    except BaseException:  # what is not written down must not leave, whatever happened
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        raise


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
