"""Forms: read strictly and within bounds, into what a JSON body would be, and only where the route takes them."""

import base64
import json
import logging
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects.openai_images import OpenAIImageEdits
from gateway.http import forms
from gateway.http.app import create_app
from gateway.http.ports import Limits
from gateway.model.errors import BadRequest
from tests.http.site import Desk, ask, echo, handle
from tests.support.media import picture

HEADERS = {"content-type": "multipart/form-data; boundary=XX"}
FIELD = b'--XX\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nHello \xc3\xa9\r\n'
FILE = (
    b'--XX\r\nContent-Disposition: form-data; name="image"; filename="Jo \\"x\\".png"\r\nContent-Type: IMAGE/png; x=y'
    b"\r\n\r\n\x89PNG\r\n--X\r\n"
)
END = b"--XX--\r\n"
NAMES = st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=["C"])


def file(data: bytes, filename: str = "a.png", kind: str = "image/png") -> dict[str, str]:
    return {"filename": filename, "content_type": kind, "data": base64.b64encode(data).decode()}


def test_fields_and_files() -> None:
    assert forms.parsed(FIELD + FILE + END, HEADERS) == {
        "prompt": "Hello é",
        "image": file(b"\x89PNG\r\n--X", 'Jo "x".png'),
    }


def test_names_that_are_lists() -> None:
    listed = FIELD.replace(b"prompt", b"include[]")
    assert forms.parsed(listed + END, HEADERS) == {"include[]": ["Hello é"]}
    assert forms.parsed(listed + listed + END, HEADERS) == {"include[]": ["Hello é", "Hello é"]}
    twice = forms.parsed(FILE + FILE + FILE + END, HEADERS)
    assert [each["filename"] for each in twice["image"]] == ['Jo "x".png'] * 3


@settings(max_examples=60, deadline=None)
@given(
    fields=st.dictionaries(
        st.text(NAMES, min_size=1, max_size=9).filter(lambda name: not name.endswith("[]")),
        st.one_of(st.text(max_size=30), st.binary(max_size=60)),
        max_size=5,
    )
)  # fmt: skip
def test_what_a_client_library_writes_is_read(fields: dict[str, str | bytes]) -> None:
    request = httpx.Request(
        "POST",
        "http://x",
        files={
            name: ("a.png", value, "image/png") if isinstance(value, bytes) else (None, value)
            for name, value in fields.items()
        }
        or {"none": (None, "")},
    )
    read = forms.parsed(request.read(), request.headers)
    expected = {name: file(value) if isinstance(value, bytes) else value for name, value in fields.items()}
    assert read == (expected or {"none": ""})


@pytest.mark.parametrize(
    ("raw", "code", "status"),
    [
        (FIELD, "invalid_form", 400),
        (b"", "invalid_form", 400),
        (b'{"prompt": "x"}', "invalid_form", 400),
        (FIELD + FIELD + END, "duplicate_key", 400),
        (FIELD.replace(b"prompt", b"image") + FILE + END, "duplicate_key", 400),
        (FILE + FIELD.replace(b"prompt", b"image") + END, "duplicate_key", 400),
        (FIELD.replace(b"\xc3", b"") + END, "invalid_form", 400),
        (FIELD.replace(b'; name="prompt"', b"") + END, "invalid_form", 400),
        (FIELD.replace(b"form-data", b"attachment") + END, "invalid_form", 400),
        (FIELD.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + END, "invalid_form", 400),
        (FIELD.replace(b"\r\n\r\n", b"\r\nContent-Disposition: form-data; name=x\r\n\r\n") + END, "invalid_form", 400),
        (FIELD.replace(b"Hello", b"x" * (forms.MAX_FIELD_BYTES + 1)) + END, "request_too_large", 413),
        (FIELD.replace(b"prompt", b"x" * 300) + END, "request_too_large", 413),
        (FIELD.replace(b"prompt", b"x" * 30_000) + END, "invalid_form", 400),
        (b"".join(FIELD.replace(b"prompt", b"p%d" % n) for n in range(200)) + END, "too_many_values", 413),
        (FILE * 30 + END, "too_many_files", 413),
    ],
)
def test_what_is_refused(raw: bytes, code: str, status: int) -> None:
    with pytest.raises(BadRequest) as caught:
        forms.parsed(raw, HEADERS)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert "Hello" not in caught.value.message


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "x" * 71, '; boundary="a\tb"'])
def test_a_boundary_is_needed(boundary: str) -> None:
    with pytest.raises(BadRequest):
        forms.parsed(FIELD + END, {"content-type": "multipart/form-data" + boundary})


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([FIELD, FILE, END, b"--XX", b"\r\n"])), max_size=5))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    try:
        forms.parsed(b"".join(pieces), HEADERS)
    except BadRequest:
        return


def test_the_parser_writes_nothing_down(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(BadRequest):
        forms.parsed(b"--secret", HEADERS)
    assert not caplog.records


async def _sent(raw: bytes, path: str = "/v1/images/edits", **limits: int) -> tuple[int, Any]:
    desk = Desk(echo, dialects={"openai_image_edits": OpenAIImageEdits(), **Desk(echo).dialects})
    app = create_app(desk, handle=handle, limits=Limits(**limits))
    status, _, data = await ask(app, path=path, body=raw, headers=HEADERS)
    return status, json.loads(data)


async def test_only_routes_that_take_forms_read_them() -> None:
    image = FILE.replace(b"\x89PNG\r\n--X", picture())
    model = FIELD.replace(b"prompt", b"model")
    assert (await _sent(FIELD + image + END))[1]["error"]["param"] == "/model"
    assert (await _sent(FIELD + model + END))[1]["error"]["param"] == "/image"
    assert (await _sent(FIELD + image + END, "/v1/chat/completions"))[0] == 415
    assert (await _sent(FIELD + image + END, body_bytes=100))[0] == 413
