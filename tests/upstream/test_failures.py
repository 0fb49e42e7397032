"""Provider errors: which of ours they become, and that none of their words pass."""

import json
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.errors import UpstreamFailed
from gateway.upstream import failures
from gateway.upstream.config import PARAMETERS

CANARY = "canary: the prompt said Jo Bloggs"


def body(**error: object) -> bytes:
    return json.dumps({"error": {"message": CANARY, **error}}).encode()


@pytest.mark.parametrize(
    ("status", "sent", "code", "ours", "retryable"),
    [
        (400, body(code="context_length_exceeded"), "context_length_exceeded", 400, False),
        (400, b'{"message": "prompt is too long: 210000 tokens"}', "context_length_exceeded", 400, False),
        (400, b"This model's maximum context length is 8192", "context_length_exceeded", 400, False),
        (413, b"", "context_length_exceeded", 400, False),
        (400, body(code="content_filter"), "upstream_content_filter", 400, False),
        (400, body(innererror={"code": "content_filter"}), "upstream_content_filter", 400, False),
        (400, body(code="unknown_parameter"), "upstream_rejected", 400, False),
        (422, b"[]", "upstream_rejected", 400, False),
        (418, b"", "upstream_rejected", 400, False),
        (401, body(), "upstream_credentials", 502, False),
        (403, body(), "upstream_credentials", 502, False),
        (404, body(), "upstream_misconfigured", 502, False),
        (302, b"", "upstream_misconfigured", 502, False),
        (408, b"", "upstream_failed", 502, True),
        (429, body(), "upstream_rate_limited", 503, True),
        (500, body(), "upstream_failed", 502, True),
        (503, b"", "upstream_overloaded", 503, True),
        (529, b"", "upstream_overloaded", 503, True),
        (599, b"", "upstream_failed", 502, True),
    ],
)
def test_statuses(status: int, sent: bytes, code: str, ours: int, retryable: bool) -> None:
    error = failures.from_status("azure", status, sent)
    assert (error.code, error.status, error.retryable) == (code, ours, retryable)
    assert error.upstream_status == status
    assert "canary" not in f"{error!r}{error}{error.message}{vars(error)}"


@given(st.integers(100, 999), st.binary(max_size=80), st.text(max_size=20))
def test_any_answer_becomes_one_of_ours(status: int, sent: bytes, wait: str) -> None:
    error = failures.from_status("azure", status, sent, wait)
    assert error.message in {message for message, _, _ in failures._MESSAGES.values()}
    assert error.retry_after_s is None or 0 <= error.retry_after_s <= failures.MAX_RETRY_AFTER_S


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3),
        ("0.2", 1),
        ("0", 0),
        (" 7 ", 7),
        ("999999", 3600),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after(header: str, seconds: int | None) -> None:
    assert failures.seconds_to_wait(header) == seconds


def test_retry_after_as_a_date() -> None:
    seconds = failures.seconds_to_wait(formatdate(time.time() + 60, usegmt=True))
    assert seconds is not None
    assert 55 <= seconds <= 61
    assert failures.seconds_to_wait(formatdate(0, usegmt=True)) == 0


@pytest.mark.parametrize(
    ("chunk", "code"),
    [
        ({"choices": []}, None),
        ({"error": None, "choices": []}, None),
        ({"error": {"code": 429}}, "upstream_rate_limited"),
        ({"error": {"status": 401}}, "upstream_credentials"),
        ({"error": {"code": "context_length_exceeded"}}, "context_length_exceeded"),
        ({"error": {"code": "content_filter"}}, "upstream_content_filter"),
        ({"error": {"type": "rate_limit_error"}}, "upstream_rate_limited"),
        ({"error": {"message": CANARY}}, "upstream_failed"),
        ({"error": CANARY}, "upstream_failed"),
        ({"error": {"code": True}}, "upstream_failed"),
    ],
)
def test_errors_inside_a_stream(chunk: dict[str, object], code: str | None) -> None:
    error = failures.from_error_chunk("azure", chunk)
    assert (error.code if error else None) == code
    assert "canary" not in f"{error!r}{vars(error) if error else ''}"


def test_messages_are_for_people() -> None:
    for code in failures._MESSAGES:
        error = failures.failure(code)
        assert isinstance(error, UpstreamFailed)
        assert error.message.endswith(".")
        assert error.message[0].isupper()


@pytest.mark.parametrize(
    ("sent", "blames"),
    [
        (
            {"message": "Unsupported parameter: 'temperature' is not supported.", "param": "temperature"},
            {"temperature"},
        ),
        ({"message": "Only the default (1) value is supported.", "param": "temperature"}, {"temperature"}),
        ({"message": "`temperature` is deprecated for this model."}, {"temperature"}),
        (
            {"message": "`temperature` and `top_p` cannot both be specified for this model."},
            {"temperature", "top_p"},
        ),
        (
            {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."},
            {"max_tokens", "max_completion_tokens"},
        ),
        ({"message": "max_temperature_x is not supported"}, set()),
        ({"message": "temperature must be a number"}, set()),
        ({"message": "not supported"}, set()),
    ],
)  # fmt: skip
def test_what_a_refusal_blames(sent: dict[str, str], blames: set[str]) -> None:
    assert failures.from_status("azure", 400, body(**sent)).blames == blames


def test_only_a_refused_request_blames_its_parameters() -> None:
    detail = b'{"detail": [{"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"]}]}'
    assert failures.from_status("mistral", 422, detail).blames == {"max_completion_tokens"}
    assert failures.from_status("azure", 500, body(message="temperature is not supported")).blames == frozenset()
    assert failures.from_status("azure", 413).blames == {"max_output_tokens"}
    assert failures.from_words(failures.REJECTED, "o1 does not support parameters: ['temperature']").blames == {
        "temperature"
    }


@given(st.sampled_from([400, 422, 500]), st.text(max_size=60) | st.just(f"temperature unsupported {CANARY}"))
def test_blame_is_a_closed_list(status: int, text: str) -> None:
    error = failures.from_status("azure", status, text.encode(errors="replace"))
    assert error.blames <= PARAMETERS
    assert "canary" not in f"{error!r}{error}{vars(error)}"
