"""A case and its events as the store keeps them: the row that an event leaves, and the hits that it changed. Pure."""

from typing import Final

from gateway.ledger.leaf import timestamp
from gateway.ledger.matter import Draft, HitChange, MatterRow
from gateway.model.case import CaseFile
from gateway.records.cases import events as e
from gateway.records.cases.codec import encode

RETENTION_CLASS: Final = "request-file"
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
        closed_at=None if case.closed_at is None else timestamp(case.closed_at), retention_class=RETENTION_CLASS,
        dispose_after=None if case.dispose_after is None else case.dispose_after.isoformat(),
    )  # fmt: skip


def changed_hits(case: CaseFile, event: e.Event) -> tuple[HitChange, ...]:
    """The hits that `event` found or changed, as they are in `case`, the case afterwards."""
    if isinstance(event, e.Searched):
        fresh = (unit for unit in dict.fromkeys(event.units) if case.found_by[unit] == event.search)
        return tuple(HitChange(unit, event.search) for unit in fresh)
    if isinstance(event, e.Decided):
        return (_decided(case, event.decision.unit),)
    if isinstance(event, e.Confirmed):
        return tuple(_decided(case, unit) for unit in dict.fromkeys(event.units))
    if isinstance(event, e.SentBack):
        return (HitChange(event.unit, case.found_by[event.unit], "", SENT_BACK),)
    if isinstance(event, e.Restricted | e.Lifted | e.Erased):
        name = {e.Restricted: "restricted", e.Lifted: "lifted", e.Erased: "erased"}[type(event)]
        return tuple(HitChange(unit, case.found_by[unit], name) for unit in dict.fromkeys(event.units))
    return ()


def _decided(case: CaseFile, unit: int) -> HitChange:
    decision = case.decisions[unit]
    second = (CONFIRMED if decision.second else WANTED) if case.second_reader else ""
    return HitChange(unit, case.found_by[unit], decision.verdict, second)
