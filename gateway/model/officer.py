"""Who may use the records, and as what (policy clauses 4, 7.9, 14.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """The field's standard roles. What each may do is in `gateway.records.access`."""

    IG_OFFICER = "ig_officer"
    DPO = "dpo"
    AUDITOR = "auditor"
    INVESTIGATOR = "investigator"
    SERVICE_MANAGER = "service_manager"


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who is signed in to the records. `id` is public (it stands in the key), `email` is personal data, never
    logged and in no leaf; `services` limits a service manager. Times are timezone-aware UTC."""

    id: str
    email: str = field(repr=False)
    name: str = field(repr=False)
    roles: frozenset[Role]
    controllers: frozenset[str]
    expires: datetime
    services: frozenset[str] = frozenset()

    @property
    def address(self) -> str:
        """The e-mail address, as it is compared: a person with two keys has one."""
        return self.email.strip().casefold()


class Tie(StrEnum):
    """What a second person is to the first. `SAME`: the same person, under another key."""

    NONE = "none"
    SAME = "same"
    APPOINTED = "appointed"


@dataclass(frozen=True, slots=True)
class OfficerRecord:
    """An officer as stored: `digest` is the keyed digest of the officer's key, in lower-case hex; never the key.
    `added_by` is the id of the officer who appointed this one; empty where whoever runs the gateway did."""

    officer: Officer
    digest: str = field(repr=False)
    created: datetime
    revoked: datetime | None = None
    added_by: str = ""


class OfficerStore(Protocol):
    """Where officers are kept. Synchronous; every method raises Unavailable where the store fails."""

    def get(self, officer_id: str) -> OfficerRecord | None:
        """The officer of that id, also when expired or revoked; None where there is none."""
        ...

    def add(self, record: OfficerRecord, who: str) -> None:
        """Store a new officer; `who` acts. Raises ValueError where the id is taken."""
        ...

    def revoke(self, officer_id: str, at: datetime, who: str) -> bool:
        """Revoke from `at` on; false where there is none. A second revocation keeps the first time."""
        ...

    def list(self) -> Sequence[OfficerRecord]:
        """Every officer, oldest first."""
        ...
