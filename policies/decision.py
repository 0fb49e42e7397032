"""What policy answers: a value with a rule, a clause, a reason and obligations. Never a boolean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Effect = Literal["allow", "transform", "deny"]
Operator = Literal["allow", "generalise", "pseudonymise", "mask", "block"]
ReplyMode = Literal["allow", "flag", "mask"]

STRICTNESS: Mapping[Operator, int] = {"allow": 0, "generalise": 1, "pseudonymise": 2, "mask": 3, "block": 4}
"""How strict an operator is: where several rules speak of a label, the strictest counts."""

EFFECT_STRICTNESS: Mapping[Effect, int] = {"allow": 0, "transform": 1, "deny": 2}

Obligation = Literal["record", "disclose", "check-before-use", "case-file", "named-reviewer"]
"""What the decision binds the caller or the gateway to: keep the record (10.4), say that AI helped (5.6), check
before use (5.5), save what a decision rests on in the case file (7.8), name who reviewed it (5.4)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    `operators` says for every label what is done with it in content, `definition_operators` in tool definitions.
    `blocked` are the labels and unreadable kinds that caused a denial; it is empty where the tool itself may not
    be used. `contestable` are those of them that may be contested with a reason; `contested` those that were.
    `limits` are the most that parameters of the call may be, by name.
    """

    effect: Effect
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
