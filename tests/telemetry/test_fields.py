"""A log field is written only where it is named, and only in its form."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.errors import UpstreamFailed
from gateway.telemetry.fields import ALLOWED, MAX_ITEMS, MAX_TEXT, OURS, allow_list, describe

CANARY = "Jo Bloggs QQ123456C"


def written(**fields: Any) -> dict[str, Any]:
    return dict(allow_list(None, "info", fields))


def test_known_fields_pass() -> None:
    line = written(event="call_closed", ref="MBC-7F3K-Q2XD", seconds=1.5, labels=["PERSON", "NINO"], tool=None)
    assert line == {
        "event": "call_closed",
        "ref": "MBC-7F3K-Q2XD",
        "seconds": 1.5,
        "labels": ["PERSON", "NINO"],
        "tool": None,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"event": f"failed for {CANARY}"},
        {"event": "ok", "text": CANARY},
        {"event": "ok", "reason": CANARY},
        {"event": "ok", "reason": {"value": CANARY}},
        {"event": "ok", "labels": ["PERSON", CANARY]},
        {"event": "ok", "seconds": CANARY},
        {"event": "ok", "place": f"{CANARY}\n"},
        {"event": "ok", CANARY: 1},
        {"event": ValueError(CANARY)},
    ],
)
def test_the_rest_is_dropped_and_marked(fields: dict[str, Any]) -> None:
    line = written(**fields)
    assert line["dropped"]
    assert "Bloggs" not in str(line)
    assert "QQ123456C" not in str(line)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40) | st.integers(), max_size=10))
def test_nothing_unnamed_ever_passes(fields: dict[str, Any]) -> None:
    line = written(**{**fields, "event": "ok"})
    assert line.keys() <= ALLOWED.keys() | OURS
    for name, value in fields.items():
        if name in ALLOWED and name in line:
            assert ALLOWED[name](value)


def test_long_values_are_cut() -> None:
    line = written(event="ok", code="x" * 500, labels=["PERSON"] * 100)
    assert len(line["code"]) == MAX_TEXT
    assert line["code"].endswith("…")
    assert len(line["labels"]) == MAX_ITEMS


def test_exceptions_are_type_and_place() -> None:
    def fails() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError:
            raise UpstreamFailed(CANARY) from ValueError(CANARY)

    with pytest.raises(UpstreamFailed) as caught:
        fails()
    line = describe(caught.value)
    assert line["error"] == "UpstreamFailed"
    assert line["error_code"] == "upstream_failed"
    assert line["error_chain"] == ["ValueError"]
    assert ":fails:" in line["error_at"]
    assert "Bloggs" not in str(line)


def test_an_exception_without_a_trace() -> None:
    assert describe(ValueError(CANARY)) == {"error": "ValueError", "error_at": ""}


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert len(describe(first)["error_chain"]) == 8
