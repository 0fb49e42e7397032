"""How a tool stands today for one caller's council, service area and purpose: from register entries to facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from policies.facts import Approval, Standing, State, Validity
from policies.register.limits import strictest
from policies.register.model import ApprovalEntry, Assessment, Purpose, Register, ToolEntry

_MISSES: tuple[Approval, ...] = ("other_council", "other_service", "other_purpose", "other_person", "other_model")


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to use a tool for: the council, service area, purpose and class of person."""

    controller: str
    service: str
    purpose: str
    person_class: str


@dataclass(frozen=True, slots=True)
class Stand:
    """A tool's standing for one use, and the deployments approved for it in order of preference."""

    standing: Standing
    deployments: tuple[str, ...]


def stand(register: Register, tool_id: str, model: str, use: Use, today: date, *, suspended: bool = False) -> Stand:
    """How the tool stands. Pure: the same register, use and day give the same answer. KeyError for an unknown tool."""
    tool = register.tools[tool_id]
    assessment = register.assessments.get(tool.assessment) if tool.assessment else None
    approval, entries = _approval(register, tool, model, use, today)
    state: State = "suspended" if suspended and tool.state in ("pilot", "live") else tool.state
    allowed = {name for entry in entries for name in entry.deployments}
    purpose = register.purposes.get(use.purpose)
    standing = Standing(
        tier=tool.tier,
        state=state,
        approval=approval,
        assessment=_validity(assessment.expires if assessment else None, today),
        verification=_validity(tool.verification.expires if tool.verification else None, today),
        acceptance=_validity(tool.acceptance.expires if tool.acceptance else None, today),
        decision_role=purpose.decision_role if purpose else "none",
        needs_person=tool.needs_person,
        covers=_covers(assessment, use),
        reply=tool.reply,
        retention_class=(purpose.retention_class if purpose else None) or tool.retention_class,
        limits=strictest(tool.limits, *((purpose.limits,) if purpose else ())),
        hosted=_hosted(tool, purpose),
        forbidden_tools=tuple(dict.fromkeys((*tool.forbidden_tools, *(purpose.forbidden_tools if purpose else ())))),
        words=_words(register, tool, assessment, use, today),
    )
    if approval != "approved":
        return Stand(standing, ())
    return Stand(standing, _same_place(tool, tuple(name for name in tool.models[model] if name in allowed)))


def _hosted(tool: ToolEntry, purpose: Purpose | None) -> frozenset[str]:
    """The provider's own features that the tool allows and the purpose doesn't rule out."""
    allowed = frozenset(tool.hosted)
    return allowed if purpose is None or purpose.hosted is None else allowed & frozenset(purpose.hosted)


def _same_place(tool: ToolEntry, names: tuple[str, ...]) -> tuple[str, ...]:
    """Failover never changes who processes the data or where: the first deployment's processor and region."""
    places = [tool.deployments[name] for name in names]
    return tuple(
        name
        for name, place in zip(names, places, strict=True)
        if (place.processor, place.region) == (places[0].processor, places[0].region)
    )


def _validity(expires: date | None, today: date) -> Validity:
    if expires is None:
        return "missing"
    return "valid" if today < expires else "expired"


def _approval(
    register: Register, tool: ToolEntry, model: str, use: Use, today: date
) -> tuple[Approval, tuple[ApprovalEntry, ...]]:
    """The first thing that is missing, asked in the order in which a person would put it right."""
    if use.service not in register.services:
        return "unknown_service", ()
    if use.purpose not in register.purposes:
        return "unknown_purpose", ()
    left: tuple[ApprovalEntry, ...] = tool.approvals
    places = set(tool.models[model])
    for miss in _MISSES:
        left = tuple(entry for entry in left if _fits(miss, entry, use, places))
        if not left:
            return miss, ()
    current = tuple(entry for entry in left if entry.approved <= today < entry.review)
    if current:
        return "approved", current
    return ("not_begun" if any(today < entry.approved for entry in left) else "review_due"), ()


def _fits(miss: Approval, entry: ApprovalEntry, use: Use, places: set[str]) -> bool:
    if miss == "other_council":
        return use.controller in entry.controllers
    if miss == "other_service":
        return use.service in entry.services
    if miss == "other_purpose":
        return use.purpose in entry.purposes
    if miss == "other_person":
        return entry.person_classes is None or use.person_class in entry.person_classes
    return not places.isdisjoint(entry.deployments)


def _covers(assessment: Assessment | None, use: Use) -> frozenset[str]:
    """The data classes and labels in scope for this service and purpose. An expired assessment is a fact apart."""
    if assessment is None:
        return frozenset()
    return frozenset(
        name
        for cover in assessment.covers
        if (cover.services is None or use.service in cover.services)
        and (cover.purposes is None or use.purpose in cover.purposes)
        for name in cover.data
    )


def _day(value: date | None) -> str | None:
    return None if value is None else f"{value.day} {value:%B %Y}"


def _either(names: Sequence[str]) -> str:
    """`casework`, `casework or research`, `casework, research or summaries`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(sorted(set(names))) or None


def _words(register: Register, tool: ToolEntry, assessment: Assessment | None, use: Use, today: date) -> dict[str, str]:
    """What fills the placeholders of a rule's sentences. From the register only: a caller's words never come back."""
    ours = [entry for entry in tool.approvals if use.controller in entry.controllers]
    here = [entry for entry in ours if use.service in entry.services]
    begins = [entry.approved for entry in here if use.purpose in entry.purposes and today < entry.approved]
    reviews = [entry.review for entry in here if use.purpose in entry.purposes and entry.review <= today]
    service, purpose = register.services.get(use.service), register.purposes.get(use.purpose)
    council = register.controllers.get(use.controller)
    instead = register.tools.get(tool.replaced_by) if tool.replaced_by else None
    found = {
        "tool": tool.name,
        "service": service.name if service else None,
        "purpose": purpose.name if purpose else None,
        "council": council.name if council else None,
        "approved_services": _listed(register.services[name].name for entry in ours for name in entry.services),
        "approved_purposes": _listed(
            f"{name} ({register.purposes[name].name})" for entry in here for name in entry.purposes
        ),
        "registered_purposes": _listed(
            name for name, kind in register.purposes.items() if kind.decision_role != "decide"
        ),
        "use_instead": f"Use {instead.name} instead (model {next(iter(instead.models))})." if instead else None,
        "assessment": tool.assessment,
        "assessment_expired": _day(assessment.expires) if assessment else None,
        "verification_expired": _day(tool.verification.expires) if tool.verification else None,
        "acceptance_expired": _day(tool.acceptance.expires) if tool.acceptance else None,
        "approval_begins": _day(min(begins, default=None)),
        "review_due": _day(max(reviews, default=None)),
        "miss_rate": f"{tool.acceptance.miss_rate:.1%}" if tool.acceptance else None,
        "special_category_tools": _assessed_for("special_category", register, use, today),
        "criminal_offence_tools": _assessed_for("criminal_offence", register, use, today),
        "child_tools": _assessed_for("child", register, use, today),
    }
    return {name: value for name, value in found.items() if value is not None}


def _assessed_for(data: str, register: Register, use: Use, today: date) -> str | None:
    """The tools that this service may use today for a class of data, each with its model and purposes."""
    found: list[str] = []
    for tool in register.tools.values():
        assessment = register.assessments.get(tool.assessment) if tool.assessment else None
        if tool.state not in ("pilot", "live") or assessment is None or today >= assessment.expires:
            continue
        open_to = {
            purpose
            for entry in tool.approvals
            if use.controller in entry.controllers and use.service in entry.services
            if entry.approved <= today < entry.review
            for purpose in entry.purposes
        }
        purposes = sorted(purpose for purpose in open_to if data in _covers(assessment, replace(use, purpose=purpose)))
        if purposes:
            found.append(f"{tool.name} (model {next(iter(tool.models))}, purpose {_either(purposes)})")
    return "; ".join(found) or None
