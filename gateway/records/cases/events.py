"""What happens in a case: one frozen value for each kind of event.

The kind's name (`KINDS`) stands in the ledger in clear; every field is sealed. A kind or field is added, never given
another meaning: what was written stays readable for as long as the case is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from gateway.model.case import (
    Activity,
    CaseKind,
    Decision,
    Estimate,
    Extension,
    Incident,
    Passage,
    TextMarks,
)
from gateway.model.search import Query


@dataclass(frozen=True, slots=True)
class Opened:
    """The request came in, or the incident was noticed. `number` is the council's next of `year`."""

    controller: str
    kind: CaseKind
    prefix: str
    year: int
    number: int
    received_on: date
    reference: str = field(repr=False)
    subject: str = field(repr=False)
    requester: str = field(repr=False)
    second_reader: bool = True
    due_given: date | None = None
    incident: Incident | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """A search was run. `units` are all it found, `hold` the legal hold placed with it (empty where there is none)."""

    search: str
    query: Query = field(repr=False)
    tree_size: int
    units: tuple[int, ...]
    millis: int
    recall: str
    hold: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """A note to the file."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """Minutes for the section 12 sheet."""

    activity: Activity
    minutes: int
    on: date
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Estimated:
    """The cost of the whole was estimated from a sample."""

    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Paused:
    """The clock stopped: the requester was asked for something."""

    reason: Literal["clarification", "identity", "fee"]
    since: date
    asked: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was asked for has come."""

    until: date
    answer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Extended:
    """More time was taken."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The complainant was told that the complaint has come."""

    on: date


@dataclass(frozen=True, slots=True)
class DueGiven:
    """Somebody, such as the Commissioner, set a date."""

    due_on: date
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recounted:
    """The due date was worked out anew: the list of holidays was changed."""

    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Related:
    """Another case belongs to this one: aggregated (FOIA s.12(4)), or the one under review."""

    case: str


@dataclass(frozen=True, slots=True)
class Premarked:
    """Detection of version `suite` marked these texts for reading."""

    suite: str
    texts: tuple[TextMarks, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """An officer read these passages of a conversation."""

    unit: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to happen with a conversation."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The second reader agrees with the decisions on these conversations."""

    units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ConfirmedByAppointee(Confirmed):
    """The same, by an officer whom the one who decided had appointed. The ledger's leaf says so in clear."""


@dataclass(frozen=True, slots=True)
class SentBack:
    """The second reader wants a conversation looked at again."""

    unit: int
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """An officer asked for leave to open the sealed content of the case's hits."""

    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """Leave was given until then. `alone` where policy asks for no second person."""

    until: datetime
    alone: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalGivenByAppointee(ApprovalGiven):
    """The same, by an officer whom the one who asked had appointed. The ledger's leaf says so in clear."""


@dataclass(frozen=True, slots=True)
class ApprovalRefused:
    """Leave was not given."""

    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Sealed content of a conversation was opened; written before anything was shown."""

    unit: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction that is to stand beside a record."""

    unit: int
    ref: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Restricted:
    """Processing of these conversations is restricted (UK GDPR Art 18, 21)."""

    units: tuple[int, ...]
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lifted:
    """The restriction ended."""

    units: tuple[int, ...]
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Erased:
    """The content of these conversations was destroyed (Art 17); `certificate` names the disposal run."""

    units: tuple[int, ...]
    certificate: str


@dataclass(frozen=True, slots=True)
class IncidentChanged:
    """The facts of an incident, as they are known now."""

    incident: Incident
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """The ICO, or the people concerned, were told (Art 33, 34)."""

    whom: Literal["ico", "people"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Exported:
    """A release package was made, or the originals were sealed for the Commissioner or a tribunal. `digest` is what the
    package's signature covers, or the SHA-256 of the sealed file; `accepted` are the lines whose withheld words may
    stand elsewhere, `warnings` how many places an officer looked at."""

    what: Literal["package", "originals"]
    digest: str
    accepted: tuple[str, ...] = ()
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """The answer went out, or the case ended otherwise. The file is kept up to and including `dispose_after`."""

    outcome: str
    on: date
    dispose_after: date
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Reopened:
    """The case goes on: an internal review, the ICO, something overlooked."""

    reason: str = field(repr=False)


Event = (
    Opened | Searched | Noted | TimeSpent | Estimated | Paused | Resumed | Extended | Acknowledged | DueGiven |
    Recounted | Related | Premarked | Marked | Decided | Confirmed | SentBack | ApprovalAsked | ApprovalGiven |
    ApprovalRefused | Unsealed | Corrected | Restricted | Lifted | Erased | IncidentChanged | Told | Exported | Closed |
    Reopened
)  # fmt: skip

KINDS: Mapping[str, type[Event]] = {
    "opened": Opened,
    "searched": Searched,
    "noted": Noted,
    "time_spent": TimeSpent,
    "estimated": Estimated,
    "paused": Paused,
    "resumed": Resumed,
    "extended": Extended,
    "acknowledged": Acknowledged,
    "due_given": DueGiven,
    "recounted": Recounted,
    "related": Related,
    "premarked": Premarked,
    "marked": Marked,
    "decided": Decided,
    "confirmed": Confirmed,
    "confirmed_by_appointee": ConfirmedByAppointee,
    "sent_back": SentBack,
    "approval_asked": ApprovalAsked,
    "approval_given": ApprovalGiven,
    "approval_given_by_appointee": ApprovalGivenByAppointee,
    "approval_refused": ApprovalRefused,
    "unsealed": Unsealed,
    "corrected": Corrected,
    "restricted": Restricted,
    "lifted": Lifted,
    "erased": Erased,
    "incident_changed": IncidentChanged,
    "told": Told,
    "exported": Exported,
    "closed": Closed,
    "reopened": Reopened,
}
NAMES: Mapping[type[Event], str] = {each: name for name, each in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its place: who did it, in which role in words, when, and the clock as it stood afterwards. `person`
    is the same for every id that one person acts under."""

    seq: int
    at: datetime
    by: str
    role: str
    event: Event
    due_on: date | None = None
    due_at: datetime | None = None
    clock: str = ""
    hash: str = ""
    person: str = field(default="", repr=False)

    @property
    def kind(self) -> str:
        """The event's name."""
        return NAMES[type(self.event)]
