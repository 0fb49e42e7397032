"""Detection for officers' work, put together from the settings."""

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gateway.administration import suite_key, suite_of
from gateway.settings import Settings

if TYPE_CHECKING:
    from detectors.finding import Finding
    from detectors.suite import Suite

Inspect = Callable[[str, str | None], "Sequence[Finding]"]
"""Finds what is in a text; the second is the controller whose allow-list counts."""


class Detection:
    """The suite is loaded when it is first needed, and does one text at a time. `inspect` is a running worker's own."""

    def __init__(self, settings: Settings, inspect: Inspect | None) -> None:
        self._settings = settings
        self._inspect = inspect
        self._lock = threading.Lock()

    def inspect(self, text: str, *, allow: str | None = None) -> "Sequence[Finding]":
        """The findings in a text. Raises what detection raises."""
        if self._inspect is not None:
            return self._inspect(text, allow)
        with self._lock:
            return self._suite.inspect(text, allow=allow)

    @property
    def ready(self) -> bool:
        """Whether a text is inspected at once, without loading anything first."""
        return self._inspect is not None or "_suite" in self.__dict__

    @cached_property
    def version(self) -> str:
        """Changes with whatever could change a finding; told without loading it. Raises ConfigError of `detectors`."""
        return suite_key(self._settings)

    @cached_property
    def _suite(self) -> "Suite":
        return suite_of(self._settings)
