"""Retries, failover and closing: what leaves, when, and what is on the record before it does."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.knobs import CHAT
from gateway.model.call import Call
from gateway.model.caller import Deployment, Tool
from gateway.model.dialect import Decoder, Dialect
from gateway.model.errors import Unavailable, UpstreamFailed, UpstreamTimeout
from gateway.model.event import Delta, Event, Finished, Head, Started
from gateway.model.knob import Limits
from gateway.model.outgoing import Outgoing
from gateway.stages import forward as stage
from gateway.stages.forward import eligible, forward, pause_before, speakable
from gateway.telemetry import metrics
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


@pytest.mark.parametrize("reply", [{"text": "hello"}, [{"text": "hel"}, {"silent": 1}, {"text": "lo"}]])
async def test_a_reply(reply: Any) -> None:
    run = Run([reply])
    events = await run.collected()
    assert texts(events) == "hello"
    assert isinstance(events[-1], Finished)
    assert events[0] == Head({"id": "x", "model": "asked-model"})
    assert run.upstream.sent == [{"model": "model-a", "x": 1}]
    assert run.log == ["send a"], "the first attempt is on the record already"


@pytest.mark.parametrize(
    "first",
    [DOWN, [DOWN], [{"silent": 1}, DOWN], [{"broken": 1}], {"broken": 1}, UpstreamTimeout("slow", retryable=True)],
)
async def test_a_second_attempt_before_the_first_event(first: Any) -> None:
    run = Run([first, {"text": "hello"}])
    assert texts(await run.collected()) == "hello"
    code = first.code if isinstance(first, UpstreamFailed) else "upstream_failed"
    assert run.log == ["send a", f"record a 2 {code}", "send a"]


async def test_no_second_attempt_after_the_first_event() -> None:
    run = Run([[{"text": "hel"}, DOWN], {"text": "hello"}], retries=5)
    got: list[Event] = []

    async def read() -> None:
        async for event in run.events():
            got[len(got) :] = [event]

    with pytest.raises(UpstreamFailed):
        await read()
    assert texts(got) == "hel"
    assert run.log == ["send a"]
    assert run.upstream.closed == 1


async def test_only_what_another_attempt_may_cure() -> None:
    run = Run([REJECTED, {"text": "hello"}])
    with pytest.raises(UpstreamFailed, match="rejected"):
        await run.collected()
    assert run.log == ["send a"]


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_attempts_are_bounded(retries: int) -> None:
    run = Run([DOWN] * 9, retries=retries)
    with pytest.raises(UpstreamFailed):
        await run.collected()
    assert run.log.count("send a") == 1 + retries
    assert len(run.log) == 1 + 2 * retries


async def test_failover_stays_with_the_processor_and_region(pauses: list[float]) -> None:
    places = (
        deployment("a"),
        deployment("elsewhere", region="us-east"),
        deployment("b"),
        deployment("others", processor="OpenAI"),
    )
    run = Run([DOWN, DOWN, DOWN, {"text": "hello"}], deployments=places, retries=3)
    assert texts(await run.collected()) == "hello"
    assert [line for line in run.log if line.startswith("send")] == ["send a", "send b", "send a", "send b"]
    assert run.upstream.sent[1]["model"] == "model-b"
    assert pauses[0] == 0.0, "another deployment is tried at once"


async def test_nothing_leaves_that_could_not_be_recorded() -> None:
    run = Run([DOWN, {"text": "hello"}], attempt_fails=True)
    with pytest.raises(Unavailable):
        await run.collected()
    assert run.log == ["send a"]


@pytest.mark.parametrize("run", [Run([], deployments=()), Run([], upstream_name="other")])
async def test_what_is_not_set_up(run: Run) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        await run.collected()
    assert caught.value.code == "upstream_misconfigured"


async def test_a_provider_that_only_keeps_the_line_open() -> None:
    quick = (deployment("a", timeout_s=0.02),)
    run = Run([[{"text": "hel"}, asyncio.Event()]], deployments=quick)
    with pytest.raises(UpstreamTimeout):
        await run.collected()
    assert run.upstream.closed == 1


async def test_leaving_closes_the_upstream() -> None:
    run = Run([[{"text": "hel"}, {"text": "lo"}]])
    async with aclosing(run.events()) as events:
        await anext(events)
    assert run.upstream.closed == 1


async def test_cancelling_closes_the_upstream() -> None:
    run = Run([[{"text": "hel"}, asyncio.Event()]])
    began = asyncio.Event()

    async def read() -> None:
        async with aclosing(run.events()) as events:
            async for _ in events:
                began.set()

    task = asyncio.create_task(read())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert run.upstream.closed == 1


async def test_a_bug_is_not_dressed_up() -> None:
    run = Run([[{"bug": 1}], {"text": "hello"}])
    with pytest.raises(ZeroDivisionError):
        await run.collected()
    assert run.upstream.closed == 1


async def test_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics.declare(upstreams=["azure"], tools=["drafter"])
    seen: list[tuple[str, str, str]] = []
    first: list[str] = []
    monkeypatch.setattr(metrics, "upstream_attempt", lambda u, t, s, _: seen.append((u, t, s)))
    monkeypatch.setattr(metrics, "first_token", lambda t, _: first.append(t))
    await Run([DOWN, [{"text": "hel"}, {"text": "lo"}]]).collected()
    with pytest.raises(UpstreamFailed):
        await Run([[{"text": "hel"}, DOWN]]).collected()
    async with aclosing(Run([[{"text": "hel"}, {"text": "lo"}]]).events()) as events:
        await anext(events)
    assert [status for _, _, status in seen] == ["upstream_failed", "ok", "upstream_failed", "disconnected"]
    assert first == ["drafter", "drafter"]


@given(st.integers(1, 20), st.none() | st.integers(0, 4000))
def test_pauses_are_bounded(number: int, wish: int | None) -> None:
    pause = pause_before(number, wish, same=True)
    if wish is not None and wish > stage.MAX_WAIT_S:
        assert pause is None
    else:
        assert pause is not None
        assert (wish or 0) <= pause <= stage.MAX_WAIT_S + stage.BACKOFF_S
    assert pause_before(number, wish, same=False) == 0.0


async def test_a_provider_that_asks_for_too_long_a_wait() -> None:
    busy = UpstreamFailed("busy", upstream_status=429, retryable=True)
    busy.retry_after_s = 600
    run = Run([busy, {"text": "hello"}])
    with pytest.raises(UpstreamFailed) as caught:
        await run.collected()
    assert caught.value.retry_after_s == 600
    assert run.log == ["send a"]


def test_eligible_keeps_the_order() -> None:
    places = (deployment("a"), deployment("c", region="x"), deployment("b"))
    assert [place.id for place in eligible(places)] == ["a", "b"]


def blaming(*names: str, code: str = "upstream_rejected") -> UpstreamFailed:
    error = UpstreamFailed("rejected", upstream_status=400)
    error.code, error.blames = code, frozenset(names)
    return error


CAPS = {"temperature": 0.3, "max_output_tokens": 500}


async def test_caps_hold_at_every_attempt_and_are_told() -> None:
    run = Run([DOWN, {"text": "hello"}], body={"temperature": 1.0}, caps=CAPS)
    head = (await run.collected())[0]
    assert isinstance(head, Head)
    assert head.headers == {"X-AI-Limits": "temperature=0.3 (asked 1), max_output_tokens=500 (not asked)"}
    assert [(body["temperature"], body["max_completion_tokens"]) for body in run.upstream.sent] == [(0.3, 500)] * 2
    assert run.log[1] == "record a 2 upstream_failed temperature=0.3 (asked 1) max_output_tokens=500 (not asked)"


async def test_without_limits_there_is_no_header() -> None:
    head = (await Run([{"text": "hello"}], body={"temperature": 1.0}).collected())[0]
    assert isinstance(head, Head)
    assert head.headers == {}


async def test_a_deployment_that_rejects_a_parameter_is_not_sent_it() -> None:
    """The next deployment is another model: it is sent what it takes, and each attempt's record says which."""
    reasons = replace(deployment("a"), options={"rejects": "temperature"})
    run = Run([DOWN, {"text": "hello"}], (reasons, deployment("b")), body={"temperature": 0.2}, caps=CAPS)
    tool = Tool("drafter", "Drafter", "enterprise", "live", run.deployments)
    call = Call("plain", "asked-model", True, run.body, ())
    dialects = {"plain": cast("Dialect", PlainDialect())}
    asked = Outgoing(call, run.body, (), (), {}, caps=CAPS)
    first = speakable(asked, tool, dialects, {"azure": run.upstream})
    assert str(first.limits["temperature"]) == "not applicable (asked 0.2)"
    await run.collected()
    assert [body.get("temperature") for body in run.upstream.sent] == [None, 0.2]
    assert run.log[1] == "record b 2 upstream_failed max_output_tokens=500 (not asked)"


async def test_a_parameter_of_ours_that_the_provider_refuses_is_left_out_once(pauses: list[float]) -> None:
    run = Run([blaming("temperature"), {"text": "hello"}], retries=0, caps=CAPS)
    head = (await run.collected())[0]
    assert isinstance(head, Head)
    assert head.headers == {"X-AI-Limits": "max_output_tokens=500 (not asked)"}
    assert ["temperature" in body for body in run.upstream.sent] == [True, False]
    assert run.log == ["send a", "record a 2 unsupported:temperature max_output_tokens=500 (not asked)", "send a"]
    assert pauses == []


async def test_the_same_refusal_twice_ends_the_call() -> None:
    run = Run([blaming("temperature"), blaming("temperature")], retries=5, body={"temperature": 1.0}, caps=CAPS)
    with pytest.raises(UpstreamFailed) as caught:
        await run.collected()
    assert "changed these settings: temperature=not applicable (asked 1)" in caught.value.message
    assert len(run.upstream.sent) == 2


async def test_another_deployment_is_still_sent_what_the_first_refused() -> None:
    script = [blaming("temperature"), DOWN, {"text": "hello"}]
    run = Run(script, (deployment("a"), deployment("b")), caps=CAPS)
    await run.collected()
    assert [body.get("temperature") for body in run.upstream.sent] == [0.3, None, 0.3]
    assert [line.split()[1] for line in run.log if line.startswith("send")] == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (blaming("temperature"), {"temperature": 0.1}),  # the caller's own value
        (blaming("max_tokens"), {"max_tokens": 9000}),
        (blaming(), {}),
        (REJECTED, {}),
    ],
)
async def test_what_the_caller_asked_for_is_not_asked_twice(error: UpstreamFailed, body: dict[str, Any]) -> None:
    run = Run([error], body=body, caps=CAPS, retries=3)
    with pytest.raises(UpstreamFailed):
        await run.collected()
    assert len(run.upstream.sent) == 1


async def test_a_prompt_beside_which_the_cap_finds_no_room() -> None:
    """vLLM refuses prompt + tokens above its context. Left to itself it has less room than the cap."""
    full = blaming("max_output_tokens", code="context_length_exceeded")
    run = Run([full, {"text": "hello"}], caps=CAPS)
    await run.collected()
    assert ["max_completion_tokens" in body for body in run.upstream.sent] == [True, False]


async def test_after_the_first_word_nothing_is_asked_again() -> None:
    run = Run([[{"text": "hel"}, blaming("temperature")]], caps=CAPS)
    with pytest.raises(UpstreamFailed):
        await run.collected()
    assert len(run.upstream.sent) == 1
