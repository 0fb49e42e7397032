"""Who an officer is: by a key like a gateway key, that opens the records and calls no tool, or by a signed token.

A key reads `ago_<id>_<secret><check>` (`gateway.identity.keys`). It is compared by keyed digest in constant time; every
reason why somebody is not let in gives one and the same message, and a peer's failures are limited.
"""

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.identity.keys import MIN_PEPPER_BYTES, key_id_of, new_key
from gateway.identity.limits import Buckets, Rate
from gateway.identity.officer_tokens import OfficerTokens
from gateway.identity.rejection import KeyRejected
from gateway.identity.users import checked_user
from gateway.model.errors import TooManyRequests, Unauthenticated
from gateway.model.officer import Officer, OfficerRecord, OfficerStore, Role

PREFIX: Final = "ago_"
MESSAGE: Final = (
    "The records need a valid officer's key. Check the key, or ask the Data Protection Officer for a new one."
)
MOST_DAYS: Final = 400
"""A role is given anew at least once a year."""
_FAILURES: Final = Rate(per_minute=6, burst=12)
_NOBODY: Final = "0" * 64


def create_officer(
    *,
    pepper: bytes,
    email: str,
    name: str,
    roles: Collection[Role],
    controllers: Collection[str],
    valid_for: timedelta,
    services: Collection[str] = (),
    added_by: str = "",
    now: datetime | None = None,
) -> tuple[str, OfficerRecord]:
    """A new officer and the key, to be shown once; `added_by` is the officer who appoints, empty for whoever runs the
    gateway. Raises ValueError naming the field at fault."""
    created = now or datetime.now(UTC)
    try:
        checked_user(email)
    except KeyRejected:
        raise ValueError("email: an officer needs an e-mail address, in at most 254 characters") from None
    if not roles:
        raise ValueError("roles: an officer needs at least one role")
    if services and set(roles) != {Role.SERVICE_MANAGER}:
        raise ValueError(
            "services: only a service manager is limited to services; other roles work for the whole council"
        )
    if not controllers:
        raise ValueError("controllers: an officer needs at least one council")
    if not timedelta(0) < valid_for <= timedelta(days=MOST_DAYS):
        raise ValueError(f"valid_for: a role lasts between one day and {MOST_DAYS} days")
    officer_id, shown = new_key(PREFIX)
    officer = Officer(
        officer_id, email, name.strip() or email, frozenset(roles), frozenset(controllers), created + valid_for,
        frozenset(services),
    )  # fmt: skip
    return shown, OfficerRecord(officer, digest(shown, pepper), created, added_by=added_by)


def digest(shown: str, pepper: bytes) -> str:
    """HMAC-SHA-256 of the whole key under the pepper, in hex. Raises ValueError for a short pepper."""
    if len(pepper) < MIN_PEPPER_BYTES:
        raise ValueError(f"pepper: at least {MIN_PEPPER_BYTES} bytes are needed")
    return hmac.new(pepper, b"ago-key-v1\0" + shown.encode(), hashlib.sha256).hexdigest()


class OfficerIdentity:
    """Turns an officer's key, or a token of one of `tokens`, into the officer. Synchronous: the store is asked every
    time, so that a revocation bites at once. `now` gives the time, `clock` monotonic seconds."""

    def __init__(
        self,
        store: OfficerStore,
        pepper: bytes,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        tokens: Iterable[OfficerTokens] = (),
    ) -> None:
        digest("", pepper)  # raises where the pepper is too short
        self._store = store
        self._tokens = tuple(tokens)
        self._pepper = pepper
        self._now = now
        self._failures = Buckets(clock)

    def authenticate(self, shown: str, peer: str) -> Officer:
        """The officer. Raises Unauthenticated, one message for every cause; TooManyRequests; Unavailable."""
        officer = self._known(shown) or self._signed(shown)
        if officer is not None:
            return officer
        wait = self._failures.take(peer, _FAILURES)
        if wait:
            raise TooManyRequests(
                "Too many failed attempts from this address. Check the key before trying again.",
                code="too_many_failures",
                retry_after_s=wait,
            )
        raise Unauthenticated(MESSAGE, code="invalid_officer_key")

    def _known(self, shown: str) -> Officer | None:
        officer_id = key_id_of(shown, PREFIX)
        record = self._store.get(officer_id) if officer_id is not None else None
        expected = record.digest if record is not None else _NOBODY
        right = hmac.compare_digest(digest(shown, self._pepper), expected)
        if record is None or not right:
            return None
        now = self._now()
        if (record.revoked is not None and record.revoked <= now) or record.officer.expires <= now:
            return None
        return record.officer

    def _signed(self, shown: str) -> Officer | None:
        """The officer of a token (JWT, RFC 7519), recognised by its two dots, which no key has."""
        if shown.count(".") != 2:
            return None
        return next((officer for each in self._tokens if (officer := each.officer(shown)) is not None), None)
