"""A folder of documents, made here: the same letter in every form it may come in; what was found, what went out."""

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageFilter

from tests.documents.makers import Pdf, docx, drawn, saved, scanned, xlsx, zipped
from tests.support.capture import Capture
from tests.support.gateway import Gateway

LETTER = (
    "Maidstone Borough Council",
    "Dear Mrs Margaret Okafor,",
    "Your NI number is QQ 12 34 56 C.",
    "Please telephone 01632 960123.",
)
OUT = (
    "Maidstone Borough Council",
    "Dear Mrs <PERSON>,",
    "Your NI number is <NINO>.",
    "Please telephone <PHONE>.",
)
"""The letter as it leaves."""
VALUES = ("Okafor", "12 34 56", "960123", "960 123")
TOKEN = re.compile(r"\b(PERSON|NINO|PHONE|EMAIL|DATE_OF_BIRTH|ADDRESS)_[A-Z0-9]{8,}")


def photo() -> bytes:
    """The letter on a desk, by a telephone: askew, a little blurred, on grey."""
    letter = drawn(LETTER, 36)
    desk = Image.new("RGB", (letter.width + 160, letter.height + 160), (150, 146, 140))
    desk.paste(letter, (80, 80))
    turned = desk.rotate(1.5, Image.Resampling.BICUBIC, fillcolor=(150, 146, 140))
    return saved(turned.filter(ImageFilter.GaussianBlur(0.8)))


def mail() -> bytes:
    lines = "\r\n".join(LETTER)
    return (
        "From: Revenues <revenues@maidstone.example>\r\nTo: margaret.okafor@mail.example\r\nSubject: Your account\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{lines}\r\n"
    ).encode()


def word() -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in LETTER)
    return zipped(docx(body=body))


def page() -> Pdf:
    pdf = Pdf()
    pdf.page(LETTER)
    return pdf


OFFICE = "application/vnd.openxmlformats-officedocument."
FOLDER: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "letter.pdf": ("application/pdf", lambda: page().bytes(), OUT),
    "scan.pdf": ("application/pdf", lambda: scanned(drawn(LETTER)), OUT),
    "letter.docx": (f"{OFFICE}wordprocessingml.document", word, OUT),
    "clients.xlsx": (f"{OFFICE}spreadsheetml.sheet", lambda: zipped(xlsx()), ("<PERSON>", "<PHONE>")),
    "letter.eml": ("message/rfc822", mail, (*OUT, "<EMAIL>")),
    "photo.png": ("image/png", photo, OUT),
    "letter.html": (
        "text/html",
        lambda: ("<!doctype html><html><body>" + "".join(f"<p>{x}</p>" for x in LETTER) + "</body></html>").encode(),
        OUT,
    ),
    "clients.csv": (
        "text/csv",
        lambda: b"Name,NI number,Telephone\r\nMargaret Okafor,QQ 12 34 56 C,01632 960123\r\n",
        ("<PERSON>", "<NINO>", "<PHONE>"),
    ),
    "note.txt": ("text/plain", lambda: "\n".join(LETTER).encode(), OUT),
}
"""Name, media type, bytes, and what must stand in what leaves."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("documents")
    for name, (_, make, _) in FOLDER.items():
        (made / name).write_bytes(make())
    return made


@pytest.fixture(scope="module")
def client(gateway: Gateway, key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=gateway.base_url, headers=headers, timeout=110, trust_env=False) as made:
        yield made


@pytest.mark.parametrize("name", FOLDER)
def test_what_was_found_and_what_went_out(
    client: httpx.Client, gateway: Gateway, capture: Capture, folder: Path, name: str
) -> None:
    media, _, expected = FOLDER[name]
    url = f"data:{media};base64,{base64.b64encode((folder / name).read_bytes()).decode()}"
    part = {"type": "file", "file": {"filename": name, "file_data": url}}
    if media.startswith("image/"):
        part = {"type": "image_url", "image_url": {"url": url}}
    content = [part, {"type": "text", "text": "What do they want?"}]
    body = {"model": "council-assistant", "messages": [{"role": "user", "content": content}]}
    reply = client.post("/chat/completions", json=body)
    assert reply.status_code == 200, reply.text
    left = capture.bodies[0]["messages"][0]["content"][0]["text"]
    plain = TOKEN.sub(r"<\1>", left)
    assert left.startswith("[Text of an attached file: ")
    assert not [line for line in expected if line not in plain], plain
    assert not [value for value in VALUES if value in b"".join(capture.received).decode()]
    found = gateway.records(reply.headers["x-ai-record"])["findings"]
    wanted = {label for line in expected for label in re.findall(r"<(\w+)>", line)}
    assert wanted <= found.keys()
    assert "file-sent-as-text" in reply.headers["x-ai-notice"]
