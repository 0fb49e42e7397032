"""Pictures, speech and transcripts: what is refused before anything leaves, and what a provider may not send back."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.dialects.all import every
from gateway.dialects.openai_images import address_reply
from gateway.model.dialect import Forms, Payloads
from gateway.model.errors import BadRequest, UpstreamFailed
from gateway.model.event import Delta, Ended, Event, Finished, Head, Started
from tests.conformance.specimen_media import PICTURE, RECORDING
from tests.support.media import SOUNDS, id3_frames, picture, pixels, xmp_of

DIALECTS: Mapping[str, Any] = {dialect.name: dialect for dialect in every()}
DRAW = {"model": "m", "prompt": "A bin"}
SAY = {"model": "m", "input": "Hello", "voice": "alloy"}
HEAR = {"model": "m", "file": RECORDING}
EDIT = {**DRAW, "image": PICTURE}


@pytest.mark.parametrize(
    ("dialect", "body", "code"),
    [
        ("openai_images", {**DRAW, "stream": True}, "not_streamed"),
        ("openai_images", {"model": "m", "prompt": ["A bin"]}, "bad_request"),
        ("openai_images", {**DRAW, "n": 11}, "bad_request"),
        ("openai_images", {**DRAW, "n": True}, "bad_request"),
        ("openai_images", {"prompt": "A bin"}, "bad_request"),
        ("openai_images", {**DRAW, "x": PICTURE}, "unexpected_file"),
        ("openai_image_edits", DRAW, "bad_request"),
        ("openai_image_edits", {**EDIT, "stream": "true"}, "not_streamed"),
        ("openai_image_edits", {**EDIT, "n": "1.5"}, "bad_request"),
        ("openai_image_edits", {**DRAW, "image": "https://pictures.example/1.png"}, "not_a_file"),
        ("openai_image_edits", {**DRAW, "image": {"image_url": "https://pictures.example/1.png"}}, "not_a_file"),
        ("openai_image_edits", {**DRAW, "image[]": [PICTURE, "x"]}, "not_a_file"),
        ("openai_image_edits", {**EDIT, "photo": PICTURE}, "unexpected_file"),
        ("openai_image_edits", {**DRAW, "images": [{"url": "https://pictures.example/1.png"}]}, "bad_request"),
        ("openai_image_edits", {**DRAW, "image": {**PICTURE, "data": "!"}}, "not_a_file"),
        ("openai_image_variations", {"model": "m"}, "bad_request"),
        ("openai_speech", {**SAY, "stream_format": "sse"}, "not_streamed"),
        ("openai_speech", {**SAY, "response_format": "midi"}, "bad_request"),
        ("openai_speech", {**SAY, "instructions": {}}, "bad_request"),
        ("openai_transcriptions", {"model": "m"}, "bad_request"),
        ("openai_transcriptions", {**HEAR, "stream": "true"}, "not_streamed"),
        ("openai_transcriptions", {**HEAR, "file": [RECORDING, RECORDING]}, "bad_request"),
        ("openai_transcriptions", {**HEAR, "response_format": "docx"}, "bad_request"),
        ("openai_translations", {**HEAR, "prompt": 3}, "bad_request"),
    ],
)
def test_what_is_refused(dialect: str, body: dict[str, Any], code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        DIALECTS[dialect].read(body, {})
    assert caught.value.code == code


@pytest.mark.parametrize("stream", [None, False, "false"])
def test_not_streaming_may_be_said(stream: Any) -> None:
    assert DIALECTS["openai_transcriptions"].read({**HEAR, "stream": stream}, {}).stream is False


def test_who_takes_forms_and_who_answers_in_bytes() -> None:
    assert {name for name, each in DIALECTS.items() if isinstance(each, Forms)} == {
        "openai_image_edits", "openai_image_variations", "openai_transcriptions", "openai_translations",
    }  # fmt: skip
    assert {name for name, each in DIALECTS.items() if isinstance(each, Payloads)} == {
        "openai_speech", "openai_transcriptions", "openai_translations",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "media"), [("audio/wav", "audio/wav"), ("video/mp4", "video/mp4"), ("text/x", "audio"), ("", "audio")]
)
def test_a_film_is_no_sound(kind: str, media: str) -> None:
    call = DIALECTS["openai_transcriptions"].read({**HEAR, "file": {**RECORDING, "content_type": kind}}, {})
    blob = next(part for part in call.parts if part.kind == "blob")
    assert (blob.media, blob.role, blob.turn, blob.address) == (media, "user", 0, "/file/data")
    assert call.structured


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"data": None},
        {"data": ["x"]},
        {"data": [{}]},
        {"data": [{"b64_json": "PGh0bWw+"}]},
        {"data": [{"b64_json": "not base64"}]},
        {"data": [{"b64_json": base64.b64encode(picture()[:-1]).decode()}]},
        {"data": [{"b64_json": base64.b64encode(picture()).decode()}] * 11},
        {"error": {"message": "A bin"}},
    ],
)
def test_what_is_no_picture(reply: Any) -> None:
    dialect = DIALECTS["openai_images"]
    with pytest.raises(UpstreamFailed) as caught:
        dialect.decoder(dialect.read(DRAW, {})).whole(reply)
    assert "A bin" not in caught.value.message


def test_an_address_is_no_picture() -> None:
    dialect = DIALECTS["openai_images"]
    with pytest.raises(UpstreamFailed) as caught:
        dialect.decoder(dialect.read(DRAW, {})).whole({"data": [{"url": "https://storage.example/?sig=abc"}]})
    assert caught.value.code == address_reply().code == "upstream_address_reply"
    assert "storage.example" not in caught.value.message


def test_vendor_fields_are_left_out() -> None:
    dialect = DIALECTS["openai_images"]
    call = dialect.read(DRAW, {})
    row = {"b64_json": base64.b64encode(picture()).decode(), "url": "https://x.example", "caption": "Margaret"}
    reply = {"created": "Margaret", "data": [row], "size": "a bin", "quality": "high", "note": "Margaret"}
    said = json.dumps(dialect.collect(call, dialect.decoder(call).whole(reply)))
    assert "Margaret" not in said
    assert "x.example" not in said


def noted(events: list[Event]) -> list[Event]:
    """As `disclose` hands them on."""
    head = events[0]
    assert isinstance(head, Head)
    return [Head(head.fields, {}, "AI helped write this.", "MBC-1"), *events[1:]]


@pytest.mark.parametrize(
    ("name", "body", "term"),
    [
        ("openai_images", DRAW, "/trainedAlgorithmicMedia"),
        ("openai_image_edits", EDIT, "/compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_pictures_are_marked(name: str, body: dict[str, Any], term: str) -> None:
    dialect = DIALECTS[name]
    call = dialect.read(body, {})
    data = picture("jpeg")
    reply = {"data": [{"b64_json": base64.b64encode(data).decode()}]}
    marked = base64.b64decode(dialect.collect(call, noted(dialect.decoder(call).whole(reply)))["data"][0]["b64_json"])
    assert pixels(marked) == pixels(data)
    assert term in xmp_of(marked)
    assert "AI helped write this." in xmp_of(marked)


def test_speech_is_marked_and_sent_as_bytes() -> None:
    dialect = DIALECTS["openai_speech"]
    call = dialect.read(SAY, {})
    assert call.restorable is False
    reply = {"content_type": "application/octet-stream", "data": base64.b64encode(SOUNDS["mp3"]).decode()}
    data, kind = dialect.payload(dialect.collect(call, noted(dialect.decoder(call).whole(reply))))
    assert kind == "audio/mpeg"
    assert id3_frames(data)["COMM"] == b"eng\0AI helped write this."
    for other in ({}, {"data": 3}, {"data": "!"}, {"data": base64.b64encode(SOUNDS["wav"]).decode()}, {"error": "x"}):
        with pytest.raises(UpstreamFailed):
            dialect.decoder(call).whole(other)


def heard(form: str, reply: Any, change: Mapping[str, str] | None = None) -> Any:
    """A transcript as the client gets it; `change` are texts as guarding leaves them, by address."""
    dialect = DIALECTS["openai_transcriptions"]
    call = dialect.read({**HEAR, "response_format": form}, {})
    events = dialect.decoder(call).whole(reply)
    assert isinstance(events[-1], Finished)
    if change:
        untouched = [e for e in events if not isinstance(e, Started | Delta | Ended) or e.address not in change]
        events = [*untouched[:-1], *(Delta(address, text) for address, text in change.items()), events[-1]]
    return dialect.collect(call, events)


def test_pieces_are_put_back_where_they_were() -> None:
    words = [{"word": "Margaret", "start": 0, "end": 0.5}, {"word": "called", "start": 0.5, "end": 1, "note": "x"}]
    reply = {"text": "Margaret called", "words": words, "language": "Margaret Okafor", "duration": "2.5"}
    found = heard("verbose_json", reply, {"/text": "X called", "/words/word": '["X", "called"]'})
    assert found == {
        "text": "X called",
        "duration": "2.5",
        "words": [{"word": "X", "start": 0, "end": 0.5}, {"word": "called", "start": 0.5, "end": 1}],
    }


def test_numbers_that_spell_the_text_again_are_left_out() -> None:
    segment = {"id": 0, "start": 0, "end": 1, "text": "Margaret", "tokens": [50364, 13], "extra": "Margaret"}
    found = heard("verbose_json", {"text": "", "segments": [segment], "logprobs": [{"token": "Margaret"}]})
    assert found == {"text": "", "segments": [{"id": 0, "start": 0, "end": 1, "text": "Margaret", "tokens": []}]}
    dialect = DIALECTS["openai_transcriptions"]
    call = dialect.read({**HEAR, "include[]": ["logprobs"]}, {})
    head = dialect.decoder(call).whole({"text": "x"})[0]
    assert head.headers == {"X-AI-Notice": "logprobs-left-out"}


def test_speakers_are_letters_or_guarded() -> None:
    """A letter names nobody; what looks like one to a detector would only take the speakers apart from each other."""
    dialect = DIALECTS["openai_transcriptions"]
    call = dialect.read({**HEAR, "response_format": "diarized_json"}, {})
    for speakers, guarded in ((["A", "B", "A"], False), (["SPEAKER_01", ""], False), (["A", "Margaret"], True)):
        rows = [{"speaker": who, "text": "x", "start": 0, "end": 1} for who in speakers]
        events = dialect.decoder(call).whole({"text": "x", "segments": rows})
        assert any(isinstance(e, Started) and e.address == "/segments/speaker" for e in events) is guarded
        assert [row["speaker"] for row in dialect.collect(call, events)["segments"]] == speakers


@pytest.mark.parametrize(
    ("form", "reply"),
    [
        ("json", {}),
        ("json", {"text": None}),
        ("json", {"error": {"message": "x"}}),
        ("text", {"data": "AAAA"}),
        ("srt", {"text": "<html>"}),
        ("vtt", {"text": "<html>"}),
        ("verbose_json", {"text": "", "words": ["x"]}),
        ("diarized_json", {"text": "", "segments": [3]}),
    ],
)
def test_what_is_no_transcript(form: str, reply: Any) -> None:
    with pytest.raises(UpstreamFailed):
        heard(form, reply)


def test_a_picture_painted_over_takes_the_place_of_the_old_one() -> None:
    dialect = DIALECTS["openai_image_edits"]
    webp = {**PICTURE, "content_type": "image/webp"}
    body = {**DRAW, "image[]": [PICTURE, webp]}
    url = "data:image/png;base64,QUJD"
    painted = dialect.repaint(body, {"/image[]/1/data": url})
    assert painted["image[]"] == [PICTURE, {**webp, "content_type": "image/png", "data": "QUJD"}]
    assert body["image[]"][1] == webp
    named = {**DRAW, "images": [{"image_url": "data:image/webp;base64,AAAA"}]}
    assert dialect.repaint(named, {"/images/0/image_url": url})["images"] == [{"image_url": url}]
    for address in ("/image/data", "/image[]/7/data", "/mask/data"):
        with pytest.raises(LookupError):
            dialect.repaint(body, {address: url})


@pytest.mark.parametrize(
    ("name", "body", "count"),
    [("openai_images", {**DRAW, "n": 3}, 3), ("openai_image_edits", {**EDIT, "n": "4"}, 4), ("openai_speech", SAY, 1)],
)
def test_policy_is_told_how_many_are_asked_for(name: str, body: dict[str, Any], count: int) -> None:
    call = DIALECTS[name].read(body, {})
    assert call.choices == call.parameters["n"] == count
