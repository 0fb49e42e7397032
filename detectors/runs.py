"""A run of text that stands for something else, character by character."""

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Run:
    """`text[start:end]` stands for `read`, whose character i came from `sources[i]`."""

    start: int
    end: int
    read: str
    sources: tuple[Span, ...]
