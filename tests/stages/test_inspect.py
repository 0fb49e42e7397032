import asyncio
import itertools
import logging
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from detectors.config import SuiteConfig
from detectors.finding import Finding
from detectors.names.model import Entity
from detectors.segments import segments
from detectors.suite import Suite, compile_suite
from gateway.model.call import Call
from gateway.model.caller import Caller
from gateway.model.errors import BadRequest, Unavailable
from gateway.model.part import Kind, Part, Role
from gateway.stages.inspect import Inspector, inspect
from gateway.telemetry import metrics

LONG = "The tenant, Mrs Patel, rang on 07700 900123 about claim HB2204817 and her NI number AB123456C.\n" * 200
CALLER = Caller("maidstone", "k1", "person", "actor", "jo@example.org", True, "staff", "housing", "correspondence")


class Names:
    """A model that finds nothing, or fails once it is told to."""

    name = "none"
    version = "none"

    def __init__(self) -> None:
        self.broken = False

    def find(self, units: Sequence[str]) -> list[list[Entity]]:
        """Nothing for each unit; a library's error with the text in it when broken."""
        if self.broken:
            raise RuntimeError(f"bad input: {units[0]}")
        return [[] for _ in units]


class Counting(Executor):
    """A real single-threaded executor that counts hops and remembers what they did."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.hops = 0
        self.order: list[object] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Count and pass on."""
        self.hops += 1
        self.order.append(args[0])
        return self.pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop the thread."""
        self.pool.shutdown(wait=wait)


MODEL = Names()
SUITE = compile_suite(SuiteConfig(), MODEL)


def part(text: str, *, role: Role = "user", turn: int = 0, kind: Kind = "text", context: str = "") -> Part:
    return Part(f"/messages/{turn}", role, text, kind, context, turn)


def call(*parts: Part) -> Call:
    return Call("openai_chat", "m", False, {}, parts)


def labels(findings: Sequence[Finding]) -> list[str]:
    return [f.label for f in findings]


@pytest.fixture
def counted() -> tuple[Inspector, Counting]:
    executor = Counting()
    return Inspector(SUITE, executor=executor), executor


async def test_findings_are_given_part_by_part(counted: tuple[Inspector, Counting]) -> None:
    inspector, _ = counted
    found = await inspect(
        call(
            part("hello"),
            part("NI AB123456C"),
            part("9434765919", kind="number", context="/nhs"),
            part("", kind="blob"),
        ),
        CALLER,
        inspector,
    )
    assert [labels(f) for f in found.findings] == [[], ["NINO"], ["NHS_NUMBER"], []]
    assert found.counts() == {"NHS_NUMBER": 1, "NINO": 1}
    assert found.exposed == 0


async def test_a_short_call_takes_one_hop_and_a_known_one_none(counted: tuple[Inspector, Counting]) -> None:
    inspector, executor = counted
    parts = (part("Dear Mrs Patel,"), part("my NI number is AB123456C, thank you"), part("ok", role="assistant"))
    first = await inspect(call(*parts), CALLER, inspector)
    assert executor.hops == 1
    assert await inspect(call(*parts), CALLER, inspector) == first
    assert executor.hops == 1


async def test_the_same_text_costs_once(counted: tuple[Inspector, Counting]) -> None:
    inspector, executor = counted
    before = metrics.CACHE.labels("hit")._value.get()
    history = [part(f"Message {n} about bin {n * 7}.", turn=n) for n in range(12)]
    for turns in range(1, 13):
        await inspect(call(*history[:turns]), CALLER, inspector)
    assert executor.hops == 12
    assert metrics.CACHE.labels("hit")._value.get() - before == sum(range(12))


async def test_context_kind_and_controller_are_part_of_the_key(counted: tuple[Inspector, Counting]) -> None:
    inspector, _ = counted
    bare = await inspector.inspect_parts([part("9434765919")], "maidstone")
    told = await inspector.inspect_parts([part("9434765919", context="nhs number")], "maidstone")
    assert bare.counts() == {}
    assert told.counts() == {"NHS_NUMBER": 1}


async def test_allow_lists_are_the_callers_controllers() -> None:
    entry = {"label": "PHONE", "value": "01622 602001", "reason": "published", "owner": "CS", "review": "2027-01-01"}
    suite = compile_suite(SuiteConfig.model_validate({"allow_lists": {"maidstone": [entry]}}), Names())
    inspector = Inspector(suite)
    parts = [part("ring 01622 602001 please")]
    assert (await inspector.inspect_parts(parts, "maidstone")).counts() == {}
    assert (await inspector.inspect_parts(parts, "swale")).counts() == {"PHONE": 1}
    inspector.close()


async def test_a_split_identifier_edits_both_parts_and_counts_as_exposed(counted: tuple[Inspector, Counting]) -> None:
    inspector, _ = counted
    first = "x" * 100 + " my NI number is AB12"
    found = await inspect(call(part(first, turn=0), part("3456C, thanks", turn=1)), CALLER, inspector)
    [tail], [head] = found.findings
    assert (tail.label, first[tail.start : tail.end], tail.detector) == ("NINO", "AB12", "nino/join")
    assert (head.start, head.end) == (0, 5)
    assert found.exposed == 1
    same_turn = await inspect(call(part(first, turn=3), part("3456C, thanks", turn=3)), CALLER, inspector)
    assert same_turn.exposed == 0


async def test_a_split_over_the_assistants_answer_is_seen(counted: tuple[Inspector, Counting]) -> None:
    inspector, _ = counted
    parts = (
        part("my NI number is AB12", turn=0),
        part("Go on.", role="assistant", turn=1),
        part("3456C, thanks", turn=2),
    )
    found = await inspect(call(*parts), CALLER, inspector)
    assert [labels(f) for f in found.findings] == [["NINO"], [], ["NINO"]]


async def test_keys_and_blobs_are_not_joined(counted: tuple[Inspector, Counting]) -> None:
    inspector, _ = counted
    found = await inspect(call(part("my NI number is AB12"), part("3456C", kind="key")), CALLER, inspector)
    assert found.counts() == {}


async def test_long_calls_take_turns(counted: tuple[Inspector, Counting]) -> None:
    """A short call that arrives while a long one is being worked through is served between its slices."""
    inspector, executor = counted
    long = asyncio.ensure_future(inspector.inspect_parts([part(LONG + "one")], "maidstone"))
    other = asyncio.ensure_future(inspector.inspect_parts([part(LONG + "two")], "maidstone"))
    while executor.hops < 2:
        await asyncio.sleep(0)
    short = await inspector.inspect_parts([part("NI AB123456C")], "maidstone")
    assert short.counts() == {"NINO": 1}
    assert not long.done()
    await asyncio.gather(long, other)
    kinds = [id(step) for step in executor.order if not isinstance(step, list)]
    changes = sum(a != b for a, b in itertools.pairwise(kinds))
    assert changes >= len(kinds) // 2


async def test_decisions_do_not_depend_on_load() -> None:
    """The same call gives the same findings alone, beside others, in any order and with a full cache."""
    alone = Inspector(SUITE)
    expected = [await alone.inspect_parts([part(f"{n} {LONG}")], "maidstone") for n in range(4)]
    crowded = Inspector(SUITE, cache_entries=1)
    found = await asyncio.gather(*(crowded.inspect_parts([part(f"{n} {LONG}")], "maidstone") for n in (3, 1, 2, 0)))
    assert [found[3], found[1], found[2], found[0]] == expected
    alone.close()
    crowded.close()


async def test_reply_segments_are_inspected_like_parts(counted: tuple[Inspector, Counting]) -> None:
    inspector, executor = counted
    reply = "Her NI number is AB123456C. " * 10
    cutter = inspector.segmenter()
    made = [s for n in range(0, len(reply), 7) for s in cutter.push(reply[n : n + 7])] + cutter.flush()
    assert made == segments(reply) == SUITE.segments(reply)
    found = [await inspector.inspect_text(segment, "maidstone") for segment in made]
    assert sum(len(f) for f in found) == 10
    hops = executor.hops
    await inspector.inspect_text(made[0], "maidstone")
    assert executor.hops == hops


async def test_too_much_is_a_bad_request() -> None:
    inspector = Inspector(SUITE)
    with pytest.raises(BadRequest) as refused:
        await inspect(call(part("word " * 90_000)), CALLER, inspector)
    assert refused.value.code == "too_much_to_inspect"
    with pytest.raises(BadRequest):
        await inspect(call(*(part(f"{n} " + "word " * 700) for n in range(130))), CALLER, inspector)
    inspector.close()


async def test_a_failing_detector_refuses_the_call_quietly(caplog: pytest.LogCaptureFixture) -> None:
    broken = Names()
    suite = compile_suite(SuiteConfig(), broken)
    inspector = Inspector(suite)
    broken.broken = True
    before = metrics.DETECTOR_FAILED.labels("names")._value.get()
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(Unavailable) as refused:
            await inspect(call(part("Siobhan rang")), CALLER, inspector)
        with pytest.raises(Unavailable):
            await inspector.inspect_text("Siobhan rang", "maidstone")
    assert refused.value.code == "detector_failed"
    assert "Siobhan" not in str(refused.value) + caplog.text
    assert refused.value.__suppress_context__
    assert metrics.DETECTOR_FAILED.labels("names")._value.get() - before == 2
    broken.broken = False
    assert (await inspect(call(part("NI AB123456C")), CALLER, inspector)).counts() == {"NINO": 1}
    inspector.close()


async def test_whatever_else_fails_refuses_too() -> None:
    inspector = Inspector(SUITE)
    inspector.close()  # a stopped executor stands for any surprise
    with pytest.raises(Unavailable):
        await inspect(call(part("never seen before")), CALLER, inspector)


async def test_cancelling_a_call_is_not_an_error(counted: tuple[Inspector, Counting]) -> None:
    inspector, executor = counted
    task = asyncio.ensure_future(inspector.inspect_parts([part(LONG + "three")], "maidstone"))
    while executor.hops < 1:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_loop_is_free_while_a_text_is_read() -> None:
    inspector = Inspector(SUITE)
    task = asyncio.ensure_future(inspector.inspect_parts([part(LONG * 3)], "maidstone"))
    beats = 0
    while not task.done():
        await asyncio.sleep(0)
        beats += 1
    assert beats > 5
    assert (await task).counts()["NINO"] == 600
    inspector.close()


def test_an_inspector_shows_no_content() -> None:
    inspector = Inspector(SUITE)
    assert "PartCache(0 of" in repr(inspector)
    assert isinstance(inspector.suite, Suite)
    inspector.close()
