"""Recordings where a recogniser is set up: allowed, changed or refused by what was said in them."""

import base64
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import yaml

from gateway.upstream.config import PATHS
from tests.support.capture import Capture
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running
from tests.support.sealed import request_texts
from tests.support.shared import ROOT
from tests.support.speech import recogniser, recording

MODEL = "council-assistant"
NAMED = "Please ring Margaret Okafor about her bins."
PLAIN = "The bins go out on Tuesday this week."
CRIME = "He was convicted of burglary in 2019."


@pytest.fixture(scope="module", params=["text", "heard", "refuse"])
def gateway(
    request: pytest.FixtureRequest, server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A register that says how recordings may leave, and a recogniser."""
    folder = tmp_path_factory.mktemp("gateway")
    register = yaml.safe_load((ROOT / "policies" / "register" / "mid-kent.yaml").read_text())
    register["tools"][MODEL]["recordings"] = request.param
    (folder / "register.yaml").write_text(yaml.safe_dump(register, sort_keys=False))
    upstream = {"offline": {"kind": "direct", "base_url": server.url, "speaks": sorted(PATHS)}}
    hearing: dict[str, Any] = {"transcriber": {"command": recogniser(folder), "seconds": 20}}
    with running(
        folder, server.url, upstreams=upstream, register=str(folder / "register.yaml"), documents=hearing
    ) as made:
        made.mode = request.param  # type: ignore[attr-defined]
        yield made


@pytest.fixture(scope="module")
def mode(gateway: Gateway) -> str:
    return str(gateway.mode)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key(), max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, words: str) -> Any:
    sound = base64.b64encode(recording(words)).decode()
    part: Any = {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}}
    content: Any = [part, {"type": "text", "text": "What do they want?"}]
    return client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[{"role": "user", "content": content}]
    )


def found_in(caught: pytest.ExceptionInfo[openai.BadRequestError]) -> set[str]:
    assert isinstance(caught.value.body, dict)
    return {each["label"] for each in caught.value.body["refusal"]["found"]}


def test_in_a_chat(client: openai.OpenAI, capture: Capture, gateway: Gateway, mode: str) -> None:
    if mode == "refuse":
        with pytest.raises(openai.BadRequestError) as caught:
            ask(client, PLAIN)
        assert found_in(caught) == {"audio"}
        assert not capture.received
        return
    reply = ask(client, PLAIN)
    ref = reply.headers["x-ai-record"]
    left = capture.bodies[0]["messages"][0]["content"][0]
    if mode == "text":
        assert left == {"type": "text", "text": f"[Text of an attached file: sound recording]\n{PLAIN}"}
        assert "file-sent-as-text" in reply.headers["x-ai-notice"]
    else:
        sound = base64.b64encode(recording(PLAIN)).decode()
        assert left == {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}}
        assert sound in [text for _, text in request_texts(gateway.database, gateway.folder / "data" / "keys", ref)]
        assert "heard-by-machine" in reply.headers["x-ai-notice"]
    assert PLAIN in str(gateway.records(ref)["request"])


def test_a_name_in_a_chat(client: openai.OpenAI, capture: Capture, mode: str) -> None:
    """As words it leaves with the name replaced; nothing can be taken out of the recording itself."""
    if mode == "text":
        ask(client, NAMED)
        assert "PERSON_" in capture.bodies[0]["messages"][0]["content"][0]["text"]
        assert b"Okafor" not in b"".join(capture.received)
        return
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, NAMED)
    assert found_in(caught) == ({"PERSON"} if mode == "heard" else {"audio"})
    assert ("can't be taken out of it" in caught.value.message) is (mode == "heard")
    assert not capture.received


def test_what_policy_blocks(client: openai.OpenAI, capture: Capture, mode: str) -> None:
    with pytest.raises(openai.BadRequestError, match="clause") as caught:
        ask(client, CRIME)
    assert found_in(caught) == ({"audio"} if mode == "refuse" else {"CRIMINAL"})
    assert not capture.received


def test_a_transcription(client: openai.OpenAI, capture: Capture, mode: str) -> None:
    """Its text can't stand in its place: it leaves only where the register lets it, and nothing hidden was heard."""

    def transcribe(words: str) -> str:
        file = ("call.wav", recording(words), "audio/wav")
        return client.audio.transcriptions.create(model=MODEL, file=file).text

    for words, label in ((NAMED, "PERSON"), (CRIME, "CRIMINAL")):
        with pytest.raises(openai.BadRequestError) as caught:
            transcribe(words)
        assert found_in(caught) == ({label} if mode == "heard" else {"audio"})
    assert not capture.received
    if mode != "heard":
        with pytest.raises(openai.BadRequestError):
            transcribe(PLAIN)
        return
    assert transcribe(PLAIN)
    assert capture.bodies[0]["file"][2] == recording(PLAIN)


def test_silence(client: openai.OpenAI, capture: Capture, mode: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "")
    assert found_in(caught) == {"audio"}
    assert ("No words could be heard" in caught.value.message) is (mode != "refuse")
    assert not capture.received
