"""A gateway key as it is stored: who may call, as what, until when. Never the key itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from gateway.model.caller import NoteMode


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One gateway key of one data controller. Times are timezone-aware UTC.

    `id` is public (it stands in the key and in records); `digest` is the keyed digest of the whole key,
    in lower-case hex. `owner` is the person (kind `person`) or the responsible officer (kind `app`), by
    e-mail: personal data, never logged. `name` is what the key is for, in the owner's words.
    `purposes` may be claimed with the key; the first is used where the caller names none.
    An `app` key learns its end user from the token issuer or the pinned proxy of that name in the
    identity configuration; with neither, no person is known. `rate_per_minute` and `burst` limit calls,
    0 meaning the configured default. `note_mode` None leaves the choice to the tool.
    """

    id: str
    digest: str = field(repr=False)
    controller: str
    kind: Literal["person", "app"]
    owner: str = field(repr=False)
    name: str = field(repr=False)
    service: str
    person_class: str
    purposes: tuple[str, ...]
    created: datetime
    expires: datetime
    revoked: datetime | None = None
    note_mode: NoteMode | None = None
    refusal_as_message: bool = False
    rate_per_minute: int = 0
    burst: int = 0
    token_issuer: str | None = None
    proxy: str | None = None


class KeyStore(Protocol):
    """Where keys are kept. Every method raises Unavailable where the store fails."""

    async def get(self, key_id: str) -> KeyRecord | None:
        """The key of that id, also when it has expired or was revoked; None where there is none."""
        ...

    async def add(self, record: KeyRecord, who: str = "") -> None:
        """Store a new key; `who` is the administrator that made it. Raises ValueError where the id is taken."""
        ...

    async def revoke(self, key_id: str, at: datetime, who: str = "") -> bool:
        """Revoke a key from `at` on; false where there is none. A second revocation keeps the first time."""
        ...

    async def list(self, controller: str | None = None) -> Sequence[KeyRecord]:
        """Every key (of one controller), oldest first."""
        ...
