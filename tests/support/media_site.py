"""Gateways whose upstream speaks every endpoint for pictures and sound, and OpenAI's client at them."""

import base64
import shutil
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import yaml

from gateway.upstream.config import PATHS
from tests.support.capture import Body, Capture, Reply
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running
from tests.support.media import picture, wav
from tests.support.shared import ROOT

MODEL = "council-assistant"
NOTE = "AI helped write this."
SAID = "Margaret Okafor rang from 07700 900123 about her bins."
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
