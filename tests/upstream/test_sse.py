"""The event-stream parser: after the standard, however the bytes are cut, and bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.sse import SseError, SseParser


def parse(*pieces: bytes, limit: int = 10_000) -> list[str]:
    parser = SseParser(limit)
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\n", ["one"]),
        (b"data: one\r\n\r\ndata: two\r\rdata: three\n\n", ["one", "two", "three"]),
        (b"data: one\ndata: two\n\n", ["one\ntwo"]),
        (b"data:one\ndata:  two\n\n", ["one\n two"]),
        (b"data\n\n", [""]),
        (b"data\ndata\n\n", ["\n"]),
        (b": keep-alive\n\ndata: x\n: more\n\n", ["x"]),
        (b"event: ping\nid: 7\nretry: 10\n\n", []),
        (b"event: message\ndata: x\n\n", ["x"]),
        (b"datum: x\ndata x\n\n", []),
        (b"\xef\xbb\xbfdata: x\n\n", ["x"]),
        (b"data: \xef\xbb\xbfx\n\n", ["\ufeffx"]),
        (b"\n\n\n", []),
        (b"data: cut off\n", []),
        (b"data: cut off", []),
        ("data: Siân £5 \U0001f600\n\n".encode(), ["Siân £5 \U0001f600"]),
        (b"data: a:b: c\n\n", ["a:b: c"]),
        (b"data: a\x00b\n\n", ["a\x00b"]),
    ],
)
def test_events_of_a_stream(stream: bytes, events: list[str]) -> None:
    assert parse(stream) == events
    assert parse(*(stream[i : i + 1] for i in range(len(stream)))) == events


TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30)


@given(st.lists(TEXT, max_size=6), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.data())
def test_any_cut_gives_the_same_events(texts: list[str], end: bytes, data: st.DataObject) -> None:
    stream = b"".join(b": c" + end + b"data: " + text.encode() + end + end for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert parse(*pieces) == texts


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_bytes_do_worse_than_an_error(pieces: list[bytes]) -> None:
    try:
        for event in parse(*pieces, limit=100):
            assert len(event) <= 100
    except SseError:
        pass


@pytest.mark.parametrize(
    "stream",
    [
        b"data: " + b"x" * 200,
        b"data: " + b"x" * 60 + b"\ndata: " + b"x" * 60,
        b"data\n" * 101,
        b": " + b"c" * 200,
    ],
)
def test_an_event_above_its_bound_is_an_error(stream: bytes) -> None:
    with pytest.raises(SseError):
        parse(stream, limit=100)
    with pytest.raises(SseError):
        parse(*(stream[i : i + 1] for i in range(len(stream))), limit=100)


def test_many_small_events_are_no_large_one() -> None:
    assert len(parse(b"data: 12345\n\n" * 1000, limit=20)) == 1000


def test_bytes_that_are_not_utf8_are_an_error() -> None:
    with pytest.raises(SseError):
        parse(b"data: \xff\xfe\n\n")
