"""What the pipeline asks of the ledger: one entry a call, with exactly one outcome."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

from gateway.model.call import Call
from gateway.model.caller import Caller, Deployment, Tool
from gateway.model.decision import Decision
from gateway.model.event import Event
from gateway.model.knob import Limits
from gateway.model.outgoing import Outgoing

Outcome = Literal[
    "delivered",  # the whole reply was handed to the client
    "refused",  # policy, the register or a malformed body: nothing left
    "upstream_failed",  # the provider failed or went quiet
    "disconnected",  # the client went away; what it had received is recorded
    "cut",  # the tool was suspended while the call ran
    "failed",  # something of ours failed: the call was refused, or its stream ended with an error
    "interrupted",  # the process died; closed at the next start-up from the journal
]


class Entry(Protocol):
    """The record of one call while it runs.

    Leaving the context closes it: Refused, BadRequest and NotOffered -> refused; UpstreamFailed ->
    upstream_failed; Cut -> cut; cancellation or generator exit -> disconnected; any other exception ->
    failed. Closing is shielded from cancellation. Every GatewayError that passes gets `reference` set.
    """

    @property
    def ref(self) -> str:
        """The record reference that people quote, e.g. `MBC-7F3K-Q2XD` (unguessable, at least 40 bits)."""
        ...

    async def recall(self, call: Call, tool: Tool) -> Mapping[str, str]:
        """Note the call and find its conversation. Returns address -> record reference for every part of an
        earlier turn (`0 <= part.turn < last turn`) whose text this actor had refused before."""
        ...

    async def opened(self, tool: Tool, decision: Decision, outgoing: Outgoing) -> None:
        """Make the `opened` leaf durable (first deployment of the tool named). Raises Unavailable."""
        ...

    async def attempt(self, deployment: Deployment, number: int, cause: str, limits: Limits) -> None:
        """Make an `attempt` leaf durable before attempt `number` (>= 2) is sent. `cause` is a code, `limits` are the
        parameters that it leaves with otherwise than asked for."""
        ...

    async def delivered(self, event: Event) -> None:
        """Called just before an event is handed on. Journals reply text at most 1 s or 4 KB behind; on
        `Finished` makes the `closed` leaf durable first. Raises Unavailable."""
        ...


class Ledger(Protocol):
    """Opens entries."""

    def open(self, dialect: str, caller: Caller) -> AbstractAsyncContextManager[Entry]:
        """An entry for one authenticated call. Nothing is written until the call is opened or refused."""
        ...
