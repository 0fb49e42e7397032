"""A decision: a value with a rule, a clause, a reason and obligations. Never a boolean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Operator = Literal["allow", "mask", "pseudonymise", "generalise", "block"]
ReplyMode = Literal["allow", "flag", "mask"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What policy says of one call.

    `operators` maps a detection label to what is done with it in content (everything but tool
    definitions); `definition_operators` the same for tool definitions. A label that is absent is denied by
    the engine, never allowed by omission. `blocked` are the labels (or facts such as "image") that caused
    a denial. `contestable` labels may be contested with a recorded reason. `offer_clean` lets the refusal
    carry the text with the blocked passages removed. `reply` says what happens to personal data in the
    answer that was not in the request. `retention_class` names a class of the retention schedule. `limits` are the
    most that parameters may be, by name.
    """

    effect: Literal["allow", "transform", "deny"]
    rule: str
    clause: str
    reason: str
    advice: str
    policy_hash: str
    operators: Mapping[str, Operator] = field(default_factory=dict)
    definition_operators: Mapping[str, Operator] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    contestable: frozenset[str] = frozenset()
    contested: frozenset[str] = frozenset()
    offer_clean: bool = False
    reply: ReplyMode = "flag"
    retention_class: str = "routine"
    obligations: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
