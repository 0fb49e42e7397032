"""A legal hold as it is stored: what it says is sealed."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from gateway.model.errors import GatewayError


class CaseOpen(GatewayError):
    """The case that a hold belongs to is not closed."""

    status = 409
    code = "case_open"

    def __init__(self) -> None:
        super().__init__(
            "The case that this hold belongs to is open: what is asked for must not be disposed of (FOIA s.77). Close "
            "the case first."
        )


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One row of `hold`. `placed_by` and `released_by` are keyed pseudonyms; `box` seals reason, query and the reason
    of the release under a key of its own, which `wrapped` holds. Both are None once the hold's case was disposed of."""

    id: str
    controller: str
    matter: str | None
    placed_at: str
    placed_by: str
    released_at: str | None = None
    released_by: str | None = None
    wrapped: bytes | None = field(default=None, repr=False)
    box: bytes | None = field(default=None, repr=False)

    def values(self) -> dict[str, Any]:
        """By column."""
        return asdict(self)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The columns."""
        return tuple(each.name for each in fields(cls))


def hold_name(hold: str, controller: str) -> bytes:
    """The name under which a hold's text and key are sealed."""
    return f"hold/{hold}/{controller}".encode()


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as an officer reads it. `reason` and `query` are personal data as often as not: never logged. One that is
    not `readable` (its key is gone, a byte was changed; with its reason, it looks for what is not known any more) keeps
    everything of its council while it is in force."""

    id: str
    controller: str
    matter: str | None
    placed_at: str
    released_at: str | None
    units: int
    reason: str = field(repr=False)
    query: str = field(repr=False)
    release_reason: str = field(default="", repr=False)
    readable: bool = True
