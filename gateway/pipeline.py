"""The straight line that every call takes. Read this first."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from gateway.desk import Desk
from gateway.model.call import Request
from gateway.model.event import Event
from gateway.stages.authenticate import authenticate
from gateway.stages.decide import decide
from gateway.stages.disclose import disclose, unstamp
from gateway.stages.forward import forward, speakable
from gateway.stages.guard import guard
from gateway.stages.inspect import inspect
from gateway.stages.recall import recall
from gateway.stages.resolve import resolve
from gateway.stages.transform import transform
from gateway.telemetry.metrics import stage


async def handle(request: Request, desk: Desk) -> AsyncIterator[Event]:
    """Answer one call: yields the reply's events, or raises a GatewayError.

    Nothing leaves before `entry.opened` is durable; the terminal event waits for the `closed` leaf. Leaving
    the `with` block in any way (refusal, failure, disconnect, cancellation) closes the record with exactly
    one outcome.
    """
    with stage("authenticate"):
        caller = await authenticate(request.credentials, desk.identity)  # before this, nothing is kept but a count
    async with desk.ledger.open(request.dialect, caller) as entry:
        with stage("read"):
            call = unstamp(await request.read(), desk.notes)
        with stage("resolve"):
            tool = resolve(caller, call, desk.register)
        with stage("recall"):
            call = await recall(call, tool, entry)
        with stage("documents"):
            call = await desk.documents.read(call, tool)
        with stage("inspect"):
            inspection = await inspect(call, caller, desk.detectors)
        with stage("decide"):
            decision = decide(caller, tool, call, inspection)
        with stage("transform"):  # raises Refused
            outgoing, restorer = transform(call, caller, tool, inspection, decision, desk.transformer)
            outgoing = await desk.documents.cover(outgoing, desk.dialects[call.dialect])
            outgoing = speakable(outgoing, tool, desk.dialects, desk.upstreams)
        with stage("record"):
            await entry.opened(tool, decision, outgoing)  # durable, or nothing leaves
        replies = forward(outgoing, tool, desk.dialects, desk.upstreams, entry.attempt)
        guarded = guard(replies, restorer, decision, desk.detectors)
        disclosed = disclose(guarded, call, caller, tool, entry.ref, desk.notes)
        async with desk.register.live(tool), aclosing(disclosed) as events:
            async for event in events:
                await entry.delivered(event)
                yield event
