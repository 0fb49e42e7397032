"""Limits: what leaves is never above the cap, whatever the dialect, the value or the model's dislikes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.all import every
from gateway.dialects.knobs import ANTHROPIC, CHAT, COMPLETIONS, NONE, RESPONSES
from gateway.model.errors import BadRequest
from gateway.model.knob import Knobs, Limited, Limits
from gateway.stages.limits import concession, header, settle
from gateway.stages.limits import values as as_numbers
from gateway.upstream.config import PARAMETERS

DIALECTS = {dialect.name: dialect for dialect in every()}
TABLES = {"chat": CHAT, "completions": COMPLETIONS, "responses": RESPONSES, "anthropic": ANTHROPIC}
CAPS = {"temperature": 0.3, "top_p": 0.9, "max_output_tokens": 2000, "choices": 1}


def settled(
    body: dict[str, Any], knobs: Knobs = CHAT, caps: dict[str, float] | None = None, *rejected: str
) -> tuple[dict[str, Any], Limits]:
    return settle(body, body, (knobs, knobs), CAPS if caps is None else caps, frozenset(rejected))


def test_more_is_lowered_and_both_values_are_told() -> None:
    asked = {"temperature": 1.0, "top_p": 1, "max_tokens": 5000, "n": 3}
    sent, limits = settled(asked)
    assert sent == {"temperature": 0.3, "top_p": 0.9, "max_tokens": 2000, "n": 3}
    assert asked["temperature"] == 1.0
    assert limits == {
        "temperature": Limited("1", "0.3"),
        "top_p": Limited("1", "0.9"),
        "max_output_tokens": Limited("5000", "2000"),
    }
    assert header(limits) == "temperature=0.3 (asked 1), top_p=0.9 (asked 1), max_output_tokens=2000 (asked 5000)"
    assert as_numbers(limits) == {"temperature": 0.3, "top_p": 0.9, "max_output_tokens": 2000}


def test_less_is_left_alone() -> None:
    body = {"temperature": 0, "top_p": 0.5, "max_completion_tokens": 7}
    assert settled(body) == (body, {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chat", {"temperature": 0.3, "max_completion_tokens": 2000}),
        ("completions", {"temperature": 0.3}),  # a completion that says nothing is 16 tokens long
        ("responses", {"temperature": 0.3, "max_output_tokens": 2000}),
        ("anthropic", {"temperature": 0.3, "max_tokens": 2000}),
    ],
)
def test_what_was_not_asked_is_set_where_providers_would_take_more(name: str, expected: dict[str, Any]) -> None:
    for body in ({}, {"temperature": None, "max_tokens": None}):
        sent, limits = settled(body, TABLES[name])
        assert {key: value for key, value in sent.items() if value is not None} == expected
        assert all(limited.asked is None for limited in limits.values())
    assert header(limits).startswith("temperature=0.3 (not asked)")


def test_a_cap_above_the_providers_own_default_is_not_set() -> None:
    assert settled({}, CHAT, {"temperature": 1.5}) == ({}, {})
    sent, _ = settled({"temperature": 1.9}, CHAT, {"temperature": 1.5})
    assert sent == {"temperature": 1.5}


def test_anthropics_range_ends_at_one() -> None:
    sent, limits = settled({"temperature": 1.9}, ANTHROPIC, {"temperature": 1.5})
    assert sent == {"temperature": 1}
    assert limits == {"temperature": Limited("above 1", "1")}


def test_both_spellings_are_lowered() -> None:
    sent, limits = settled({"max_tokens": 9000, "max_completion_tokens": 10}, CHAT, {"max_output_tokens": 100})
    assert sent == {"max_tokens": 100, "max_completion_tokens": 10}
    assert limits == {"max_output_tokens": Limited("9000", "100")}


def test_what_the_model_rejects_is_taken_out() -> None:
    body = {"temperature": 0.2, "top_p": 1}
    sent, limits = settled(body, CHAT, {}, "temperature", "top_p")
    assert sent == {}
    assert limits == {"temperature": Limited("0.2", None), "top_p": Limited("1", None)}
    assert header(limits) == "temperature=not applicable (asked 0.2), top_p=not applicable (asked 1)"
    assert as_numbers(limits) == {"temperature": None, "top_p": None}
    assert settled({}, CHAT, {"temperature": 0.3}, "temperature") == ({}, {})
    assert settled({"temperature": None}, CHAT, {}, "temperature") == ({}, {})


def test_a_rejected_spelling_gives_way_to_the_other() -> None:
    """Servers that don't know `max_completion_tokens` would ignore it, and the cap with it."""
    sent, limits = settled({}, CHAT, {"max_output_tokens": 50}, "max_completion_tokens")
    assert (sent, limits) == ({"max_tokens": 50}, {"max_output_tokens": Limited(None, "50")})
    sent, limits = settled({"max_tokens": 9}, CHAT, {}, "max_tokens")
    assert (sent, limits) == ({"max_completion_tokens": 9}, {})
    assert settled({"max_tokens": 9}, CHAT, {}, "max_output_tokens")[0] == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"temperature": "1.0"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": [1]}, "top_p"),
        ({"max_tokens": -1}, "max_tokens"),  # some servers take it for "no limit"
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": 10.5}, "max_completion_tokens"),
    ],
)
def test_a_limited_parameter_must_be_a_number(body: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        settled(body)
    assert caught.value.param == f"/{field}"
    assert settled(body, CHAT, {}) == (body, {}), "the provider's to check where nothing is limited"


def test_no_long_number_of_the_callers_reaches_the_record() -> None:
    body = {"temperature": 0.7900123456, "top_p": 447900123456, "max_tokens": 7900123456}
    _, limits = settled(body)
    assert limits["temperature"].asked == "0.79"
    assert limits["top_p"].asked == "above 1"
    assert limits["max_output_tokens"].asked == "above 1000000"


numbers = st.floats(0, 3) | st.integers(0, 10**12)
counts = st.integers(1, 10**12)
FIELDS = {
    "temperature": st.none() | numbers,
    "top_p": st.none() | numbers,
    "max_tokens": st.none() | counts,
    "max_completion_tokens": st.none() | counts,
    "max_output_tokens": st.none() | counts,
}


@given(
    st.sampled_from(sorted(TABLES)),
    st.fixed_dictionaries({}, optional=FIELDS),
    st.fixed_dictionaries(
        {}, optional={"temperature": st.floats(0, 2), "top_p": st.floats(0.01, 1), "max_output_tokens": counts}
    ),
    st.frozensets(st.sampled_from(sorted(PARAMETERS))),
)
def test_nothing_leaves_above_its_cap(
    name: str, body: dict[str, Any], caps: dict[str, float], rejected: frozenset[str]
) -> None:
    knobs = TABLES[name]
    before = dict(body)
    sent, limits = settle(body, body, (knobs, knobs), caps, rejected)
    assert body == before
    told = as_numbers({name: limited for name, limited in limits.items() if name in caps})
    for parameter, knob in knobs.items():
        values = [sent[field] for field in knob.fields if sent.get(field) is not None]
        if parameter in caps:
            assert all(value <= caps[parameter] for value in values)
            unsaid = not any(body.get(field) is not None for field in knob.fields)
            taken = parameter not in rejected and not set(knob.fields) <= rejected
            assert bool(values) or not taken or knob.unset is None or (unsaid and caps[parameter] >= knob.unset)
        if parameter in rejected or set(knob.fields) <= rejected:
            assert not values
        assert not [field for field in knob.fields if field in rejected and field in sent]
        if parameter in caps and parameter in limits and values:
            assert round(abs(told[parameter] - max(values)), 4) == 0
        asked = [body[field] for field in knob.fields if body.get(field) is not None]
        assert (parameter in limits) == (max(values, default=None) != max(asked, default=None))
    assert sent.keys() - body.keys() <= {field for knob in knobs.values() for field in knob.fields}


def test_across_a_bridge_the_providers_fields_count() -> None:
    asked = {"model": "m", "max_tokens": 9000, "messages": [{"role": "user", "content": "x"}]}
    bridge = DIALECTS["anthropic_messages"].bridge
    assert bridge is not None
    sent, limits = settle(asked, bridge.body(asked), (ANTHROPIC, CHAT), CAPS)
    assert (sent["temperature"], sent["max_completion_tokens"]) == (0.3, 2000)
    assert "max_tokens" not in sent
    assert limits == {"temperature": Limited(None, "0.3"), "max_output_tokens": Limited("9000", "2000")}
    prompt = {"model": "m", "prompt": "x"}
    bridge = DIALECTS["openai_completions"].bridge
    assert bridge is not None
    sent, _ = settle(prompt, bridge.body(prompt), (COMPLETIONS, CHAT), CAPS)
    assert sent["max_completion_tokens"] == 2000, "said as a chat it would have no end"


def test_what_has_no_words_has_no_limits() -> None:
    body = {"input": "x", "temperature": 2}
    assert settled(body, NONE) == (body, {})
    for name in ("openai_embeddings", "openai_moderations", "anthropic_count_tokens"):
        assert DIALECTS[name].knobs == NONE


@pytest.mark.parametrize(
    ("blames", "body", "expected"),
    [
        ({"temperature"}, {}, {"temperature"}),
        ({"temperature"}, {"temperature": 1}, {"temperature"}),
        ({"temperature"}, {"temperature": 0.1}, set()),  # the caller's own
        ({"temperature", "top_p"}, {"top_p": 0.8}, {"top_p"}),  # one of them, and the limited one stays
        ({"temperature", "top_p"}, {"top_p": 0.8, "temperature": 0.1}, set()),
        ({"max_completion_tokens"}, {}, {"max_completion_tokens"}),
        ({"max_tokens", "max_completion_tokens"}, {}, {"max_completion_tokens"}),
        ({"max_output_tokens"}, {}, {"max_output_tokens"}),
        ({"max_tokens"}, {"max_tokens": 9000}, set()),  # would have been refused without us as well
        ({"max_output_tokens"}, {"max_tokens": 9000}, set()),
        (set(), {}, set()),
    ],
)
def test_what_another_attempt_can_do_without(blames: set[str], body: dict[str, Any], expected: set[str]) -> None:
    sent, limits = settled(body)
    assert concession(frozenset(blames), sent, CHAT, limits) == expected
