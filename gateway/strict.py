"""What every part of the settings has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class Strict(BaseModel):
    """Unknown keys are errors; values can't change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
