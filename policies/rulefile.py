"""A rule file, typed. Four kinds of rule: refuse, permit, duty and content."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from policies.decision import Obligation, Operator
from policies.facts import COLUMNS, TIERS, Approval, Column, DecisionRole, State, Tier, Unreadable, Validity
from policies.register.model import Entry, Slug, Words

Clause = Annotated[str, StringConstraints(pattern=r"^(1[0-5]|[1-9])(\.[0-9]{1,2})?$")]
"""A clause of the Mid-Kent AI policy, such as "7.3" (in quotes: 7.10 is not 7.1)."""


class When(Entry):
    """Conditions on how the tool stands and who asks. All that are given must hold; each lists its values."""

    tier: tuple[Tier, ...] | None = None
    """How far the tool is trusted with data."""
    state: tuple[State, ...] | None = None
    """Where the tool is in its life."""
    approval: tuple[Approval, ...] | None = None
    """How the council, service area and purpose stand with it."""
    assessment: tuple[Validity, ...] | None = None
    """How its DPIA or risk assessment stands."""
    verification: tuple[Validity, ...] | None = None
    """How its verification and validation stands."""
    acceptance: tuple[Validity, ...] | None = None
    """How the SIRO's acceptance stands."""
    decision_role: tuple[DecisionRole, ...] | None = None
    """The output's part in a decision about people."""
    needs_person: bool | None = None
    """Whether the tool must know which person asks."""
    person: tuple[Literal["known", "unknown"], ...] | None = None
    """Whether it is known which person asks."""
    case_ref: tuple[Literal["given", "absent"], ...] | None = None
    """Whether a case reference came with the call."""
    hosted: tuple[Literal["none", "allowed", "refused"], ...] | None = None
    """Whether the call asks for the provider's own features, and the register allows all of them for this use."""
    functions: tuple[Literal["allowed", "forbidden"], ...] | None = None
    """Whether the call offers the model a function that the register forbids for this use."""
    choices: tuple[Literal["within", "above"], ...] | None = None
    """Whether the call asks for more answers than the register allows for this use."""


class RuleEntry(Entry):
    """What every rule has."""

    id: Slug
    """A permanent name. Records cite it, so it is never used again for another rule."""
    clause: Clause
    """The clause of the AI policy it enforces."""


class RefuseEntry(RuleEntry):
    """Refuses the call whatever is in it. The first that holds speaks."""

    when: When
    """When it holds."""
    reason: Words
    """What is wrong, in plain English."""
    advice: Words
    """What to do next."""


class PermitEntry(RuleEntry):
    """Opens the way for content rules. Without one that holds, the call is refused."""

    when: When
    """When it holds."""
    reason: Words
    """Why the use is allowed."""
    advice: Words
    """What to bear in mind."""
    obligations: tuple[Obligation, ...] = ("record", "disclose")
    """What it binds the caller or the gateway to."""
    notice: str = ""
    """A sentence for the caller."""


class DutyEntry(RuleEntry):
    """Adds obligations to a call that is permitted."""

    when: When
    """When it holds."""
    obligations: tuple[Obligation, ...] = Field(min_length=1)
    """What it binds the caller or the gateway to."""
    notice: str = ""
    """A sentence for the caller."""


class ContentEntry(RuleEntry):
    """Says what is done with what was found. Of several rules for one label the strictest counts."""

    tier: tuple[Tier, ...] = TIERS
    """For which tiers. Absent: all."""
    column: tuple[Column, ...] = COLUMNS
    """For content, tool definitions or, absent, both."""
    assessed: bool | None = None
    """Only where the tool's assessment covers the label for this use (true), or only where it does not (false)."""
    assessed_as: str | None = None
    """The data class or label whose cover counts, where it is not the label's own."""
    operators: dict[str, Operator] = Field(default_factory=dict)
    """What is done, by label or data class; a label's own entry stands over its class's."""
    unreadable: dict[Unreadable, Literal["allow", "block"]] = Field(default_factory=dict)
    """What is done with what could not be read."""
    contestable: tuple[str, ...] = ()
    """The blocked labels or data classes that a person may contest with a reason."""
    offer_clean: bool = False
    """Whether a refusal may offer the text with the passages removed."""
    reason: Words
    """What was found and why it matters, in plain English. The labels are shown beside it."""
    advice: Words
    """What to do next."""
    notice: str = ""
    """A sentence for the caller where the call goes on."""


class RuleFile(Entry):
    """One file of rules."""

    title: Words
    """What the file is about."""
    order: int = Field(ge=1, le=999)
    """Where the file stands among the others: of several refusals the first speaks."""
    refuse: tuple[RefuseEntry, ...] = ()
    """Rules that refuse whatever is in the call."""
    permit: tuple[PermitEntry, ...] = ()
    """Rules that open the way."""
    duty: tuple[DutyEntry, ...] = ()
    """Rules that add obligations."""
    content: tuple[ContentEntry, ...] = ()
    """Rules about what was found."""
