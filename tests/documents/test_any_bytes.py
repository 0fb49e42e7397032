"""Whatever the bytes, reading ends in a document or in a reason."""

from email.message import EmailMessage
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.documents import reading
from gateway.documents.document import MESSAGES, Unreadable
from gateway.documents.limits import Limits
from tests.documents import makers
from tests.documents.test_mail import outlook
from tests.documents.test_pdf import full

LIMITS = Limits(ocr=0, unpacked=20_000_000)
"""Without OCR: the models see pixels only, and a second for each example would be too long."""


@cache
def samples() -> tuple[bytes, ...]:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Hello"
    message.set_content("Dear Anna")
    message.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="a.png")
    small = makers.drawn(["Anna"])
    return (
        makers.zipped(makers.docx(), stored=True),
        makers.zipped(makers.xlsx(), stored=True),
        makers.zipped(makers.pptx(), stored=True),
        makers.zipped(makers.odt(), stored=True),
        makers.zipped(makers.xlsx()),
        makers.container(outlook()),
        message.as_bytes(),
        full(),
        rb"{\rtf1\ansi{\info{\author Anna}}Dear \'e9\u233?{\*\annotation x}\par\bin3 abc}",
        b"<!DOCTYPE html><html><!-- a --><p title='b'>c&eacute;</p></html>",
        *(makers.saved(small, form) for form in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")),
    )


def ends_well(data: bytes, media: str = "", name: str = "") -> None:
    code, text = _read(data, media, name)
    assert code in MESSAGES or text.strip()


def _read(data: bytes, media: str, name: str) -> tuple[str, str]:
    try:
        return "", reading.read(data, media, name, LIMITS).text
    except Unreadable as reason:
        return reason.code, ""


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "application/pdf", "text/html", "image/png"]))
def test_arbitrary_bytes(data: bytes, media: str) -> None:
    ends_well(data, media)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_files(data: st.DataObject) -> None:
    sample = bytearray(data.draw(st.sampled_from(samples())))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(sample) - 1))
        sample[at] = data.draw(st.integers(0, 255))
    ends_well(bytes(sample[: data.draw(st.integers(0, len(sample)))]) if data.draw(st.booleans()) else bytes(sample))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([b"%PDF-1.7\n", b"PK\x03\x04", b"{\\rtf1 ", b"GIF89a", b"II*\0", b"From: a\nTo: b\n\n"]),
    st.binary(),
)
def test_files_that_begin_well(start: bytes, rest: bytes) -> None:
    ends_well(start + rest)
