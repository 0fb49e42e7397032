"""What can go wrong when a case is worked, each with what to do. No message holds what people wrote.

GatewayError
|- CaseError             409  the case is in no state for that, or something is missing
|  |- Incomplete         409  a decision that does not cover everything; names what is missing
|  |- Held               409  a legal hold stands against it
|  `- NotErased          409  some of what was to be erased was not
|- NoSuchCase            404
|- UnknownEvent          500  written by a newer version of the gateway
`- gateway.ledger.matter.Changed  409  somebody changed the case meanwhile
"""

from gateway.model.errors import GatewayError


class CaseError(GatewayError):
    """This can't be done to the case as it stands."""

    status = 409
    code = "case_state"


class Incomplete(CaseError):
    """A decision, or the closing of a case, that leaves something out."""

    code = "case_incomplete"


class Held(CaseError):
    """A legal hold stands against it."""

    code = "held"


class NotErased(CaseError):
    """Some of what was to be erased was not."""

    code = "not_erased"


class NoSuchCase(GatewayError):
    """No case of that number that the officer may know of."""

    status = 404
    code = "no_such_case"


class UnknownEvent(GatewayError):
    """An event of a kind, or with a field, that this version does not know."""

    status = 500
    code = "case_unknown_event"


def no_such_case() -> NoSuchCase:
    """What is said where there is no case, and where there is one of another council. The number is not repeated:
    people type all sorts of things."""
    return NoSuchCase("There is no such case among those you may see. Check the number (FOI-MBC-2026-0001).")
