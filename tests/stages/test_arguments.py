"""Values in JSON text: every one is visited, at every level, and what isn't replaced stays byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.stages.arguments import is_json, quote, walk

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | inner.map(lambda value: json.dumps({"in": value}))
    ),
    max_leaves=12,
).filter(lambda value: isinstance(value, dict | list))


@settings(deadline=None)
@given(DOCUMENTS, st.sampled_from([None, 2]), st.booleans())
def test_what_is_not_replaced_stays(document: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert walk(text, lambda _key, _value, _kind: None) == text


@settings(deadline=None)
@given(DOCUMENTS)
def test_every_value_is_replaced_and_the_result_is_json(document: Any) -> None:
    def marked(value: Any) -> Any:
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, dict):
            return {f"{k}\0": marked(v) for k, v in value.items()}
        if isinstance(value, list):
            return [marked(v) for v in value]
        if isinstance(value, str):
            return json.dumps(marked(json.loads(value)), ensure_ascii=False) if is_json(value) else f"{value}\0"
        return "number"

    result = walk(json.dumps(document), lambda _key, value, kind: f"{value}\0" if kind == "text" else "number")
    # Inner documents keep their own spacing, so they are compared as values.
    assert unfolded(json.loads(result)) == unfolded(marked(document))


def unfolded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: unfolded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [unfolded(v) for v in value]
    return ["inner", unfolded(json.loads(value))] if isinstance(value, str) and is_json(value) else value


def test_values_come_with_their_key() -> None:
    seen: list[tuple[str, str, str]] = []
    walk('{"ni": "QQ", "rows": [1, "a"], "in": "{\\"tel\\": 7}"}', lambda *each: seen.append(each))
    assert seen == [
        ("", "ni", "text"),
        ("ni", "QQ", "text"),
        ("", "rows", "text"),
        ("rows", "1", "number"),
        ("rows", "a", "text"),
        ("", "in", "text"),
        ("", "tel", "text"),
        ("tel", "7", "number"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{}", True), (" [1]", True), ('"a"', False), ("1", False), ("", False), ("{", False), ("[" * 100_000, False)],
)
def test_is_json(text: str, expected: bool) -> None:
    assert is_json(text) is expected


def test_quote_keeps_letters_and_escapes_what_utf_8_can_not_write() -> None:
    assert quote('é"\n') == '"é\\"\\n"'
    assert quote("\ud800").encode() == b'"\\ud800"'
