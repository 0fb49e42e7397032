"""How an export is made, what comes of it, and why it may be refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.model.case import CaseFile, CaseKind, Exemption, StandingCorrection

_PERSONAL = {
    CaseKind.EIR: "EIR reg.13(1)",
    CaseKind.SAR: "DPA Sch.2 para.16",
    CaseKind.RECTIFICATION: "DPA Sch.2 para.16",
    CaseKind.ERASURE: "DPA Sch.2 para.16",
    CaseKind.RESTRICTION: "DPA Sch.2 para.16",
    CaseKind.OBJECTION: "DPA Sch.2 para.16",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the officer who finishes a case says. `at` (UTC) is the time that the package bears, so that the same terms
    give the same bytes. `by` is the officer's id.

    `council` and `contact` stand in the read-me; `services` and `rules` put codes into words (service areas; the
    authority of a retention class). `exemptions` by code. `accepted` are lines (`R00001`, `W0001.1`, `MBC-7F3K-Q2XD#1`)
    whose withheld words may occur elsewhere, because an officer looked; `confirmed` says that the warnings were read.
    `without_words` are parts whose released words are not proved one by one, since the proof tells how many pieces a
    gap has. Without `proofs` the package holds no log entries and no word proofs: entries bear the callers' pseudonyms,
    by which a reader could tell which calls one person made. `corrections` stand beside conversations, whether they are
    released or not.
    """

    at: datetime
    by: str
    council: str
    contact: str
    services: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    exemptions: Mapping[str, Exemption] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    confirmed: bool = False
    without_words: frozenset[int] = frozenset()
    proofs: bool = True
    corrections: Mapping[int, Sequence[StandingCorrection]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warned:
    """What detection still sees in a released text: a label and where, never the value."""

    label: str
    text: str
    record: str
    place: str

    def __str__(self) -> str:
        return f"{self.record}, {self.text}, {self.place}: {self.label}"


@dataclass(frozen=True, slots=True)
class Package:
    """A finished package. `digest` is the SHA-256 of its tag manifest, which the signature covers; `unsearched` says
    what the safety scan could not look for."""

    folder: Path
    archive: Path
    digest: str
    conversations: int
    records: int
    redactions: int
    withheld: int
    warnings: tuple[Warned, ...]
    unsearched: tuple[str, ...]
    accepted: tuple[str, ...]


class ExportRefused(Exception):
    """An export that may not leave. `missing` says what has to be done, one line each; no line holds content."""

    def __init__(self, why: str, missing: Sequence[str]) -> None:
        super().__init__(f"{why}: " + "; ".join(missing[:3]) + (" ..." if len(missing) > 3 else ""))
        self.why = why
        self.missing = tuple(missing)


def personal_code(case: CaseFile) -> str:
    """The ground on which other people's names are left out of a case's release."""
    return _PERSONAL.get(case.kind, "FOIA s.40(2)")


def law_of(code: str) -> str:
    """FOIA, EIR or DPA."""
    return code.partition(" ")[0]


class People:
    """Officers as a package names them: by role, and by number where several have it. Never by name or id."""

    def __init__(self, case: CaseFile) -> None:
        acting = [step.by for step in case.steps]
        for decision in case.decisions.values():
            acting += [decision.by, decision.second]
        ids = [each for each in dict.fromkeys([*case.officers, *acting]) if each]
        roles = {each: case.officers.get(each) or "officer" for each in ids}
        self._named: dict[str, str] = {}
        for each, role in roles.items():
            same = [other for other in ids if roles[other] == role]
            self._named[each] = role if len(same) == 1 else f"{role} {same.index(each) + 1}"

    def __call__(self, officer: str) -> str:
        """The role in words; empty for nobody."""
        return self._named.get(officer, "officer") if officer else ""
