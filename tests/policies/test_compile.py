"""Rule files: every mistake a start-up error with file and line; the hash over content and nothing else."""

from datetime import date
from pathlib import Path

import pytest

from policies.compile import compile_policy, default_register_path, default_rules_dir, load_policy, load_rules
from policies.source import ConfigError, parse_yaml
from tests.policies.shipped import (
    CLASSES,
    REGISTER_TEXT,
    RULE_TEXTS,
    TODAY,
    compiled,
    line_of,
    problems,
    register_with,
    shipped_policy,
    with_change,
)

PERMIT = """
title: Extra
order: 90
permit:
  - id: extra-use
    clause: "5.2"
    when:
      tier: [internal]
      state: [live]
      approval: [approved]
      assessment: [valid]
      verification: [valid]
    reason: "Because."
    advice: "Do."
"""
CONTENT = """
title: Extra
order: 90
content:
  - id: extra
    clause: "7.3"
    operators: {personal: block}
    reason: "Because."
    advice: "Do."
"""
REFUSE = """
title: Extra
order: 90
refuse:
  - id: extra
    clause: "7.3"
    when: {state: [retired]}
    reason: "Because."
    advice: "Do."
"""


def test_the_extra_rules_are_sound() -> None:
    """The samples that the tests below spoil compile as they stand."""
    for text in (PERMIT, CONTENT, REFUSE):
        assert problems(rules={"extra.yaml": text}) == []


MISTAKES = [
    (REFUSE, "clause:", "cluase:", "unknown key 'cluase'", "Did you mean clause?"),
    (REFUSE, '"7.3"', "7.3", "'clause': must be a valid string", "Put it in quotes."),
    (REFUSE, '"7.3"', '"16.1"', "'clause': string should match pattern", ""),
    (REFUSE, "{state: [retired]}", "{stat: [retired]}", "unknown key 'stat'", "Did you mean state?"),
    (REFUSE, "{state: [retired]}", "{state: [retird]}", "unknown state 'retird'", "Did you mean retired?"),
    (REFUSE, "{state: [retired]}", "{}", "the rule 'extra' has no condition", "Say when it holds"),
    (REFUSE, '    advice: "Do."\n', "", "'advice' is missing from refuse.0", "Add it: What to do next."),
    (REFUSE, '"Because."', '"{tol} is old."', "unknown placeholder '{tol}'", "Did you mean tool?"),
    (REFUSE, '"Because."', '"{ is old."', "a brace is not closed", "Placeholders look like {tool}."),
    (REFUSE, "id: extra", "id: tool-retired", "the rule id 'tool-retired' is taken", "Records cite rules by id"),
    (REFUSE, "order: 90", "order: 10", "the order 10 is that of", "Choose another."),
    (REFUSE, "refuse:", "refuze:", "unknown key 'refuze'", "Did you mean refuse?"),
    (CONTENT, "personal: block", "persnal: block", "unknown data class 'persnal'", "Did you mean personal?"),
    (CONTENT, "personal: block", "NHS_NUM: block", "unknown label 'NHS_NUM'", "Did you mean NHS_NUMBER?"),
    (CONTENT, "personal: block", "personal: blok", "unknown personal 'blok'", "Did you mean block?"),
    (
        CONTENT,
        "personal: block}",
        "personal: block}\n    tier: [publc]",
        "unknown tier 'publc'",
        "Did you mean public?",
    ),
    (
        CONTENT,
        "personal: block}",
        "personal: block}\n    contestable: [PERSN]",
        "unknown label 'PERSN'",
        "Did you mean",
    ),
    (
        CONTENT,
        "personal: block}",
        "personal: mask}\n    contestable: [PERSON]",
        "PERSON is contestable but this rule does not block it",
        "Only what is blocked",
    ),
    (CONTENT, "personal: block}", "personal: block}\n    assessed_as: child", "assessed_as: says nothing", "Add it."),
    (
        CONTENT,
        "personal: block}",
        "personal: block}\n    assessed: true\n    assessed_as: chld",
        "unknown data class 'chld'",
        "Did you mean child?",
    ),
    (
        PERMIT,
        "state: [live]",
        "state: [live, retired]",
        "the permit rule 'extra-use' must ask for state",
        "The AI policy",
    ),
    (PERMIT, "      approval: [approved]\n", "", "the permit rule 'extra-use' must ask for approval", "The AI policy"),
    (
        PERMIT,
        "assessment: [valid]",
        "assessment: [valid, expired]",
        "the permit rule 'extra-use' must ask for ass",
        "The",
    ),
    (PERMIT, "verification: [valid]", "verification: [missing]", "the permit rule 'extra-use' must ask for ver", "The"),
    (PERMIT, "tier: [internal]", "tier: [public]", "the permit rule 'extra-use' lets public tools through", "Ask for"),
    (PERMIT, "      tier: [internal]\n", "", "the permit rule 'extra-use' lets public tools through", "Ask for"),
]


@pytest.mark.parametrize(("sample", "old", "new", "message", "fix"), MISTAKES, ids=[m[3] for m in MISTAKES])
def test_a_mistake_in_a_rule_is_told(sample: str, old: str, new: str, message: str, fix: str) -> None:
    text = with_change(sample, old, new)
    found = problems(rules={"extra.yaml": text})
    told = next((problem for problem in found if problem.message.startswith(message)), None)
    assert told is not None, [str(problem) for problem in found]
    assert told.file in ("extra.yaml", "approval.yaml")
    assert told.line > 1
    assert told.fix.startswith(fix)


@pytest.mark.parametrize(
    "name", ["special_category", "HEALTH", "child", "CHILD", "UPN", "CRIMINAL", "secret", "SECRET"]
)
def test_some_findings_can_never_be_contested(name: str) -> None:
    text = CONTENT.replace("personal: block}", f"{name}: block}}\n    contestable: [{name}]")
    found = [problem.message for problem in problems(rules={"extra.yaml": text})]
    assert any(message.endswith("can never be contested") for message in found)


def test_a_label_without_an_operator_is_told() -> None:
    text = with_change(RULE_TEXTS["public.yaml"], "criminal_offence: block, ", "")
    found = problems(rules={"public.yaml": text})
    assert [problem.message for problem in found] == [
        "the label CRIMINAL has no operator under tier public in content, not assessed"
    ]
    assert found[0].fix.startswith("Every label needs an operator")


def test_a_label_that_only_one_scope_forgets_is_told() -> None:
    text = RULE_TEXTS["enterprise.yaml"].replace(
        "assessed: true\n    operators: {confidential: allow}", "assessed: false\n    operators: {confidential: allow}"
    )
    found = [problem.message for problem in problems(rules={"enterprise.yaml": text})]
    assert "the label CONFIDENTIAL has no operator under tier enterprise in content, assessed" in found


def test_a_new_label_must_be_given_operators() -> None:
    """A label that detection learns is not let through by omission: each tier must say what becomes of it."""
    sources = [parse_yaml(text, name) for name, text in RULE_TEXTS.items()]
    register = parse_yaml(REGISTER_TEXT, "register.yaml")
    assert (
        compile_policy(sources, register, {**CLASSES, "SHOE_SIZE": "personal"}, TODAY).labels["SHOE_SIZE"] == "personal"
    )
    bare = [
        parse_yaml(text.replace("personal: pseudonymise", "PERSON: pseudonymise"), name)
        for name, text in RULE_TEXTS.items()
    ]
    with pytest.raises(ConfigError, match="the label SHOE_SIZE has no operator under tier enterprise"):
        compile_policy(bare, register, {**CLASSES, "SHOE_SIZE": "personal"}, TODAY)
    with pytest.raises(ConfigError, match="the label 'SHOE_SIZE' has the unknown data class 'shoes'"):
        compile_policy(sources, register, {**CLASSES, "SHOE_SIZE": "shoes"}, TODAY)


def test_secrets_must_be_blocked_everywhere() -> None:
    text = with_change(RULE_TEXTS["always.yaml"], "{secret: block}", "{secret: mask}")
    found = [problem.message for problem in problems(rules={"always.yaml": text})]
    assert found
    assert all(message.startswith("the secret label SECRET is not blocked") for message in found)


def test_mistakes_of_rules_and_register_are_told_together() -> None:
    rules = {"extra.yaml": with_change(REFUSE, "clause:", "cluase:")}
    found = problems(rules=rules, register=register_with("tier: internal", "tier: inernal"))
    assert {problem.file for problem in found} == {"extra.yaml", "register.yaml"}


def test_the_hash_is_over_content() -> None:
    shipped = compiled()
    assert len(shipped.hash) == 64
    assert shipped.hash == shipped_policy().hash
    assert compiled(register="# a comment\n" + REGISTER_TEXT).hash == shipped.hash
    assert compiled(today=date(2031, 1, 1)).hash == shipped.hash
    others = {
        compiled(register=register_with("miss_rate: 0.12", "miss_rate: 0.13")).hash,
        compiled(rules={"extra.yaml": REFUSE}).hash,
        compiled(
            rules={
                "enterprise.yaml": RULE_TEXTS["enterprise.yaml"]
                .replace("a number", "number")
                .replace("AGE: allow, D", "AGE: mask, D")
            }
        ).hash,
    }
    assert len(others | {shipped.hash}) == 4


def test_the_first_file_by_order_speaks_first() -> None:
    early = compiled(rules={"extra.yaml": REFUSE.replace("order: 90", "order: 1")})
    late = compiled(rules={"extra.yaml": REFUSE})
    assert early.rule_ids[0] == "extra"
    assert late.rule_ids.index("extra") > late.rule_ids.index("tool-retired")


def test_a_folder_without_rules_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.cases.yaml").write_text("cases: []\n")
    with pytest.raises(ConfigError, match="no rule files"):
        load_rules(tmp_path)
    with pytest.raises(ConfigError, match="no rule files"):
        load_policy(tmp_path, default_register_path(), CLASSES, TODAY)


def test_shipped_files_say_their_own_names_in_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an officer sees: the path as typed, the line, the mistake, the nearest name."""
    monkeypatch.chdir(tmp_path)
    text = register_with("data: [personal, CONFIDENTIAL]", "data: [personal, NHS_NUM]")
    (tmp_path / "policies" / "register").mkdir(parents=True)
    path = Path("policies/register/mid-kent.yaml")
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_policy(default_rules_dir(), path, CLASSES, TODAY)
    line = line_of(text, "NHS_NUM")
    assert (
        str(caught.value)
        == f"policies/register/mid-kent.yaml:{line}: unknown label 'NHS_NUM'. Did you mean NHS_NUMBER?"
    )
