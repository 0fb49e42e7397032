"""Files and pictures through a running gateway, in each dialect's form: what was found, what went out."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.documents.document import Document
from gateway.documents.reader import Reader
from tests.documents.makers import docx, drawn, saved, scanned, xlsx, zipped
from tests.support.capture import Capture, capturing
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running
from tests.support.shared import ROOT

LETTER = (
    "Maidstone Borough Council",
    "Dear Mrs Margaret Okafor,",
    "Your NI number is QQ 12 34 56 C.",
    "Please telephone 01632 960123.",
)
EMAIL = (
    b"From: Margaret Okafor <margaret.okafor@mail.example>\r\nTo: bins@maidstone.example\r\nSubject: Missed bin\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nDear team,\r\nplease ring me on 01632 960123.\r\n"
)
FILES: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "Word": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        lambda: zipped(docx(body="<w:p><w:r><w:t>Dear Mrs Margaret Okafor</w:t></w:r></w:p>")),
        ("Okafor", "Bodina Mainwaring", "960 001"),
    ),
    "Excel": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", lambda: zipped(xlsx()), ("29344",)),
    "e-mail": ("message/rfc822", lambda: EMAIL, ("Okafor", "margaret.okafor", "960123")),
    "scan": ("application/pdf", lambda: scanned(drawn(LETTER)), ("Okafor", "12 34 56")),
    "CSV": ("text/csv", lambda: b"Name,NI number\nMargaret Okafor,QQ123456C\n", ("Okafor", "QQ123456C")),
}


def url(media: str, data: bytes) -> str:
    return f"data:{media};base64,{base64.b64encode(data).decode()}"


def chat(media: str, data: bytes) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "file", "file": {"filename": "letter", "file_data": url(media, data)}}
    if media.startswith("image/"):
        part = {"type": "image_url", "image_url": {"url": url(media, data)}}
    return {"messages": [{"role": "user", "content": [part, {"type": "text", "text": "What do they want?"}]}]}


def responses(media: str, data: bytes) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "input_file", "filename": "letter", "file_data": url(media, data)}
    if media.startswith("image/"):
        part = {"type": "input_image", "image_url": url(media, data)}
    return {"input": [{"role": "user", "content": [part, {"type": "input_text", "text": "What do they want?"}]}]}


def anthropic(media: str, data: bytes) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media, "data": base64.b64encode(data).decode()}
    part = {"type": "image" if media.startswith("image/") else "document", "source": source}
    content = [part, {"type": "text", "text": "What do they want?"}]
    return {"max_tokens": 50, "messages": [{"role": "user", "content": content}]}


DIALECTS = {"/chat/completions": chat, "/responses": responses, "/messages": anthropic}
every = pytest.mark.parametrize("path", DIALECTS)


def post(gateway: Gateway, key: str, path: str, media: str, data: bytes) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    body = {"model": "council-assistant", **DIALECTS[path](media, data)}
    return httpx.post(gateway.base_url + path, json=body, headers=headers, timeout=100, trust_env=False)


@pytest.mark.parametrize(
    ("path", "kind"), [*(("/chat/completions", kind) for kind in FILES), ("/responses", "Excel"), ("/messages", "Word")]
)
def test_a_file_leaves_as_its_text(gateway: Gateway, key: str, capture: Capture, path: str, kind: str) -> None:
    media, make, values = FILES[kind]
    reply = post(gateway, key, path, media, make())
    assert reply.status_code == 200, reply.text
    sent = capture.received[0].decode()
    assert "[Text of an attached file: " in sent
    assert "base64" not in sent
    assert not [value for value in values if value in sent]
    assert "PERSON_" in sent
    assert "file-sent-as-text" in reply.headers["x-ai-notice"]
    record = gateway.records(reply.headers["x-ai-record"])
    assert record["outcome"] == "delivered"
    assert record["findings"]


def test_a_picture_leaves_as_its_words(gateway: Gateway, key: str, capture: Capture) -> None:
    reply = post(gateway, key, "/chat/completions", "image/png", saved(drawn(LETTER)))
    assert reply.status_code == 200, reply.text
    sent = capture.received[0].decode()
    assert "Maidstone Borough Council" in sent
    assert "Okafor" not in sent
    assert "iVBOR" not in sent


@pytest.mark.parametrize(
    ("path", "media", "data", "why"),
    [
        ("/chat/completions", "application/zip", zipped({"a.txt": "hello"}), "archive"),
        ("/chat/completions", "application/octet-stream", b"\x00\x01\x02\x03" * 40, "can't be read"),
        ("/responses", "application/zip", zipped({"a.txt": "hello"}), "archive"),
        ("/messages", "application/pdf", b"%PDF-1.4 broken", "damaged"),
        ("/messages", "image/png", saved(drawn(("",))), "No text could be found"),
    ],
    ids=["archive", "unknown", "archive in Responses", "broken", "no text"],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    gateway: Gateway, key: str, capture: Capture, path: str, media: str, data: bytes, why: str
) -> None:
    reply = post(gateway, key, path, media, data)
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert why in error["message"]
    assert error["refusal"]["rule"] == "unreadable"
    assert not capture.received


@every
def test_a_refused_file_says_what_was_found(gateway: Gateway, key: str, capture: Capture, path: str) -> None:
    text = "The tenant was convicted of burglary in 2019."
    reply = post(gateway, key, path, "text/plain", text.encode())
    assert reply.status_code == 400
    assert reply.json()["error"]["refusal"]["found"][0]["label"] == "CRIMINAL"
    assert not capture.received


# A tool whose assessment covers pictures: they leave as pictures, painted over.


@pytest.fixture(scope="module")
def redacting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Capture]]:
    folder = tmp_path_factory.mktemp("redacting")
    register = yaml.safe_load((ROOT / "policies" / "register" / "mid-kent.yaml").read_text("utf-8"))
    register["tools"]["council-assistant"]["pictures"] = "redact"
    own = Path(folder) / "register.yaml"
    own.write_text(yaml.safe_dump(register, sort_keys=False))
    settings = {"kind": "direct", "speaks": ["openai_chat", "openai_responses", "anthropic_messages"]}
    with capturing() as capture:
        upstreams = {"offline": {**settings, "base_url": capture.url}}
        with running(folder, capture.url, upstreams=upstreams, register=str(own)) as made:
            yield made, capture


def pictured(path: str, body: dict[str, Any]) -> bytes:
    """The picture that went out."""
    if path == "/messages":
        source = body["messages"][0]["content"][0]["source"]
        assert source["media_type"] == "image/png"
        return base64.b64decode(source["data"])
    part = body["messages"][0]["content"][0] if path == "/chat/completions" else body["input"][0]["content"][0]
    written = part["image_url"]["url"] if path == "/chat/completions" else part["image_url"]
    assert written.startswith("data:image/png;base64,")
    return base64.b64decode(written.partition(",")[2])


@every
async def test_a_picture_is_painted_over(redacting: tuple[Gateway, Capture], path: str) -> None:
    gateway, capture = redacting
    capture.clear()
    original = saved(drawn(LETTER))
    reply = post(gateway, gateway.key(), path, "image/png", original)
    assert reply.status_code == 200, reply.text
    left = pictured(path, capture.bodies[0])
    assert left != original
    if path != "/chat/completions":  # the same pixels; reading them again would only take time
        return
    reader = Reader()
    try:
        seen: Document = await reader.read(left, "image/png")
    finally:
        reader.close()
    assert "Maidstone Borough Council" in seen.text
    assert "Okafor" not in seen.text
    assert "12 34 56" not in seen.text
    record = gateway.records(reply.headers["x-ai-record"])
    assert "Okafor" not in str(record)
