"""How a tool stands on a day: the triple, the dates, the scope, and which deployments it leaves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.engine import Policy
from policies.facts import GENERIC_WORDS, Facts
from policies.register.standing import Use, stand
from tests.policies.shipped import TODAY, compiled, register_with, shipped_policy

POLICY = shipped_policy()
REGISTER = POLICY.register
USE = Use("maidstone", "housing", "correspondence", "employee")


def rule(use: Use, tool: str = "council-assistant", today: date = TODAY, policy: Policy = POLICY) -> str:
    """The rule that decides a call with nothing in it."""
    found = stand(policy.register, tool, next(iter(policy.register.tools[tool].models)), use, today)
    return policy.decide(Facts(found.standing, case_ref=True)).rule


@pytest.mark.parametrize(
    ("tool", "change", "expected"),
    [
        ("council-assistant", {}, "enterprise-use"),
        ("council-assistant", {"purpose": "casework"}, "purpose-not-approved"),
        ("council-assistant", {"purpose": "gossip"}, "purpose-unknown"),
        ("council-assistant", {"purpose": "automated-decision"}, "sole-decision"),
        ("council-assistant", {"service": "parking"}, "service-unknown"),
        ("council-assistant", {"controller": "medway"}, "council-not-approved"),
        ("casework-assistant", {"purpose": "casework"}, "enterprise-use"),
        ("casework-assistant", {"purpose": "decision-support"}, "enterprise-use"),
        ("casework-assistant", {"service": "planning", "purpose": "casework"}, "service-not-approved"),
        ("casework-assistant", {"service": "community-safety", "purpose": "casework"}, "enterprise-use"),
        (
            "casework-assistant",
            {"controller": "tunbridge-wells", "service": "community-safety", "purpose": "casework"},
            "service-not-approved",
        ),
        ("council-internal", {}, "internal-use"),
        ("public-chat", {"purpose": "research"}, "public-use"),
        ("public-chat", {}, "purpose-not-approved"),
        ("retired-writer", {}, "tool-retired"),
        ("unassessed-transcriber", {}, "tool-unassessed"),
    ],
)
def test_each_tier_and_triple(tool: str, change: dict[str, str], expected: str) -> None:
    assert rule(replace(USE, **change), tool) == expected


def test_the_day_something_ends_it_no_longer_counts() -> None:
    day = timedelta(days=1)
    review = date(2028, 11, 17)
    assert rule(USE, today=review - day) == "enterprise-use"
    assert rule(USE, today=review) == "approval-lapsed"
    later = compiled(register=register_with("review: 2028-11-17", "review: 2030-01-01"))
    assert rule(USE, today=review - day, policy=later) == "enterprise-use"
    assert rule(USE, today=review, policy=later) == "assessment-expired"
    research = replace(USE, purpose="research")
    accepted = compiled(
        register=register_with(
            "accepted: 2025-12-15\n      expires: 2027-11-24", "accepted: 2025-12-15\n      expires: 2026-12-01"
        )
    )
    assert rule(research, "public-chat", date(2026, 11, 30), accepted) == "public-use"
    assert rule(research, "public-chat", date(2026, 12, 1), accepted) == "public-acceptance-lapsed"
    tested = compiled(
        register=register_with(
            "passed: 2025-12-08\n      expires: 2027-11-24", "passed: 2025-12-08\n      expires: 2026-12-01"
        )
    )
    assert rule(research, "public-chat", date(2026, 12, 1), tested) == "verification-expired"


def test_an_approval_begins_on_its_day() -> None:
    assert rule(USE, today=date(2026, 1, 4)) == "approval-not-begun"
    assert rule(USE, today=date(2026, 1, 5)) == "enterprise-use"


def test_a_refusal_names_the_day_and_what_there_is() -> None:
    def said(use: Use, tool: str, today: date = TODAY) -> str:
        found = stand(REGISTER, tool, next(iter(REGISTER.tools[tool].models)), use, today)
        made = POLICY.decide(Facts(found.standing))
        return f"{made.reason} {made.advice}"

    assert "begins on 5 January 2026" in said(USE, "council-assistant", date(2026, 1, 4))
    assert "due for review on 17 November 2028" in said(USE, "council-assistant", date(2028, 11, 17))
    said_of_casework = said(replace(USE, purpose="casework"), "council-assistant")
    assert "In Housing it is approved for: correspondence (letters and e-mails), research (" in said_of_casework
    assert "It is approved for: Community Safety, Housing, Revenues and Benefits." in said(
        replace(USE, service="planning", purpose="casework"), "casework-assistant"
    )
    assert "Use Council Assistant instead (model council-assistant)." in said(USE, "retired-writer")
    assert "Checks miss about 12.0%" in " ".join(
        POLICY.decide(
            Facts(stand(REGISTER, "public-chat", "public-chat", replace(USE, purpose="research"), TODAY).standing)
        ).notices
    )


def test_a_refusal_names_the_tool_that_could_be_used_instead() -> None:
    def advice(label: str, service: str) -> str:
        use = replace(USE, service=service)
        standing = stand(REGISTER, "council-assistant", "council-assistant", use, TODAY).standing
        return POLICY.decide(Facts(standing, found=frozenset({label}))).advice

    housing = "Casework Assistant (model casework-assistant, purpose casework or decision-support); Council Internal"
    assert housing in advice("HEALTH", "housing")
    assert housing in advice("UPN", "housing")
    assert "your service area: Council Internal (model council-internal" in advice("CRIMINAL", "housing")
    assert "your service area: Casework Assistant (model casework-assistant, purpose casework)." in advice(
        "CRIMINAL", "community-safety"
    )
    assert "your service area: none." in advice("HEALTH", "licensing")


def test_scope_is_for_named_services_and_purposes() -> None:
    def covers(service: str, purpose: str) -> frozenset[str]:
        use = Use("maidstone", service, purpose, "employee")
        return stand(REGISTER, "casework-assistant", "casework-assistant", use, TODAY).standing.covers

    assert covers("housing", "casework") == {"personal", "confidential", "special_category", "child"}
    assert covers("housing", "correspondence") == {"personal", "confidential"}
    assert covers("community-safety", "casework") == {
        "personal",
        "confidential",
        "special_category",
        "criminal_offence",
    }


def test_retention_follows_the_purpose_then_the_tool() -> None:
    def kept(tool: str, purpose: str) -> str:
        return stand(REGISTER, tool, tool, replace(USE, purpose=purpose), TODAY).standing.retention_class

    assert kept("council-assistant", "research") == "routine"
    assert kept("council-internal", "casework") == "casework"
    assert kept("casework-assistant", "correspondence") == "casework"


def test_only_approved_deployments_are_left() -> None:
    assert stand(REGISTER, "council-assistant", "council-assistant", USE, TODAY).deployments == (
        "assistant-a",
        "assistant-b",
    )
    assert stand(REGISTER, "council-assistant", "council-assistant-small", USE, TODAY).deployments == (
        "assistant-small",
    )
    fewer = compiled(
        register=register_with("deployments: [assistant-a, assistant-b, assistant-small]", "deployments: [assistant-b]")
    )
    assert stand(fewer.register, "council-assistant", "council-assistant", USE, TODAY).deployments == ("assistant-b",)
    small = stand(fewer.register, "council-assistant", "council-assistant-small", USE, TODAY)
    assert small.deployments == ()
    assert fewer.decide(Facts(small.standing)).rule == "model-not-approved"


def test_failover_never_changes_processor_or_region() -> None:
    text = register_with(
        "assistant-b: {upstream: offline, model: assistant-large, processor: example-cloud, region: uk-south}",
        "assistant-b: {upstream: offline, model: assistant-large, processor: example-cloud, region: uk-west}",
    ).replace("regions: [uk-south]", "regions: [uk-south, uk-west]", 1)
    moved = compiled(register=text)
    assert stand(moved.register, "council-assistant", "council-assistant", USE, TODAY).deployments == ("assistant-a",)


def test_an_approval_can_be_for_some_people_only() -> None:
    places = "        deployments: [casework-a]\n"
    before = f"        services: [community-safety]\n        purposes: [casework]\n{places}"
    text = register_with(before, before.replace(places, f"        person_classes: [employee]\n{places}"))
    policy = compiled(register=text)
    use = Use("swale", "community-safety", "casework", "employee")
    assert rule(use, "casework-assistant", policy=policy) == "enterprise-use"
    assert rule(replace(use, person_class="contractor"), "casework-assistant", policy=policy) == "person-not-approved"


def test_suspension_does_not_hide_why_a_tool_was_never_usable() -> None:
    def state(tool: str) -> str:
        return stand(REGISTER, tool, tool, USE, TODAY, suspended=True).standing.state

    assert state("council-assistant") == "suspended"
    assert state("retired-writer") == "retired"


@given(
    st.sampled_from(sorted(REGISTER.tools)),
    st.builds(
        Use,
        st.sampled_from([*REGISTER.controllers, "medway", ""]),
        st.sampled_from([*REGISTER.services, "parking", ""]),
        st.sampled_from([*REGISTER.purposes, "gossip", ""]),
        st.sampled_from(["employee", "member", ""]),
    ),
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.booleans(),
)
def test_every_use_on_every_day_stands_somehow(tool: str, use: Use, today: date, suspended: bool) -> None:
    model = next(iter(REGISTER.tools[tool].models))
    found = stand(REGISTER, tool, model, use, today, suspended=suspended)
    made = POLICY.decide(Facts(found.standing, case_ref=True))
    assert set(found.standing.words) <= set(GENERIC_WORDS)
    assert use.purpose in REGISTER.purposes or made.effect == "deny"
    if made.effect != "deny":
        assert found.deployments
        assert not suspended
        entry = REGISTER.tools[tool]
        assert any(
            use.controller in each.controllers
            and use.service in each.services
            and use.purpose in each.purposes
            and each.approved <= today < each.review
            for each in entry.approvals
        )
