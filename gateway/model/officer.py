"""Who may use the records, and as what (policy clauses 4, 7.9, 14.1)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
