"""Policy's answer to one call. The only stage that knows policies; it shows them labels, never text."""

from collections.abc import Iterable

from gateway.model.call import Call, Contest
from gateway.model.caller import Caller, Tool
from gateway.model.decision import Decision
from gateway.model.errors import Unavailable
from gateway.model.part import Part
from gateway.stages.inspection import Inspection
from policies import decision as policy_decision
from policies.engine import Grant
from policies.facts import Facts, Unreadable
from policies.register.limits import matching

_MEDIA: dict[str, Unreadable] = {"image": "image", "audio": "audio", "video": "video"}


def decide(caller: Caller, tool: Tool, call: Call, inspection: Inspection) -> Decision:
    """The decision on a call: a value, also where it is a refusal (`transform` raises it).

    Raises Unavailable where the tool carries no policy or inspection does not answer for each part: without
    facts there is no decision.
    """
    grant = tool.policy
    if not isinstance(grant, Grant):
        raise Unavailable("The policy is not available, so nothing was sent. Try again shortly.")
    if len(inspection.findings) != len(call.parts):
        raise Unavailable("Inspection did not cover the whole call, so nothing was sent. Try again shortly.")
    facts = Facts(
        standing=grant.standing,
        person_known=caller.person_known,
        case_ref=bool(call.case_ref and call.case_ref.strip()),
        found=_labels(call, inspection, definitions=False),
        found_in_definitions=_labels(call, inspection, definitions=True),
        unreadable=frozenset(_unreadable(call.parts)),
        contested=_contested(call.contest),
        hosted=call.hosted,
        forbidden_tools=matching(grant.standing.forbidden_tools, call.functions),
        choices=_choices(call),
    )
    return _decision(grant.policy.decide(facts))


def _labels(call: Call, inspection: Inspection, *, definitions: bool) -> frozenset[str]:
    return frozenset(
        finding.label
        for part, findings in zip(call.parts, inspection.findings, strict=True)
        if (part.role == "definition") is definitions
        for finding in findings
    )


def _unreadable(parts: Iterable[Part]) -> Iterable[Unreadable]:
    """The kinds of blob: the first half of a media type; whatever is not known is a file."""
    for part in parts:
        if part.kind == "blob":
            yield _MEDIA.get(part.media.split("/")[0].casefold(), "file")


def _choices(call: Call) -> int:
    """The answers asked for; those to each of several prompts count once."""
    asked = call.parameters.get("n", 1)
    return asked if isinstance(asked, int) else 1


def _contested(contest: Contest | None) -> frozenset[str]:
    """The labels contested; none without a reason, since the reason is what the record keeps."""
    return contest.labels if contest is not None and contest.reason.strip() else frozenset()


def _decision(made: policy_decision.Decision) -> Decision:
    """The same value in the gateway's own vocabulary, field by field."""
    return Decision(
        effect=made.effect,
        rule=made.rule,
        clause=made.clause,
        reason=made.reason,
        advice=made.advice,
        policy_hash=made.policy_hash,
        operators=dict(made.operators),
        definition_operators=dict(made.definition_operators),
        blocked=made.blocked,
        contestable=made.contestable,
        contested=made.contested,
        offer_clean=made.offer_clean,
        reply=made.reply,
        retention_class=made.retention_class,
        obligations=made.obligations,
        notices=made.notices,
        limits=dict(made.limits),
    )
