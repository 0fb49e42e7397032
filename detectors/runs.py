"""A run of text that stands for something else, character by character."""

from dataclasses import dataclass

Span = tuple[int, int]

COUNTING = ("0123456789012", "9876543210987")
"""Figures in order, up and down: a run that lies within is counting, not an identifier."""


@dataclass(frozen=True, slots=True)
class Run:
    """`text[start:end]` stands for `read`, whose character i came from `sources[i]`."""

    start: int
    end: int
    read: str
    sources: tuple[Span, ...]
