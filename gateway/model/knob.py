"""The parameters of a call that policy may limit: where a dialect has them, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass

Number = float | int


@dataclass(frozen=True, slots=True)
class Knob:
    """Where a dialect has a parameter.

    `fields` are the names of the body's fields that say it, the usual one first. `most` is the highest value that the
    dialect knows. `unset` is the most that providers take where nothing is said: a lower limit is set then. None: it
    is never set. `whole` marks a count, which begins at 1. `within` is the field of the body that holds the fields, in
    a dialect that callers speak and providers are never told; `endless` says that a value below zero asks for no limit.
    """

    fields: tuple[str, ...]
    most: Number
    unset: Number | None
    whole: bool = False
    within: str = ""
    endless: bool = False


Knobs = Mapping[str, Knob]
"""A dialect's knobs by the parameter's name in the register: `temperature`, `top_p`, `max_output_tokens`."""


@dataclass(frozen=True, slots=True)
class Limited:
    """A parameter that leaves with another value than the caller gave: both as decimal numbers, fit for a record.

    `asked` is None where the caller said nothing, `sent` where the model doesn't take the parameter.
    """

    asked: str | None
    sent: str | None

    def __str__(self) -> str:
        """Both values in words: `0.3 (asked 1)`."""
        asked = f"asked {self.asked}" if self.asked is not None else "not asked"
        return f"{self.sent if self.sent is not None else 'not applicable'} ({asked})"


Limits = Mapping[str, Limited]
"""By the parameter's name in the register."""
