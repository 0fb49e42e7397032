"""Our canonical JSON is RFC 8785, byte for byte, for everything that a leaf may hold."""

import math
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.canonical import canonical, parse

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=4)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.text(st.characters(max_codepoint=127)), values, max_size=5)


@given(objects)
def test_the_bytes_are_those_of_rfc_8785(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)
    assert parse(canonical(value)) == value


@pytest.mark.parametrize("odd", [1.5, math.nan, 2**53, b"x", {1: 2}, {"\u00e9": 1}, [{"a": 0.1}], object()])
def test_what_two_writers_could_spell_differently_is_refused(odd: object) -> None:
    with pytest.raises(ValueError):
        canonical({"a": odd})


@pytest.mark.parametrize("data", [b'{"b":1,"a":2}', b'{ "a":1}', b'{"a":1.0}', b"[]", b"nonsense", b'{"a":"\\u0041"}'])
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        parse(data)
