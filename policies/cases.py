"""Worked cases: each rule beside examples of what it does, in files that run as tests (`*.cases.yaml`).

A case gives facts and expects a decision. It speaks of standing, not of a council's own tools, so that the cases
hold whatever the register says. What a case leaves out is as for a tool that may be used by a known person.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import Field

from policies.decision import Decision, Effect, Obligation, Operator, ReplyMode
from policies.engine import Policy
from policies.facts import Approval, DecisionRole, Facts, Hosted, Standing, State, Tier, Unreadable, Validity
from policies.register.limits import AllowedFeature, FunctionPattern, Limits, matching
from policies.register.model import Entry, Slug, Words
from policies.source import ConfigError, Problem, Source, did_you_mean, load_yaml, parse


class Given(Entry):
    """The facts of a case."""

    tier: Tier
    state: State = "live"
    approval: Approval = "approved"
    assessment: Validity = "valid"
    verification: Validity = "valid"
    acceptance: Validity = "valid"
    decision_role: DecisionRole = "none"
    needs_person: bool = True
    covers: tuple[str, ...] = ()
    person_known: bool = True
    case_ref: bool = False
    found: tuple[str, ...] = ()
    found_in_definitions: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    contested: tuple[str, ...] = ()
    limits: Limits = Limits()
    """The register's limits for the use."""
    hosted_allowed: tuple[AllowedFeature, ...] = ()
    """The provider's own features that the register allows for the use."""
    hosted: tuple[Hosted, ...] = ()
    """Those that the call asks for."""
    forbidden_tools: tuple[FunctionPattern, ...] = ()
    """The functions that the register forbids for the use."""
    functions: tuple[str, ...] = ()
    """Those that the call offers."""
    choices: int = 1
    """The answers that the call asks for."""

    def facts(self) -> Facts:
        """The same as facts."""
        standing = Standing(
            tier=self.tier,
            state=self.state,
            approval=self.approval,
            assessment=self.assessment,
            verification=self.verification,
            acceptance=self.acceptance,
            decision_role=self.decision_role,
            needs_person=self.needs_person,
            covers=frozenset(self.covers),
            limits=self.limits.given(),
            hosted=frozenset(self.hosted_allowed),
            forbidden_tools=self.forbidden_tools,
        )
        return Facts(
            standing=standing,
            person_known=self.person_known,
            case_ref=self.case_ref,
            found=frozenset(self.found),
            found_in_definitions=frozenset(self.found_in_definitions),
            unreadable=frozenset(self.unreadable),
            contested=frozenset(self.contested),
            hosted=frozenset(self.hosted),
            forbidden_tools=matching(self.forbidden_tools, self.functions),
            choices=self.choices,
        )


class Expect(Entry):
    """What the decision must be. What is left out is not looked at, the rule apart."""

    effect: Effect
    rule: Slug | None = None
    """The rule that the decision cites; the rule shown, where absent."""
    operators: dict[str, Operator] = Field(default_factory=dict)
    definition_operators: dict[str, Operator] = Field(default_factory=dict)
    blocked: tuple[str, ...] | None = None
    contestable: tuple[str, ...] | None = None
    contested: tuple[str, ...] | None = None
    offer_clean: bool | None = None
    obligations: tuple[Obligation, ...] | None = None
    reply: ReplyMode | None = None
    limits: Limits | None = None
    says: str = ""
    """Words that the reason, the advice or a notice must hold."""


class Case(Entry):
    """One worked case."""

    shows: Slug
    """The rule that the case is an example of."""
    case: Words
    """What happens, in a sentence."""
    given: Given
    expect: Expect


class CaseFile(Entry):
    """One file of cases."""

    cases: tuple[Case, ...] = Field(min_length=1)


def load_cases(rules_dir: Path) -> list[tuple[Source, CaseFile]]:
    """Every case file of a folder. Raises ConfigError."""
    sources = [load_yaml(path) for path in sorted(rules_dir.glob("*.cases.yaml"))]
    return [(source, parse(CaseFile, source)) for source in sources]


def check_cases(policy: Policy, rules_dir: Path) -> list[Problem]:
    """Cases that the policy does not bear out, and rules that no case shows. Empty when all is well."""
    try:
        files = load_cases(rules_dir)
    except ConfigError as error:
        return list(error.problems)
    problems = [
        source.problem(("cases", number), message, fix)
        for source, file in files
        for number, case in enumerate(file.cases)
        for message, fix in differences(policy, case)
    ]
    shown = {case.shows for _, file in files for case in file.cases}
    fix = "Add one to a .cases.yaml file beside its rule."
    problems += [
        Problem(str(rules_dir), 0, f"no worked case shows the rule '{rule}'", fix)
        for rule in policy.rule_ids
        if rule not in shown
    ]
    return problems


def differences(policy: Policy, case: Case) -> Iterator[tuple[str, str]]:
    """How the decision differs from what the case expects, as message and fix."""
    if case.shows not in policy.rule_ids:
        yield f"unknown rule '{case.shows}'", did_you_mean(case.shows, policy.rule_ids)
        return
    labels = {*case.given.found, *case.given.found_in_definitions, *case.given.contested, *case.expect.operators}
    unknown = sorted(labels - set(policy.labels))
    if unknown:
        yield f"unknown label '{unknown[0]}'", did_you_mean(unknown[0], policy.labels)
        return
    made = policy.decide(case.given.facts())
    for name, wanted, got in _compare(case, made):
        if wanted != got:
            yield (
                f"'{case.case}': {name} should be {_words(wanted)} but is {_words(got)}",
                "Change the rule or the case.",
            )
    told = " ".join((made.reason, made.advice, *made.notices))
    if case.expect.says not in told:
        yield f"'{case.case}': nobody says '{case.expect.says}'", "Change the rule or the case."


def _compare(case: Case, made: Decision) -> Iterator[tuple[str, object, object]]:
    wanted = case.expect
    yield "the effect", wanted.effect, made.effect
    yield "the rule", wanted.rule or case.shows, made.rule
    for label, operator in wanted.operators.items():
        yield label, operator, made.operators.get(label, "block")
    for label, operator in wanted.definition_operators.items():
        yield f"{label} in definitions", operator, made.definition_operators.get(label, "block")
    for name in ("blocked", "contestable", "contested", "obligations"):
        expected: Iterable[str] | None = getattr(wanted, name)
        if expected is not None:
            yield name, sorted(expected), sorted(getattr(made, name))
    if wanted.limits is not None:
        yield "limits", wanted.limits.given(), dict(made.limits)
    for name in ("offer_clean", "reply"):
        if getattr(wanted, name) is not None:
            yield name, getattr(wanted, name), getattr(made, name)


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "empty"
    return str(value)
