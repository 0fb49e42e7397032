"""OpenAI's own package, and Azure's, at the endpoints for pictures and sound."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import yaml

from gateway.upstream.config import PATHS
from tests.documents.makers import drawn, saved
from tests.support.capture import Body, Capture, Reply, echo
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running
from tests.support.media import FRAMES, SOUNDS, id3_frames, picture, pixels, riff_chunks, wav, xmp_of
from tests.support.shared import ROOT

MODEL = "council-assistant"
DRAW = "A birthday card for Margaret Okafor."
CRIME = "He was convicted of burglary in 2019. Draw him."
SAID = "Margaret Okafor rang from 07700 900123 about her bins."
NOTE = "AI helped write this."
MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CHANGED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
PICTURE = ("margaret-okafor.png", picture(), "image/png")
RECORDING = ("call.wav", wav(), "audio/wav")


@pytest.fixture(scope="module")
def settings(server: Capture) -> dict[str, Any]:
    return {"upstreams": {"offline": {"kind": "direct", "base_url": server.url, "speaks": sorted(PATHS)}}}


@pytest.fixture(scope="module")
def gateway(server: Capture, settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("gateway"), server.url, **settings) as made:
        yield made


@pytest.fixture(scope="module")
def allowing(server: Capture, settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A council whose rules let out pictures and recordings that can't be read, and whose tool has pictures of text
    painted over and new details in answers masked."""
    folder = tmp_path_factory.mktemp("allowing")
    shutil.copytree(ROOT / "policies" / "rules", folder / "rules")
    always = folder / "rules" / "always.yaml"
    strict = "unreadable: {image: block, audio: block,"
    assert strict in always.read_text()
    always.write_text(always.read_text().replace(strict, "unreadable: {image: allow, audio: allow,"))
    for cases in (folder / "rules").glob("*.cases.yaml"):
        cases.unlink()
    register = yaml.safe_load((ROOT / "policies" / "register" / "mid-kent.yaml").read_text())
    register["tools"][MODEL] |= {"reply": "mask", "pictures": "redact"}
    (folder / "register.yaml").write_text(yaml.safe_dump(register, sort_keys=False))
    paths: dict[str, Any] = {"rules": str(folder / "rules"), "register": str(folder / "register.yaml")}
    with running(folder, server.url, **settings, **paths) as made:
        yield made


def client_of(gateway: Gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key(), max_retries=0)


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with client_of(gateway) as opened:
        yield opened


@pytest.fixture(scope="module")
def free(allowing: Gateway) -> Iterator[openai.OpenAI]:
    with client_of(allowing) as opened:
        yield opened


def sent(capture: Capture) -> bytes:
    return b"".join(capture.received)


def body_of(caught: pytest.ExceptionInfo[Any]) -> dict[str, Any]:
    """The error as the client hands it on."""
    assert isinstance(caught.value.body, dict)
    return caught.value.body


def answers(capture: Capture, **reply: Any) -> None:
    def answer(_body: Body) -> Reply:
        return Reply(**reply)

    capture.answer = answer


def made(reply: Any) -> bytes:
    return base64.b64decode(reply.data[0].b64_json)


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
    client = openai.AzureOpenAI(
        azure_endpoint=endpoint, api_key=gateway.key(), api_version="2025-04-01-preview", max_retries=0
    )
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


@pytest.mark.parametrize("form", ["json", "text", "srt", "vtt", "verbose_json", "diarized_json"])
def test_a_transcript(free: openai.OpenAI, capture: Capture, allowing: Gateway, form: Any) -> None:
    """What was in the recording and not in the request is masked in each form; times stay."""
    answers(capture, pieces=[SAID])
    raw = free.audio.transcriptions.with_raw_response.create(
        model=MODEL, file=RECORDING, response_format=form, prompt="Bins", timestamp_granularities=["word", "segment"]
    )
    text = raw.text
    assert "Okafor" not in text
    assert "900123" not in text
    assert "about her bins." in text
    assert NOTE not in text
    assert NOTE in raw.headers["x-ai-disclosure-note"]
    assert allowing.records(raw.headers["x-ai-record"])["outcome"] == "delivered"
    assert capture.bodies[0]["file"] == ("file.wav", "audio/wav", RECORDING[1])
    assert capture.bodies[0]["timestamp_granularities[]"] == ["word", "segment"]
    assert b"Okafor" not in sent(capture)
    if form in ("text", "srt", "vtt"):
        assert raw.headers["content-type"] == "text/plain; charset=utf-8"
        assert text.count(" --> ") == (0 if form == "text" else 2)
        return
    reply = raw.json() if hasattr(raw, "json") else raw.parse().model_dump()
    assert reply["usage"]["seconds"] == 3
    if form == "verbose_json":
        assert [word["start"] for word in reply["words"]] == [0.5 * n for n in range(len(SAID.split()))]
        assert reply["words"][0]["word"] == "[removed: person's name]"
        assert [segment["tokens"] for segment in reply["segments"]] == [[], []]
    if form == "diarized_json":
        assert [segment["speaker"] for segment in reply["segments"]] == ["A", "B"]


def test_a_transcript_is_parsed_by_the_client(free: openai.OpenAI, capture: Capture) -> None:
    answers(capture, pieces=["The bins were late."])
    verbose = free.audio.transcriptions.create(
        model=MODEL, file=RECORDING, response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert verbose.text == "The bins were late."
    assert verbose.words is not None
    assert [word.word for word in verbose.words] == ["The", "bins", "were", "late."]
    assert free.audio.transcriptions.create(model=MODEL, file=RECORDING).text == "The bins were late."
    assert (
        free.audio.transcriptions.create(model=MODEL, file=RECORDING, response_format="text") == "The bins were late."
    )
    assert free.audio.translations.create(model=MODEL, file=RECORDING).text == "The bins were late."
    diarized = free.audio.transcriptions.create(
        model=MODEL, file=RECORDING, response_format="diarized_json", chunking_strategy="auto"
    )
    assert diarized.segments[1].speaker == "B"


def test_what_the_caller_named_comes_back(free: openai.OpenAI, capture: Capture) -> None:
    capture.answer = lambda body: Reply(pieces=[f"{body['prompt']} spoke first."])
    reply = free.audio.transcriptions.create(
        model=MODEL, file=RECORDING, response_format="verbose_json", prompt="Margaret Okafor"
    )
    assert reply.text == "Margaret Okafor spoke first."
    assert reply.segments is not None
    assert "Okafor" in "".join(segment.text for segment in reply.segments)
    assert b"Okafor" not in sent(capture)


PAGE = {"raw": b"<!doctype html><html>Sign in</html>", "content_type": "text/html"}
HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "page": (PAGE, "upstream_unreadable"),
    "page said to be the thing": ({**PAGE, "content_type": "audio/mpeg"}, "upstream_unreadable"),
    "empty": ({"raw": b""}, "upstream_unreadable"),
    "wrong type": ({"raw": b'{"id": "chatcmpl-1", "choices": []}'}, "upstream_unreadable"),
    "list": ({"raw": b"[]"}, "upstream_unreadable"),
    "huge": ({"raw": b" " * (33 * 2**20), "content_type": "audio/mpeg"}, "upstream_reply_too_large"),
    "error": ({"raw": b'{"error": {"message": "Margaret Okafor", "code": "x"}}'}, "upstream_failed"),
}


@pytest.mark.parametrize("reply", HOSTILE)
def test_hostile_replies(free: openai.OpenAI, capture: Capture, reply: str) -> None:
    given, code = HOSTILE[reply]
    answers(capture, **given)
    for asked in (
        lambda: free.images.generate(model=MODEL, prompt="A bin"),
        lambda: free.images.edit(model=MODEL, prompt="A bin", image=PICTURE),
        lambda: free.audio.speech.create(model=MODEL, voice="alloy", input="Hello"),
        lambda: free.audio.transcriptions.create(model=MODEL, file=RECORDING),
        lambda: free.audio.transcriptions.create(model=MODEL, file=RECORDING, response_format="srt"),
    ):
        with pytest.raises(openai.APIStatusError) as caught:
            asked()
        assert caught.value.status_code == 502
        assert caught.value.code == code or (reply == "empty" and caught.value.code == "upstream_unreadable")
        assert "Sign in" not in caught.value.message
        assert "Okafor" not in caught.value.message


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


@pytest.fixture
def capture(server: Capture) -> Iterator[Capture]:
    server.clear()
    yield server
    server.answer = echo
