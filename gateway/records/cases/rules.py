"""What may happen next in a case, and what to tell the officer where it may not."""

from datetime import datetime

from gateway.model.case import Approval, CaseFile, CaseKind, Pause
from gateway.model.counting import counted
from gateway.records.cases import events as e
from gateway.records.cases.errors import CaseError, Incomplete
from gateway.records.cases.states import CLOSED, INCIDENTS, READY, unconfirmed, undecided

OUTCOMES = {
    "released": "everything found was released",
    "part_released": "some was released, some withheld",
    "withheld": "everything found was withheld under exemptions",
    "not_held": "nothing that was asked for is held (FOIA s.1(1)(a), EIR reg.12(4)(a))",
    "exceeds_limit": "refused: over the appropriate limit (FOIA s.12) or manifestly unreasonable (EIR reg.12(4)(b))",
    "vexatious": "refused: vexatious or repeated (FOIA s.14), manifestly unfounded or excessive (UK GDPR Art 12A)",
    "withdrawn": "the requester withdrew it, or did not answer in time",
    "transferred": "another authority holds it",
    "upheld": "the complaint, review or right was upheld",
    "partly_upheld": "upheld in part",
    "not_upheld": "not upheld",
    "completed": "the incident or investigation was dealt with",
    "no_action": "nothing had to be done",
}
"""How a case can end."""
REVIEWED = frozenset({"released", "part_released", "withheld"})
"""Outcomes that say that every hit was read: each needs its decision, confirmed where there is a second reader."""
_WHEN_CLOSED = (e.Noted, e.Reopened, e.Related)


def require(case: CaseFile, entry: e.Entry) -> None:
    """Raise CaseError unless this can happen to the case as it stands."""
    event = entry.event
    if case.state == CLOSED and not isinstance(event, _WHEN_CLOSED):
        raise CaseError("This case is closed. Reopen it first, with a reason.")
    if isinstance(event, e.Paused | e.Resumed | e.Extended | e.Acknowledged | e.DueGiven):
        _clock(case, event)
    elif isinstance(event, e.Marked | e.Decided | e.Confirmed | e.SentBack | e.Unsealed):
        _review(case, entry)
    elif isinstance(event, e.ApprovalAsked | e.ApprovalGiven | e.ApprovalRefused):
        _approval(case, entry)
    elif isinstance(event, e.Corrected | e.Restricted | e.Lifted | e.Erased):
        _rights(case, event)
    elif isinstance(event, e.IncidentChanged | e.Told):
        if case.incident is None:
            raise CaseError("This case is no incident. Open one from the record concerned.")
    elif isinstance(event, e.Closed):
        _close(case, event)
    elif isinstance(event, e.Reopened) and case.state != CLOSED:
        raise CaseError("This case is not closed, so it need not be reopened.")
    elif isinstance(event, e.TimeSpent) and not 0 < event.minutes <= 24 * 60:
        raise CaseError("Give the time in minutes, from 1 to 1440; spread more over the days on which it was spent.")
    elif isinstance(event, e.Related) and event.case == case.id:
        raise CaseError("A case can't be related to itself.")


def _clock(case: CaseFile, event: e.Paused | e.Resumed | e.Extended | e.Acknowledged | e.DueGiven) -> None:
    stopped = next((pause for pause in case.pauses if pause.until is None), None)
    if isinstance(event, e.Paused | e.Resumed):
        _pause(case, event, stopped)
    elif isinstance(event, e.Extended):
        if event.extension.told_on < case.received_on:
            raise CaseError("The requester can't have been told before the request came. Check the date.")
        if case.extension is not None and case.extension.ground != "public_interest":
            raise CaseError("This case was extended already; the law gives no second extension.")
        if stopped is not None:
            raise CaseError("The clock stands still. Record the answer first, then extend.")
    elif isinstance(event, e.Acknowledged):
        if case.kind is not CaseKind.COMPLAINT:
            raise CaseError("Only a data-protection complaint has a duty to acknowledge (DPA 2018 s.164A).")
        if event.on < case.received_on:
            raise CaseError("The complaint can't have been acknowledged before it came. Check the date.")
    elif case.kind not in (CaseKind.ICO, CaseKind.INVESTIGATION):
        raise CaseError(
            "The due date of this case follows from the law. It can be given for ICO cases and investigations."
        )


def _pause(case: CaseFile, event: e.Paused | e.Resumed, stopped: Pause | None) -> None:
    if isinstance(event, e.Resumed):
        if stopped is None:
            raise CaseError("The clock is running: there is nothing to resume.")
        if event.until < stopped.since:
            raise CaseError("The answer can't have come before the question. Check the date.")
        return
    if stopped is not None:
        raise CaseError("The clock stands still already. Record the answer to that first (resume).")
    last = max((pause.until for pause in case.pauses if pause.until is not None), default=case.received_on)
    if event.since < last:
        raise CaseError("The clock can't have stopped before the request came, or before the last answer did.")


def _review(case: CaseFile, entry: e.Entry) -> None:
    event = entry.event
    if isinstance(event, e.Confirmed):
        units = event.units
        if not units:
            raise CaseError("Name the conversations whose decisions you confirm.")
    else:
        units = (event.decision.unit,) if isinstance(event, e.Decided) else (event.unit,)  # type: ignore[union-attr]
    if not set(units) <= set(case.units):
        raise CaseError("This conversation is not among the hits of the case. Search for it in the case first.")
    if isinstance(event, e.Confirmed | e.SentBack):
        for unit in units:
            decision = case.decisions.get(unit)
            if decision is None:
                raise CaseError("There is no decision on this conversation to read yet.")
            if decision.by == entry.by:
                raise CaseError("You made this decision yourself: the second reader has to be another officer.")
            if decision.second and isinstance(event, e.Confirmed):
                raise CaseError("This decision was confirmed already.")


def _approval(case: CaseFile, entry: e.Entry) -> None:
    waiting = bool(case.approvals) and not case.approvals[-1].given_by
    event = entry.event
    if isinstance(event, e.ApprovalAsked):
        if waiting:
            raise CaseError("Leave to open was asked for already; it waits for an answer.")
        return
    if not waiting:
        raise CaseError("Nobody has asked for leave to open sealed content in this case.")
    if case.approvals[-1].asked_by == entry.by and not (isinstance(event, e.ApprovalGiven) and event.alone):
        raise CaseError("You asked for this yourself: another person has to answer it.")
    if isinstance(event, e.ApprovalGiven) and event.until <= entry.at:
        raise CaseError("Leave has to end in the future.")


def _rights(case: CaseFile, event: e.Corrected | e.Restricted | e.Lifted | e.Erased) -> None:
    wanted = {
        e.Corrected: (CaseKind.RECTIFICATION,),
        e.Restricted: (CaseKind.RESTRICTION, CaseKind.OBJECTION),
        e.Lifted: (CaseKind.RESTRICTION, CaseKind.OBJECTION),
        e.Erased: (CaseKind.ERASURE,),
    }[type(event)]
    if case.kind not in wanted:
        raise CaseError(f"That belongs in a case of kind {' or '.join(each.value for each in wanted)}.")
    units = {event.unit} if isinstance(event, e.Corrected) else set(event.units)
    if not units or not units <= set(case.units):
        raise CaseError("This conversation is not among the hits of the case. Search for it in the case first.")
    if isinstance(event, e.Lifted) and not units <= case.restricted:
        raise CaseError("There is no restriction on this conversation to lift.")


def _close(case: CaseFile, event: e.Closed) -> None:
    if event.outcome not in OUTCOMES:
        raise CaseError(f"How did it end? One of: {', '.join(OUTCOMES)}.")
    if event.outcome in REVIEWED and case.state != READY:
        raise Incomplete(missing(case))
    if event.outcome == "completed" and case.kind not in INCIDENTS:
        raise CaseError("The outcome completed is for incidents and investigations.")
    verdicts = {decision.verdict for decision in case.decisions.values()}
    shown = verdicts & {"release", "redact"}
    if event.outcome == "withheld" and shown:
        raise CaseError("Some conversations are to be released: the outcome is part_released.")
    if event.outcome == "released" and verdicts & {"redact", "withhold"}:
        raise CaseError("Some text is withheld: the outcome is part_released.")
    if event.outcome in ("released", "part_released") and not shown:
        raise CaseError("No conversation is to be released. Choose withheld, or not_held where nothing was relevant.")
    if event.outcome == "withheld" and "withhold" not in verdicts:
        raise CaseError("No conversation is withheld. Where nothing found is relevant, the outcome is not_held.")


def missing(case: CaseFile) -> str:
    """What still has to be done before a case can be answered."""
    if not case.units:
        return "Nothing has been found in this case. Search first, or close it as not_held."
    said = []
    open_, waiting = undecided(case), unconfirmed(case)
    if any(pause.until is None for pause in case.pauses):
        said.append("the clock stands still (record the answer)")
    if open_:
        said.append(f"{len(open_)} of {counted(len(case.units), 'conversation has', 'conversations have')} no decision")
    if waiting:
        said.append(f"{counted(len(waiting), 'decision waits', 'decisions wait')} for the second reader")
    return f"This case is not ready: {'; '.join(said)}." if said else "This case is not ready."


def approval_in_force(case: CaseFile, at: datetime) -> Approval | None:
    """The leave to open sealed content that counts at a moment."""
    for each in reversed(case.approvals):
        if each.until is not None and not each.refused and each.until > at:
            return each
    return None
