"""What a model of names must offer, whatever runs it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

Kind = Literal["person", "place", "organisation", "other"]


class Entity(NamedTuple):
    """`unit[start:end]` is named and of `kind`; `score` from 0 to 1."""

    start: int
    end: int
    kind: Kind
    score: float


class NameModel(Protocol):
    """Finds names in short texts. Safe to call from any thread; calls may be serialised."""

    @property
    def name(self) -> str:
        """The model's name, part of `Finding.detector`."""
        ...

    @property
    def version(self) -> str:
        """Its version, part of the suite's."""
        ...

    def find(self, units: Sequence[str]) -> list[list[Entity]]:
        """The entities of each unit, in the same order."""
        ...
