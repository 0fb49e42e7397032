"""The laws that every dialect keeps. A new endpoint is done when it is listed in `specimens` and this is green."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model.decision import Decision
from gateway.model.errors import (
    BadRequest,
    Cut,
    GatewayError,
    NotOffered,
    Passage,
    Refused,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UpstreamFailed,
    UpstreamTimeout,
)
from gateway.model.event import ChoiceEnded, Delta, Ended, Finished, Head, Started, Usage
from tests.conformance.harness import Specimen, decoded, escaped, leaves
from tests.conformance.specimens import SPECIMENS

every = pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.name)
streaming = pytest.mark.parametrize(
    "specimen", [specimen for specimen in SPECIMENS if specimen.streams], ids=lambda specimen: specimen.name
)
careful = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))

DENIED = Decision(
    effect="deny",
    rule="enterprise-tools",
    clause="5.2",
    reason="Special category data may not be sent to this tool.",
    advice="Take the health details out and send it again.",
    policy_hash="ab" * 32,
    blocked=("HEALTH",),
)
ERRORS: list[GatewayError] = [
    BadRequest("'messages' must be a list.", param="/messages"),
    Unauthenticated("The key is not known."),
    NotOffered("There is no such model."),
    Refused(DENIED, (Passage("HEALTH", "health detail", "/messages/0/content", "in your message", 2),)),
    TooManyRequests("Too many calls.", retry_after_s=3),
    UpstreamFailed("The AI provider failed."),
    UpstreamTimeout("The AI provider was too slow."),
    Cut("The tool has been suspended."),
    Unavailable("The record can't be written."),
]


@every
@careful
@given(data=st.data())
def test_writing_what_was_read_gives_it_back(specimen: Specimen, data: st.DataObject) -> None:
    body = data.draw(specimen.bodies)
    before = copy.deepcopy(body)
    call = specimen.dialect.read(body, {})
    assert specimen.dialect.write(call.body, {}) == before
    assert body == before, "reading changes nothing"


@every
@careful
@given(data=st.data())
def test_every_leaf_is_a_part_or_on_the_list(specimen: Specimen, data: st.DataObject) -> None:
    body = data.draw(specimen.bodies)
    parts = {part.address: part for part in specimen.dialect.read(body, {}).parts}
    documents = {address.partition("::")[0] for address in parts if "::" in address}
    for path, kind, value in leaves(body):
        address = escaped(path)
        if kind == "key":
            assert address + "#key" in parts or value in specimen.own_keys, f"the key at {address} passes unseen"
        elif address in parts:
            assert parts[address].text == (value if isinstance(value, str) else json.dumps(value))
        else:
            assert address in documents or specimen.structural(path, value), f"{address} passes unseen"


@every
@careful
@given(data=st.data())
def test_what_is_in_a_documents_leaves_is_all_there_is(specimen: Specimen, data: st.DataObject) -> None:
    """JSON in a string: the parts hold every string, number and key of the document, decoded."""
    body = data.draw(specimen.bodies)
    inner: dict[str, list[str]] = {}
    for part in specimen.dialect.read(body, {}).parts:
        outer, into, rest = part.address.partition("::")
        if into and "::" not in rest:
            inner.setdefault(outer, []).append(part.text)
    for path, kind, value in leaves(body):
        if kind == "value" and escaped(path) in inner:
            expected = list(leaves(json.loads(value, strict=False, parse_int=str, parse_float=str)))
            texts = set(inner[escaped(path)])
            for _, _, leaf in expected:
                assert leaf in texts or _is_document(leaf)


@every
@careful
@given(data=st.data())
def test_an_edit_lands_exactly_where_it_is_addressed(specimen: Specimen, data: st.DataObject) -> None:
    body = data.draw(specimen.bodies)
    call = specimen.dialect.read(body, {})
    readable = [part for part in call.parts if part.kind != "blob"]
    if not readable:
        return
    chosen = data.draw(st.sampled_from(readable))
    marker = data.draw(st.sampled_from(['M "quoted" \\ mark', "M\nline", "M é 漢", "[removed: NHS number]"]))
    edited = specimen.dialect.write(call.body, {chosen.address: marker})
    again = specimen.dialect.read(edited, {})
    assert len(again.parts) == len(call.parts)
    for old, new in zip(call.parts, again.parts, strict=True):
        if old.address == chosen.address:
            # A string that was a document by its escapes alone is plain text, quotes included, once it has none.
            bare = chosen.address == new.address + "::"
            assert new.text == marker or (bare and new.text == json.dumps(marker, ensure_ascii=False))
        elif old.kind == "blob" and chosen.address.startswith(old.address + "/"):
            assert new.address == old.address  # a whole block that can't be read is told with its leaves
        else:
            assert new.text == old.text
            assert chosen.kind == "key" or (new.address, new.role, new.kind) == (old.address, old.role, old.kind)


@every
@careful
@given(data=st.data())
def test_edits_everywhere_leave_nothing_of_the_old(specimen: Specimen, data: st.DataObject) -> None:
    body = data.draw(specimen.bodies)
    call = specimen.dialect.read(body, {})
    blobs = {part.address for part in call.parts if part.kind == "blob"}
    edits = {part.address: f"edit{number}e" for number, part in enumerate(call.parts) if part.address not in blobs}
    written = json.dumps(specimen.dialect.write(call.body, edits))
    for marker in edits.values():
        assert written.count(marker) == 1
    again = {
        part.text.strip('"') for part in specimen.dialect.read(json.loads(written), {}).parts if part.kind != "blob"
    }
    assert again == set(edits.values())


@every
@careful
@given(data=st.data())
def test_words_in_place_of_a_blob_are_words(specimen: Specimen, data: st.DataObject) -> None:
    call = specimen.dialect.read(data.draw(specimen.bodies), {})
    blobs = [part for part in call.parts if part.kind == "blob" and part.turn >= 0]
    edits = {part.address: f"[withheld {number}]" for number, part in enumerate(blobs)}
    again = specimen.dialect.read(specimen.dialect.write(call.body, edits), {}).parts
    said = {part.text for part in again if part.kind == "text"}
    assert not any(part.kind == "blob" and part.turn >= 0 for part in again)
    assert all(any(words in said for words in edits.values()) for _ in blobs)


@every
def test_an_edit_that_lands_nowhere_is_an_error(specimen: Specimen) -> None:
    call = specimen.dialect.read(specimen.plain('{"a": "b"}', False), {})
    document = call.parts[0].address.partition("::")[0]
    parent = document.rpartition("/")[0]
    for address in ("/nowhere", parent, f"{parent}/x", f"{document}::/c", f"{document}::/a::/x", f"{document}/x"):
        with pytest.raises(LookupError):
            specimen.dialect.write(call.body, {address: "x"})


@every
@careful
@given(data=st.data())
def test_whole_replies_come_back_as_they_were(specimen: Specimen, data: st.DataObject) -> None:
    exchange = data.draw(specimen.exchanges)
    call = specimen.dialect.read(exchange.request, {})
    events = decoded(specimen.dialect, call, exchange, streamed=False)
    assert specimen.dialect.collect(call, events) == exchange.whole


@streaming
@careful
@given(data=st.data())
def test_a_stream_says_what_the_whole_reply_says(specimen: Specimen, data: st.DataObject) -> None:
    exchange = data.draw(specimen.exchanges)
    call = specimen.dialect.read(exchange.request, {})
    streamed = decoded(specimen.dialect, call, exchange, streamed=True)
    whole = decoded(specimen.dialect, call, exchange, streamed=False)
    assert specimen.dialect.collect(call, streamed) == specimen.dialect.collect(call, whole)
    encoder = specimen.dialect.encoder(call)
    assert specimen.accumulate(b"".join(encoder.feed(event) for event in streamed)) == exchange.whole


@every
@careful
@given(data=st.data())
def test_events_come_in_order(specimen: Specimen, data: st.DataObject) -> None:
    """Head first, runs opened before they grow and closed before their choice, Finished last, Usage once."""
    exchange = data.draw(specimen.exchanges)
    call = specimen.dialect.read(exchange.request, {})
    for streamed in (False, True) if specimen.streams else (False,):
        events = decoded(specimen.dialect, call, exchange, streamed=streamed)
        assert isinstance(events[0], Head)
        assert isinstance(events[-1], Finished)
        assert sum(isinstance(event, Usage) for event in events) <= 1
        running: dict[str, int] = {}
        seen: set[str] = set()
        for event in events:
            if isinstance(event, Started):
                assert event.address not in seen
                seen.add(event.address)
                running[event.address] = event.choice
            elif isinstance(event, Delta):
                assert event.address in running
            elif isinstance(event, Ended):
                del running[event.address]
            elif isinstance(event, ChoiceEnded):
                assert event.choice not in running.values()
        assert not running


@streaming
@careful
@given(data=st.data())
def test_the_end_is_held_until_finished(specimen: Specimen, data: st.DataObject) -> None:
    """No client may think the reply complete before its record is closed."""
    exchange = data.draw(specimen.exchanges)
    call = specimen.dialect.read(exchange.request, {})
    *events, last = decoded(specimen.dialect, call, exchange, streamed=True)
    encoder = specimen.dialect.encoder(call)
    assert not specimen.ended(b"".join(encoder.feed(event) for event in events))
    assert specimen.ended(encoder.feed(last))


@streaming
@careful
@given(data=st.data())
def test_a_stream_cut_anywhere_is_a_failure(specimen: Specimen, data: st.DataObject) -> None:
    exchange = data.draw(specimen.exchanges)
    call = specimen.dialect.read(exchange.request, {})
    kept = data.draw(st.integers(0, len(exchange.chunks)))
    decoder = specimen.dialect.decoder(call)
    for chunk in exchange.chunks[:kept]:
        decoder.chunk(chunk)
    if kept in exchange.complete:
        assert isinstance(decoder.end()[-1], Finished)
    else:
        with pytest.raises(UpstreamFailed):
            decoder.end()


@every
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_have_the_dialects_shape(specimen: Specimen, error: GatewayError) -> None:
    error.reference = "MBC-7F3K-Q2XD"
    status, body = specimen.dialect.error(error)
    assert status == error.status
    text = json.dumps(body)
    assert "MBC-7F3K-Q2XD" in text
    assert error.code in text
    if not specimen.streams:
        return
    call = specimen.dialect.read(specimen.plain("x", True), {})
    frame = specimen.dialect.encoder(call).error(error)
    assert json.loads(specimen.data(frame)[0]).items() >= body.items()
    assert b"[DONE]" not in frame


@streaming
def test_a_refusal_can_be_a_message(specimen: Specimen) -> None:
    error = Refused(DENIED, (Passage("HEALTH", "health detail", "/messages/0/content", "in your message", 2),))
    error.reference = "MBC-7F3K-Q2XD"
    call = specimen.dialect.read(specimen.plain("x", False), {})
    events = specimen.dialect.refusal(call, error)
    said = "".join(event.text for event in events if isinstance(event, Delta))
    for expected in ("health detail (2 times) in your message", "clause 5.2", "MBC-7F3K-Q2XD", DENIED.advice):
        assert expected in said
    encoder = specimen.dialect.encoder(call)
    assert specimen.ended(b"".join(encoder.feed(event) for event in events))
    assert specimen.dialect.collect(call, events)


def _is_document(leaf: str) -> bool:
    try:
        json.loads(leaf)
    except (TypeError, ValueError):
        return False
    return True
