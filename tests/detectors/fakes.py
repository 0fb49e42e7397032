"""Stand-ins with the real interfaces, so that tests of the suite's own logic need no model."""

from collections.abc import Sequence

from detectors.config import SuiteConfig
from detectors.names.model import Entity
from detectors.suite import Suite, compile_suite


class NoNames:
    """A model that finds nothing and counts what it was asked."""

    name = "none"
    version = "none-1"

    def __init__(self) -> None:
        self.units = 0

    def find(self, units: Sequence[str]) -> list[list[Entity]]:
        """Nothing, for each unit."""
        self.units += len(units)
        return [[] for _ in units]


class BrokenNames(NoNames):
    """A model that fails with the text in its message, as libraries do."""

    def find(self, units: Sequence[str]) -> list[list[Entity]]:
        """Fail, but not on the suite's own warm-up."""
        if any("Example" in unit for unit in units):
            return [[] for _ in units]
        raise RuntimeError(f"could not read {units[0]}")


def plain_suite(config: SuiteConfig | None = None) -> Suite:
    """A suite without a model."""
    return compile_suite(config or SuiteConfig(), NoNames())
