"""What the parts of the records API share: how values are shown, how bodies are read, how conversations are named."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from gateway.ledger.identifiers import conversation_name

UNIT: Final = r"^[0-7][0-9a-f]{15}$"
"""A number of 63 bits, as the databases take them."""


class View(BaseModel):
    """What is shown of one of our values: these fields and no others."""

    model_config = ConfigDict(from_attributes=True)


class Body(BaseModel):
    """What is sent to us: these fields and no others."""

    model_config = ConfigDict(extra="forbid")


def _named(value: object) -> object:
    return conversation_name(value) if isinstance(value, int) else value


Unit = Annotated[
    str,
    BeforeValidator(_named),
    StringConstraints(pattern=UNIT),
    Field(description="A conversation: 16 hexadecimal digits.", examples=["6b7fa21d12000008"]),
]
"""A conversation. Its number has 63 bits, more than a number in JSON holds everywhere, so it is written in hex."""
Part = Annotated[
    str,
    BeforeValidator(_named),
    StringConstraints(pattern=UNIT),
    Field(description="A text of a conversation: 16 hexadecimal digits.", examples=["6b7fa21d12000009"]),
]
"""A text, named like a conversation and for the same reason."""
UnitPath = Annotated[str, Path(pattern=UNIT, description="The conversation: 16 hexadecimal digits.")]
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
"""A time with its offset that has a date in every other zone too."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
"""What people write: a reason, a note."""
Perhaps = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
"""The same, where it may be left out."""
After = Annotated[str, Field(max_length=200)]


def number(unit: str) -> int:
    """A conversation's number from its name."""
    return int(unit, 16)
