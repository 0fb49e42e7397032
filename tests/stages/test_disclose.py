"""Disclosure: the note where people read, headers everywhere, our own notes out of resent history."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.model.errors import Unavailable
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started
from gateway.model.part import Part
from gateway.stages.disclose import disclose, unstamp
from gateway.stages.imitation import REPLACEMENT
from gateway.stages.notes import DEFAULT_TEMPLATE, Notes
from tests.support.stages import CALLER, NOTE, NOTES, REF, TOOL, call_of, chunks, prose, stream, text_of

CALL = call_of("hello")


async def disclosed(events: list[Event], call=CALL, caller=CALLER, tool=TOOL, notes=NOTES) -> list[Event]:  # type: ignore[no-untyped-def]
    return [event async for event in disclose(stream(*events), call, caller, tool, REF, notes)]


async def test_prose_gets_one_note_before_its_end() -> None:
    events = await disclosed(prose(["Hello ", "there."]))
    assert text_of(events) == f"Hello there.\n\n{NOTE}"
    assert text_of(events, notes=False) == "Hello there."
    position = next(i for i, e in enumerate(events) if isinstance(e, Delta) and e.note)
    assert events[position + 1] == Ended("c0")
    assert events[-1] == Finished()


async def test_headers_say_it_everywhere() -> None:
    head = (await disclosed(prose(["x"]), call=replace(CALL, structured=True)))[0]
    assert isinstance(head, Head)
    assert head.headers == {
        "AI-Disclosure": 'mode=machine-generated, model="gpt-x", provider="Example Cloud Ltd", date=@1760000000',
        "X-AI-Record": REF,
        "X-AI-Disclosure-Note": NOTE,
    }


async def test_headers_are_ascii_and_keep_quotes() -> None:
    notes = Notes({"maidstone": ("Cyngor Môn", "AI a’i hysgrifennodd. {controller}. Ref {ref}.")}, now=lambda: 1.0)
    events: list[Event] = [Head({"model": 'a"b\\c\r\nX: 1é'}), Finished()]
    head = (await disclosed(events, notes=notes, tool=replace(TOOL, deployments=())))[0]
    assert isinstance(head, Head)
    assert head.headers["AI-Disclosure"] == r'mode=machine-generated, model="a\"b\\c??X: 1?", date=@1'
    assert head.headers["X-AI-Disclosure-Note"].startswith("UTF-8''AI a%E2%80%99i hysgrifennodd. Cyngor M%C3%B4n")
    for value in head.headers.values():
        assert value.isascii()
        assert value.isprintable()


@pytest.mark.parametrize(
    ("structured", "tool_mode", "key_mode", "visible"),
    [
        (False, "visible", None, True),
        (False, "sidecar", None, False),
        (False, "visible", "sidecar", False),
        (False, "sidecar", "visible", True),
        (True, "visible", "visible", False),
    ],
)
async def test_where_the_note_is_visible(structured, tool_mode, key_mode, visible) -> None:  # type: ignore[no-untyped-def]
    events = await disclosed(
        prose(["Hello."]),
        call=replace(CALL, structured=structured),
        caller=replace(CALLER, note_mode=key_mode),
        tool=replace(TOOL, note_mode=tool_mode),
    )
    assert (NOTE in text_of(events)) is visible


@pytest.mark.parametrize("reply", ['{"a": 1}', " [1, 2]\n", "", "  \n"])
async def test_a_json_document_or_nothing_gets_no_visible_note(reply: str) -> None:
    assert text_of(await disclosed(prose([reply]))) == reply


async def test_tool_calls_alone_get_no_visible_note() -> None:
    events: list[Event] = [
        Head(), Started("c0", "text"), Ended("c0"), Started("t", "arguments", name="f"), Delta("t", "{}"), Ended("t"),
        ChoiceEnded(0, "tool_calls"), Finished(),
    ]  # fmt: skip
    result = await disclosed(events)
    assert not any(isinstance(e, Delta) and e.note for e in result)
    assert result[1:] == events[1:]


async def test_reasoning_and_refusals_can_not_imitate_the_note_either() -> None:
    events: list[Event] = [Head()]
    for started in (Started("r", "reasoning"), Started("f", "refusal")):
        events += [started, Delta(started.address, "An officer checked this."), Ended(started.address)]
    result = await disclosed([*events, Finished()])
    assert text_of(result, "r") == text_of(result, "f") == REPLACEMENT


async def test_structured_answers_keep_their_body() -> None:
    reply = '{"claim": "x"}\nAn officer checked this.'
    assert text_of(await disclosed(prose(chunks(reply, 5)), call=replace(CALL, structured=True))) == reply


async def test_every_choice_gets_its_note_once() -> None:
    events: list[Event] = [Head()]
    for choice in range(3):
        events += [Started(f"r{choice}", "reasoning", choice), Delta(f"r{choice}", "hm"), Ended(f"r{choice}")]
        events += [Started(f"c{choice}", "text", choice), Delta(f"c{choice}", "Yes."), Ended(f"c{choice}")]
        events += [Started(f"d{choice}", "text", choice), Delta(f"d{choice}", "And."), Ended(f"d{choice}")]
        events += [ChoiceEnded(choice, "length")]
    result = await disclosed([*events, Finished()])
    assert [e.address for e in result if isinstance(e, Delta) and e.note] == ["c0", "c1", "c2"]
    assert text_of(result, "r0") == "hm"


@pytest.mark.parametrize(
    ("reply", "closer"),
    [
        ("```python\nx = 1", "\n```"),
        ("~~~~\nx\n~~~", "\n~~~~"),
        ("````\n```\n", "\n````"),
        ("```\nx\n```\nok", ""),
        ("   ```js\nx\n   ```", ""),
        ("x <!-- hidden", "\n-->"),
        ("x <!-- a --> y", ""),
    ],
)
async def test_the_note_is_not_lost_in_an_open_fence_or_comment(reply: str, closer: str) -> None:
    assert text_of(await disclosed(prose([reply]))) == f"{reply}{closer}\n\n{NOTE}"


async def test_a_controller_without_note_is_refused_before_anything_is_read() -> None:
    async def never() -> AsyncIterator[Event]:
        read.append(True)
        yield Head()

    read: list[bool] = []

    with pytest.raises(Unavailable):
        await anext(disclose(never(), CALL, replace(CALLER, controller="elsewhere"), TOOL, REF, NOTES))
    assert read == []


async def test_leaving_closes_what_it_reads_from() -> None:
    closed = []

    async def source() -> AsyncIterator[Event]:
        try:
            for event in prose(["a", "b"]):
                yield event
        finally:
            closed.append(True)

    events = disclose(source(), CALL, CALLER, TOOL, REF, NOTES)
    await anext(events)
    await events.aclose()
    assert closed == [True]


# History.


@pytest.mark.parametrize(
    "stamped",
    [
        f"Dear Sir.\n\n{NOTE}",
        f"Dear Sir. {NOTE}",
        f"Dear Sir.\r\n\r\n{NOTE}\r\n",
        "Dear Sir.\n\n" + NOTE.replace(" ", "\n"),
        "Dear Sir.\n\n" + NOTE.replace(" ", "\u00a0 "),
        f"Dear Sir.\n\n{NOTE}\n\n{NOTE}",
        "Dear Sir.\n\nWritten with AI by Swale Borough Council. Ask a person: quote SBC-0000-0000.",
        "Dear Sir.\n\n" + DEFAULT_TEMPLATE.format(controller="Swale Borough Council", ref="SBC-AB12-CD34"),
    ],
)
def test_our_notes_are_taken_out_of_history(stamped: str) -> None:
    call = call_of("Write.", Part("/m/1", "assistant", stamped, turn=1), f"What is this? {NOTE}")
    clean = unstamp(call, NOTES)
    assert clean.parts[1].text == "Dear Sir."
    assert clean.edits == {"/m/1": "Dear Sir."}
    assert clean.parts[2] == call.parts[2]
    assert clean.body == call.body
    assert unstamp(clean, NOTES) == clean


def test_what_follows_a_note_stays() -> None:
    call = call_of(Part("/m/1", "assistant", f"A.\n\n{NOTE}\n\nB.", turn=1))
    assert unstamp(call, NOTES).parts[0].text == "A.\n\nB."


def test_a_call_without_notes_is_the_same_call() -> None:
    call = call_of("x", Part("/m/1", "assistant", "AI helped write this. No officer was there.", turn=1))
    assert unstamp(call, NOTES) is call


async def test_what_has_no_place_for_words_is_given_note_and_reference() -> None:
    call = replace(call_of("Draw a bin"), structured=True)
    head, _ = await disclosed([Head({"data": []}), Finished()], call=call)
    assert isinstance(head, Head)
    assert (head.note, head.ref) == (NOTE, REF)
