"""OpenAI's own package at the endpoints for recordings, and replies to media calls that are not what they should be."""

from typing import Any

import openai
import pytest

from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway
from tests.support.media_site import MODEL, NOTE, PICTURE, RECORDING, SAID, answers, sent
from tests.support.media_site import allowing as allowing
from tests.support.media_site import free as free
from tests.support.media_site import settings as settings


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
