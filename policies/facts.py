"""What a decision rests on: frozen values, no content, closed vocabularies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DataClass = Literal["personal", "special_category", "criminal_offence", "child", "confidential", "secret", "hidden"]
"""What kind of data a label stands for. The labels themselves are passed in by the composition root."""

Tier = Literal["public", "enterprise", "internal"]
"""Public: on anyone's terms. Enterprise: under the council's contract. Internal: run by the council itself."""

State = Literal["unassessed", "assessed", "pilot", "live", "suspended", "retired"]
"""Where a tool is in its life (policy 7.2, 10.9). Only `pilot` and `live` may be used."""

Approval = Literal[
    "approved",
    "unknown_service",  # the key's service area is not in the register
    "unknown_purpose",  # the purpose named is not in the register
    "other_council",  # the tool is approved, but not for this data controller
    "other_service",
    "other_purpose",
    "other_person",  # approved for other classes of person (policy 2.1)
    "other_model",  # the triple is approved, but for none of this model's deployments
    "not_begun",
    "review_due",
]
"""How the caller's council, service area and purpose stand with the tool (policy 5.2, 7.1)."""

Validity = Literal["valid", "missing", "expired"]
"""How a dated document stands: an assessment, a verification, an acceptance."""

DecisionRole = Literal["none", "inform", "decide"]
"""What part the output has in a decision about people (policy 5.4)."""

Column = Literal["content", "definitions"]
"""Tool definitions are inspected under a column of their own: they describe functions, not people."""

Unreadable = Literal["image", "audio", "video", "file"]
"""What inspection could not read."""

Hosted = Literal["web_search", "web_fetch", "code_execution", "file_search", "image_generation", "mcp", "other"]
"""A feature that the provider runs itself. `other` is any that the gateway doesn't know: it can't be allowed."""

Parameter = Literal["temperature", "top_p", "max_output_tokens", "choices"]
"""A setting of a call that the register may limit (policy 5.5)."""

TIERS: tuple[Tier, ...] = ("public", "enterprise", "internal")
COLUMNS: tuple[Column, ...] = ("content", "definitions")
UNREADABLE: tuple[Unreadable, ...] = ("image", "audio", "video", "file")

HOSTED_NAMES: Mapping[str, str] = {
    "web_search": "web search",
    "web_fetch": "fetching of web pages",
    "code_execution": "code execution (code interpreter)",
    "file_search": "file search",
    "image_generation": "image generation",
    "mcp": "remote connectors (MCP)",
    "other": "a feature that this gateway does not know",
}
"""What people call each feature."""


GENERIC_WORDS: Mapping[str, str] = {
    "tool": "This tool",
    "service": "your service area",
    "purpose": "this purpose",
    "council": "your council",
    "approved_services": "none",
    "approved_purposes": "none",
    "registered_purposes": "none",
    "use_instead": "",
    "assessment": "its assessment",
    "assessment_expired": "an earlier day",
    "verification_expired": "an earlier day",
    "acceptance_expired": "an earlier day",
    "approval_begins": "a later day",
    "review_due": "an earlier day",
    "miss_rate": "an unknown share",
    "special_category_tools": "none",
    "criminal_offence_tools": "none",
    "child_tools": "none",
    "hosted": "a feature of its own",
    "hosted_allowed": "none",
    "excluded_functions": "none",
    "most_choices": "1",
}
"""The placeholders that a rule's sentences may hold, and what fills them where the register says nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tool stands on one day for one council, service area, purpose and class of person.

    `covers` are the data classes and labels that the tool's assessment covers for exactly this use. `limits` are the
    most that a parameter may be, by its name; `hosted` the provider's own features that are allowed, `forbidden_tools`
    names or patterns of functions that may not be offered. `words` fill the placeholders of a rule's sentences; they
    come from the register, never from the caller.
    """

    tier: Tier
    state: State
    approval: Approval
    assessment: Validity
    verification: Validity
    acceptance: Validity
    decision_role: DecisionRole = "none"
    needs_person: bool = True
    covers: frozenset[str] = frozenset()
    reply: Literal["allow", "flag", "mask"] = "flag"
    retention_class: str = "routine"
    limits: Mapping[str, float] = field(default_factory=dict, hash=False)
    hosted: frozenset[str] = frozenset()
    forbidden_tools: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision may look at. Labels only: no text, no name, no value.

    `found` are the labels found in content, `found_in_definitions` those in tool definitions; `unreadable` the
    kinds of part that inspection could not read. `contested` are labels that the caller says are false alarms,
    with a reason that somebody else has checked is there. `hosted` are the provider's own features that the call asks
    for, `forbidden_tools` those of the register's patterns that a function offered matches (its name is content and
    stays outside), `choices` the number of answers asked for.
    """

    standing: Standing
    person_known: bool = True
    case_ref: bool = False
    found: frozenset[str] = frozenset()
    found_in_definitions: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    contested: frozenset[str] = frozenset()
    hosted: frozenset[str] = frozenset()
    forbidden_tools: frozenset[str] = frozenset()
    choices: int = 1

    @property
    def hosted_refused(self) -> frozenset[str]:
        """The features asked for that the register does not allow for this use."""
        return self.hosted - self.standing.hosted

    @property
    def too_many_choices(self) -> bool:
        """Whether more answers are asked for than this use may have."""
        most = self.standing.limits.get("choices")
        return most is not None and self.choices > most
