"""The engine's promises: total, deny by default, monotone, secrets never, contests within their limits, quick."""

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.compile import NEVER_CONTESTABLE
from policies.decision import EFFECT_STRICTNESS, STRICTNESS
from policies.engine import ContentRule, Policy, fill
from policies.facts import GENERIC_WORDS, TIERS, UNREADABLE, Facts, Standing
from tests.policies.shipped import CLASSES, shipped_policy

POLICY = shipped_policy()
LABELS = sorted(CLASSES)
VALIDITY = ("valid", "missing", "expired")
APPROVALS = (
    "approved",
    "unknown_service",
    "unknown_purpose",
    "other_council",
    "other_service",
    "other_purpose",
    "other_person",
    "other_model",
    "not_begun",
    "review_due",
)

labels = st.frozensets(st.sampled_from(LABELS), max_size=6)
scopes = st.frozensets(
    st.sampled_from([*sorted(set(CLASSES.values())), "UPN", "HEALTH", "LEGAL_PRIVILEGE"]), max_size=5
)


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Any standing, with one that may be used drawn often."""
    if draw(st.booleans()):
        return Standing(
            draw(st.sampled_from(TIERS)), "live", "approved", "valid", "valid", "valid", covers=draw(scopes)
        )
    return Standing(
        tier=draw(st.sampled_from(TIERS)),
        state=draw(st.sampled_from(("unassessed", "assessed", "pilot", "live", "suspended", "retired"))),
        approval=draw(st.sampled_from(APPROVALS)),
        assessment=draw(st.sampled_from(VALIDITY)),
        verification=draw(st.sampled_from(VALIDITY)),
        acceptance=draw(st.sampled_from(VALIDITY)),
        decision_role=draw(st.sampled_from(("none", "inform", "decide"))),
        needs_person=draw(st.booleans()),
        covers=draw(scopes),
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    return Facts(
        standing=draw(standings()),
        person_known=draw(st.booleans()),
        case_ref=draw(st.booleans()),
        found=draw(labels),
        found_in_definitions=draw(labels),
        unreadable=draw(st.frozensets(st.sampled_from(UNREADABLE), max_size=2)),
        contested=draw(labels),
    )


@given(facts())
def test_every_fact_gets_a_whole_decision(given_facts: Facts) -> None:
    made = POLICY.decide(given_facts)
    assert made.rule in (*POLICY.rule_ids, "not-permitted", "unknown-finding")
    assert re.fullmatch(r"\d{1,2}(\.\d{1,2})?", made.clause)
    assert made.reason
    assert made.advice
    assert "{" not in made.reason + made.advice + "".join(made.notices)
    assert set(made.operators) == set(made.definition_operators) == set(CLASSES)
    assert made.policy_hash == POLICY.hash
    assert "record" in made.obligations


@given(facts(), labels, labels, st.frozensets(st.sampled_from(UNREADABLE)))
def test_one_more_finding_never_loosens_a_decision(
    before: Facts, found: frozenset[str], defined: frozenset[str], unreadable: frozenset[str]
) -> None:
    after = replace(
        before,
        found=before.found | found,
        found_in_definitions=before.found_in_definitions | defined,
        unreadable=before.unreadable | unreadable,
    )
    first, second = POLICY.decide(before), POLICY.decide(after)
    assert EFFECT_STRICTNESS[second.effect] >= EFFECT_STRICTNESS[first.effect]
    assert set(first.blocked) <= set(second.blocked)
    for label in LABELS:
        if label in before.contested:
            continue  # a contest reaches only what was found
        assert STRICTNESS[second.operators[label]] >= STRICTNESS[first.operators[label]]
        assert STRICTNESS[second.definition_operators[label]] >= STRICTNESS[first.definition_operators[label]]


@given(facts(), labels)
def test_a_wider_scope_or_a_contest_is_the_only_way_to_loosen(given_facts: Facts, contested: frozenset[str]) -> None:
    """Taking the contest away, or the person, never loosens."""
    open_, shut = POLICY.decide(given_facts), POLICY.decide(replace(given_facts, contested=frozenset()))
    assert EFFECT_STRICTNESS[shut.effect] >= EFFECT_STRICTNESS[open_.effect]
    nobody = POLICY.decide(replace(given_facts, person_known=False))
    assert EFFECT_STRICTNESS[nobody.effect] >= EFFECT_STRICTNESS[open_.effect]


@given(facts())
def test_secrets_never_pass(given_facts: Facts) -> None:
    made = POLICY.decide(replace(given_facts, found=given_facts.found | {"SECRET"}))
    assert made.effect == "deny"
    assert made.operators["SECRET"] == "block"
    assert POLICY.decide(replace(given_facts, found_in_definitions=frozenset({"SECRET"}))).effect == "deny"


@given(facts())
def test_only_a_person_contests_and_never_what_must_stay_blocked(given_facts: Facts) -> None:
    made = POLICY.decide(given_facts)
    for label in made.contestable | made.contested:
        assert CLASSES[label] not in NEVER_CONTESTABLE
        assert given_facts.person_known
    assert made.contested <= given_facts.contested
    assert made.contestable <= set(made.blocked)
    assert not made.contested & set(made.blocked)


@given(facts())
def test_what_may_not_be_used_is_denied_whatever_is_in_it(given_facts: Facts) -> None:
    standing = given_facts.standing
    usable = (
        standing.state in ("pilot", "live")
        and standing.approval == "approved"
        and standing.assessment == "valid"
        and standing.verification == "valid"
        and (standing.tier != "public" or standing.acceptance == "valid")
        and standing.decision_role != "decide"
        and (given_facts.person_known or not standing.needs_person)
    )
    made = POLICY.decide(given_facts)
    if not usable:
        assert made.effect == "deny"
        assert made.blocked == ()
        assert made.contestable == frozenset()
        assert not made.offer_clean


@given(facts())
def test_effect_says_what_the_operators_do(given_facts: Facts) -> None:
    made = POLICY.decide(given_facts)
    done = {made.operators[name] for name in given_facts.found}
    done |= {made.definition_operators[name] for name in given_facts.found_in_definitions}
    if made.effect == "allow":
        assert done <= {"allow"}
        assert not given_facts.unreadable
    if made.effect == "transform":
        assert "block" not in done
        assert done - {"allow"}
    if "block" in done or given_facts.unreadable:
        assert made.effect == "deny"


@given(facts())
def test_public_tools_get_nothing_personal(given_facts: Facts) -> None:
    """No scope opens a public tool: every class of data about people is blocked in content, masked in definitions."""
    standing = replace(given_facts.standing, tier="public")
    made = POLICY.decide(replace(given_facts, standing=standing, contested=frozenset()))
    assert {made.operators[name] for name in LABELS} == {"block"}
    assert {made.definition_operators[name] for name in LABELS} <= {"block", "mask"}


def test_an_unknown_label_or_kind_is_denied() -> None:
    standing = Standing("internal", "live", "approved", "valid", "valid", "missing", covers=frozenset({"personal"}))
    for found in (
        Facts(standing, found=frozenset({"SHOE_SIZE"})),
        Facts(standing, found_in_definitions=frozenset({"SHOE_SIZE"})),
        Facts(standing, unreadable=frozenset({"hologram"})),
    ):
        made = POLICY.decide(found)
        assert (made.effect, made.rule) == ("deny", "unknown-finding")
        assert made.blocked in (("SHOE_SIZE",), ("hologram",))


def test_without_a_permit_rule_everything_is_denied() -> None:
    bare = Policy(
        hash="x",
        register=POLICY.register,
        labels=POLICY.labels,
        refuse=(),
        permit=(),
        duty=(),
        content=POLICY.content,
    )
    made = bare.decide(Facts(Standing("internal", "live", "approved", "valid", "valid", "valid")))
    assert (made.effect, made.rule, made.clause) == ("deny", "not-permitted", "5.2")


def test_without_any_rule_for_a_label_it_is_denied() -> None:
    bare = replace(POLICY, content=(), _treatments={})
    standing = Standing("internal", "live", "approved", "valid", "valid", "valid", covers=frozenset({"personal"}))
    assert bare.decide(Facts(standing)).effect == "allow"
    for asked in (
        Facts(standing, found=frozenset({"AGE"})),
        Facts(standing, found_in_definitions=frozenset({"AGE"})),
        Facts(standing, unreadable=frozenset({"image"})),
    ):
        assert bare.decide(asked).rule == "unknown-finding"


def test_a_label_blocked_in_one_column_for_good_is_not_contested_in_the_other() -> None:
    """Hidden text in definitions and content is one label: both columns must let it be contested."""
    standing = Standing("enterprise", "live", "approved", "valid", "valid", "missing", covers=frozenset({"personal"}))
    hidden = frozenset({"HIDDEN_TEXT"})
    made = POLICY.decide(Facts(standing, found=hidden, found_in_definitions=hidden, contested=hidden))
    assert made.contested == hidden
    assert made.definition_operators["HIDDEN_TEXT"] == "allow"


def test_a_contest_in_one_column_opens_nothing_in_the_other() -> None:
    """An address in a function's description is contested: addresses in the messages stay as they were."""
    standing = Standing("public", "live", "approved", "valid", "valid", "valid")
    address = frozenset({"ADDRESS"})
    policy = local_rule(address, "block", frozenset({"content", "definitions"}), contestable=True)
    made = policy.decide(Facts(standing, found_in_definitions=address, contested=address))
    assert made.contested == address
    assert made.definition_operators["ADDRESS"] == "mask"
    assert made.operators["ADDRESS"] == "block"


def local_rule(labels_: frozenset[str], operator: str, columns: frozenset[str], contestable: bool) -> Policy:
    """The shipped policy with one more content rule at its end."""
    rule = ContentRule(
        id="local",
        clause="7.3",
        reason="Because.",
        advice="Do.",
        notice="",
        position=500,
        tiers=frozenset(TIERS),
        columns=columns,
        assessed=None,
        assessed_as=None,
        operators=dict.fromkeys(labels_, operator),  # type: ignore[arg-type]
        unreadable={},
        contestable=labels_ if contestable and operator == "block" else frozenset(),
        offer_clean=True,
    )
    return replace(POLICY, content=(*POLICY.content, rule), _treatments={})


@given(
    facts(),
    labels,
    st.sampled_from(sorted(STRICTNESS)),
    st.frozensets(st.sampled_from(("content", "definitions")), min_size=1),
    st.booleans(),
)
def test_one_more_rule_never_loosens_a_decision(
    asked: Facts, touched: frozenset[str], operator: str, columns: frozenset[str], contestable: bool
) -> None:
    """Contests included: what one rule lets a person contest, another may still block or mask."""
    before, after = POLICY.decide(asked), local_rule(touched, operator, columns, contestable).decide(asked)
    assert EFFECT_STRICTNESS[after.effect] >= EFFECT_STRICTNESS[before.effect]
    assert set(before.blocked) <= set(after.blocked)
    assert after.contestable & set(before.blocked) <= before.contestable
    for label in LABELS:
        assert STRICTNESS[after.operators[label]] >= STRICTNESS[before.operators[label]]
        assert STRICTNESS[after.definition_operators[label]] >= STRICTNESS[before.definition_operators[label]]


def test_a_contest_must_satisfy_every_rule_that_blocks() -> None:
    standing = Standing("public", "live", "approved", "valid", "valid", "valid")
    asked = Facts(standing, found=frozenset({"PERSON"}), contested=frozenset({"PERSON"}))
    assert POLICY.decide(asked).effect == "allow"
    content = frozenset({"content"})
    stricter = local_rule(frozenset({"PERSON"}), "block", content, contestable=False).decide(asked)
    assert (stricter.effect, stricter.contestable, stricter.contested) == ("deny", frozenset(), frozenset())
    masked = local_rule(frozenset({"PERSON"}), "mask", content, contestable=False).decide(asked)
    assert (masked.effect, masked.operators["PERSON"], masked.contested) == ("transform", "mask", frozenset({"PERSON"}))


def test_all_reasons_are_told_once() -> None:
    standing = Standing("public", "live", "approved", "valid", "valid", "valid", words={"tool": "Chat"})
    made = POLICY.decide(Facts(standing, found=frozenset({"SECRET", "PERSON", "EMAIL", "HEALTH"})))
    assert made.rule == "secret"
    assert made.reason.count("Personal information was found") == 1
    assert made.reason.count("Sensitive information") == 1
    assert not made.offer_clean


def test_words_fill_sentences_and_close_their_gaps() -> None:
    assert fill("{tool}  is new. {use_instead} Ask.", GENERIC_WORDS) == "This tool is new. Ask."


def test_refusals_speak_plain_english() -> None:
    """Staff read these: no jargon, no accusation, a whole sentence each, and advice that says what to do."""
    spoken = [text for gate in (*POLICY.refuse, *POLICY.permit) for text in (gate.reason, gate.advice)]
    spoken += [text for rule in POLICY.content for text in (rule.reason, rule.advice)]
    spoken += [gate.notice for gate in (*POLICY.permit, *POLICY.duty) if gate.notice]
    spoken += [rule.notice for rule in POLICY.content if rule.notice]
    for text in spoken:
        assert text.endswith((".", "{use_instead}")), text
        assert not re.search(r"evasi|violat|illegal|suspicious|forbidden|PII|LLM|\bEU\b|payload", text), text


@pytest.mark.parametrize("tier", TIERS)
def test_a_decision_costs_less_than_adding_ten_thousand_numbers(tier: str) -> None:
    """A tenth of a millisecond, where 10,000 numbers take that long; a slower machine is slower at both."""
    standing = Standing(tier, "live", "approved", "valid", "valid", "valid", covers=frozenset({"personal"}))  # type: ignore[arg-type]
    asked = Facts(standing, found=frozenset(LABELS[:12]), found_in_definitions=frozenset({"EMAIL"}))
    decided = min(_seconds(lambda: POLICY.decide(asked)) for _ in range(50))
    added = min(_seconds(lambda: sum(range(10_000))) for _ in range(50))
    assert decided < added, f"{decided * 1e6:.0f} microseconds, {decided / added:.2f} times as long"


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
