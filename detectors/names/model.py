"""What a model of names must offer, whatever runs it, and what the suite needs of whoever finds names."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from detectors.view import Hit, View

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


class Finder(Protocol):
    """Finds persons in a view, and whatever else its model was taught."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def version(self) -> str:
        """The model's version, part of the suite's."""
        ...

    def look(self, view: View) -> Iterator[tuple[Hit, str]]:
        """Candidates, each with its detector's name."""
        ...

    def warm(self, texts: Sequence[str]) -> None:
        """Read several texts ahead of `look`, which is cheaper than one by one."""
        ...
