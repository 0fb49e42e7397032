"""The engine: facts in, decision out. Pure, total, deny by default, and monotone.

Total: every fact gets a decision, never an exception. Deny by default: without a `permit` rule, or with a label
that no rule knows, the answer is no. Monotone: what is done with a label never depends on what else was found, so
one more finding can only make a decision stricter.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from policies.decision import STRICTNESS, Decision, Effect, Operator
from policies.facts import GENERIC_WORDS, HOSTED_NAMES, UNREADABLE, Column, Facts, Standing, Tier
from policies.register.model import Register
from policies.source import Problem

Test = tuple[str, frozenset[str]]
"""A fact by name, and the values that satisfy a condition."""

FACTS: Mapping[str, Callable[[Facts], str]] = MappingProxyType(
    {
        "tier": lambda facts: facts.standing.tier,
        "state": lambda facts: facts.standing.state,
        "approval": lambda facts: facts.standing.approval,
        "assessment": lambda facts: facts.standing.assessment,
        "verification": lambda facts: facts.standing.verification,
        "acceptance": lambda facts: facts.standing.acceptance,
        "decision_role": lambda facts: facts.standing.decision_role,
        "needs_person": lambda facts: "true" if facts.standing.needs_person else "false",
        "person": lambda facts: "known" if facts.person_known else "unknown",
        "case_ref": lambda facts: "given" if facts.case_ref else "absent",
        "hosted": lambda facts: "refused" if facts.hosted_refused else "allowed" if facts.hosted else "none",
        "functions": lambda facts: "forbidden" if facts.forbidden_tools else "allowed",
        "choices": lambda facts: "above" if facts.too_many_choices else "within",
    }
)
"""What a `when:` may ask. None of them depends on what was found."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A compiled refuse, permit or duty rule: conditions that must all hold, and what follows."""

    id: str
    clause: str
    when: tuple[Test, ...]
    reason: str = ""
    advice: str = ""
    notice: str = ""
    obligations: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool:
        """Whether every condition is met."""
        return all(FACTS[name](facts) in values for name, values in self.when)


@dataclass(frozen=True, slots=True)
class ContentRule:
    """A compiled content rule. `operators` and `contestable` are spelt out label by label."""

    id: str
    clause: str
    reason: str
    advice: str
    notice: str
    position: int
    tiers: frozenset[str]
    columns: frozenset[str]
    assessed: bool | None
    assessed_as: str | None
    operators: Mapping[str, Operator]
    unreadable: Mapping[str, Operator]
    contestable: frozenset[str]
    offer_clean: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """What is done with one label or unreadable kind: the strictest operator of the rules that apply.

    `rule` is the first of the rules that ask for it. Where that is `block`, the finding may be contested, or the
    text offered without it, only if every rule that blocks it agrees; `contested_to` is what the remaining rules
    then make of it.
    """

    name: str
    operator: Operator
    rule: ContentRule
    contestable: bool = False
    offer_clean: bool = False
    contested_to: Operator = "allow"


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done with every label in one tier under one scope of assessment."""

    content: Mapping[str, Cell]
    definitions: Mapping[str, Cell]
    unreadable: Mapping[str, Cell]
    operators: Mapping[str, Operator]
    definition_operators: Mapping[str, Operator]


UNKNOWN = ContentRule(
    id="unknown-finding",
    clause="7.3",
    reason="Something was found that no rule of the policy speaks of.",
    advice="Ask the Information Governance team to have the policy completed.",
    notice="",
    position=1_000_000,
    tiers=frozenset(),
    columns=frozenset(),
    assessed=None,
    assessed_as=None,
    operators=MappingProxyType({}),
    unreadable=MappingProxyType({}),
    contestable=frozenset(),
    offer_clean=False,
)

NOT_PERMITTED = Gate(
    id="not-permitted",
    clause="5.2",
    when=(),
    reason="{tool} is not approved for this use.",
    advice="Ask the Information Governance team to have it assessed and approved.",
)

BEYOND = Gate(
    id="beyond-the-register",
    clause="7.1",
    when=(),
    reason="This call asks for something that the register does not allow {tool} for this use.",
    advice="Switch off the AI provider's own features, offer allowed functions only, and ask for fewer answers.",
)
"""What the register rules out stays out, also under rules that don't speak of it."""


def covered(name: str, covers: frozenset[str], labels: Mapping[str, str]) -> bool:
    """Whether a scope holds a label or a data class, by its own name or by its class."""
    return name in covers or labels.get(name, name) in covers


def cell(
    rules: Iterable[ContentRule],
    tier: Tier,
    column: Column,
    label: str,
    covers: frozenset[str],
    labels: Mapping[str, str],
) -> Cell | None:
    """What the rules make of a label, or None where none speaks of it."""
    return strictest(
        label,
        [
            (rule.operators[label], rule)
            for rule in rules
            if label in rule.operators
            and tier in rule.tiers
            and column in rule.columns
            and (rule.assessed is None or rule.assessed == covered(rule.assessed_as or label, covers, labels))
        ],
    )


def strictest(name: str, asked: list[tuple[Operator, ContentRule]]) -> Cell | None:
    """The cell that comes of what each rule asks for."""
    if not asked:
        return None
    ranked = sorted(asked, key=lambda pair: (-STRICTNESS[pair[0]], pair[1].position))
    operator, first = ranked[0]
    blocking = [rule for wanted, rule in asked if wanted == "block"]
    return Cell(
        name=name,
        operator=operator,
        rule=first,
        contestable=bool(blocking) and all(name in rule.contestable for rule in blocking),
        offer_clean=bool(blocking) and all(rule.offer_clean for rule in blocking),
        contested_to=next((wanted for wanted, _ in ranked if wanted != "block"), "allow"),
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled policy. `hash` is over the canonical content of rules, register and labels."""

    hash: str
    register: Register
    labels: Mapping[str, str]
    refuse: tuple[Gate, ...]
    permit: tuple[Gate, ...]
    duty: tuple[Gate, ...]
    content: tuple[ContentRule, ...]
    attention: tuple[Problem, ...] = ()
    _treatments: dict[tuple[Tier, frozenset[str]], Treatment] = field(default_factory=dict, repr=False, compare=False)

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Every rule, in order."""
        return (*(gate.id for gate in (*self.refuse, *self.permit, *self.duty)), *(rule.id for rule in self.content))

    def decide(self, facts: Facts) -> Decision:
        """The decision. Never raises; takes well under 0.1 ms."""
        treatment = self.treatment(facts.standing)
        refused = next((gate for gate in self.refuse if gate.holds(facts)), None)
        if refused is None and (facts.hosted_refused or facts.forbidden_tools or facts.too_many_choices):
            refused = BEYOND
        permits = [gate for gate in self.permit if gate.holds(facts)] if refused is None else []
        if not permits:
            return self._closed(refused or NOT_PERMITTED, facts, treatment)
        cells = _cells(facts, treatment)
        contested = _contested(facts, cells)
        blocked = [found for found in cells if found.operator == "block" and found.name not in contested]
        if blocked:
            return self._denied(blocked, contested, facts, treatment)
        return self._open(permits, cells, contested, facts, treatment)

    def treatment(self, standing: Standing) -> Treatment:
        """What is done with every label, worked out once for each tier and scope."""
        key = (standing.tier, standing.covers)
        known = self._treatments.get(key)
        if known is None:
            known = self._treatments[key] = self._treat(*key)
        return known

    def _treat(self, tier: Tier, covers: frozenset[str]) -> Treatment:
        def column(name: Column) -> dict[str, Cell]:
            found = {label: cell(self.content, tier, name, label, covers, self.labels) for label in self.labels}
            return {label: made or Cell(label, "block", UNKNOWN) for label, made in found.items()}

        def kind(name: str) -> Cell:
            asked = [
                (rule.unreadable[name], rule) for rule in self.content if name in rule.unreadable and tier in rule.tiers
            ]
            return strictest(name, asked) or Cell(name, "block", UNKNOWN)

        content, definitions = column("content"), column("definitions")
        return Treatment(
            content=content,
            definitions=definitions,
            unreadable={name: kind(name) for name in UNREADABLE},
            operators=MappingProxyType({label: found.operator for label, found in content.items()}),
            definition_operators=MappingProxyType({label: found.operator for label, found in definitions.items()}),
        )

    def _closed(self, gate: Gate, facts: Facts, treatment: Treatment) -> Decision:
        """The tool may not be used at all: nothing is blocked, nothing can be contested."""
        return self._decision("deny", gate, facts, treatment, reason=gate.reason)

    def _denied(self, blocked: list[Cell], contested: frozenset[str], facts: Facts, treatment: Treatment) -> Decision:
        rules = _rules(blocked)
        contestable = frozenset(found.name for found in blocked if found.contestable)
        contestable -= {found.name for found in blocked if not found.contestable}
        notices = [_refused_contest()] if facts.contested & {found.name for found in blocked} else []
        return self._decision(
            "deny",
            rules[0],
            facts,
            treatment,
            reason=" ".join(dict.fromkeys(rule.reason for rule in rules)),
            advice=" ".join(dict.fromkeys(rule.advice for rule in rules)),
            blocked=tuple(dict.fromkeys(found.name for found in blocked)),
            contestable=contestable if facts.person_known else frozenset(),
            contested=contested,
            offer_clean=all(found.offer_clean for found in blocked),
            notices=notices,
        )

    def _open(
        self, permits: list[Gate], cells: list[Cell], contested: frozenset[str], facts: Facts, treatment: Treatment
    ) -> Decision:
        duties = [gate for gate in self.duty if gate.holds(facts)]
        changed = [found for found in cells if _done(found, contested) != "allow"]
        rules = _rules(changed)
        chosen: Gate | ContentRule = rules[0] if rules else permits[0]
        speaking: list[Gate | ContentRule] = [*permits, *duties, *_rules(cells)]
        return self._decision(
            "transform" if changed else "allow",
            chosen,
            facts,
            treatment,
            reason=chosen.reason,
            contested=contested,
            obligations=tuple(dict.fromkeys(name for gate in (*permits, *duties) for name in gate.obligations)),
            notices=list(dict.fromkeys(rule.notice for rule in speaking if rule.notice)),
        )

    def _decision(
        self,
        effect: Effect,
        rule: Gate | ContentRule,
        facts: Facts,
        treatment: Treatment,
        *,
        reason: str,
        advice: str = "",
        blocked: tuple[str, ...] = (),
        contestable: frozenset[str] = frozenset(),
        contested: frozenset[str] = frozenset(),
        offer_clean: bool = False,
        obligations: tuple[str, ...] = ("record",),
        notices: list[str] | None = None,
    ) -> Decision:
        words = {**GENERIC_WORDS, **facts.standing.words, **_asked_words(facts)}
        return Decision(
            effect=effect,
            rule=rule.id,
            clause=rule.clause,
            reason=fill(reason, words),
            advice=fill(advice or rule.advice, words),
            policy_hash=self.hash,
            operators=_after(treatment.operators, treatment.content, contested & facts.found),
            definition_operators=_after(
                treatment.definition_operators, treatment.definitions, contested & facts.found_in_definitions
            ),
            blocked=blocked,
            contestable=contestable,
            contested=contested,
            offer_clean=offer_clean,
            reply=facts.standing.reply,
            retention_class=facts.standing.retention_class,
            obligations=obligations,
            notices=tuple(fill(notice, words) for notice in notices or ()),
            limits=facts.standing.limits,
        )


def fill(sentence: str, words: Mapping[str, str]) -> str:
    """A rule's sentence with its placeholders filled; spaces that an empty one leaves are closed up."""
    return " ".join(sentence.format_map(words).split())


def _asked_words(facts: Facts) -> dict[str, str]:
    """What fills the placeholders that speak of what was asked: names of the closed vocabulary, and the register's."""
    found = {
        "hosted": " or ".join(HOSTED_NAMES.get(name, HOSTED_NAMES["other"]) for name in sorted(facts.hosted_refused)),
        "hosted_allowed": ", ".join(HOSTED_NAMES.get(name, name) for name in sorted(facts.standing.hosted)),
        "excluded_functions": ", ".join(sorted(facts.forbidden_tools)),
        "most_choices": f"{facts.standing.limits.get('choices', 1):g}",
    }
    return {name: value for name, value in found.items() if value}


def _refused_contest() -> str:
    return "The note that this is a false alarm can't be accepted for everything that was found."


def _rules(cells: Iterable[Cell]) -> list[ContentRule]:
    """The rules behind cells: once each, in the policy's order."""
    return sorted({found.rule.id: found.rule for found in cells}.values(), key=lambda rule: rule.position)


def _contested(facts: Facts, cells: list[Cell]) -> frozenset[str]:
    """The blocked labels that a known person contests and may: in every column in which they are blocked."""
    if not facts.person_known or not facts.contested:
        return frozenset()
    blocked = [found for found in cells if found.operator == "block" and found.name in facts.contested]
    return frozenset(found.name for found in blocked) - {found.name for found in blocked if not found.contestable}


def _done(found: Cell, contested: frozenset[str]) -> Operator:
    """What is done with a finding, its contest taken into account."""
    return found.contested_to if found.operator == "block" and found.name in contested else found.operator


def _after(
    operators: Mapping[str, Operator], cells: Mapping[str, Cell], contested: frozenset[str]
) -> Mapping[str, Operator]:
    """The operators of a column once contests are taken into account: of what was found in it, since a contest speaks
    of a finding, not of a label."""
    if not contested:
        return operators
    return MappingProxyType({name: _done(cells[name], contested) for name in operators})


def _cells(facts: Facts, treatment: Treatment) -> list[Cell]:
    """What is done with each thing that was found. What no rule knows is blocked."""
    cells = [treatment.content.get(name) or Cell(name, "block", UNKNOWN) for name in sorted(facts.found)]
    cells += [
        treatment.definitions.get(name) or Cell(name, "block", UNKNOWN) for name in sorted(facts.found_in_definitions)
    ]
    cells += [treatment.unreadable.get(kind) or Cell(kind, "block", UNKNOWN) for kind in sorted(facts.unreadable)]
    return cells


@dataclass(frozen=True, slots=True)
class Grant:
    """What a resolved tool carries to the decision: the policy, and how the tool stands for this use today."""

    policy: Policy
    standing: Standing
