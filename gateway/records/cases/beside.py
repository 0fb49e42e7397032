"""What stands beside a conversation because of other cases: corrections (UK GDPR Art 16), restrictions (Art 18, 21).

Whoever reads the conversation in any case of the council is told. A file whose time was up takes its corrections with
it: they stand for as long as the case that made them is kept.
"""

from dataclasses import dataclass

from gateway.model.case import CaseFile, CaseKind, StandingCorrection
from gateway.model.officer import Officer
from gateway.records.access import Act
from gateway.records.cases.desk import Desk
from gateway.records.cases.errors import CaseError


@dataclass(frozen=True, slots=True)
class Beside:
    """Corrections, oldest first, and the cases in which the processing of the conversation is restricted."""

    corrections: tuple[StandingCorrection, ...] = ()
    restricted: tuple[str, ...] = ()


def beside(desk: Desk, officer: Officer, controller: str, unit: int) -> Beside:
    """What stands beside a conversation of a council. Raises Forbidden."""
    desk.guard.check(officer, Act.READ_RECORD, controller)
    corrections: list[StandingCorrection] = []
    for case in _cases(desk, officer, controller, unit, CaseKind.RECTIFICATION):
        for number, each in enumerate(case.corrections, 1):
            if each.unit == unit:
                corrections.append(StandingCorrection(f"{case.id}/{number}", each.ref, each.at, each.text))
    restricted = [
        case.id
        for kind in (CaseKind.RESTRICTION, CaseKind.OBJECTION)
        for case in _cases(desk, officer, controller, unit, kind)
        if unit in case.restricted
    ]
    return Beside(tuple(sorted(corrections, key=lambda each: (each.at, each.name))), tuple(restricted))


def _cases(desk: Desk, officer: Officer, controller: str, unit: int, kind: CaseKind) -> list[CaseFile]:
    found = []
    for case_id in desk.matters.matters_of(unit, kind.value):
        try:
            case = desk.read(officer, case_id, Act.READ_RECORD)
        except CaseError:
            continue  # the file was destroyed, its time being up
        if case.controller == controller:
            found.append(case)
    return found
