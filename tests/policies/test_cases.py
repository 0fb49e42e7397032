"""Every shipped worked case, and the proof that a case can fail."""

from pathlib import Path

import pytest

from policies.cases import Case, check_cases, differences, load_cases
from policies.compile import default_rules_dir
from tests.policies.shipped import RULE_TEXTS, compiled, shipped_policy, with_change

CASES = [(source, case) for source, file in load_cases(default_rules_dir()) for case in file.cases]


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{c.shows}: {c.case}" for _, c in CASES])
def test_shipped_case(case: Case) -> None:
    assert list(differences(shipped_policy(), case)) == []


def test_every_rule_has_a_case_and_every_rule_file_a_case_file() -> None:
    assert check_cases(shipped_policy(), default_rules_dir()) == []
    names = {path.name for path in default_rules_dir().glob("*.yaml")}
    assert {name.replace(".yaml", ".cases.yaml") for name in RULE_TEXTS} <= names


def test_each_case_is_about_its_rule() -> None:
    """Taking the rule away makes its cases fail: none of them passes by accident."""
    policy = shipped_policy()
    for _, case in CASES:
        assert case.shows in policy.rule_ids
        if case.expect.rule is None:
            made = policy.decide(case.given.facts())
            assert made.rule == case.shows


def test_a_changed_rule_is_noticed_with_file_and_line(tmp_path: Path) -> None:
    changed = with_change(RULE_TEXTS["enterprise.yaml"], "PAYMENT_CARD: mask", "PAYMENT_CARD: allow")
    policy = compiled(rules={"enterprise.yaml": changed})
    [problem] = check_cases(policy, default_rules_dir())
    assert problem.file.endswith("enterprise.cases.yaml")
    assert problem.message == "'a letter to a resident': PAYMENT_CARD should be mask but is allow"
    lines = (default_rules_dir() / "enterprise.cases.yaml").read_text().splitlines()
    assert "shows: enterprise-personal" in lines[problem.line - 1]


@pytest.mark.parametrize(
    ("shows", "given", "expect", "said"),
    [
        ("secrett", "tier: public", "effect: deny", "Did you mean secret?"),
        ("secret", "tier: public, found: [SECRETS]", "effect: deny", "unknown label 'SECRETS'. Did you mean SECRET?"),
        ("secret", "tier: pubic", "effect: deny", "unknown tier 'pubic'. Did you mean public?"),
        ("secret", "tier: public", "effect: deny", "the effect should be deny but is allow"),
        (
            "secret",
            "tier: public, found: [SECRET]",
            "effect: deny, blocked: []",
            "blocked should be empty but is SECRET",
        ),
        ("secret", "tier: public, found: [SECRET]", "effect: deny, says: hello", "nobody says 'hello'"),
        ("secret", "tier: public, found: [SECRET]", "effect: deny, offer_clean: false", "offer_clean should be False"),
        ("secret", "tier: public, found: [SECRET]", "effect: deny, operators: {AGE: mask}", "AGE should be mask"),
    ],
)
def test_a_wrong_case_is_told(tmp_path: Path, shows: str, given: str, expect: str, said: str) -> None:
    text = f"cases:\n  - shows: {shows}\n    case: one\n    given: {{{given}}}\n    expect: {{{expect}}}\n"
    (tmp_path / "a.cases.yaml").write_text(text)
    told = [str(problem) for problem in check_cases(shipped_policy(), tmp_path)]
    assert any(said in line for line in told), told


def test_a_rule_without_a_case_is_told(tmp_path: Path) -> None:
    told = [problem.message for problem in check_cases(shipped_policy(), tmp_path)]
    assert "no worked case shows the rule 'secret'" in told
    assert len(told) == len(shipped_policy().rule_ids)
