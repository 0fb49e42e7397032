"""Marks in sound: the samples stay, readers find the note; what is not of the format asked for is refused."""

import io
import struct
import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects import sounds
from gateway.dialects.xmp import MADE
from tests.support.media import FLAC_SOUND, FRAMES, SOUNDS, id3_frames, riff_chunks, wav

NOTE = "AI helped write this. Siân’s council is responsible. Ref MBC-7F3K-Q2XD."
REF = "MBC-7F3K-Q2XD"


@pytest.mark.parametrize("form", sounds.TYPES)
def test_each_format_is_told_from_the_others(form: str) -> None:
    for other, data in SOUNDS.items():
        assert sounds.is_form(data, form) is (other == form or (form == "pcm" and other in ("mp3", "aac")))


@pytest.mark.parametrize("form", sounds.TYPES)
@pytest.mark.parametrize("data", [b"", b"<!doctype html><html>", b'{"error": {"message": "no"}}', b"%PDF-1.7 ab", b"x"])
def test_what_is_no_sound(form: str, data: bytes) -> None:
    assert not sounds.is_form(data, form)


@pytest.mark.parametrize("before", [b"", b"ID3\x04\0\0\0\0\0\x0eTXXX\0\0\0\x04\0\0SECR", b"ID3\x03\0\0\0\0\0\0" * 3])
def test_mp3(before: bytes) -> None:
    data = before + FRAMES + b"TAG" + b"SECRET".ljust(125)
    assert sounds.is_form(data, "mp3")
    marked = sounds.marked(data, "mp3", NOTE, REF)
    frames = id3_frames(marked)
    assert frames["after"] == FRAMES
    assert frames["COMM"] == b"eng\0" + NOTE.encode()
    assert frames["TXXXDigitalSourceType"].endswith(MADE.encode())
    assert frames["TXXXAI-Record"].endswith(REF.encode())
    assert b"SECR" not in marked
    assert sounds.marked(marked, "mp3", NOTE, REF) == marked


@settings(max_examples=30, deadline=None)
@given(samples=st.integers(1, 200), streamed=st.booleans())
def test_wav(samples: int, streamed: bool) -> None:
    data = wav(samples)
    if streamed:  # as a server writes it that doesn't know yet how long it will be
        data = data[:4] + b"\xff" * 4 + data[8:40] + b"\xff" * 4 + data[44:]
    marked = sounds.marked(data, "wav", NOTE, REF)
    with wave.open(io.BytesIO(marked)) as file:
        assert file.getnframes() == samples
        assert file.readframes(samples) == wav(samples)[44:]
    chunks = riff_chunks(marked)
    assert b"ICMT" + struct.pack("<I", len(NOTE.encode()) + 1) + NOTE.encode() in chunks[b"LIST"]
    assert sounds.marked(marked, "wav", NOTE, REF) == marked


def test_texts_that_come_with_a_wav_are_left_out() -> None:
    data = wav()
    other = b"LIST\x0a\0\0\0INFOSECRET"
    data = data[:12] + other + data[12:] + other
    assert b"SECRET" not in sounds.marked(data, "wav", NOTE, REF)


def test_flac() -> None:
    data = SOUNDS["flac"]
    vendor = b"\x04\0\0\x0bSECRETSECRE"
    noted = b"fLaC\0" + data[5:42] + vendor + b"\x81\0\0\x04" + bytes(4) + FLAC_SOUND
    for given_ in (data, noted):
        marked = sounds.marked(given_, "flac", NOTE, REF)
        assert marked.startswith(b"fLaC\0\0\0\x22" + bytes(range(34)) + b"\x84")
        assert marked.endswith(FLAC_SOUND)
        assert f"COMMENT={NOTE}".encode() in marked
        assert b"SECRET" not in marked
        assert sounds.is_form(marked, "flac")
        assert sounds.marked(marked, "flac", NOTE, REF) == marked


@pytest.mark.parametrize("form", ["opus", "aac", "pcm"])
def test_formats_without_a_place_are_passed_on(form: str) -> None:
    assert sounds.marked(SOUNDS[form], form, NOTE, REF) == SOUNDS[form]


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=120),
    start=st.sampled_from([b"", b"ID3", b"RIFF\xff\xff\xff\xffWAVE", b"fLaC", b"fLaC\0\0\0\x22", b"\xff\xfb"]),
    form=st.sampled_from(sorted(sounds.TYPES)),
)
def test_any_bytes_are_sound_or_not(data: bytes, start: bytes, form: str) -> None:
    if sounds.is_form(start + data, form):
        marked = sounds.marked(start + data, form, NOTE, REF)
        assert sounds.is_form(marked, form)
