"""Marks in pictures: no pixel touched, one packet, nothing else to read; whatever is no whole picture is refused."""

import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import PngImagePlugin

from gateway.dialects import pictures, xmp
from tests.support.media import picture, pixels, xmp_of

NOTE = 'AI helped write this. "Maidstone" & <others> are responsible. Ref MBC-7F3K-Q2XD.'
PACKET = xmp.packet(xmp.MADE, NOTE, "MBC-7F3K-Q2XD")
FORMS: list[tuple[str, str, dict[str, Any]]] = [
    ("png", "RGB", {}),
    ("png", "RGBA", {}),
    ("png", "P", {}),
    ("jpeg", "RGB", {}),
    ("jpeg", "L", {"progressive": True}),
    ("jpeg", "CMYK", {"quality": 95}),
    ("webp", "RGB", {}),
    ("webp", "RGBA", {}),
    ("webp", "RGBA", {"lossless": True}),
]
SAMPLES = [picture(kind, mode=mode, **how) for kind, mode, how in FORMS]


@pytest.mark.parametrize(("kind", "mode", "how"), FORMS, ids=str)
@settings(max_examples=15, deadline=None)
@given(side=st.integers(1, 40), seed=st.integers(0, 99))
def test_pixels_stay_and_readers_find_the_packet(
    kind: str, mode: str, how: dict[str, Any], side: int, seed: int
) -> None:
    data = picture(kind, side, seed, mode, **how)
    assert pictures.kind_of(data) == f"image/{kind}"
    marked = pictures.marked(data, PACKET)
    assert pixels(marked) == pixels(data)
    assert xmp_of(marked).encode() == PACKET
    assert pictures.kind_of(marked) == f"image/{kind}"
    assert pictures.marked(marked, PACKET) == marked


def test_the_packet_says_it_in_iptcs_words() -> None:
    text = PACKET.decode()
    assert "DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia<" in text
    assert "&quot;" in text or '"Maidstone" &amp; &lt;others&gt;' in text
    assert "Record MBC-7F3K-Q2XD" in text


def test_texts_that_nobody_has_read_are_left_out() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "SECRET prompt")
    texts.add_itxt("XML:com.adobe.xmp", "<SECRET/>")
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0SECRET"
    for data in (
        picture("png", pnginfo=texts),
        picture("png", exif=exif) + b"SECRET after the end",
        picture("jpeg", exif=exif, comment=b"SECRET", xmp=b"<SECRET/>") + b"SECRET",
        picture("webp", exif=exif, xmp=b"<SECRET/>"),
    ):
        assert b"SECRET" in data
        marked = pictures.marked(data, PACKET)
        assert b"SECRET" not in marked
        assert pixels(marked) == pixels(data)


def test_what_shows_the_picture_is_kept() -> None:
    profile = b"\0" * 200
    for kind in ("png", "jpeg", "webp"):
        data = picture(kind, icc_profile=profile)
        assert (b"ICCP" in pictures.marked(data, PACKET)) or (b"iCCP" in data) or (b"ICC_PROFILE" in data)
        assert xmp_of(pictures.marked(data, PACKET)).encode() == PACKET


@pytest.mark.parametrize("data", SAMPLES, ids=range(len(SAMPLES)))
@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True))
def test_a_picture_cut_anywhere_is_none(data: bytes, where: float) -> None:
    with pytest.raises(ValueError):
        pictures.kind_of(data[: int(len(data) * where)])


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), start=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"]))
def test_any_bytes_are_a_picture_or_an_error(data: bytes, start: bytes) -> None:
    try:
        pictures.marked(start + data, PACKET)
    except ValueError:
        return


@settings(max_examples=200, deadline=None)
@given(number=st.integers(0, len(SAMPLES) - 1), at=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_changed_byte_is_still_a_picture_or_an_error(number: int, at: int, byte: int) -> None:
    data = bytearray(SAMPLES[number])
    data[at % len(data)] = byte
    try:
        marked = pictures.marked(bytes(data), PACKET)
    except ValueError:
        return
    assert pictures.kind_of(marked)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>Sign in</body></html>",
        b"GIF89a" + bytes(60),
        b"%PDF-1.7",
        b"\xff\xd8" + b"\xff" * 3_000_000,
        b"\xff\xd8\xff\xda\0\x02" + b"\xff\0" * 2_000_000,
        b"\x89PNG\r\n\x1a\n" + (b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")) * 200_000,
        b"RIFF\xff\xff\xff\x7fWEBP",
    ],
    ids=["nothing", "page", "gif", "pdf", "fill", "no end", "countless chunks", "length"],
)
@pytest.mark.timeout(5)
def test_what_is_no_picture(data: bytes) -> None:
    with pytest.raises(ValueError):
        pictures.kind_of(data)


def test_a_packet_too_long_for_a_jpeg() -> None:
    with pytest.raises(ValueError):
        pictures.marked(picture("jpeg"), b"x" * 66_000)
