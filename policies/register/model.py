"""The register of AI tools, typed: what the councils have approved, for whom, for what, and on what evidence.

Every date that ends something (`expires`, `review`) is the first day on which it no longer counts.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from policies.facts import DecisionRole, State, Tier
from policies.register.limits import AllowedFeature, FunctionPattern, Limits
from policies.source import Mistake

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
"""An identifier: small letters, digits, hyphen, full stop."""

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$")]
"""A model name as a client sends it."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=400)]
"""A name or a sentence for people."""

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_iso(value: object) -> object:
    """Numbers and other spellings are not dates: 1.9.2026 and 01/09/26 mean different days to different readers."""
    if isinstance(value, date) or (isinstance(value, str) and _ISO_DATE.fullmatch(value)):
        return value
    raise Mistake("this is not a date", "Write it as year-month-day, such as 2026-04-30.")


Day = Annotated[date, BeforeValidator(_only_iso)]


class Entry(BaseModel):
    """Unknown keys are mistakes; entries never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Controller(Entry):
    """A data controller: one council."""

    name: Words
    """The council's full name, as it appears in notes."""


class Service(Entry):
    """A service area."""

    name: Words
    """What staff call the service, such as Housing."""


class Purpose(Entry):
    """A purpose for which AI may be used."""

    name: Words
    """What staff call it, in the middle of a sentence: letters and e-mails."""
    decision_role: DecisionRole = "none"
    """The output's part in a decision about people. `inform` needs a case reference; `decide` is refused (5.4)."""
    retention_class: Slug | None = None
    """The retention class of records made for this purpose, where it is not the tool's (7.8)."""
    limits: Limits = Limits()
    """The most that parameters may be for this purpose (5.5). Of tool and purpose the lower counts."""
    hosted: tuple[AllowedFeature, ...] | None = None
    """Narrows the provider's own features to these. Absent: those that the tool allows."""
    forbidden_tools: tuple[FunctionPattern, ...] = ()
    """Functions that callers may not offer a model for this purpose, beside those that the tool forbids."""


class Processor(Entry):
    """A company that runs a model, and what the councils know of its terms (policy section 8)."""

    name: Words
    """Who they are."""
    agreement: Words
    """Reference of the contract or data processing agreement; for the public tier, the terms of use."""
    trains_on_inputs: bool
    """Whether what is sent may train their models (7.3). Only a public tool may say true."""
    keeps_for_days: int = Field(ge=0, le=36500)
    """Days for which they keep what is sent: information held on the councils' behalf (FOIA s.3(2)(b))."""
    terms_reviewed: Day
    """When the councils last read the terms (8.1)."""


class Cover(Entry):
    """One part of an assessment's scope."""

    data: tuple[str, ...] = Field(min_length=1)
    """Data classes (personal, special_category ...) or single labels (UPN, LEGAL_PRIVILEGE ...)."""
    services: tuple[Slug, ...] | None = None
    """The service areas this holds for. Absent: each service area for which a tool is approved."""
    purposes: tuple[Slug, ...] | None = None
    """The purposes this holds for. Absent: each purpose for which a tool is approved."""


class Assessment(Entry):
    """A Data Protection Impact Assessment, or the similar risk assessment where no personal data is used (7.5)."""

    kind: Literal["dpia", "risk"]
    """`dpia` wherever personal data is processed; `risk` otherwise."""
    title: Words
    """What was assessed."""
    approved: Day
    """When it was first signed off."""
    renewed: Day | None = None
    """When it was last renewed, if it was. Approvals given before a renewal stand."""
    expires: Day
    """When it must be done again."""
    by: Words
    """Who signed it: a role, such as Data Protection Officer."""
    privacy_notice: Words | None = None
    """Where the public is told (7.5, 10.2)."""
    covers: tuple[Cover, ...] = ()
    """The data it covers, and for which services and purposes."""
    processors: tuple[Slug, ...] = Field(min_length=1)
    """The processors it covers."""
    regions: tuple[Slug, ...] = Field(min_length=1)
    """The regions it covers, such as uk-south."""


class Roles(Entry):
    """The four people a tool needs. Roles, not names: people move on."""

    siro: Words
    """Senior Information Risk Owner, accountable for the risk (4.2)."""
    product_owner: Words
    """Monitors compliance, performance, fairness, usage and cost (10.5)."""
    human_owner: Words
    """The human owner who is responsible for the system and puts errors right (10.8)."""
    information_asset_owner: Words
    """Owner of the information asset (7.9)."""


class Verification(Entry):
    """A documented verification and validation, passed before anyone may use the tool (6.1)."""

    passed: Day
    """When it was first passed."""
    renewed: Day | None = None
    """When it was last renewed, if it was. Approvals given before a renewal stand."""
    expires: Day
    """When it must be repeated."""
    by: Words
    """Who tested: IT security and the service both (section 4)."""
    report: Words
    """Where the report is kept."""


class Acceptance(Entry):
    """The SIRO's acceptance that detection misses some personal data on its way to a public tool (4.2, 7.3)."""

    accepted: Day
    """When the SIRO first signed."""
    renewed: Day | None = None
    """When it was last renewed, if it was. Approvals given before a renewal stand."""
    expires: Day
    """When it lapses."""
    by: Words
    """Who signed."""
    miss_rate: float = Field(ge=0, le=1)
    """The measured share of personal and confidential passages that detection misses, from 0 to 1."""
    measured: Day
    """When that was measured."""
    measured_on: Words
    """On what it was measured: the data set and the detector version."""


class Deployment(Entry):
    """One place where a model runs."""

    upstream: Slug
    """The upstream in the gateway's settings that reaches it."""
    model: Words
    """The model's name there, exact version included where the provider has one."""
    processor: Slug
    """Who runs it."""
    region: Slug
    """Where it runs."""
    timeout_s: float = Field(default=120.0, gt=0, le=1800)
    """How long to wait for the reply to begin, in seconds."""
    options: dict[str, str] = {}
    """Settings for the upstream adapter."""


class ApprovalEntry(Entry):
    """An approval: these councils' services may use the tool for these purposes, on these deployments (5.2, 7.1)."""

    controllers: tuple[Slug, ...] = Field(min_length=1)
    """The councils."""
    services: tuple[Slug, ...] = Field(min_length=1)
    """The service areas."""
    purposes: tuple[Slug, ...] = Field(min_length=1)
    """The purposes."""
    deployments: tuple[Slug, ...] = Field(min_length=1)
    """The deployments that were assessed. A deployment added later needs to be approved as well."""
    person_classes: tuple[Slug, ...] | None = None
    """The classes of person (2.1). Absent: all."""
    approved: Day
    """The day from which it holds."""
    review: Day
    """The day by which it must have been reviewed."""
    by: Words
    """Who approved: a role."""


class ToolEntry(Entry):
    """One AI tool."""

    name: Words
    """What staff call it."""
    description: Words
    """What it is for, in a sentence (10.6)."""
    tier: Tier
    """How far the tool is trusted with data."""
    state: State
    """Where it is in its life. Only `pilot` and `live` may be used."""
    roles: Roles | None = None
    """Who answers for it. Needed before it goes live."""
    assessment: str | None = None
    """The assessment it rests on, by its reference."""
    verification: Verification | None = None
    """Its verification and validation (6.1)."""
    acceptance: Acceptance | None = None
    """The SIRO's acceptance; without it a public tool refuses every call."""
    models: dict[ModelName, tuple[Slug, ...]] = Field(min_length=1)
    """The model names that clients send, each with its deployments in order of preference. The first is the default."""
    deployments: dict[Slug, Deployment] = {}
    """Where the models run."""
    approvals: tuple[ApprovalEntry, ...] = ()
    """Who may use it for what."""
    client_tools: tuple[str, ...] = ()
    """Functions that run on the caller's side: their arguments get real values back in place of pseudonyms."""
    limits: Limits = Limits()
    """The most that parameters may be (5.5)."""
    hosted: tuple[AllowedFeature, ...] = ()
    """The provider's own features that callers may ask for, such as web_search. None unless named (7.1)."""
    forbidden_tools: tuple[FunctionPattern, ...] = ()
    """Functions that callers may not offer the model, by name or pattern: send_*."""
    note_mode: Literal["visible", "sidecar"] = "visible"
    """Where the AI note goes: in the text, or beside it in headers."""
    reply: Literal["allow", "flag", "mask"] = "flag"
    """What happens to personal data in an answer that was not in the question."""
    files: Literal["refuse", "text"] = "text"
    """What happens to documents: read and sent as their text, or refused."""
    pictures: Literal["refuse", "text", "redact"] = "text"
    """What happens to pictures: the words on them are read and sent as text, or the picture is sent with black boxes
    over what policy hides, or it is refused. Faces and places are not recognised: `redact` is for tools whose
    assessment covers pictures."""
    recordings: Literal["refuse", "text", "heard"] = "text"
    """What happens to recordings where a recogniser is set up: what was heard is sent as text, or the recording itself
    is sent where nothing was heard in it that policy hides, or it is refused. Voices stay voices, and recognisers
    mishear: `heard` is for tools whose assessment covers recordings."""
    retention_class: Slug = "routine"
    """The retention class of its records."""
    retries: int = Field(default=1, ge=0, le=5)
    """How often a failed attempt is repeated."""
    needs_person: bool = True
    """Whether an app must say which person is asking."""
    replaced_by: Slug | None = None
    """The tool to use instead, where this one is retired."""


class Register(Entry):
    """The whole register."""

    version: Literal[1]
    """The version of this file's form."""
    controllers: dict[Slug, Controller] = Field(min_length=1)
    """The councils."""
    services: dict[Slug, Service] = Field(min_length=1)
    """The service areas."""
    purposes: dict[Slug, Purpose] = Field(min_length=1)
    """The purposes."""
    person_classes: tuple[Slug, ...] = ("employee", "member", "contractor", "volunteer", "third-party")
    """The classes of person whom the policy covers (2.1)."""
    processors: dict[Slug, Processor] = {}
    """The companies that run models."""
    assessments: dict[str, Assessment] = {}
    """The assessments, by their reference."""
    tools: dict[Slug, ToolEntry] = Field(min_length=1)
    """The tools, by their id."""
