"""docs/policy.md: each example is loaded, and what it says of the rules is what the rules say."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from policies.cases import CaseFile, differences
from policies.compile import compile_policy, load_rules
from policies.compile import default_rules_dir as rules_dir
from policies.decision import STRICTNESS, Decision
from policies.engine import Policy
from policies.facts import GENERIC_WORDS, HOSTED_NAMES, Facts
from policies.register.limits import Limits, matching
from policies.register.model import Register
from policies.register.standing import Use, stand
from policies.source import parse, parse_yaml
from tests.policies.shipped import CLASSES, TODAY

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
REGISTER, RULES, CASES = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)


def policy() -> Policy:
    rules = [*load_rules(rules_dir()), parse_yaml(RULES, "ours.yaml")]
    return compile_policy(rules, parse_yaml(REGISTER, "docs/policy.md"), CLASSES, TODAY)


def test_the_register_in_the_documentation_works() -> None:
    made = policy()
    assert made.attention == ()

    def rule(service: str, purpose: str, found: set[str], today: date = TODAY) -> str:
        use = Use("maidstone", service, purpose, "employee")
        standing = stand(made.register, "letter-writer", "letter-writer", use, today).standing
        return made.decide(Facts(standing, found=frozenset(found))).rule

    assert rule("housing", "correspondence", {"PERSON"}) == "enterprise-personal"
    assert rule("housing", "casework", {"HEALTH"}) == "enterprise-use"
    assert rule("housing", "correspondence", {"HEALTH"}) == "enterprise-sensitive-not-assessed"
    assert rule("planning", "casework", set()) == "purpose-not-approved"


def test_the_limits_in_the_documentation_are_what_it_says_of_them() -> None:
    made = policy()

    def decided(purpose: str, **asked: Any) -> Decision:
        use = Use("maidstone", "housing", purpose, "employee")
        standing = stand(made.register, "letter-writer", "letter-writer", use, TODAY).standing
        functions = matching(standing.forbidden_tools, asked.pop("functions", ()))
        return made.decide(Facts(standing, forbidden_tools=functions, **asked))

    assert decided("correspondence").limits == {"temperature": 0.7, "max_output_tokens": 4000, "choices": 3}
    assert decided("casework").limits == {"temperature": 0.3, "max_output_tokens": 4000, "choices": 3}
    search = frozenset({"web_search"})
    assert decided("correspondence", hosted=search).effect == "allow"
    assert decided("casework", hosted=search).rule == "hosted-feature"
    assert decided("correspondence", functions=["delete_case"]).rule == "forbidden-function"
    assert decided("correspondence", functions=["send_letter"]).effect == "allow"
    assert decided("casework", functions=["send_letter"]).rule == "forbidden-function"
    assert decided("casework", choices=4).rule == "too-many-choices"
    for name in (*Limits.model_fields, *HOSTED_NAMES):
        assert name in TEXT


def test_the_rule_and_the_case_in_the_documentation_work() -> None:
    for case in parse(CaseFile, parse_yaml(CASES, "ours.cases.yaml")).cases:
        assert list(differences(policy(), case)) == []


def test_every_placeholder_operator_and_key_is_documented() -> None:
    for word in GENERIC_WORDS:
        assert f"`{{{word}}}`" in TEXT, word
    for operator in STRICTNESS:
        assert f"`{operator}`" in TEXT
    for key in ("acceptance", "renewed", "client_tools", "needs_person", "replaced_by", "reply", "limits"):
        assert f"{key}:" in TEXT
    assert "models:" in TEXT
    assert set(parse(Register, parse_yaml(REGISTER, "x")).tools) == {"letter-writer"}
