"""The shipped register, and every kind of mistake a register can hold, told with line and fix."""

from datetime import date, timedelta

import pytest

from policies.compile import default_register_path
from tests.policies.shipped import REGISTER_TEXT, compiled, line_of, problems, register_with, shipped_policy

REGISTER = shipped_policy().register


def test_the_shipped_register_holds_every_kind_of_tool() -> None:
    kinds = {(tool.tier, tool.state) for tool in REGISTER.tools.values()}
    assert {("public", "live"), ("enterprise", "live"), ("internal", "live")} <= kinds
    assert {tool.state for tool in REGISTER.tools.values()} >= {"live", "retired", "unassessed"}
    acceptance = REGISTER.tools["public-chat"].acceptance
    assert acceptance is not None
    assert 0 < acceptance.miss_rate < 1
    assert acceptance.measured <= acceptance.accepted
    assert "lookup_case" in REGISTER.tools["council-assistant"].client_tools
    assert set(REGISTER.controllers) == {"maidstone", "swale", "tunbridge-wells"}
    assert shipped_policy().attention == ()


def test_the_shipped_register_loads_from_its_path_with_its_name() -> None:
    assert default_register_path().read_text(encoding="utf-8") == REGISTER_TEXT


@pytest.mark.parametrize("role", ["siro", "product_owner", "human_owner", "information_asset_owner"])
def test_each_of_the_four_roles_is_needed(role: str) -> None:
    first = next(line for line in REGISTER_TEXT.splitlines() if line.startswith(f"      {role}:"))
    text = REGISTER_TEXT.replace(first + "\n", "", 1)
    [problem] = problems(register=text)
    assert problem.message == f"'{role}' is missing from tools.council-assistant.roles"
    assert problem.fix.startswith("Add it: ")


MISTAKES = [
    ("tier: public\n    state: live", "teir: public\n    state: live", "unknown key 'teir'", "Did you mean tier?"),
    ("tier: internal", "tier: inernal", "unknown tier 'inernal'", "Did you mean internal?"),
    ("state: retired", "state: retird", "unknown state 'retird'", "Did you mean retired?"),
    (
        "data: [personal, CONFIDENTIAL]",
        "data: [personal, NHS_NUM]",
        "unknown label 'NHS_NUM'",
        "Did you mean NHS_NUMBER?",
    ),
    ("data: [personal, CONFIDENTIAL]", "data: [persnal]", "unknown data class 'persnal'", "Did you mean personal?"),
    ("data: [personal, CONFIDENTIAL]", "data: [SECRET]", "no assessment can cover secrets", "Take it out."),
    ("data: [personal, CONFIDENTIAL]", "data: [hidden]", "no assessment can cover hidden text", "Take it out."),
    (
        "- data: [criminal_offence]\n        services: [community-safety]",
        "- data: [criminal_offence]\n        services: [community-safty]",
        "unknown service 'community-safty'",
        "Did you mean community-safety?",
    ),
    (
        "services: [community-safety]\n        purposes: [casework]\n        deployments",
        "services: [community-safety]\n        purposes: [casewrk]\n        deployments",
        "unknown purpose 'casewrk'",
        "Did you mean casework?",
    ),
    (
        "controllers: [maidstone, swale]\n",
        "controllers: [maidstone, swayle]\n",
        "unknown council 'swayle'",
        "Did you mean swale?",
    ),
    (
        "purposes: [research]\n        deployments: [public-a]",
        "purposes: [research]\n        deployments: [public-b]",
        "unknown deployment 'public-b'",
        "Did you mean public-a?",
    ),
    (
        "council-internal: [internal-a]",
        "council-internal: [internal-b]",
        "unknown deployment 'internal-b'",
        "Did you mean internal-a?",
    ),
    (
        "assessment: DPIA-2025-022",
        "assessment: DPIA-2025-222",
        "unknown assessment 'DPIA-2025-222'",
        "Did you mean DPIA-2025-022?",
    ),
    (
        "replaced_by: council-assistant",
        "replaced_by: council-asistant",
        "unknown tool 'council-asistant'",
        "Did you mean council-assistant?",
    ),
    (
        "processors: [council-ict]",
        "processors: [council-itc]",
        "unknown processor 'council-itc'",
        "Did you mean council-ict?",
    ),
    ("version: 1", "version: 2", "unknown version '2'", "Use one of"),
    ("miss_rate: 0.12", "miss_rate: 12", "'miss_rate': must be less than or equal to 1", ""),
    (
        "accepted: 2025-12-15",
        "accepted: 15/12/2025",
        "this is not a date",
        "Write it as year-month-day, such as 2026-04-30.",
    ),
    (
        "accepted: 2025-12-15",
        "accepted: 2025-02-30",
        "'accepted' is not a date",
        "Write it as year-month-day, such as 2026-04-30.",
    ),
    (
        "accepted: 2025-12-15",
        "accepted: 20251215",
        "this is not a date",
        "Write it as year-month-day, such as 2026-04-30.",
    ),
    ("timeout_s: 60", "timeout_s: 0", "'timeout_s': must be greater than 0", ""),
    (
        "retired-writer: []",
        "council-assistant: []",
        "the model name 'council-assistant' already stands for the tool council-assistant",
        "Rename it.",
    ),
    (
        "unassessed-transcriber: []",
        "public-chat: []",
        "the model name 'public-chat' already stands for the tool public-chat",
        "Rename it.",
    ),
    (
        "council-assistant-small: [",
        "casework-assistant: [",
        "the model name 'casework-assistant' already stands for the tool casework-assistant",
        "Rename it.",
    ),
    (
        "purposes: [research]\n        deployments: [public-a]",
        "purposes: [automated-decision]\n        deployments: [public-a]",
        "the purpose 'automated-decision' leaves the decision to AI",
        "Approve a purpose that informs a decision instead.",
    ),
]


@pytest.mark.parametrize(("old", "new", "message", "fix"), MISTAKES, ids=[f"{m[2]}" for m in MISTAKES])
def test_a_mistake_is_told_with_line_and_fix(old: str, new: str, message: str, fix: str) -> None:
    text = register_with(old, new)
    found = [problem for problem in problems(register=text) if problem.message.startswith(message)]
    assert found, [str(problem) for problem in problems(register=text)]
    assert found[0].file == "register.yaml"
    assert found[0].fix.startswith(fix)
    changed = {number for number, line in enumerate(text.splitlines(), 1) if line not in REGISTER_TEXT.splitlines()}
    repeated = {number for number, line in enumerate(text.splitlines(), 1) if line.strip() in new}
    assert found[0].line in changed | repeated


ORDERS = [
    (
        "approved: 2025-11-17\n    expires: 2028-11-17",
        "approved: 2025-11-17\n    expires: 2025-11-16",
        "the assessment's expiry (2025-11-16) is before the assessment's approval (2025-11-17)",
    ),
    (
        "approved: 2025-11-17\n    expires: 2028-11-17",
        "approved: 2025-11-17\n    expires: 2025-11-17",
        "the assessment's expiry is on the same day as the assessment's approval",
    ),
    (
        "approved: 2025-11-17\n    expires: 2028-11-17",
        "approved: 2025-11-17\n    renewed: 2025-11-16\n    expires: 2028-11-17",
        "its renewal (2025-11-16) is before the assessment's approval (2025-11-17)",
    ),
    (
        "approved: 2025-11-17\n    expires: 2028-11-17",
        "approved: 2025-11-17\n    renewed: 2029-01-01\n    expires: 2030-11-17",
        "its renewal (2029-01-01) is in the future",
    ),
    (
        "approved: 2025-11-17\n    expires: 2028-11-17",
        "approved: 2027-11-17\n    expires: 2028-11-17",
        "the assessment's approval (2027-11-17) is in the future",
    ),
    (
        "approved: 2026-01-05\n        review: 2028-11-17",
        "approved: 2026-01-05\n        review: 2026-01-04",
        "its review (2026-01-04) is before the approval (2026-01-05)",
    ),
    (
        "approved: 2026-01-05\n        review: 2028-11-17",
        "approved: 2025-11-01\n        review: 2028-11-17",
        "the approval (2025-11-01) is before the assessment it rests on (2025-11-17)",
    ),
    (
        "approved: 2025-11-17\n    expires: 2028-11-17",
        "approved: 2025-11-17\n    expires: 2026-01-05",
        "the approval (2026-01-05) came after its assessment expired (2026-01-05)",
    ),
    (
        "passed: 2025-12-08\n      expires: 2028-12-08",
        "passed: 2026-01-06\n      expires: 2028-12-08",
        "the approval (2026-01-05) is before the verification (2026-01-06)",
    ),
    (
        "passed: 2025-12-08\n      expires: 2028-12-08",
        "passed: 2025-12-08\n      expires: 2025-12-07",
        "its expiry (2025-12-07) is before the verification (2025-12-08)",
    ),
    (
        "accepted: 2025-12-15",
        "accepted: 2026-01-06",
        "the approval (2026-01-05) is before the SIRO's acceptance (2026-01-06)",
    ),
    (
        "measured: 2025-12-10",
        "measured: 2025-12-16",
        "the SIRO's signature (2025-12-15) is before the measurement (2025-12-16)",
    ),
    (
        "accepted: 2025-12-15\n      expires: 2027-11-24",
        "accepted: 2025-12-15\n      expires: 2025-12-14",
        "its expiry (2025-12-14) is before the SIRO's acceptance (2025-12-15)",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), ORDERS, ids=[m[2] for m in ORDERS])
def test_dates_in_the_wrong_order_are_told(old: str, new: str, message: str) -> None:
    found = problems(register=register_with(old, new))
    assert any(problem.message.startswith(message) for problem in found), [str(problem) for problem in found]


def test_a_mended_register_has_no_mistake_left() -> None:
    """The order checks are not so strict that a renewal needs every approval given again."""
    text = register_with(
        "approved: 2025-11-17\n    expires: 2028-11-17",
        "approved: 2025-11-17\n    renewed: 2026-11-01\n    expires: 2029-11-17",
    )
    assert problems(register=text) == []


GOVERNANCE = [
    (
        "kind: dpia\n    title: General",
        "kind: risk\n    title: General",
        "a risk assessment can't cover personal data (policy 7.5)",
    ),
    (
        "regions: [world]",
        "regions: [world]\n    covers:\n      - data: [confidential]",
        "a public tool's assessment can't cover personal or confidential data (policy 7.3)",
    ),
    (
        "agreement: Contract MK-2025-118 with data processing schedule\n    trains_on_inputs: false",
        "agreement: Contract MK-2025-118 with data processing schedule\n    trains_on_inputs: true",
        "the processor 'example-cloud' trains on inputs but council-assistant is not a public tool (policy 7.3)",
    ),
    (
        "processor: council-ict, region: maidstone-house",
        "processor: council-ict, region: uk-south",
        "the region 'uk-south' is not covered by DPIA-2025-022",
    ),
    (
        "processor: council-ict, region: maidstone-house",
        "processor: example-cloud, region: maidstone-house",
        "the processor 'example-cloud' is not covered by DPIA-2025-022",
    ),
    ("state: retired", "state: live", "the tool is live but has no roles"),
    ("state: unassessed", "state: pilot", "the tool is pilot but has no assessment"),
    ("state: retired", "state: live", "the tool is live but has no approvals"),
    ("state: retired", "state: live", "the tool is live but has no verification"),
    ("state: retired", "state: live", "the model 'retired-writer' has no deployment"),
]


@pytest.mark.parametrize(("old", "new", "message"), GOVERNANCE, ids=[m[2] for m in GOVERNANCE])
def test_what_the_policy_does_not_allow_is_told(old: str, new: str, message: str) -> None:
    found = problems(register=register_with(old, new))
    told = next((problem for problem in found if problem.message == message), None)
    assert told is not None, [str(problem) for problem in found]
    assert told.fix


def test_an_acceptance_does_not_belong_to_a_contracted_tool() -> None:
    text = register_with("tier: public\n    state: live", "tier: enterprise\n    state: live")
    assert any(problem.message == "only a public tool rests on an acceptance" for problem in problems(register=text))


def test_several_mistakes_are_told_together_in_order() -> None:
    text = register_with("data: [personal, CONFIDENTIAL]", "data: [persnal, NHS_NUM]").replace(
        "swale]\n", "swayle]\n", 1
    )
    found = problems(register=text)
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)
    assert [problem.message for problem in found] == [
        "unknown data class 'persnal'",
        "unknown label 'NHS_NUM'",
        "unknown council 'swayle'",
    ]
    assert found[0].line == line_of(text, "data: [persnal")


def test_what_the_calendar_makes_wrong_is_no_mistake() -> None:
    """A restart on the day after an expiry must not take every tool down: those calls are refused instead."""
    assert problems(today=date(2031, 1, 1)) == []


def test_a_public_tool_without_acceptance_loads_and_needs_attention() -> None:
    start = REGISTER_TEXT.index("    acceptance:\n")
    end = REGISTER_TEXT.index("    models:\n      public-chat")
    text = REGISTER_TEXT[:start] + REGISTER_TEXT[end:]
    assert problems(register=text) == []


@pytest.mark.parametrize(
    ("days", "said"),
    [(-31, None), (-30, "lapses in 30 days"), (-1, "lapses in 1 days"), (0, "lapsed on"), (400, "lapsed on")],
)
def test_what_lapses_soon_needs_attention(days: int, said: str | None) -> None:
    expiry = date(2027, 11, 24)
    told = [problem.message for problem in compiled(today=expiry + timedelta(days=days)).attention]
    about = [line for line in told if line.startswith("public-chat: the SIRO's acceptance")]
    assert [said in line for line in about] == [True] if said else about == []
