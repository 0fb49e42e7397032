"""Label values are bounded, whoever sends them."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.folding import MAX_CODES, OTHER, Codes, Declared


@given(st.text())
def test_undeclared_values_fold(value: str) -> None:
    label = Declared()
    assert label.fold(value) == OTHER
    label.declare(["drafting-assistant"])
    assert label.fold("drafting-assistant") == "drafting-assistant"
    assert label.fold(value) in {OTHER, "drafting-assistant"}


def test_declaring_again_replaces() -> None:
    label = Declared()
    label.declare(["a"])
    label.declare(["b"])
    assert [label.fold(value) for value in "ab"] == [OTHER, "b"]


@given(st.lists(st.text(), max_size=200))
def test_codes_are_bounded(values: list[str]) -> None:
    label = Codes(limit=5)
    assert len({label.fold(value) for value in values}) <= 6


def test_codes_have_a_form() -> None:
    label = Codes()
    assert label.fold("rate_limited") == "rate_limited"
    for value in ("jo.bloggs@example.org", "Jo Bloggs", "", "x" * 41, "naïve"):
        assert label.fold(value) == OTHER


def test_codes_admitted_once_stay() -> None:
    label = Codes(limit=1)
    assert label.fold("first") == "first"
    assert label.fold("second") == OTHER
    assert label.fold("first") == "first"
    assert MAX_CODES < 100
