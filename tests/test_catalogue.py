"""The register in force: resolving, listing, suspending, and cutting what runs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import date

import pytest

from gateway.catalogue import Catalogue
from gateway.model.caller import Caller, Tool
from gateway.model.errors import Cut, NotOffered, UpstreamFailed
from gateway.stages.resolve import Register
from policies.engine import Grant
from tests.policies.shipped import TODAY, compiled, register_with, shipped_policy

CALLER = Caller(
    "maidstone", "key-1", "person", "actor", "jo@maidstone.example", True, "employee", "housing", "correspondence"
)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(shipped_policy(), today=lambda: TODAY)


def tool(catalogue: Catalogue, model: str = "council-assistant") -> Tool:
    return catalogue.resolve(CALLER, model)


def test_it_is_the_register_that_the_pipeline_asks(catalogue: Catalogue) -> None:
    register: Register = catalogue
    assert register.resolve(CALLER, "council-assistant").id == "council-assistant"


def test_a_tool_id_means_its_default_model() -> None:
    text = register_with(
        "      council-assistant: [assistant-a, assistant-b]\n", "      council-large: [assistant-a]\n"
    )
    catalogue = Catalogue(compiled(register=text), today=lambda: TODAY)
    assert [place.id for place in catalogue.resolve(CALLER, "council-assistant").deployments] == ["assistant-a"]
    assert catalogue.resolve(CALLER, "council-large").id == "council-assistant"


def test_a_tool_is_as_the_pipeline_needs_it(catalogue: Catalogue) -> None:
    found = tool(catalogue)
    assert found.name == "Council Assistant"
    assert [(place.upstream, place.processor, place.region) for place in found.deployments] == [
        ("offline", "example-cloud", "uk-south"),
        ("offline", "example-cloud", "uk-south"),
    ]
    assert (found.retries, found.note_mode) == (1, "visible")
    assert isinstance(found.policy, Grant)
    assert "policy" not in repr(found)


def test_what_may_not_be_used_has_no_deployment(catalogue: Catalogue) -> None:
    for model in ("retired-writer", "unassessed-transcriber"):
        assert tool(catalogue, model).deployments == ()
    assert catalogue.resolve(replace(CALLER, purpose="gossip"), "council-assistant").deployments == ()


def test_an_unknown_name_is_not_offered(catalogue: Catalogue) -> None:
    with pytest.raises(NotOffered):
        catalogue.resolve(CALLER, "gpt-4o")


def test_the_list_is_what_this_caller_may_use(catalogue: Catalogue) -> None:
    offers = {offer.model: offer for offer in catalogue.models(CALLER)}
    assert list(offers) == [
        "council-assistant",
        "council-assistant-small",
        "casework-assistant",
        "council-internal",
        "public-chat",
    ]
    assert offers["council-assistant"].purposes == ("correspondence", "summaries", "research")
    assert offers["public-chat"].purposes == ("research",)
    assert offers["casework-assistant"].purposes == ("correspondence", "summaries", "casework", "decision-support")
    assert offers["council-assistant"].created == 1767571200  # 5 January 2026
    assert [offer.model for offer in catalogue.models(replace(CALLER, service="legal"))] == [
        "council-assistant",
        "council-assistant-small",
        "council-internal",
    ]
    assert catalogue.models(replace(CALLER, service="parking")) == []
    assert catalogue.models(replace(CALLER, controller="medway")) == []


def test_an_app_without_a_person_is_offered_what_needs_none(catalogue: Catalogue) -> None:
    app = replace(CALLER, kind="app", person_known=False)
    assert [offer.model for offer in catalogue.models(app)] == ["council-internal"]


def test_the_clock_is_asked_each_time() -> None:
    days = iter([date(2028, 11, 16), date(2028, 11, 17)])
    catalogue = Catalogue(shipped_policy(), today=lambda: next(days))
    assert tool(catalogue).deployments
    assert not tool(catalogue).deployments


def test_any_text_as_a_purpose_is_remembered_once(catalogue: Catalogue) -> None:
    """The purpose comes with the call: it must not fill memory, and every unknown one is the same."""
    first = catalogue.resolve(replace(CALLER, purpose="gossip 1"), "council-assistant")
    second = catalogue.resolve(replace(CALLER, purpose="gossip 2"), "council-assistant")
    assert isinstance(first.policy, Grant)
    assert isinstance(second.policy, Grant)
    assert first.policy.standing is second.policy.standing
    assert first.policy.standing.approval == "unknown_purpose"


def test_what_the_settings_must_provide(catalogue: Catalogue) -> None:
    assert catalogue.upstreams == {"offline"}
    assert catalogue.retention_classes == {"routine", "casework"}
    entry = catalogue.tool("public-chat")
    assert entry is not None
    assert entry.tier == "public"
    assert catalogue.tool("nothing") is None


def test_suspension_refuses_new_calls_until_it_is_lifted(catalogue: Catalogue) -> None:
    catalogue.suspend("council-assistant")
    assert tool(catalogue).state == "suspended"
    assert "council-assistant" not in [offer.model for offer in catalogue.models(CALLER)]
    assert tool(catalogue, "council-internal").state == "live"
    catalogue.resume("council-assistant")
    assert tool(catalogue).state == "live"
    catalogue.set_suspended(frozenset({"council-internal", "a-tool-of-tomorrow"}))
    assert catalogue.suspended == {"council-internal", "a-tool-of-tomorrow"}
    assert tool(catalogue, "council-internal").state == "suspended"


async def test_a_running_call_is_cut(catalogue: Catalogue) -> None:
    running = asyncio.Event()

    async def call() -> None:
        async with catalogue.live(tool(catalogue)):
            running.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await running.wait()
    catalogue.suspend("council-assistant")
    with pytest.raises(Cut) as caught:
        await task
    assert caught.value.status == 403
    assert not task.cancelled()
    assert task.cancelling() == 0


async def test_only_calls_to_that_tool_are_cut(catalogue: Catalogue) -> None:
    async with catalogue.live(tool(catalogue, "council-internal")):
        catalogue.suspend("council-assistant")
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_a_call_does_not_begin_on_a_suspended_tool(catalogue: Catalogue) -> None:
    """The tool may be suspended between resolve and forward."""
    found = tool(catalogue)
    catalogue.suspend("council-assistant")
    with pytest.raises(Cut):
        async with catalogue.live(found):
            pytest.fail("the call began")


async def test_suspending_twice_cuts_once(catalogue: Catalogue) -> None:
    async def call() -> None:
        async with catalogue.live(tool(catalogue)):
            catalogue.suspend("council-assistant")
            catalogue.suspend("council-assistant")
            catalogue.resume("council-assistant")
            catalogue.suspend("council-assistant")
            await asyncio.Event().wait()

    with pytest.raises(Cut):
        await call()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)  # nothing of the cancellation is left


async def test_a_cancellation_from_outside_stays_one(catalogue: Catalogue) -> None:
    running = asyncio.Event()

    async def call() -> None:
        async with catalogue.live(tool(catalogue)):
            running.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_cancelled_from_both_sides_the_outside_counts(catalogue: Catalogue) -> None:
    running = asyncio.Event()

    async def call() -> None:
        async with catalogue.live(tool(catalogue)):
            running.set()
            await asyncio.Event().wait()

    for suspend_first in (True, False):
        running.clear()
        catalogue.resume("council-assistant")
        task = asyncio.create_task(call())
        await running.wait()
        if suspend_first:
            catalogue.suspend("council-assistant")
            task.cancel()
        else:
            task.cancel()
            catalogue.suspend("council-assistant")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()


async def test_it_nests_in_a_timeout(catalogue: Catalogue) -> None:
    async def call(seconds: float, *, suspend: bool) -> None:
        async with asyncio.timeout(seconds), catalogue.live(tool(catalogue)):
            if suspend:
                catalogue.suspend("council-assistant")
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await call(0, suspend=False)
    with pytest.raises(Cut):
        await call(60, suspend=True)


async def test_a_call_that_ends_as_it_is_cut_leaves_nothing_behind(catalogue: Catalogue) -> None:
    """Before Python 3.13 an undelivered cancellation would hit whatever the task awaits next."""

    async def call(error: Exception | None) -> None:
        async with catalogue.live(tool(catalogue)):
            catalogue.suspend("council-assistant")
            if error is not None:
                raise error

    await call(None)
    await asyncio.sleep(0)
    catalogue.resume("council-assistant")
    with pytest.raises(UpstreamFailed):
        await call(UpstreamFailed("the provider failed"))
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def stream(catalogue: Catalogue, log: list[str]) -> AsyncGenerator[str, None]:
    """A call as the pipeline makes it: a generator whose record closes with what ended it."""
    try:
        async with catalogue.live(tool(catalogue)):
            yield "one"
            log.append("asked again")
            await asyncio.Event().wait()
            yield "two"
    except BaseException as error:  # the test looks at what a record would see, cancellation included
        log.append(type(error).__name__)
        raise


async def test_a_stream_is_cut_while_the_upstream_is_slow(catalogue: Catalogue) -> None:
    log: list[str] = []

    async def serve() -> None:
        async with aclosing(stream(catalogue, log)) as events:
            async for _ in events:
                asyncio.get_running_loop().call_soon(catalogue.suspend, "council-assistant")

    with pytest.raises(Cut):
        await asyncio.create_task(serve())
    assert log == ["asked again", "Cut"]


async def test_a_stream_is_cut_while_the_client_is_slow(catalogue: Catalogue) -> None:
    """The cancellation meets the consumer, which closes the generator: the record still says cut."""
    log: list[str] = []

    async def serve() -> None:
        async with aclosing(stream(catalogue, log)) as events:
            async for _ in events:
                asyncio.get_running_loop().call_soon(catalogue.suspend, "council-assistant")
                await asyncio.Event().wait()  # a client that does not read

    task = asyncio.create_task(serve())
    with pytest.raises(Cut):
        await task
    assert log == ["Cut"]
    assert task.cancelling() == 0


async def test_a_disconnect_while_the_client_is_slow_is_no_cut(catalogue: Catalogue) -> None:
    log: list[str] = []
    waiting = asyncio.Event()

    async def serve() -> None:
        async with aclosing(stream(catalogue, log)) as events:
            async for _ in events:
                waiting.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(serve())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["GeneratorExit"]


async def test_a_finished_call_is_forgotten(catalogue: Catalogue) -> None:
    async with catalogue.live(tool(catalogue)):
        assert catalogue.running("council-assistant") == 1
    assert catalogue.running("council-assistant") == 0
