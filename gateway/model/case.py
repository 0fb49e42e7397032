"""A request case as people work on it: an information request, a right exercised, a complaint, an investigation.

These are values. What happened in a case, in order, lies in the store as sealed events; replaying them gives a
`CaseFile` (`gateway.records.cases`). Everything here may be personal data: it is stored sealed and never logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from gateway.model.search import Query


class CaseKind(StrEnum):
    """What somebody asks for, or what happened. The value stands in leaves and references."""

    FOI = "foi"
    """Freedom of Information Act 2000 s.1."""
    EIR = "eir"
    """Environmental Information Regulations 2004 reg.5."""
    SAR = "sar"
    """UK GDPR Art 15, members of staff too."""
    RECTIFICATION = "rectification"
    """Art 16."""
    ERASURE = "erasure"
    """Art 17."""
    RESTRICTION = "restriction"
    """Art 18."""
    OBJECTION = "objection"
    """Art 21."""
    COMPLAINT = "complaint"
    """Data-protection complaint (DPA 2018 s.164A)."""
    INTERNAL_REVIEW = "internal_review"
    """FOIA s.45 Code, EIR reg.11."""
    ICO = "ico"
    """The Information Commissioner's case, or a tribunal's."""
    INVESTIGATION = "investigation"
    """Policy clause 14.3."""
    INCIDENT = "incident"
    """Policy clauses 7.8 and 14.2; UK GDPR Art 33 where personal data was breached."""


Verdict = Literal["release", "redact", "withhold", "not_relevant"]
OfHit = Literal["release", "redact", "withhold", "not_relevant", "restricted", "lifted", "erased"]
"""What was decided on a conversation that a case found, or done with it."""
Second = Literal["wanted", "confirmed", "sent_back"]
"""How far its second reading is."""
State = Literal["open", "paused", "under_review", "second_reading", "ready", "closed", "reopened"]
"""How a case stands (`gateway.records.cases.states`)."""
Form = Literal["kept", "sent"]
"""A text as it came (sealed, opened under an approval) or as it left (readable, pseudonyms in it)."""
Activity = Literal["determine", "locate", "retrieve", "extract", "redact", "other"]
"""The first four count towards FOIA s.12 (Fees Regulations 2004 reg.4(3)); redaction does not."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """A ground for withholding. `code` as people cite it (`FOIA s.40(2)`, `EIR reg.12(5)(e)`, `DPA Sch.2 para.16`);
    `public_interest` says that the balance has to be struck and stated."""

    code: str
    law: Literal["FOIA", "EIR", "DPA"]
    name: str
    public_interest: bool


@dataclass(frozen=True, slots=True)
class Redaction:
    """A span that is not released: characters `start` to `end` of the text of part `part` in one form."""

    part: int
    form: Form
    start: int
    end: int
    code: str
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer decided on one conversation. `seen` are the parts whose every passage the officer marked as read;
    a release or redaction covers those only. `second` is the second reader's officer id, empty until confirmed;
    `second_appointed` that the officer who decided had appointed them; `public_interest` is the stated balance where
    the code asks for one, `corrections` name those that are released with the conversation
    (`gateway.records.cases.beside`)."""

    unit: int
    verdict: Verdict
    by: str
    at: datetime
    form: Form = "sent"
    code: str = ""
    reason: str = field(default="", repr=False)
    public_interest: str = field(default="", repr=False)
    redactions: tuple[Redaction, ...] = ()
    seen: frozenset[int] = frozenset()
    second: str = ""
    second_at: datetime | None = None
    corrections: tuple[str, ...] = ()
    second_appointed: bool = False


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Minutes that an officer spent, for the section 12 sheet."""

    activity: Activity
    minutes: int
    by: str
    on: date
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SearchRun:
    """A search that belongs to the case: `tree_size` is what there was to search, `hits` how many conversations."""

    id: str
    query: Query = field(repr=False)
    at: datetime
    by: str
    tree_size: int
    hits: int
    seconds: float
    recall: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Leave to open sealed content in a case, for a time. `asked_by` and `given_by` are two officers; `appointed` says
    that the first had appointed the second."""

    asked_by: str
    asked_at: datetime
    reason: str = field(repr=False)
    given_by: str = ""
    given_at: datetime | None = None
    until: datetime | None = None
    refused: bool = False
    appointed: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """Sealed content that was shown: which conversation, to whom, when."""

    unit: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still from `since` until `until` (None: still does)."""

    reason: Literal["clarification", "identity", "fee"]
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, lawfully taken. `public_interest` (FOIA s.10(3)) states a date; `complex` gives what the law gives
    (EIR reg.7, UK GDPR Art 12A, internal review). `told_on` is when the requester was told, with reasons."""

    ground: Literal["public_interest", "complex"]
    told_on: date
    reason: str = field(repr=False)
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a text that an officer reads in one go: the `number`-th of `of` in the text of part `part`."""

    part: int
    form: Form
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A span that an officer should look at: `pseudonym` stands for somebody already, `detector` found something."""

    start: int
    end: int
    label: str
    source: Literal["detector", "pseudonym"]


@dataclass(frozen=True, slots=True)
class TextMarks:
    """What stands out in the text of a part in one form."""

    part: int
    form: Form
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sample of hits says of the whole (FOIA s.12): `sampled` conversations of `total` took `minutes`."""

    sampled: int
    minutes: int
    total: int
    by: str
    on: date
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Correction:
    """A note that stands beside a record whose content is disputed (UK GDPR Art 16)."""

    unit: int
    ref: str
    at: datetime
    by: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StandingCorrection:
    """A correction as it stands beside a conversation in whatever case somebody reads it. `name` says which it is: the
    case that made it, and its number there."""

    name: str
    ref: str
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class UnitText:
    """One text of a conversation, in its order there. `part` names the text as it came, `sent_part` as it left (None
    where it was only sealed); `ref` is the record that added it, `manifest` which of its lists it stands in.

    `kept` and `kept_salt` are None unless sealed content was opened; `sent_salt` and `kept_salt` open the commitments
    `sent_root` and `kept_root` (gateway.ledger.words).
    """

    part: int
    sent_part: int | None
    ref: str
    role: str
    manifest: Literal["facts", "request", "reply"]
    position: int
    root: bytes
    sent: str | None
    sent_salt: bytes | None
    sent_root: bytes | None
    kept_root: bytes
    kept: str | None = None
    kept_salt: bytes | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """What is particular to an incident. `aware_at` starts the 72 hours of UK GDPR Art 33(1)."""

    aware_at: datetime
    near_miss: bool
    self_reported: bool
    personal_data: bool
    refs: tuple[str, ...]
    ico_told_at: datetime | None = None
    people_told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the chain of custody: what was done, by whom, when, with the hash of the event. `said` is what was
    written with it: the reason, the question, the answer."""

    seq: int
    at: datetime
    by: str
    what: str
    hash: str
    said: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as it stands. Dates are civil dates in the United Kingdom, times UTC. `clock` says in words how `due_on`
    was worked out; `due_at` is the hour where the law counts hours; `due_given` a date that somebody else set.
    Officers are named by id; `officers` gives their roles in words at the time they acted. `id` is the case's own
    number, `reference` the one that the council's other systems use, `marks` what was read of each conversation by
    whom, `found_by` the search that first found it, `sent_back` what the second reader asked to look at again,
    `restricted` and `erased` the conversations on which a right was carried out. `decided` are the numbers of the
    events by which conversations were decided on, `persons` tells which officers' ids are one person, `premarks` is
    what detection of version `premarked_by` marked.
    """

    id: str
    controller: str
    kind: CaseKind
    state: str
    reference: str = field(repr=False)
    subject: str = field(repr=False)
    requester: str = field(repr=False)
    received_on: date
    due_on: date | None
    clock: str
    opened_at: datetime
    closed_at: datetime | None
    second_reader: bool
    searches: tuple[SearchRun, ...] = ()
    units: tuple[int, ...] = ()
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    time: tuple[TimeEntry, ...] = ()
    approvals: tuple[Approval, ...] = ()
    openings: tuple[Opening, ...] = ()
    pauses: tuple[Pause, ...] = ()
    notes: tuple[tuple[datetime, str, str], ...] = field(default=(), repr=False)
    steps: tuple[Step, ...] = ()
    officers: Mapping[str, str] = field(default_factory=dict)
    incident: Incident | None = None
    related: tuple[str, ...] = ()
    outcome: str = field(default="", repr=False)
    due_at: datetime | None = None
    due_given: date | None = None
    acknowledged_on: date | None = None
    extension: Extension | None = None
    holds: tuple[str, ...] = ()
    marks: Mapping[int, Mapping[str, frozenset[Passage]]] = field(default_factory=dict)
    found_by: Mapping[int, str] = field(default_factory=dict)
    sent_back: Mapping[int, str] = field(default_factory=dict, repr=False)
    estimates: tuple[Estimate, ...] = ()
    corrections: tuple[Correction, ...] = ()
    restricted: frozenset[int] = frozenset()
    erased: frozenset[int] = frozenset()
    dispose_after: date | None = None
    reopened: bool = False
    answered_on: date | None = None
    decided: Mapping[int, int] = field(default_factory=dict)
    persons: Mapping[str, str] = field(default_factory=dict, repr=False)
    premarked_by: str = ""
    premarks: Mapping[tuple[int, Form], tuple[Mark, ...]] = field(default_factory=dict, repr=False)

    @property
    def hold(self) -> str:
        """The hold that was placed first; empty where there is none."""
        return self.holds[0] if self.holds else ""

    @property
    def seq(self) -> int:
        """How many events the case has had."""
        return len(self.steps)
