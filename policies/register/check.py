"""What a well-typed register can still get wrong: references, data it may not cover, dates in the wrong order.

Only what is wrong on any later day too is a mistake here. What the calendar makes wrong (an assessment that has
expired, a review that is due) refuses calls instead, so that a restart never takes every tool down.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import get_args

from policies.facts import DataClass
from policies.register.limits import matching
from policies.register.model import ApprovalEntry, Assessment, Register, ToolEntry
from policies.source import Place, Problem, Source, did_you_mean

CLASSES: tuple[str, ...] = get_args(DataClass)
PERSONAL_CLASSES = frozenset({"personal", "special_category", "criminal_offence", "child"})
USABLE = frozenset({"pilot", "live"})

_Dated = tuple[str, date, Place]


def check_register(register: Register, source: Source, labels: Mapping[str, str], today: date) -> list[Problem]:
    """Every mistake in a register, in the order of its lines. `labels` maps label name to data class."""
    problems = [
        *_check_vocabularies(register, source),
        *_check_assessments(register, source, labels, today),
        *_check_names(register, source),
        *(problem for name in register.tools for problem in _check_tool(register, name, source, today)),
    ]
    return sorted(problems, key=lambda problem: problem.line)


def _unknown(source: Source, what: str, place: Place, names: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    known = tuple(known)
    for position, name in enumerate(names):
        if name not in known:
            at = (*place, name if (*place, name) in source.lines else position)
            yield source.problem(at, f"unknown {what} '{name}'", did_you_mean(name, known))


def _in_order(source: Source, earlier: _Dated, later: _Dated) -> Iterator[Problem]:
    """The first of two dates must not be after the second; the problem stands at the second."""
    if earlier[1] > later[1]:
        message = f"{later[0]} ({later[1]}) is before {earlier[0]} ({earlier[1]})"
        yield source.problem(later[2], message, "Put the dates in order.")


def _renewed(source: Source, begins: _Dated, renewed: date | None, ends: _Dated, today: date) -> Iterator[Problem]:
    """A document is signed, perhaps renewed, and ends, in this order; nothing is signed in the future."""
    yield from _signed(source, begins, today)
    if renewed is not None:
        renewal: _Dated = ("its renewal", renewed, (*begins[2][:-1], "renewed"))
        yield from _signed(source, renewal, today)
        yield from _in_order(source, begins, renewal)
        begins = renewal
    yield from _lasts(source, begins, ends)


def _lasts(source: Source, begins: _Dated, ends: _Dated) -> Iterator[Problem]:
    """An end must be at least a day after its beginning."""
    if begins[1] == ends[1]:
        yield source.problem(ends[2], f"{ends[0]} is on the same day as {begins[0]}", "It would never hold.")
    yield from _in_order(source, begins, ends)


def _signed(source: Source, what: _Dated, today: date) -> Iterator[Problem]:
    if what[1] > today:
        yield source.problem(what[2], f"{what[0]} ({what[1]}) is in the future", "Give the day it was signed.")


def _check_vocabularies(register: Register, source: Source) -> Iterator[Problem]:
    for name, processor in register.processors.items():
        if processor.trains_on_inputs:
            users = [
                tool_id
                for tool_id, tool in register.tools.items()
                if tool.tier != "public" and any(place.processor == name for place in tool.deployments.values())
            ]
            if users:
                yield source.problem(
                    ("processors", name, "trains_on_inputs"),
                    f"the processor '{name}' trains on inputs but {users[0]} is not a public tool (policy 7.3)",
                    "Make the tool public, or agree terms that rule training out.",
                )


def _check_assessments(register: Register, source: Source, labels: Mapping[str, str], today: date) -> Iterator[Problem]:
    for name, assessment in register.assessments.items():
        at: Place = ("assessments", name)
        approved: _Dated = ("the assessment's approval", assessment.approved, (*at, "approved"))
        expires: _Dated = ("the assessment's expiry", assessment.expires, (*at, "expires"))
        yield from _renewed(source, approved, assessment.renewed, expires, today)
        yield from _unknown(source, "processor", (*at, "processors"), assessment.processors, register.processors)
        for number, cover in enumerate(assessment.covers):
            here: Place = (*at, "covers", number)
            yield from _unknown_data(source, (*here, "data"), cover.data, labels)
            yield from _unknown(source, "service", (*here, "services"), cover.services or (), register.services)
            yield from _unknown(source, "purpose", (*here, "purposes"), cover.purposes or (), register.purposes)
            if assessment.kind == "risk" and _personal(cover.data, labels):
                yield source.problem(
                    here, "a risk assessment can't cover personal data (policy 7.5)", "It needs kind: dpia."
                )


def _unknown_data(source: Source, place: Place, data: Iterable[str], labels: Mapping[str, str]) -> Iterator[Problem]:
    for position, name in enumerate(data):
        kind = labels.get(name, name)
        if kind in ("secret", "hidden"):
            message = f"no assessment can cover {'secrets' if kind == 'secret' else 'hidden text'}"
            yield source.problem((*place, position), message, "Take it out.")
        elif kind not in CLASSES:
            what, known = ("label", list(labels)) if name.isupper() else ("data class", list(CLASSES))
            yield source.problem((*place, position), f"unknown {what} '{name}'", did_you_mean(name, known))


def _personal(data: Iterable[str], labels: Mapping[str, str]) -> bool:
    return any(labels.get(name, name) in PERSONAL_CLASSES for name in data)


def _check_names(register: Register, source: Source) -> Iterator[Problem]:
    """A model name selects one tool, and so does a tool id."""
    seen: dict[str, str] = {}
    for tool_id, tool in register.tools.items():
        for model in tool.models:
            other = seen.setdefault(model, tool_id)
            if other == tool_id and model in register.tools and model != tool_id:
                other = model
            if other != tool_id:
                at: Place = ("tools", tool_id, "models", model)
                yield source.problem(at, f"the model name '{model}' already stands for the tool {other}", "Rename it.")


def _check_tool(register: Register, name: str, source: Source, today: date) -> Iterator[Problem]:
    tool = register.tools[name]
    at: Place = ("tools", name)
    assessment = register.assessments.get(tool.assessment) if tool.assessment else None
    if tool.assessment and assessment is None:
        known = register.assessments
        fix = did_you_mean(tool.assessment, known)
        yield source.problem((*at, "assessment"), f"unknown assessment '{tool.assessment}'", fix)
    if tool.replaced_by is not None:
        yield from _unknown(source, "tool", (*at, "replaced_by"), (tool.replaced_by,), register.tools)
    for model, places in tool.models.items():
        yield from _unknown(source, "deployment", (*at, "models", model), places, tool.deployments)
    for position, function in enumerate(tool.client_tools):
        if against := sorted(matching(tool.forbidden_tools, (function,))):
            message = f"the function '{function}' is forbidden by '{against[0]}' of forbidden_tools"
            yield source.problem((*at, "client_tools", position), message, "Take it out of one of them.")
    yield from _check_complete(tool, at, source)
    yield from _check_documents(tool, at, source, today)
    if assessment is not None:
        yield from _check_scope(tool, at, assessment, source)
    for deployment_id, deployment in tool.deployments.items():
        where: Place = (*at, "deployments", deployment_id, "processor")
        yield from _unknown(source, "processor", where, (deployment.processor,), register.processors)
    for number, approval in enumerate(tool.approvals):
        yield from _check_approval(register, tool, approval, (*at, "approvals", number), source)
        yield from _check_order(tool, assessment, approval, (*at, "approvals", number), source)


def _check_complete(tool: ToolEntry, at: Place, source: Source) -> Iterator[Problem]:
    """A tool that may be used has everything the policy asks for before it is used."""
    if tool.state not in USABLE:
        return
    needed = (
        ("roles", tool.roles, "Name who answers for it (policy 4.2, 7.9, 10.5, 10.8)."),
        ("assessment", tool.assessment, "Name its DPIA or risk assessment (policy 7.5)."),
        ("verification", tool.verification, "Record its verification and validation (policy 6.1)."),
        ("deployments", tool.deployments, "Say where its models run."),
        ("approvals", tool.approvals, "Say which councils, services and purposes may use it (policy 5.2)."),
    )
    for key, value, fix in needed:
        if not value:
            yield source.problem(at, f"the tool is {tool.state} but has no {key}", fix)
    for model, places in tool.models.items():
        if not places:
            yield source.problem((*at, "models", model), f"the model '{model}' has no deployment", "Name one.")


def _check_documents(tool: ToolEntry, at: Place, source: Source, today: date) -> Iterator[Problem]:
    if (checked := tool.verification) is not None:
        passed: _Dated = ("the verification", checked.passed, (*at, "verification", "passed"))
        lapses: _Dated = ("its expiry", checked.expires, (*at, "verification", "expires"))
        yield from _renewed(source, passed, checked.renewed, lapses, today)
    if (accepted := tool.acceptance) is not None:
        here: Place = (*at, "acceptance")
        signed: _Dated = ("the SIRO's acceptance", accepted.accepted, (*here, "accepted"))
        ends: _Dated = ("its expiry", accepted.expires, (*here, "expires"))
        latest: _Dated = ("the SIRO's signature", accepted.renewed or accepted.accepted, (*here, "measured"))
        yield from _in_order(source, ("the measurement", accepted.measured, (*here, "measured")), latest)
        yield from _renewed(source, signed, accepted.renewed, ends, today)
        if tool.tier != "public":
            yield source.problem(here, "only a public tool rests on an acceptance", "Take it out.")


def _check_scope(tool: ToolEntry, at: Place, assessment: Assessment, source: Source) -> Iterator[Problem]:
    """The assessment must have looked at where the tool runs, and a public tool's at no personal data."""
    for name, deployment in tool.deployments.items():
        here: Place = (*at, "deployments", name)
        for key, value, covered in (
            ("processor", deployment.processor, assessment.processors),
            ("region", deployment.region, assessment.regions),
        ):
            if value not in covered:
                message = f"the {key} '{value}' is not covered by {tool.assessment}"
                yield source.problem((*here, key), message, did_you_mean(value, covered, otherwise="It covers"))
    if tool.tier == "public" and assessment.covers:
        yield source.problem(
            (*at, "assessment"),
            "a public tool's assessment can't cover personal or confidential data (policy 7.3)",
            "Use an assessment whose covers: is empty.",
        )


def _check_approval(
    register: Register, tool: ToolEntry, approval: ApprovalEntry, at: Place, source: Source
) -> Iterator[Problem]:
    for what, key, names, known in (
        ("council", "controllers", approval.controllers, tuple(register.controllers)),
        ("service", "services", approval.services, tuple(register.services)),
        ("purpose", "purposes", approval.purposes, tuple(register.purposes)),
        ("deployment", "deployments", approval.deployments, tuple(tool.deployments)),
        ("person class", "person_classes", approval.person_classes or (), register.person_classes),
    ):
        yield from _unknown(source, what, (*at, key), names, known)
    for position, name in enumerate(approval.purposes):
        if name in register.purposes and register.purposes[name].decision_role == "decide":
            message = f"the purpose '{name}' leaves the decision to AI and can't be approved (policy 5.4)"
            fix = "Approve a purpose that informs a decision instead."
            yield source.problem((*at, "purposes", position), message, fix)


def _check_order(
    tool: ToolEntry, assessment: Assessment | None, approval: ApprovalEntry, at: Place, source: Source
) -> Iterator[Problem]:
    approved: _Dated = ("the approval", approval.approved, (*at, "approved"))
    yield from _lasts(source, approved, ("its review", approval.review, (*at, "review")))
    if assessment is not None:
        yield from _in_order(source, ("the assessment it rests on", assessment.approved, ()), approved)
        if approval.approved >= assessment.expires:
            message = f"the approval ({approval.approved}) came after its assessment expired ({assessment.expires})"
            yield source.problem(approved[2], message, "Renew the assessment first.")
    if tool.verification is not None:
        yield from _in_order(source, ("the verification", tool.verification.passed, ()), approved)
    if tool.acceptance is not None:
        yield from _in_order(source, ("the SIRO's acceptance", tool.acceptance.accepted, ()), approved)


def attention(register: Register, source: Source, today: date, days: int = 30) -> Iterator[Problem]:
    """What has lapsed or will within `days`: not mistakes, but what refuses calls now or soon."""
    for tool_id, tool in register.tools.items():
        if tool.state not in USABLE:
            continue
        at: Place = ("tools", tool_id)
        assessment = register.assessments.get(tool.assessment or "")
        ends: list[_Dated] = [
            ("its review", entry.review, (*at, "approvals", number, "review"))
            for number, entry in enumerate(tool.approvals)
        ]
        if assessment is not None:
            ends.append(("its assessment", assessment.expires, ("assessments", str(tool.assessment), "expires")))
        if tool.verification is not None:
            ends.append(("its verification", tool.verification.expires, (*at, "verification", "expires")))
        if tool.acceptance is not None:
            ends.append(("the SIRO's acceptance", tool.acceptance.expires, (*at, "acceptance", "expires")))
        elif tool.tier == "public":
            yield source.problem(at, f"{tool_id} refuses every call: the SIRO has not accepted it", "Add acceptance:.")
        for what, day, place in ends:
            left = (day - today).days
            if left <= 0:
                yield source.problem(place, f"{tool_id}: {what} lapsed on {day}; calls are refused", "Renew it.")
            elif left <= days:
                yield source.problem(place, f"{tool_id}: {what} lapses in {left} days ({day})", "Renew it in time.")
