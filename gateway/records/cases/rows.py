"""A case and its events as the store keeps them: the row that an event leaves, and the hits that it changed. Pure."""

from typing import Final

from gateway.ledger.leaf import timestamp
from gateway.ledger.matter import Draft, HitChange, MatterRow
from gateway.ledger.sealing import REQUEST_FILE
from gateway.model.case import CaseFile
from gateway.records.cases import events as e
from gateway.records.cases.codec import encode

WANTED: Final = "wanted"
CONFIRMED: Final = "confirmed"
SENT_BACK: Final = "sent_back"


def draft(case: CaseFile, entry: e.Entry) -> Draft:
    """The event to be written, `case` being what it left."""
    return Draft(entry.kind, encode(entry), row_of(case), changed_hits(case, entry.event))


def row_of(case: CaseFile) -> MatterRow:
    """The columns that are not sealed."""
    _, year, number = case.id.rsplit("-", 2)
    return MatterRow(
        id=case.id, controller=case.controller, kind=case.kind.value, state=case.state, year=int(year),
        number=int(number), opened_at=timestamp(case.opened_at), received_on=case.received_on.isoformat(),
        due_on=None if case.due_on is None else case.due_on.isoformat(),
        closed_at=None if case.closed_at is None else timestamp(case.closed_at), retention_class=REQUEST_FILE,
        dispose_after=None if case.dispose_after is None else case.dispose_after.isoformat(),
    )  # fmt: skip


def changed_hits(case: CaseFile, event: e.Event) -> tuple[HitChange, ...]:
    """The hits that `event` found or changed, as they are in `case`, the case afterwards."""
    units: tuple[int, ...] = ()
    if isinstance(event, e.Searched):
        units = tuple(unit for unit in event.units if case.found_by[unit] == event.search)
    elif isinstance(event, e.Decided):
        units = (event.decision.unit,)
    elif isinstance(event, e.SentBack):
        units = (event.unit,)
    elif isinstance(event, e.Confirmed | e.Restricted | e.Lifted | e.Erased):
        units = event.units
    return tuple(_hit(case, unit) for unit in dict.fromkeys(units))


def _hit(case: CaseFile, unit: int) -> HitChange:
    """A hit as it is. Searches go by a right that was carried out on it, so that no decision takes its place."""
    decision = case.decisions.get(unit)
    if unit in case.erased:
        name = "erased"
    elif unit in case.restricted:
        name = "restricted"
    else:
        name = "" if decision is None else decision.verdict
    if unit in case.sent_back:
        second = SENT_BACK
    elif decision is None or not case.second_reader:
        second = ""
    else:
        second = CONFIRMED if decision.second else WANTED
    return HitChange(unit, case.found_by[unit], name, second)
