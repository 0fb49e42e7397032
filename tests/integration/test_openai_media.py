"""OpenAI's own package, and Azure's, at the endpoints for pictures and sound."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.documents.makers import drawn, saved
from tests.support.capture import Capture
from tests.support.gateway import RETENTION, Gateway
from tests.support.gateway import gateway as running
from tests.support.media import FRAMES, SOUNDS, id3_frames, picture, pixels, riff_chunks, xmp_of
from tests.support.media_site import MODEL, NOTE, PICTURE, RECORDING, SAID, answers, body_of, client_of, made, sent
from tests.support.media_site import allowing as allowing
from tests.support.media_site import client as client
from tests.support.media_site import free as free
from tests.support.media_site import gateway as gateway
from tests.support.media_site import settings as settings
from tests.support.sealed import reply_texts

DRAW = "A birthday card for Margaret Okafor."
CRIME = "He was convicted of burglary in 2019. Draw him."
MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CHANGED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_a_picture(client: openai.OpenAI, capture: Capture, gateway: Gateway, form: Any) -> None:
    raw = client.images.with_raw_response.generate(model=MODEL, prompt=DRAW, output_format=form, size="1024x1024", n=2)
    reply = raw.parse()
    assert reply.data is not None
    assert len(reply.data) == 2
    assert reply.data[0].revised_prompt == f"You wrote: {DRAW}"
    assert pixels(made(reply)) == pixels(picture(form))
    packet = xmp_of(made(reply))
    ref = raw.headers["x-ai-record"]
    assert MADE in packet
    assert NOTE in packet
    assert ref in packet
    assert raw.headers["ai-disclosure"].startswith("mode=machine-generated")
    assert NOTE in raw.headers["x-ai-disclosure-note"]
    assert reply.usage is not None
    assert reply.usage.total_tokens == 11
    assert b"POST /v1/images/generations" in capture.received[0]
    assert b"Okafor" not in sent(capture)
    assert gateway.records(ref)["outcome"] == "delivered"


def kept(gateway: Gateway, ref: str) -> list[bytes]:
    """The files sealed in a record."""
    texts = reply_texts(gateway.database, gateway.folder / "data" / "keys", ref)
    return [base64.b64decode(text) for role, text in texts if role == "reply:file"]


def test_what_comes_back_is_on_the_record(client: openai.OpenAI, capture: Capture, gateway: Gateway) -> None:
    drawn = client.images.with_raw_response.generate(model=MODEL, prompt=DRAW, output_format="webp")
    spoken = client.audio.speech.with_raw_response.create(model=MODEL, voice="alloy", input="Hello")
    for ref, file, media in (
        (drawn.headers["x-ai-record"], picture("webp"), "image/webp"),
        (spoken.headers["x-ai-record"], SOUNDS["mp3"], "audio/mpeg"),
    ):
        assert kept(gateway, ref) == [file]
        (told,) = [text["text"] for text in gateway.records(ref)["reply"] if text["role"] == "reply:file"]
        assert told == f"{media}, {len(file):,} bytes, kept sealed, SHA-256 {hashlib.sha256(file).hexdigest()}"
        shown = gateway.cli("records", "show", ref).stdout
        assert "[a file in the answer]" in shown
        assert "kept sealed" in shown
        assert ref in gateway.cli("records", "search", hashlib.sha256(file).hexdigest()).stdout
    assert gateway.cli("ledger", "verify").returncode == 0


def test_a_schedule_that_keeps_no_files(server: Capture, settings: dict[str, Any], tmp_path: Path) -> None:
    retention = {**RETENTION, "keep_returned_files": False}
    with running(tmp_path, server.url, **settings, retention=retention) as made, client_of(made) as client:
        ref = client.images.with_raw_response.generate(model=MODEL, prompt="A bin").headers["x-ai-record"]
        (told,) = [text["text"] for text in made.records(ref)["reply"] if text["role"] == "reply:file"]
        assert "not kept, as the retention schedule says, SHA-256" in told
        assert b"iVBOR" not in made.database.read_bytes()
        texts = reply_texts(made.database, made.folder / "data" / "keys", ref)
        assert [text for role, text in texts if role == "reply:file"] == [told]


async def test_the_asynchronous_client(gateway: Gateway, capture: Capture) -> None:
    async with openai.AsyncOpenAI(base_url=gateway.base_url, api_key=gateway.key(), max_retries=0) as client:
        reply = await client.images.generate(model=MODEL, prompt=DRAW)
        assert MADE in xmp_of(made(reply))
        speech = await client.audio.speech.create(model=MODEL, voice="alloy", input="Hello")
        assert id3_frames(speech.content)["after"] == FRAMES
        with pytest.raises(openai.BadRequestError, match="clause"):
            await client.audio.transcriptions.create(model=MODEL, file=RECORDING)
    assert b"Okafor" not in sent(capture)


def test_azures_client(gateway: Gateway, capture: Capture) -> None:
    endpoint = gateway.base_url.removesuffix("/v1")
    with openai.AzureOpenAI(
        azure_endpoint=endpoint, api_key=gateway.key(), api_version="2025-04-01-preview", max_retries=0
    ) as client:
        assert MADE in xmp_of(made(client.images.generate(model=MODEL, prompt=DRAW)))
        assert id3_frames(client.audio.speech.create(model=MODEL, voice="alloy", input=DRAW).content)["after"] == FRAMES
        assert len(capture.received) == 2
        for refused in (
            lambda: client.images.edit(model=MODEL, prompt=DRAW, image=PICTURE),
            lambda: client.images.create_variation(model=MODEL, image=PICTURE),
            lambda: client.audio.transcriptions.create(model=MODEL, file=RECORDING),
            lambda: client.audio.translations.create(model=MODEL, file=RECORDING),
        ):
            with pytest.raises(openai.BadRequestError, match="clause"):
                refused()
        assert len(capture.received) == 2
        assert b"Okafor" not in sent(capture)


def test_a_refusal_says_why(client: openai.OpenAI, capture: Capture) -> None:
    for refused in (
        lambda: client.images.generate(model=MODEL, prompt=CRIME),
        lambda: client.audio.speech.create(model=MODEL, voice="alloy", input="Hello", instructions=CRIME),
        lambda: client.audio.speech.create(model=MODEL, voice="alloy", input=CRIME),
    ):
        with pytest.raises(openai.BadRequestError, match="clause") as caught:
            refused()
        assert body_of(caught)["refusal"]
    assert not capture.received


def test_pictures_and_recordings_stay_here(client: openai.OpenAI, capture: Capture, gateway: Gateway) -> None:
    for refused, kind in (
        (lambda: client.images.edit(model=MODEL, prompt="Make it blue.", image=PICTURE), "image"),
        (
            lambda: client.images.edit(model=MODEL, prompt="Make it blue.", image=[PICTURE, PICTURE], mask=PICTURE),
            "image",
        ),
        (lambda: client.images.create_variation(model=MODEL, image=PICTURE), "image"),
        (lambda: client.audio.transcriptions.create(model=MODEL, file=RECORDING), "audio"),
        (lambda: client.audio.translations.create(model=MODEL, file=RECORDING), "audio"),
    ):
        with pytest.raises(openai.BadRequestError, match=r"clause 7\.3") as caught:
            refused()
        assert {found["label"] for found in body_of(caught)["refusal"]["found"]} == {kind}
    assert gateway.records(body_of(caught)["record"])["outcome"] == "refused"
    assert not capture.received


@pytest.mark.parametrize(
    "said",
    [{"image_url": "https://pictures.example/1.png"}, {"image_url": "data:image/png;base64,AAAA"}, {"file_id": "f"}],
)
def test_pictures_said_to_lie_elsewhere_stay_there(client: openai.OpenAI, capture: Capture, said: Any) -> None:
    body = {"model": MODEL, "prompt": "Make it blue.", "images": [said]}
    with pytest.raises(openai.BadRequestError, match=r"clause 7\.3"):
        client.post("/images/edits", body=body, cast_to=object)
    assert not capture.received


def test_streams_are_refused_plainly(client: openai.OpenAI, capture: Capture) -> None:
    for refused in (
        lambda: client.images.generate(model=MODEL, prompt="A bin", stream=True),
        lambda: client.audio.transcriptions.create(model=MODEL, file=RECORDING, stream=True),
        lambda: client.audio.speech.create(model=MODEL, voice="alloy", input="Hello", stream_format="sse"),
    ):
        with pytest.raises(openai.BadRequestError, match="comes whole") as caught:
            refused()
        assert caught.value.code == "not_streamed"
    assert not capture.received


@pytest.mark.parametrize("form", sorted(SOUNDS))
def test_speech(client: openai.OpenAI, capture: Capture, gateway: Gateway, form: Any) -> None:
    raw = client.audio.speech.with_raw_response.create(
        model=MODEL, voice="alloy", input=f"Read this to {SAID}", response_format=form
    )
    data = raw.content
    ref = raw.headers["x-ai-record"]
    assert raw.headers["content-type"] == {"mp3": "audio/mpeg", "opus": "audio/ogg"}.get(form, f"audio/{form}")
    assert raw.headers["ai-disclosure"].startswith("mode=machine-generated")
    if form == "mp3":
        assert ref.encode() in id3_frames(data)["COMM"]
        assert id3_frames(data)["after"] == FRAMES
    elif form == "wav":
        assert ref.encode() in riff_chunks(data)[b"LIST"]
    elif form == "flac":
        assert f"AI-RECORD={ref}".encode() in data
    else:
        assert data == SOUNDS[form]
    assert "[removed: person's name]" in capture.bodies[0]["input"]
    assert "[removed: telephone number]" in capture.bodies[0]["input"]
    assert "PERSON_" not in capture.bodies[0]["input"]
    assert gateway.records(ref)["outcome"] == "delivered"


def test_pictures_go_out_where_a_council_lets_them(free: openai.OpenAI, capture: Capture, allowing: Gateway) -> None:
    raw = free.images.with_raw_response.edit(
        model=MODEL, prompt=DRAW, image=[PICTURE, PICTURE], mask=PICTURE, n=1, size="1024x1024"
    )
    body = capture.bodies[0]
    assert body["image[]"] == [("file.png", "image/png", PICTURE[1])] * 2
    assert body["mask"] == ("file.png", "image/png", PICTURE[1])
    assert (body["model"], body["n"], body["size"]) == ("assistant-large", "1", "1024x1024")
    assert body["prompt"].startswith("A birthday card for PERSON_")
    assert b"okafor" not in sent(capture).lower()
    reply = raw.parse()
    assert reply.data is not None
    assert reply.data[0].revised_prompt == f"You wrote: {DRAW}"
    assert CHANGED in xmp_of(made(reply))
    assert allowing.records(raw.headers["x-ai-record"])["outcome"] == "delivered"
    assert CHANGED in xmp_of(made(free.images.create_variation(model=MODEL, image=PICTURE)))


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_picture_of_a_letter_is_painted_over(free: openai.OpenAI, capture: Capture, kind: str) -> None:
    letter = saved(drawn(("Dear Mrs Margaret Okafor,", "Your bin is blue.")), kind)
    free.images.edit(model=MODEL, prompt="Make it blue.", image=("letter", letter, f"image/{kind}"), timeout=100)
    name, said, left = capture.bodies[0]["image"]
    assert (name, said) == ("file.png", "image/png")
    assert left.startswith(b"\x89PNG")
    assert pixels(left) != pixels(letter)


def test_a_picture_is_not_sent_as_its_words(client: openai.OpenAI, capture: Capture) -> None:
    letter = saved(drawn(("Your bin is blue.",)))
    with pytest.raises(openai.BadRequestError, match="about the file itself") as caught:
        client.images.edit(model=MODEL, prompt="Make it blue.", image=("a.png", letter, "image/png"), timeout=100)
    assert body_of(caught)["refusal"]["rule"] == "unreadable"
    with pytest.raises(openai.BadRequestError, match="about the file itself"):
        client.audio.transcriptions.create(model=MODEL, file=("a.wav", b"These are words.", "text/plain"))
    assert not capture.received


def test_an_address_in_place_of_a_picture(client: openai.OpenAI, capture: Capture, gateway: Gateway) -> None:
    answers(capture, raw=b'{"created": 1, "data": [{"url": "https://storage.example/secret.png"}]}')
    with pytest.raises(openai.APIStatusError) as caught:
        client.images.generate(model=MODEL, prompt="A bin")
    assert caught.value.code == "upstream_address_reply"
    assert "storage.example" not in caught.value.message
    assert gateway.records(body_of(caught)["record"])["outcome"] == "upstream_failed"


def test_an_address_that_was_asked_for(client: openai.OpenAI, capture: Capture) -> None:
    """What is asked of the provider is the picture."""
    reply = client.images.generate(model=MODEL, prompt="A bin", response_format="url")
    assert capture.bodies[0]["response_format"] == "b64_json"
    assert reply.data is not None
    assert reply.data[0].url is None
    assert MADE in xmp_of(made(reply))


@pytest.mark.parametrize("path", ["chat/completions", "images/generations", "audio/speech", "embeddings"])
def test_forms_go_only_where_they_are_taken(gateway: Gateway, capture: Capture, path: str) -> None:
    reply = httpx.post(
        f"{gateway.base_url}/{path}",
        headers={"authorization": f"Bearer {gateway.key()}"},
        files={"image": PICTURE, "model": (None, MODEL)},
        timeout=20,
    )
    assert reply.status_code == 415
    assert reply.json()["error"]["code"] == "unsupported_media_type"
    assert not capture.received


def test_a_tool_that_only_chats(server: Capture, tmp_path: Path, capture: Capture) -> None:
    """An upstream that isn't told to speak these is not asked for them."""
    with running(tmp_path, server.url) as chatting, client_of(chatting) as client:
        for asked in (
            lambda: client.images.generate(model=MODEL, prompt="A bin"),
            lambda: client.audio.speech.create(model=MODEL, voice="alloy", input="Hello"),
        ):
            with pytest.raises(openai.NotFoundError) as caught:
                asked()
            assert caught.value.code == "not_offered_by_tool"
        assert not capture.received


def test_the_demo_model_draws(tmp_path: Path) -> None:
    with running(tmp_path, "", upstreams={"offline": {"kind": "offline"}}) as demo, client_of(demo) as client:
        reply = client.images.generate(model=MODEL, prompt=DRAW)
        assert MADE in xmp_of(made(reply))
