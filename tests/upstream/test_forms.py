"""What goes to endpoints that take forms, and replies that are no JSON."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.caller import Deployment
from gateway.upstream import forms, wire
from tests.support.bodies import VALUES
from tests.support.media import parsed_form

NAMES = st.text(st.characters(codec="ascii", exclude_categories=["C"], exclude_characters='\\%;="'), min_size=1).filter(
    lambda name: not name.endswith("[]") and name == name.strip()
)


def file(data: bytes, filename: str = "Mrs Okafor.MP3", kind: str = "audio/mpeg") -> dict[str, str]:
    return {"filename": filename, "content_type": kind, "data": base64.b64encode(data).decode()}


def sent(body: dict[str, Any], dialect: str = "openai_transcriptions") -> dict[str, Any]:
    raw, kind = forms.encoded(dialect, body)
    return json.loads(raw) if kind == "application/json" else parsed_form(kind, raw)


@given(st.dictionaries(NAMES, st.one_of(st.text(st.characters(codec="utf-8", exclude_categories=["C"])), VALUES)))
def test_what_another_parser_reads_is_what_was_meant(fields: dict[str, Any]) -> None:
    got = sent({**fields, "file!": file(b"a\r\n--b")})
    assert got.pop("file!") == ("file.mp3", "audio/mpeg", b"a\r\n--b")
    for name, value in fields.items():
        values = [each for each in (value if isinstance(value, list) else [value]) if each is not None]
        spelled = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in values]
        read = got.get(name, [])
        assert (read if isinstance(read, list) else [read]) == spelled


def test_lists_are_repeated_and_nothing_breaks_out_of_its_field() -> None:
    body = {"image[]": [file(b"1", "a.png", "image/png"), file(b"2", "", "image/webp")], "n": 2, "user": None}
    assert sent(body, "openai_image_edits") == {
        "image[]": [("file.png", "image/png", b"1"), ("file.webp", "image/webp", b"2")],
        "n": "2",
    }
    raw, _ = forms.encoded("openai_transcriptions", {'a"\r\nb: c': "x", "file": file(b"1")})
    assert b'name="a%22%0D%0Ab: c"' in raw


@pytest.mark.parametrize(
    ("filename", "kind", "ending", "said"),
    [
        ("Mrs Okafor tenancy.WAV", "audio/wav", "file.wav", "audio/wav"),
        ("PERSON_K7QD2M8X", "audio/x-m4a", "file.m4a", "audio/x-m4a"),
        ("a.mp3", "text/margaret-okafor", "file.mp3", "application/octet-stream"),
        ("a.okafor", "x", "file", "application/octet-stream"),
    ],
)
def test_a_files_own_name_stays_here(filename: str, kind: str, ending: str, said: str) -> None:
    assert sent({"file": file(b"1", filename, kind)})["file"] == (ending, said, b"1")


def test_only_where_a_form_is_due() -> None:
    assert sent({"model": "m", "images": [{"file_id": "f"}]}, "openai_image_edits")["images"] == [{"file_id": "f"}]
    assert sent({"file": file(b"1")}, "openai_chat") == {"file": file(b"1")}
    with pytest.raises(ValueError):
        forms.encoded("openai_transcriptions", {"file": {**file(b"1"), "data": "not base64"}})


@pytest.mark.parametrize(
    ("dialect", "form", "kind", "raw", "read"),
    [
        ("openai_speech", None, "audio/mpeg", b"\xff\xfb", {"content_type": "audio/mpeg", "data": "//s="}),
        ("openai_speech", None, "application/json", b'{"error": {}}', {"error": {}}),
        ("openai_speech", None, "text/html", b"<html>", None),
        ("openai_transcriptions", "srt", "text/plain", "é".encode(), {"content_type": "text/plain", "text": "é"}),
        ("openai_transcriptions", "vtt", "text/vtt", b"x", {"content_type": "text/plain", "text": "x"}),
        ("openai_transcriptions", "text", "application/json", b'{"text": "x"}', {"text": "x"}),
        ("openai_translations", "text", "text/plain", b"\xff", None),
        ("openai_translations", "text", "text/html", b"<html>", None),
        ("openai_translations", "json", "text/plain", b"x", None),
        ("openai_chat", None, "text/plain", b'{"a": 1}', {"a": 1}),
        ("openai_images", None, "image/png", b"\x89PNG", None),
    ],
)
def test_replies(dialect: str, form: str | None, kind: str, raw: bytes, read: Any) -> None:
    expected = forms.wanted(dialect, {} if form is None else {"response_format": form})
    assert forms.decoded(raw, kind, expected) == read


@pytest.mark.parametrize(
    ("model", "asked", "wanted"),
    [
        ("dall-e-3", None, "b64_json"),
        ("dall-e-3", "url", "b64_json"),
        ("gpt-image-1", None, None),
        ("stable-diffusion", "url", "b64_json"),
    ],
)
def test_pictures_are_asked_for_as_such(model: str, asked: str | None, wanted: str | None) -> None:
    body = {"model": model, "prompt": "x", "response_format": asked}
    deployment = Deployment("d", "azure", model, "p", "uk")
    assert wire.outgoing("direct", "openai_images", body, deployment)["response_format"] == wanted
    assert wire.outgoing("direct", "openai_speech", body, deployment)["response_format"] == asked
