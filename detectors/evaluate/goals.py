"""The goals: what detection is for, as figures, and whether they are met."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detectors.evaluate.runner import SetResult
from detectors.evaluate.score import DIRECT, Score
from detectors.evaluate.sets import base

STRUCTURED = (
    "POSTCODE", "PHONE", "EMAIL", "NINO", "NHS_NUMBER", "PASSPORT", "DRIVING_LICENCE", "VEHICLE_REG", "BANK_ACCOUNT",
    "SORT_CODE", "IBAN", "PAYMENT_CARD", "UTR", "UPN", "UPRN", "IP_ADDRESS", "MAC_ADDRESS",
)  # fmt: skip
"""Identifiers with a form of their own."""
SAID = (
    "HEALTH", "ETHNICITY", "RELIGION", "SEXUAL_ORIENTATION", "UNION", "POLITICAL", "BIOMETRIC", "CRIMINAL",
)  # fmt: skip
"""What is said of somebody: special category data and criminal offences."""
EVASION = ("evasion", "obfuscated", "voice_spelled", "ocr")
"""Kinds of prompt in which the data is hidden, spelled out or garbled."""

Share = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Goal:
    """A share that should be at least (or at most) `bound`."""

    what: str
    bound: float
    share: Callable[[Score], Share]
    at_least: bool = True

    @property
    def wanted(self) -> str:
        """The bound in words: `≥ 0.85`."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:.2f}"

    def met(self, share: Share) -> bool | None:
        """Whether it is met; None where there is nothing to measure."""
        if not share[1]:
            return None
        value = share[0] / share[1]
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True, slots=True)
class Row:
    """A goal on one set, with the share of each column."""

    goal: Goal
    shares: dict[str, Share]

    def met(self, column: str) -> bool | None:
        """Whether a column meets the goal."""
        return self.goal.met(self.shares[column])


def _recall(*labels: str) -> Callable[[Score], Share]:
    def share(score: Score) -> Share:
        pool = score.together(labels)
        return pool.found, pool.gold

    return share


def _precision(*labels: str) -> Callable[[Score], Share]:
    def share(score: Score) -> Share:
        pool = score.together(labels)
        return pool.right, pool.findings

    return share


def _evasion(score: Score) -> Share:
    kinds = [score.kinds[k] for k in EVASION if k in score.kinds]
    return sum(k.found for k in kinds), sum(k.gold for k in kinds)


def _typed(score: Score) -> Share:
    pool = score.together(sorted(DIRECT))
    return pool.typed, pool.gold


PROMPTS = (
    Goal("structured identifiers: recall", 0.99, _recall(*STRUCTURED)),
    Goal("structured identifiers: precision", 0.98, _precision(*STRUCTURED)),
    Goal("PERSON: recall", 0.96, _recall("PERSON")),
    Goal("PERSON: precision", 0.93, _precision("PERSON")),
    Goal("street address: recall", 0.90, _recall("ADDRESS")),
    Goal("case reference: recall", 0.90, _recall("CASE_REF")),
    Goal("username: recall", 0.90, _recall("USERNAME")),
    Goal("secret: recall", 0.90, _recall("SECRET")),
    Goal("special category and offences, said of a person: recall", 0.85, _recall(*SAID)),
    Goal("special category and offences, said of a person: precision", 0.80, _precision(*SAID)),
    Goal("prompts with any missed direct identifier", 0.10, lambda s: (s.leaking, s.documents), at_least=False),
    Goal(
        "prompts without personal data that are touched at all", 0.05, lambda s: (s.disturbed, s.clean), at_least=False
    ),
    Goal("evasion cases caught", 0.90, _evasion),
    Goal("characters outside gold that are covered", 0.02, lambda s: (s.covered, s.plain), at_least=False),
    Goal("direct identifiers under their own label", 0.97, _typed),
)
"""On prompts of the kind that staff send."""

OTHERS = {
    "uk_chat": Goal("UK chat lines, PERSON: recall", 0.97, _recall("PERSON")),
    "wikipedia_lives": Goal("Wikipedia lives, PERSON: recall", 0.90, _recall("PERSON")),
    "tab": Goal(
        "judgments: direct entities with every mention covered", 0.95, lambda s: (s.entities_covered, s.entities)
    ),
}
"""On one named set each."""


def rows(result: SetResult) -> list[Row]:
    """The goals that speak of a set, with each column's figure."""
    goals: Sequence[Goal] = PROMPTS if result.data.known.prompts else ()
    other = OTHERS.get(base(result.data))
    goals = (*goals, other) if other is not None else goals
    return [Row(g, {name: g.share(score) for name, score in result.scores.items()}) for g in goals]


def unmeasured(results: Sequence[SetResult]) -> list[str]:
    """Goals for which there is no set at hand."""
    at_hand = {base(r.data) for r in results}
    return [f"{goal.what}: no set `{name}` at hand" for name, goal in OTHERS.items() if name not in at_hand]
