"""Retries, failover and closing: what leaves, when, and what is on the record before it does."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.errors import Unavailable, UpstreamFailed, UpstreamTimeout
from gateway.model.event import Event, Finished, Head
from gateway.stages import forward as stage
from gateway.stages.forward import eligible, pause_before
from gateway.telemetry import metrics
from tests.support.forwarding import DOWN, REJECTED, Run, deployment, texts
from tests.support.forwarding import pauses as pauses


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
