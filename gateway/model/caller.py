"""Who calls, and the approved tool they reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NoteMode = Literal["visible", "sidecar"]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller of one data controller.

    `actor` is the pseudonymous id of the person (or of the app where no person is known): a keyed
    digest per controller, safe for ledger leaves. `identity` is the same in clear (e-mail or subject),
    content to be sealed, never logged. `person_known` is false for an app key with no end user.
    `purpose` applies where a call names none; `purposes` are those it may name, empty meaning any.
    """

    controller: str
    key_id: str
    kind: Literal["person", "app"]
    actor: str
    identity: str = field(repr=False)
    person_known: bool
    person_class: str
    service: str
    purpose: str
    note_mode: NoteMode | None = None
    refusal_as_message: bool = False
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Deployment:
    """One place where a tool's model runs. Failover stays within the same processor and region."""

    id: str
    upstream: str
    model: str
    processor: str
    region: str
    timeout_s: float = 120.0
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tool:
    """An entry of the register as the pipeline needs it.

    `deployments` are already limited to those approved for the caller's triple, in order of preference.
    `client_tools` are the functions that run on the caller's side and may receive restored values.
    `files`, `pictures` and `recordings` say how those that can be read may leave.
    `policy` is opaque here: only `stages.decide` knows its type.
    """

    id: str
    name: str
    tier: str
    state: str
    deployments: tuple[Deployment, ...]
    retries: int = 1
    note_mode: NoteMode = "visible"
    client_tools: frozenset[str] = frozenset()
    files: Literal["refuse", "text"] = "refuse"
    pictures: Literal["refuse", "text", "redact"] = "refuse"
    recordings: Literal["refuse", "text", "heard"] = "refuse"
    policy: object = field(default=None, repr=False)
