"""Limits of a use: of tool and purpose the stricter counts, and what the register rules out stays out."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.hosted import FEATURES
from policies.decision import EFFECT_STRICTNESS
from policies.facts import HOSTED_NAMES, Facts, Hosted, Parameter, Standing
from policies.register.limits import Limits, matching, strictest
from policies.register.standing import Use, stand
from tests.policies.shipped import TODAY, compiled, problems, register_with, shipped_policy

POLICY = shipped_policy()
USE = Use("maidstone", "housing", "correspondence", "employee")
OPEN = Standing("enterprise", "live", "approved", "valid", "valid", "valid", covers=frozenset({"personal"}))
features = st.frozensets(st.sampled_from(sorted(FEATURES)))

limits = st.builds(
    Limits,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0.01, 1),
    max_output_tokens=st.none() | st.integers(1, 1_000_000),
    choices=st.none() | st.integers(1, 128),
)


def test_the_vocabularies_of_policy_and_gateway_are_one() -> None:
    assert set(get_args(Hosted)) == set(HOSTED_NAMES) == FEATURES
    assert set(Limits.model_fields) == set(get_args(Parameter))


@given(st.lists(limits, max_size=4))
def test_the_strictest_wins(every: list[Limits]) -> None:
    found = strictest(*every)
    for each in every:
        for name, most in each.given().items():
            assert found[name] <= most
    for name, value in found.items():
        assert any(each.given().get(name) == value for each in every)


def test_a_purpose_narrows_what_its_tool_allows() -> None:
    text = register_with("    hosted: [] # none of", "    hosted: [web_search, file_search] # none of")
    text = text.replace(
        "  research: {name: research and ideas}",
        "  research: {name: research and ideas, hosted: [web_search, mcp], limits: {temperature: 0.9, top_p: 0.5}}",
    ).replace(
        "  summaries: {name: summaries of documents}",
        "  summaries: {name: summaries of documents, hosted: [], forbidden_tools: [fetch_page, 'send_*']}",
    )
    register = compiled(register=text).register

    def standing(purpose: str) -> Standing:
        use = replace(USE, purpose=purpose)
        return stand(register, "council-assistant", "council-assistant", use, TODAY).standing

    assert standing("correspondence").hosted == {"web_search", "file_search"}
    assert standing("research").hosted == {"web_search"}, "a purpose allows nothing that the tool does not"
    assert standing("summaries").hosted == frozenset()
    assert standing("research").limits == {
        "temperature": 0.7, "top_p": 0.5, "max_output_tokens": 8000, "choices": 5,
    }  # fmt: skip
    assert standing("summaries").forbidden_tools == ("send_*", "delete_*", "fetch_page")
    assert standing("gossip").limits["temperature"] == 0.7


def test_the_shipped_casework_is_the_most_careful() -> None:
    found = stand(POLICY.register, "casework-assistant", "casework-assistant", replace(USE, purpose="casework"), TODAY)
    assert found.standing.limits["temperature"] == 0.3
    assert POLICY.decide(Facts(found.standing)).limits == found.standing.limits


@pytest.mark.parametrize(
    ("patterns", "names", "expected"),
    [
        (["send_*"], ["send_email"], {"send_*"}),
        (["send_*"], ["SEND_Email"], {"send_*"}),
        (["Send_*"], ["send_"], {"Send_*"}),
        (["send_*"], ["resend_email", "send"], set()),
        (["get_case?"], ["get_case1"], {"get_case?"}),
        (["bash*"], ["bash_20250124"], {"bash*"}),
        (["a.b"], ["axb"], set()),
        ([], ["x"], set()),
        (["*"], [], set()),
    ],
)
def test_functions_match_by_name_or_pattern(patterns: list[str], names: list[str], expected: set[str]) -> None:
    assert matching(patterns, names) == expected


@given(features, features)
def test_a_feature_passes_only_where_the_register_allows_it(asked: frozenset[str], allowed: frozenset[str]) -> None:
    made = POLICY.decide(Facts(replace(OPEN, hosted=allowed), hosted=asked))
    assert (made.effect != "deny") == (asked <= allowed)
    if made.effect == "deny":
        assert (made.rule, made.clause) == ("hosted-feature", "7.1")
        for name in asked - allowed:
            assert HOSTED_NAMES[name] in made.reason


@given(features, st.frozensets(st.sampled_from(["send_*", "x"])), st.integers(1, 9))
def test_one_more_wish_never_loosens(asked: frozenset[str], functions: frozenset[str], choices: int) -> None:
    before = Facts(replace(OPEN, limits={"choices": 3}, hosted=frozenset({"mcp"})))
    after = replace(before, hosted=asked, forbidden_tools=functions, choices=choices)
    first, second = POLICY.decide(before), POLICY.decide(after)
    assert EFFECT_STRICTNESS[second.effect] >= EFFECT_STRICTNESS[first.effect]
    assert (second.effect == "deny") == bool(asked - {"mcp"} or functions or choices > 3)
    assert not second.blocked
    assert "{" not in second.reason + second.advice


@pytest.mark.parametrize(
    "asked",
    [{"hosted": frozenset({"web_search"})}, {"forbidden_tools": frozenset({"send_*"})}, {"choices": 9}],
    ids=lambda asked: next(iter(asked)),
)
def test_rules_that_do_not_speak_of_it_let_nothing_through(asked: dict[str, Any]) -> None:
    """A council's own folder of rules may be older than these conditions."""
    older = compiled(rules={"features.yaml": ""})
    facts = replace(Facts(replace(OPEN, limits={"choices": 2})), **asked)
    made = older.decide(facts)
    assert (made.effect, made.rule) == ("deny", "beyond-the-register")
    assert POLICY.decide(facts).rule in ("hosted-feature", "forbidden-function", "too-many-choices")


def test_an_unknown_feature_is_denied_and_not_repeated() -> None:
    made = POLICY.decide(Facts(OPEN, hosted=frozenset({"telepathy"})))
    assert made.effect == "deny"
    assert "telepathy" not in made.reason
    assert "does not know" in made.reason


LIMITED = "limits: {temperature: 0.7, max_output_tokens: 8000, choices: 5}"
NO_HOSTED = "hosted: [] # none of"
MISTAKES = [
    (LIMITED, "limits: {temprature: 0.7}", "unknown key 'temprature'", "Did you mean temperature?"),
    (LIMITED, "limits: {temperature: 2.5}", "'temperature': must be less than or equal to 2", ""),
    (LIMITED, 'limits: {temperature: "0.5"}', "'temperature': must be a valid number", ""),
    (LIMITED, "limits: {temperature: true}", "'temperature': must be a valid number", ""),
    (LIMITED, "limits: {top_p: 0}", "'top_p': must be greater than 0", ""),
    (LIMITED, "limits: {max_output_tokens: 0}", "'max_output_tokens': must be greater than or equal to 1", ""),
    (LIMITED, "limits: {choices: 1.5}", "'choices': must be a valid integer", ""),
    (NO_HOSTED, "hosted: [web_serch] # none of", "unknown hosted 'web_serch'", "Did you mean web_search?"),
    (NO_HOSTED, "hosted: [other] # none of", "'other' stands for features", "Use one of: web_search"),
    (
        "client_tools: [lookup_case, draft_letter]",
        "client_tools: [lookup_case, send_letter]",
        "the function 'send_letter' is forbidden by 'send_*' of forbidden_tools",
        "Take it out of one of them.",
    ),
    (
        'forbidden_tools: ["send_*", "update_*", "delete_*"]',
        'forbidden_tools: ["send mail"]',
        "this is no name or pattern of a function",
        "Use letters",
    ),
]


@pytest.mark.parametrize(("old", "new", "message", "fix"), MISTAKES, ids=[m[2] for m in MISTAKES])
def test_a_mistake_is_told_with_line_and_fix(old: str, new: str, message: str, fix: str) -> None:
    text = register_with(old, new)
    [problem] = [each for each in problems(register=text) if each.message.startswith(message)]
    assert problem.file == "register.yaml"
    assert problem.fix.startswith(fix)
    assert new.split(":")[0] in text.splitlines()[problem.line - 1]
