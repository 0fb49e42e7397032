"""Bodies: bounded, decompressed and parsed so strictly that no two readers can disagree."""

import contextlib
import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.app import create_app
from gateway.http.body import parsed, unpacked
from gateway.http.ports import Limits
from gateway.model.errors import BadRequest
from tests.http.site import Desk, ask, echo, handle

GOOD = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello é"}]}).encode()


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b"", "invalid_json", "line 1"),
        (b"{", "invalid_json", "line 1, column 2"),
        (b"[]", "invalid_json", "must be an object"),
        (b'"x"', "invalid_json", "must be an object"),
        (b'{"a": 1} x', "invalid_json", "column 10"),
        (b'{"a": 1, "a": 2}', "duplicate_key", "same key twice"),
        (b'{"a": [{"b": {"c": 1, "\\u0063": 2}}]}', "duplicate_key", "same key twice"),
        (b'{"a": NaN}', "invalid_json", "NaN"),
        (b'{"a": -Infinity}', "invalid_json", "NaN"),
        (b'{"a": 1e999}', "invalid_json", "too large"),
        (b'{"a": 18446744073709551616}', "invalid_json", "64 bits"),
        (b'{"a": -9223372036854775809}', "invalid_json", "64 bits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "invalid_json", "64 bits"),
        (b'{"a": "\xff"}', "invalid_json", "UTF-8"),
        (b'\xff\xfe{\x00', "invalid_json", "UTF-8"),
        (b'\xef\xbb\xbf{}', "invalid_json", "line 1"),
        (b'{"a": "\\ud83d"}', "invalid_json", "half a character"),
        (b'{"\\uDE00": 1}', "invalid_json", "half a character"),
        (b'{"a": "\x01"}', "invalid_json", "line 1"),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "too_deep", "at most 64"),
        (b'{"a": ' + b"[" * 200_000, "too_deep", "at most 64"),
        (b'{"a": ' + b'{"b":' * 5000 + b"1" + b"}" * 5001, "too_deep", "at most 64"),
    ],
)  # fmt: skip
def test_what_is_refused(raw: bytes, code: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said) as caught:
        parsed(raw, 64)
    assert caught.value.code == code


def test_a_body_of_countless_small_values_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(BadRequest) as caught:
        parsed(b'{"a": [' + b"{}," * 1_000_001 + b"{}]}", 64)
    assert caught.value.status == 413


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": ' + b"[" * 63 + b"]" * 63 + b"}",
        b'{"a": "\\ud83d\\ude00", "b": 18446744073709551615, "c": -0.0}',
        b'{"a": [' + b"[]," * 1000 + b"[]]}",
        b' \n{"a": {"k": 1}, "b": {"k": 1}}\t',
    ],
)
def test_what_is_read(raw: bytes) -> None:
    assert parsed(raw, 64) == json.loads(raw)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(BadRequest):  # any other exception fails the test
        assert isinstance(parsed(raw, 64), dict)


def test_encodings() -> None:
    packed = {
        "gzip": gzip.compress(GOOD, mtime=0),
        "x-gzip": gzip.compress(GOOD, mtime=0),
        "deflate": zlib.compress(GOOD),
        "identity": GOOD,
        "": GOOD,
    }
    for coding, raw in packed.items():
        assert unpacked(raw, {"content-encoding": coding}, 1000) == GOOD
    bare = zlib.compressobj(wbits=-15)
    assert unpacked(bare.compress(GOOD) + bare.flush(), {"content-encoding": "deflate"}, 1000) == GOOD


@pytest.mark.parametrize(
    ("raw", "coding", "status"),
    [
        (gzip.compress(b" " * 10_000_000, mtime=0), "gzip", 413),
        (zlib.compress(b" " * 10_000_000), "deflate", 413),
        (gzip.compress(GOOD, mtime=0)[:-5], "gzip", 400),
        (gzip.compress(GOOD, mtime=0) + gzip.compress(GOOD, mtime=0), "gzip", 400),
        (GOOD, "gzip", 400),
        (b"", "gzip", 400),
        (GOOD, "br", 415),
        (gzip.compress(gzip.compress(GOOD, mtime=0), mtime=0), "gzip, gzip", 415),
    ],
)
def test_encodings_that_are_refused(raw: bytes, coding: str, status: int) -> None:
    with pytest.raises(BadRequest) as caught:
        unpacked(raw, {"content-encoding": coding}, 1_000_000)
    assert caught.value.status == status


async def _asked(body: bytes, **headers: str) -> tuple[int, dict[str, Any], Desk]:
    desk = Desk(echo)
    app = create_app(desk, handle=handle, limits=Limits(body_bytes=1000))
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, data = await ask(app, body=body, headers=given)
    return status, json.loads(data), desk


async def test_a_good_body_is_answered() -> None:
    status, body, _ = await _asked(GOOD)
    assert status == 200
    assert body["choices"][0]["message"]["content"] == "You wrote: Hello é"


async def test_a_body_over_the_limit_is_a_recorded_refusal() -> None:
    for headers in ({}, {"content_length": "1001"}):
        status, body, desk = await _asked(b" " * 1001, **headers)
        assert status == 413
        assert body["error"]["code"] == "request_too_large"
        assert desk.outcomes == ["request_too_large"]


async def test_other_types_are_refused() -> None:
    assert (await _asked(GOOD, content_type="multipart/form-data; boundary=x"))[0] == 415
    assert (await _asked(GOOD, content_type="application/json; charset=latin-1"))[0] == 415
    assert (await _asked(GOOD, content_type='application/json; charset="UTF-8"'))[0] == 200


async def test_nothing_is_read_before_the_caller_is_known() -> None:
    """Without a good key the body is never asked for."""

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    desk = Desk(echo)
    app = create_app(desk, handle=handle)
    for headers in ({"authorization": "Bearer bad"}, {"authorization": ""}, {"authorization": "Basic Z29vZA=="}):
        status, answer, data = await ask(app, headers=headers, receive=receive)
        assert status == 401
        assert answer["www-authenticate"].startswith("Bearer")
        assert json.loads(data)["error"]["type"] == "authentication_error"
    assert desk.outcomes == []


async def test_no_error_repeats_the_body() -> None:
    for raw in (
        b'{"NHS 943 476 5919": ',
        b'{"model": {"NHS 943 476 5919": 1}}',
        b'{"model": "m", "messages": "943 476"}',
    ):
        status, body, _ = await _asked(raw)
        assert status == 400
        assert "943" not in json.dumps(body)


async def test_claims_that_are_wrong_name_the_field_and_not_the_value() -> None:
    for headers, field in (
        ({"x_ai_purpose": "943 476 5919!"}, "/metadata/ai_purpose"),
        ({"x_ai_case_ref": "9" * 101}, "/metadata/ai_case_ref"),
        ({"x_ai_contest": "PERSON"}, "/metadata/ai_contest"),
        ({"x_ai_contest_reason": "943"}, "/metadata/ai_contest_reason"),
        ({"x_ai_contest": "a 943", "x_ai_contest_reason": "x"}, "/metadata/ai_contest"),
    ):
        status, body, _ = await _asked(GOOD, **headers)
        assert status == 400
        assert body["error"]["param"] == field
        assert "943" not in json.dumps(body)


async def test_credentials_as_each_sdk_sends_them() -> None:
    for headers in (
        {"authorization": "bearer good"},
        {"authorization": "", "api-key": "good"},
        {"authorization": "", "x-api-key": "good"},
        {"authorization": "Bearer good", "x-api-key": "good"},
    ):
        desk = Desk(echo)
        status, _, _ = await ask(create_app(desk, handle=handle), body=GOOD, headers={**headers, "cookie": "c=1"})
        assert status == 200
        seen = desk.identity.seen[0]
        assert seen.peer == "10.0.0.9"
        assert not {"authorization", "api-key", "x-api-key", "cookie"} & seen.headers.keys()
    desk = Desk(echo)
    both = {"authorization": "Bearer good", "api-key": "another"}
    assert (await ask(create_app(desk, handle=handle), body=GOOD, headers=both))[0] == 401
