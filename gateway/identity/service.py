"""Turns headers into a caller, or turns them away.

A key is looked up by its public id, and its whole is compared by keyed digest in constant time; an id that
nobody has is compared too, with a digest that fits nothing, so that both take the same steps. Records are
kept in memory for two seconds at most, so a revocation bites at once on every worker.
"""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gateway.identity.keys import KeyStore, digest, key_id_of
from gateway.identity.limits import Buckets, Rate
from gateway.identity.pseudonyms import Pseudonyms
from gateway.identity.rejection import KeyRejected
from gateway.identity.users import PinnedProxy, ProxyCheck, TokenCheck, TokenIssuer, checked_user
from gateway.model.call import Credentials
from gateway.model.caller import Caller
from gateway.model.errors import GatewayError, TooManyRequests, Unavailable
from gateway.model.key import KeyRecord
from gateway.telemetry import metrics
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)

CACHE_S: Final = 2.0
MAX_CACHED: Final = 10_000
TASK_HEADER: Final = "x-ai-task"
UNSEEN_TASKS: Final = frozenset(
    {
        "title_generation",
        "tags_generation",
        "follow_up_generation",
        "emoji_generation",
        "query_generation",
        "image_prompt_generation",
        "autocomplete_generation",
        "function_calling",
    }
)
"""What a chat UI asks for itself, by the names that Open WebUI gives: its answers are parsed, and not read as the
assistant's. Its merging of several answers (`moa_response_generation`) is read, so it is not here."""
_NOBODY: Final = "0" * 64
"""A digest that no key has: compared with where the id is unknown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`calls` for keys that set no rate of their own; `failures` for each peer's failed attempts."""

    calls: Rate = field(default_factory=lambda: Rate(per_minute=120, burst=60))
    failures: Rate = field(default_factory=lambda: Rate(per_minute=12, burst=24))


class IdentityService:
    """The identity port, over a key store.

    `pepper` (at least 32 bytes) keys the digests of keys and of actors. `controllers` are those that exist:
    a key of another is refused. `now` gives Unix time and `clock` monotonic time, in seconds.
    """

    def __init__(
        self,
        keystore: KeyStore,
        pepper: bytes,
        controllers: Iterable[str],
        *,
        issuers: Iterable[TokenIssuer] = (),
        proxies: Iterable[PinnedProxy] = (),
        limits: Limits | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        digest("", pepper)  # raises where the pepper is too short
        self._keystore = keystore
        self._pepper = pepper
        self.pseudonyms = Pseudonyms(pepper)
        self._controllers = frozenset(controllers)
        self._tokens: Mapping[str, TokenCheck] = {i.name: TokenCheck(i, now) for i in issuers}
        self._proxies: Mapping[str, ProxyCheck] = {p.name: ProxyCheck(p) for p in proxies}
        self._limits = limits or Limits()
        self._now, self._clock = now, clock
        self._calls, self._failures = Buckets(clock), Buckets(clock)
        self._cached: OrderedDict[str, tuple[float, KeyRecord | None]] = OrderedDict()

    async def authenticate(self, credentials: Credentials) -> Caller:
        """See `Identity.authenticate`. A peer's failures are limited; a valid key is never held up by them."""
        try:
            record = await self._known(credentials)
            user = self._user(record, credentials)
        except KeyRejected:
            wait = self._failures.take(credentials.peer, self._limits.failures)
            if wait:
                raise TooManyRequests(
                    "Too many failed attempts from this address. Check the key before trying again.",
                    code="too_many_failures",
                    retry_after_s=wait,
                ) from None
            raise
        self._limit(record)
        return self._caller(record, user, credentials.headers.get(TASK_HEADER, ""))

    async def publish_expiry(self) -> None:
        """Set the metric of each controller's next key expiry; to be called at start-up and every few minutes."""
        now = self._now()
        records = await self._keystore.list()
        for controller in self._controllers:
            left = [
                record.expires.timestamp() - now
                for record in records
                if record.controller == controller and record.revoked is None and record.expires.timestamp() > now
            ]
            metrics.key_expiry(controller, min(left, default=float("inf")))

    async def _known(self, credentials: Credentials) -> KeyRecord:
        """The record of a key that is right, of a known controller, and in force. Raises KeyRejected."""
        shown = credentials.secret or secret_of(credentials.headers)
        if not shown:
            raise KeyRejected("no_key")
        key_id = key_id_of(shown)
        if key_id is None:
            raise KeyRejected("malformed_key")
        record = await self._record(key_id)
        expected = record.digest if record is not None else _NOBODY
        right = hmac.compare_digest(digest(shown, self._pepper), expected)
        if record is None or not right:
            raise KeyRejected("unknown_key")
        if record.controller not in self._controllers:
            raise KeyRejected("unknown_controller")
        now = datetime.fromtimestamp(self._now(), UTC)
        if record.revoked is not None and record.revoked <= now:
            raise KeyRejected("revoked_key")
        if record.expires <= now:
            raise KeyRejected("expired_key")
        return record

    async def _record(self, key_id: str) -> KeyRecord | None:
        """The record from memory, where it is fresh, or from the store. Ids that nobody has are remembered too."""
        now = self._clock()
        cached = self._cached.get(key_id)
        if cached is not None and now - cached[0] < CACHE_S:
            return cached[1]
        try:
            record = await self._keystore.get(key_id)
        except GatewayError:
            raise
        except Exception as error:  # any fault of the store means that nobody can be known: fail closed
            log.error("key_store_failed", exc_info=error)
            raise Unavailable("The gateway can't check keys just now. Try again shortly.", retry_after_s=5) from None
        self._cached[key_id] = (now, record)  # as of before the question was asked
        self._cached.move_to_end(key_id)
        while len(self._cached) > MAX_CACHED:
            self._cached.popitem(last=False)
        return record

    def _user(self, record: KeyRecord, credentials: Credentials) -> str | None:
        """The end user behind an app key, where one is proved. Raises KeyRejected where the proof is bad."""
        if record.kind == "person":
            return checked_user(record.owner)
        check: TokenCheck | ProxyCheck | None = None
        if record.token_issuer is not None:
            check = self._tokens.get(record.token_issuer)
        elif record.proxy is not None:
            check = self._proxies.get(record.proxy)
        else:
            return None
        if check is None:
            raise KeyRejected("unknown_issuer")
        return check.user(credentials)

    def _limit(self, record: KeyRecord) -> None:
        default = self._limits.calls
        rate = Rate(record.rate_per_minute or default.per_minute, record.burst or default.burst)
        wait = self._calls.take(record.id, rate)
        if wait:
            raise TooManyRequests(
                "This key has made too many calls in a short time. Wait a moment and try again.", retry_after_s=wait
            )

    def _caller(self, record: KeyRecord, user: str | None, task: str) -> Caller:
        """The caller. For a task of an app's own, on behalf of a person it has proved, the note goes beside the reply,
        and a refusal is an error, which the app drops: as words it would become a title."""
        identity = user if user is not None else f"app:{record.id}"
        unseen = record.kind == "app" and user is not None and task.rpartition(".")[2].lower() in UNSEEN_TASKS
        return Caller(
            controller=record.controller,
            key_id=record.id,
            kind=record.kind,
            actor=self.pseudonyms.of(record.controller, identity),
            identity=identity,
            person_known=user is not None,
            person_class=record.person_class,
            service=record.service,
            purpose=record.purposes[0],
            note_mode="sidecar" if unseen else record.note_mode,
            refusal_as_message=record.refusal_as_message and not unseen,
            purposes=frozenset(record.purposes),
        )


def secret_of(headers: Mapping[str, str]) -> str | None:
    """The key in `Authorization: Bearer` (RFC 6750), else in `x-api-key`; None where there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "").strip() or None
