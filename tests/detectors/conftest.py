"""One compiled suite for the whole room: compiling takes a second or two."""

import pytest

from detectors.config import load_config
from detectors.suite import Suite, compile_suite


@pytest.fixture(scope="session")
def suite() -> Suite:
    """The shipped suite."""
    return compile_suite(load_config())
