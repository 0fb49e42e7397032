"""Findings become facts, facts a decision: by column, with contests, and never with text."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Finding
from gateway.catalogue import Catalogue
from gateway.model.call import Call, Contest
from gateway.model.caller import Caller, Tool
from gateway.model.decision import Decision
from gateway.model.errors import Unavailable
from gateway.model.part import Kind, Part, Role
from gateway.stages.decide import decide
from gateway.stages.inspection import Inspection
from gateway.stages.resolve import resolve
from tests.policies.shipped import CLASSES, TODAY, shipped_policy

CATALOGUE = Catalogue(shipped_policy(), today=lambda: TODAY)
PERSON = Caller("maidstone", "k", "person", "a", "jo@maidstone.example", True, "employee", "housing", "correspondence")
APP = Caller("maidstone", "k", "app", "a", "", False, "employee", "housing", "correspondence")


def found(labels: Iterable[str]) -> tuple[Finding, ...]:
    return tuple(Finding(0, 4, label, 0.9, "test", "1") for label in labels)


def decided(
    model: str,
    labels: Iterable[str] = (),
    *,
    caller: Caller = PERSON,
    role: Role = "user",
    kind: Kind = "text",
    media: str = "",
    purpose: str | None = None,
    case_ref: str | None = None,
    contest: Contest | None = None,
) -> Decision:
    part = Part("/messages/0/content", role, "text", kind, media=media)
    call = Call("openai_chat", model, False, {}, (part,), purpose=purpose, case_ref=case_ref, contest=contest)
    tool = resolve(caller, call, CATALOGUE)
    return decide(caller, tool, call, Inspection((found(labels),)))


def test_content_and_definitions_have_columns_of_their_own() -> None:
    assert decided("council-assistant", ["PERSON"]).effect == "transform"
    assert decided("council-assistant", ["PERSON"], role="definition").effect == "allow"
    assert decided("council-assistant", ["HEALTH"]).effect == "deny"
    assert decided("council-assistant", ["HEALTH"], role="definition").effect == "allow"
    assert decided("council-assistant", ["SECRET"], role="definition").blocked == ("SECRET",)


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool_call", "tool_result", "metadata"])
def test_everything_but_definitions_is_content(role: Role) -> None:
    """Tool results and arguments are where other gateways look away."""
    assert decided("council-assistant", ["HEALTH"], role=role).blocked == ("HEALTH",)


@pytest.mark.parametrize(
    ("media", "kind"),
    [("image/png", "image"), ("audio", "audio"), ("VIDEO/mp4", "video"), ("application/pdf", "file"), ("", "file")],
)
def test_what_cannot_be_read_is_refused_by_its_own_rule(media: str, kind: str) -> None:
    made = decided("council-internal", kind="blob", media=media)
    assert (made.effect, made.rule, made.blocked) == ("deny", "unreadable", (kind,))
    assert made.contestable == frozenset()


def test_a_contest_with_a_reason_goes_on_and_is_recorded() -> None:
    contest = Contest(frozenset({"PERSON"}), "Park Wood is a housing estate")
    made = decided("public-chat", ["PERSON"], purpose="research", contest=contest)
    assert (made.effect, made.contested) == ("allow", frozenset({"PERSON"}))
    assert made.operators["PERSON"] == "allow"
    assert "Park Wood" not in repr(made)


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_contest_without_a_reason_is_none(reason: str) -> None:
    made = decided("public-chat", ["PERSON"], purpose="research", contest=Contest(frozenset({"PERSON"}), reason))
    assert (made.effect, made.contested, made.contestable) == ("deny", frozenset(), frozenset({"PERSON"}))


@pytest.mark.parametrize("label", ["HEALTH", "CRIMINAL", "CHILD", "UPN", "SECRET", "HIDDEN_TEXT", "NINO"])
def test_some_contests_are_refused_and_said_to_be(label: str) -> None:
    made = decided("public-chat", [label], purpose="research", contest=Contest(frozenset({label}), "no"))
    assert (made.effect, made.contested) == ("deny", frozenset())
    assert any("false alarm" in notice for notice in made.notices)


def test_an_app_that_does_not_say_who_asks_is_refused_where_a_person_is_needed() -> None:
    assert decided("council-assistant", caller=APP).rule == "person-needed"
    assert decided("council-internal", ["PERSON"], caller=APP).effect == "allow"


def test_a_case_reference_is_asked_for_where_decisions_are_informed() -> None:
    assert decided("casework-assistant", purpose="decision-support").rule == "case-reference-needed"
    assert decided("casework-assistant", purpose="decision-support", case_ref="  ").rule == "case-reference-needed"
    made = decided("casework-assistant", ["PERSON", "HEALTH"], purpose="decision-support", case_ref="H/2026/118")
    assert (made.effect, made.retention_class) == ("transform", "casework")
    assert {"case-file", "named-reviewer"} <= set(made.obligations)


@pytest.mark.parametrize(
    ("model", "purpose", "labels", "effect", "rule"),
    [
        ("public-chat", "research", [], "allow", "public-use"),
        ("public-chat", "research", ["EMAIL"], "deny", "public-personal"),
        ("council-assistant", None, ["PERSON", "EMAIL"], "transform", "enterprise-personal"),
        ("council-assistant", None, ["HEALTH"], "deny", "enterprise-sensitive-not-assessed"),
        ("council-assistant", None, ["CRIMINAL"], "deny", "enterprise-offence-not-assessed"),
        ("council-assistant", None, ["UPN"], "deny", "enterprise-child-not-assessed"),
        ("council-assistant", None, ["HIDDEN_TEXT"], "deny", "hidden-text"),
        ("casework-assistant", "casework", ["PERSON", "HEALTH", "CHILD"], "transform", "enterprise-personal"),
        ("casework-assistant", "correspondence", ["HEALTH"], "deny", "enterprise-sensitive-not-assessed"),
        ("casework-assistant", "casework", ["SECRET"], "deny", "secret"),
        ("council-internal", None, ["PERSON", "HEALTH", "CRIMINAL", "CHILD"], "allow", "internal-use"),
        ("council-internal", None, ["SECRET"], "deny", "secret"),
        ("retired-writer", None, [], "deny", "tool-retired"),
        ("unassessed-transcriber", None, [], "deny", "tool-unassessed"),
    ],
)
def test_every_shipped_tool(model: str, purpose: str | None, labels: list[str], effect: str, rule: str) -> None:
    made = decided(model, labels, purpose=purpose)
    assert (made.effect, made.rule) == (effect, rule)
    assert made.policy_hash == shipped_policy().hash


def test_without_facts_there_is_no_decision() -> None:
    tool = resolve(PERSON, Call("d", "council-assistant", False, {}, ()), CATALOGUE)
    parts = (Part("/a", "user", "text"),)
    call = Call("d", "council-assistant", False, {}, parts)
    with pytest.raises(Unavailable, match="did not cover"):
        decide(PERSON, tool, call, Inspection(()))
    with pytest.raises(Unavailable, match="policy is not available"):
        decide(PERSON, Tool("x", "X", "internal", "live", ()), call, Inspection(((),)))


@pytest.mark.parametrize(
    ("more", "purpose", "rule", "says"),
    [
        ({"hosted": frozenset({"web_search"})}, "correspondence", "hosted-feature", "web search"),
        ({"functions": frozenset({"send_email"})}, "correspondence", "forbidden-function", "send_*"),
        ({"functions": frozenset({"update_case"})}, "correspondence", "enterprise-use", ""),
        ({"functions": frozenset({"update_case"})}, "decision-support", "forbidden-function", "update_*"),
        ({"parameters": {"n": 3}}, "correspondence", "too-many-choices", "Set n to 2"),
        ({"parameters": {"n": 2}}, "correspondence", "enterprise-use", ""),
        ({"parameters": {"n": 2}}, "decision-support", "too-many-choices", "Set n to 1"),
        ({"parameters": {"temperature": 2}}, "correspondence", "enterprise-use", ""),
    ],
)
def test_features_functions_and_choices(more: dict[str, Any], purpose: str, rule: str, says: str) -> None:
    call = Call("openai_chat", "casework-assistant", False, {}, (), purpose=purpose, case_ref="H/1", **more)
    made = decide(PERSON, resolve(PERSON, call, CATALOGUE), call, Inspection(()))
    assert made.rule == rule
    assert says in made.reason + made.advice
    assert "send_email" not in repr(made)
    assert "update_case" not in repr(made)


def test_the_limits_of_tool_and_purpose_are_part_of_the_decision() -> None:
    made = decided("casework-assistant", purpose="casework")
    assert made.limits == {"temperature": 0.3, "max_output_tokens": 8000, "choices": 2}
    assert type(made.limits) is dict


@given(st.lists(st.sampled_from(sorted(CLASSES)), max_size=5), st.sampled_from(["user", "definition", "tool_result"]))
def test_a_decision_is_plain_data(labels: list[str], role: Role) -> None:
    """Records make canonical JSON of it: plain dictionaries, strings and tuples, whatever was found."""
    made = decided("casework-assistant", labels, role=role, purpose="casework")
    assert type(made.operators) is dict
    assert type(made.definition_operators) is dict
    assert set(made.operators) == set(CLASSES)
    assert all(type(name) is str for name in (*made.blocked, *made.contestable, *made.obligations))
