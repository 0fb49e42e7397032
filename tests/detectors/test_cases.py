"""The invented cases of `tests/detectors/cases`: what must be found and what must be left alone. No model is needed."""

from types import ModuleType

import pytest

from detectors.config import load_config
from detectors.suite import Suite
from tests.detectors.cases import account, clean, contact, faults, money, official, ordinary, read, technical, unseen
from tests.detectors.fakes import plain_suite


@pytest.fixture(scope="module")
def plain() -> Suite:
    return plain_suite(load_config())


def every(*modules: ModuleType) -> list[str]:
    return [case for m in modules for group in vars(m).values() if isinstance(group, tuple) for case in group]


@pytest.mark.parametrize("case", [*every(contact, official, money, account), *unseen.PASSAGES, *unseen.MORE_PASSAGES])
def test_what_is_marked_is_found_and_nothing_else(plain: Suite, case: str) -> None:
    assert faults(case, plain.inspect(read(case)[0])) == []


@pytest.mark.parametrize("text", [*every(clean, ordinary, technical), *unseen.NOTHING, *unseen.MORE_NOTHING])
def test_what_only_looks_like_it_is_left_alone(plain: Suite, text: str) -> None:
    assert faults(text, plain.inspect(text)) == []
