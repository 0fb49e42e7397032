from collections.abc import Iterator

import pytest

from gateway.documents.limits import Limits
from gateway.documents.reader import Reader


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """One reader for the tests that ask nothing special of it: its worker loads the models once."""
    made = Reader(Limits())
    yield made
    made.close()
