"""What a use may ask of a model: limits on parameters, the provider's own features, functions not to be offered.

From clause 5.5 of the AI policy: "When presented with the option, staff must prioritise accuracy over creativity". A
tool and a purpose may both say something; the strictest wins.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from policies.facts import Hosted
from policies.source import Mistake, did_you_mean

_PATTERN = re.compile(r"[A-Za-z0-9_.:*?-]{1,64}")
_ALLOWABLE = tuple(name for name in get_args(Hosted) if name != "other")


def _function_pattern(value: object) -> object:
    if isinstance(value, str) and _PATTERN.fullmatch(value):
        return value
    raise Mistake(
        "this is no name or pattern of a function",
        "Use letters, digits, _ . : and -, with * for any characters and ? for one: send_*.",
    )


def _known_feature(value: str) -> str:
    if value == "other":
        message = "'other' stands for features that the gateway does not know, and can't be allowed"
        raise Mistake(message, did_you_mean("", _ALLOWABLE))
    return value


FunctionPattern = Annotated[str, BeforeValidator(_function_pattern)]
"""The name of a function, or a pattern: `*` stands for any characters, `?` for one. Case doesn't count."""

AllowedFeature = Annotated[Hosted, AfterValidator(_known_feature)]
"""A feature that the provider runs itself, and that may be asked for."""


class Limits(BaseModel):
    """The most that parameters may be. What is left out is not limited."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=True)

    temperature: float | None = Field(default=None, ge=0, le=2)
    """From 0 (the likeliest words) to 2. Lowered where more is asked for; set where nothing is."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """From above 0 to 1. Lowered where more is asked for; never set."""
    max_output_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    """Tokens of an answer, reasoning included. Lowered where more is asked for; set where nothing is."""
    choices: int | None = Field(default=None, ge=1, le=128)
    """Answers to one call (`n`). A call that asks for more is refused, since fewer would come than it counts on."""

    def given(self) -> dict[str, float]:
        """The limits that are set, by the parameter's name."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


def strictest(*every: Limits) -> dict[str, float]:
    """The lowest limit of each parameter that any of them limits."""
    found: dict[str, float] = {}
    for limits in every:
        for name, most in limits.given().items():
            found[name] = min(most, found.get(name, most))
    return found


def matching(patterns: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """The patterns that one of the names matches, whatever its case."""
    folded = [name.casefold() for name in names]
    return frozenset(each for each in patterns if any(fnmatchcase(name, each.casefold()) for name in folded))
