"""A dialect of plain texts, an upstream that follows a script, and a run of `forward` over both."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gateway.dialects.knobs import CHAT
from gateway.model.call import Call
from gateway.model.caller import Deployment, Tool
from gateway.model.dialect import Decoder, Dialect
from gateway.model.errors import Unavailable, UpstreamFailed
from gateway.model.event import Delta, Event, Finished, Head, Started
from gateway.model.knob import Limits
from gateway.model.outgoing import Outgoing
from gateway.stages.forward import forward
from gateway.upstream.port import Reply, Stream, Upstream, Whole


class PlainDecoder:
    """`{"text": ...}` is a delta; the first chunk brings the head; anything else is broken."""

    def __init__(self) -> None:
        self._begun = False

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        return [*self.chunk(body), *self.end()]

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        if "broken" in data:
            raise UpstreamFailed("broken", retryable=True)
        if "bug" in data:
            raise ZeroDivisionError
        if "silent" in data:
            return []
        opening: list[Event] = [] if self._begun else [Head({"id": "x", "model": "their-model"}), Started("0", "text")]
        self._begun = True
        return [*opening, Delta("0", data["text"])]

    def end(self) -> list[Event]:
        return [Finished()]


class PlainDialect:
    name = "plain"
    knobs = CHAT

    def decoder(self, call: Call) -> Decoder:
        return PlainDecoder()


@dataclass
class Scripted:
    """An upstream that does what its script says, one step a call. A list is a stream; an exception in it is
    raised there; an Event is waited for; a dictionary is a whole reply."""

    script: list[Any]
    log: list[str]
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    closed: int = 0
    speaks: frozenset[str] = frozenset({"plain"})

    async def send(self, dialect: str, body: Mapping[str, Any], deployment: Deployment) -> Reply:
        self.sent.append(body)
        self.log.append(f"send {deployment.id}")
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, dict):
            return Whole(step)
        return Stream(self._chunks(step))

    async def _chunks(self, steps: Sequence[Any]) -> AsyncIterator[Mapping[str, Any]]:
        try:
            for step in steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                    continue
                yield step
        finally:
            self.closed += 1

    async def close(self) -> None:
        raise AssertionError


def deployment(name: str, processor: str = "Microsoft", region: str = "uk-south", timeout_s: float = 5.0) -> Deployment:
    return Deployment(name, "azure", f"model-{name}", processor, region, timeout_s=timeout_s)


DOWN = UpstreamFailed("down", upstream_status=500, retryable=True)
REJECTED = UpstreamFailed("rejected", upstream_status=400)


@dataclass
class Run:
    """One call of `forward`, and everything that happened, in order."""

    script: list[Any]
    deployments: tuple[Deployment, ...] = (deployment("a"),)
    retries: int = 1
    upstream_name: str = "azure"
    attempt_fails: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    caps: Mapping[str, float] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.upstream = Scripted(self.script, self.log)

    async def attempt(self, to: Deployment, number: int, cause: str, limits: Limits) -> None:
        if self.attempt_fails:
            raise Unavailable("no record, no send")
        told = "".join(f" {name}={limited}" for name, limited in limits.items())
        self.log.append(f"record {to.id} {number} {cause}{told}")

    def events(self) -> Any:
        tool = Tool("drafter", "Drafter", "enterprise", "live", self.deployments, retries=self.retries)
        call = Call("plain", "asked-model", True, self.body, ())
        outgoing = Outgoing(call, {"model": "asked-model", "x": 1, **self.body}, (), (), {}, caps=self.caps)
        upstreams: Mapping[str, Upstream] = {self.upstream_name: self.upstream}
        return forward(outgoing, tool, {"plain": cast("Dialect", PlainDialect())}, upstreams, self.attempt)

    async def collected(self) -> list[Event]:
        return [event async for event in self.events()]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses are taken down, not waited for."""
    taken: list[float] = []

    async def sleep(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return taken


def texts(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))
