"""Limits on parameters, from attempt to attempt."""

from dataclasses import replace
from typing import Any, cast

import pytest

from gateway.model.call import Call
from gateway.model.caller import Tool
from gateway.model.dialect import Dialect
from gateway.model.errors import UpstreamFailed
from gateway.model.event import Head
from gateway.model.outgoing import Outgoing
from gateway.stages.forward import speakable
from tests.support.forwarding import DOWN, REJECTED, PlainDialect, Run, deployment
from tests.support.forwarding import pauses as pauses


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
