"""What goes over the wire."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.caller import Deployment
from gateway.model.errors import UpstreamFailed
from gateway.upstream import wire
from gateway.upstream.config import rejected, unknown_options, unknown_parameters

PLAIN = Deployment("d", "u", "m", "p", "uk")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_store_is_off_whatever_was_asked() -> None:
    body = {"model": "m", "store": True, "metadata": {"topic": "x"}, "messages": []}
    assert wire.outgoing("direct", "openai_chat", body, PLAIN) == {"model": "m", "store": False, "messages": []}
    assert wire.outgoing("direct", "openai_responses", {}, PLAIN) == {"store": False}
    assert body["store"] is True


def test_other_dialects_know_no_store() -> None:
    assert wire.outgoing("direct", "embeddings", {"input": "x"}, PLAIN) == {"input": "x"}


def test_a_deployment_may_omit_fields() -> None:
    deployment = Deployment("d", "u", "m", "p", "uk", options={"omit": "store, user"})
    assert wire.outgoing("direct", "openai_chat", {"user": "x", "n": 1}, deployment) == {"n": 1}


def test_a_deployment_may_reject_parameters() -> None:
    options = {"rejects": " temperature,max_completion_tokens ", "omit": "store"}
    assert rejected(options) == {"temperature", "max_completion_tokens", "store"}
    assert unknown_parameters(options) == unknown_options("litellm", options) == frozenset()
    assert unknown_parameters({"rejects": "temprature, top_p"}) == {"temprature"}
    assert rejected({}) == frozenset()


def test_an_option_that_nobody_knows_stops_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = Deployment("d", "u", "m", "p", "uk", options={"omti": "canary"})
    assert unknown_options("direct", deployment.options) == {"omti"}
    assert unknown_options("litellm", {"aws_region_name": "eu-west-2"}) == frozenset()
    with pytest.raises(UpstreamFailed) as caught:
        wire.outgoing("direct", "openai_chat", {}, deployment)
    assert caught.value.code == "upstream_misconfigured"
    assert "canary" not in capsys.readouterr().err


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_bodies_survive(body: dict[str, Any]) -> None:
    assert json.loads(wire.encode(body)) == body


@pytest.mark.parametrize("value", [10**30, "\ud800", {"x": -(10**25)}])
def test_what_the_fast_encoder_refuses(value: Any) -> None:
    assert json.loads(wire.encode({"value": value})) == {"value": value}


@given(st.binary(max_size=50) | st.text(max_size=50))
def test_decoding_never_raises(text: bytes | str) -> None:
    value = wire.decode_object(text)
    assert value is None or isinstance(value, dict)
