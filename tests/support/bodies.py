"""Hypothesis strategies for request bodies: plausible ones, with anything anywhere."""

import json
from typing import Any

from hypothesis import strategies as st

WORDS = st.text(max_size=12)
KEYS = st.one_of(st.sampled_from(["name", "type", "a:b", "x#key", "y::/z", "~1", "a/b", "", "Jo Smith"]), WORDS)
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False, width=32), st.just(9434765919)
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=5,
)


def embedded(values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    """JSON in a string, spelled in one of several ways."""
    spelled = st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (",", ":")}])
    return st.builds(lambda value, how: json.dumps(value, **how), values, spelled)


def nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    """JSON in a string in JSON in a string."""
    return embedded(st.one_of(values, st.lists(embedded(values), max_size=2)))
