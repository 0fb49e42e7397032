"""The state of a case follows from what has happened in it; nobody sets it."""

from typing import Any, Final, get_args

from gateway.model.case import CaseFile, CaseKind, State

STATES: Final[tuple[State, ...]] = get_args(State)
OPEN: Final = "open"
PAUSED: Final = "paused"
UNDER_REVIEW: Final = "under_review"
SECOND_READING: Final = "second_reading"
READY: Final = "ready"
CLOSED: Final = "closed"
REOPENED: Final = "reopened"

INCIDENTS: Final = frozenset({CaseKind.INCIDENT, CaseKind.INVESTIGATION})


def state_of(case: CaseFile) -> str:
    """One of `STATES`."""
    if case.closed_at is not None:
        return CLOSED
    if any(pause.until is None for pause in case.pauses):
        return PAUSED
    if not case.marks and not case.decisions:
        return REOPENED if case.reopened else OPEN
    if len(case.decisions) < len(case.units):  # decisions are on hits only, so counting is enough
        return UNDER_REVIEW
    return SECOND_READING if unconfirmed(case) else READY


def undecided(case: CaseFile) -> tuple[int, ...]:
    """The conversations on which nothing is decided."""
    return tuple(unit for unit in case.units if unit not in case.decisions)


def unconfirmed(case: CaseFile) -> tuple[int, ...]:
    """The conversations whose decision waits for the second reader."""
    if not case.second_reader:
        return ()
    return tuple(unit for unit in case.units if unit in case.decisions and not case.decisions[unit].second)


def in_short(case: CaseFile) -> dict[str, Any]:
    """A case in short, for programs."""
    return {
        "id": case.id,
        "controller": case.controller,
        "kind": case.kind,
        "state": case.state,
        "received_on": case.received_on,
        "due_on": case.due_on,
        "due_at": case.due_at,
        "clock": case.clock,
        "hits": len(case.units),
        "undecided": len(undecided(case)),
        "unconfirmed": len(unconfirmed(case)),
    }
