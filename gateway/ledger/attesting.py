"""Asking others to vouch for the log: witnesses for cosignatures, a time-stamping authority for time stamps.

Each run is short, keeps what it got, and says in a code how it went; the caller decides when to run again. A witness
that saw more than we have, or another history, is the one outcome that somebody must look into.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

from cryptography import x509

from gateway.ledger import timestamps
from gateway.ledger.checkpoint import BadCheckpoint, split_note
from gateway.ledger.cosignature import Cosignatures
from gateway.ledger.witness import SIZE_TYPE, TEXT_TYPE, encode_request

Outcome = Literal["ok", "current", "unreachable", "refused", "conflict", "invalid"]
"""`ok`: something new was got. `current`: there was nothing to ask for. `conflict`: the witness knows another history
of this log, or a longer one. `refused`: it does not serve us. `invalid`: what it sent does not verify."""
ATTEMPTS: Final = 3
PAUSES: Final = (1.0, 4.0)
"""Seconds between attempts at somebody who can't be reached."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response: status, content type without parameters, body."""

    status: int
    kind: str
    body: bytes


class Post(Protocol):
    """Sends a request and waits for its response. Raises OSError where there is none in time."""

    def __call__(self, url: str, body: bytes, kind: str) -> Reply:
        """POST `body` of content type `kind`."""
        ...


class Attestations(Protocol):
    """What is on record, and where more is kept."""

    def newest(self) -> tuple[int, str] | None:
        """The newest checkpoint's size and signed note."""
        ...

    def cosigned(self, witness: str) -> tuple[int, str]:
        """The largest size that this witness cosigned, and when; 0 and empty without one."""
        ...

    def consistency(self, old: int, size: int) -> list[bytes]:
        """The RFC 6962 proof between two sizes; empty for 0 and for equal ones."""
        ...

    def keep_cosignature(self, size: int, witness: str, at: datetime, line: str) -> None:
        """Keep a witness's line; an earlier one for this size stays."""
        ...

    def stamped(self) -> Mapping[str, str]:
        """When each authority stamped last (UTC text)."""
        ...

    def keep_time_stamp(self, size: int, authority: str, at: datetime, token: bytes) -> None:
        """Keep an authority's response; an earlier one for this size stays."""
        ...


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness to ask: its submission prefix and its public key."""

    url: str
    key: Cosignatures


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority: its name on record, its address, and the roots its certificate must lead to."""

    name: str
    url: str
    roots: Sequence[x509.Certificate]


def cosign(
    rows: Attestations, witness: WitnessAddress, post: Post, sleep: Callable[[float], object] = time.sleep
) -> Outcome:
    """Have the newest checkpoint cosigned by one witness."""
    newest = rows.newest()
    if newest is None:
        return "current"
    size, note = newest
    old, _ = rows.cosigned(witness.key.name)
    if old > size:
        return "conflict"  # our own rows remember more than the log has
    if old == size:
        return "current"
    for _ in range(2):  # the second time from the size that the witness names
        body = encode_request(old, rows.consistency(old, size), note)
        reply = _post(post, f"{witness.url.rstrip('/')}/add-checkpoint", body, TEXT_TYPE, sleep)
        if reply is None:
            return "unreachable"
        if reply.status == 200:
            return _keep_cosignature(rows, witness, size, note, reply.body)
        if reply.status != 409:
            return "conflict" if reply.status == 422 else "unreachable" if reply.status >= 429 else "refused"
        known = _known_size(reply)
        if known is None:
            return "invalid"
        size, note = rows.newest() or newest  # somebody else may have shown the witness a newer one meanwhile
        if known > size or known == old:
            return "conflict"
        old = known
    return "conflict"


def _keep_cosignature(rows: Attestations, witness: WitnessAddress, size: int, note: str, body: bytes) -> Outcome:
    text, _ = split_note(note)
    try:
        lines = body.decode().splitlines(keepends=True)
    except UnicodeDecodeError:
        return "invalid"
    for line in lines:
        try:
            at = witness.key.check(text, line)
        except BadCheckpoint:
            continue  # of another key, which is to be ignored
        rows.keep_cosignature(size, witness.key.name, datetime.fromtimestamp(at, UTC), line.rstrip("\n") + "\n")
        return "ok"
    return "invalid"


def _known_size(reply: Reply) -> int | None:
    text = reply.body[:32].strip()
    return int(text) if reply.kind == SIZE_TYPE and text.isdigit() else None


def time_stamp(
    rows: Attestations, authority: Authority, post: Post, sleep: Callable[[float], object] = time.sleep
) -> Outcome:
    """Have the newest checkpoint stamped."""
    newest = rows.newest()
    if newest is None:
        return "current"
    size, note = newest
    query, nonce = timestamps.request(note.encode())
    reply = _post(post, authority.url, query, timestamps.REQUEST_TYPE, sleep)
    if reply is None:
        return "unreachable"
    if reply.status != 200:
        return "unreachable" if reply.status >= 429 else "refused"
    try:
        at = timestamps.verify(reply.body, note.encode(), authority.roots, nonce)
    except timestamps.BadTimeStamp:
        return "invalid"
    rows.keep_time_stamp(size, authority.name, at.replace(microsecond=0), reply.body)
    return "ok"


def _post(post: Post, url: str, body: bytes, kind: str, sleep: Callable[[float], object]) -> Reply | None:
    for attempt in range(ATTEMPTS):
        try:
            reply = post(url, body, kind)
        except OSError:
            reply = None
        if reply is not None and reply.status < 500:
            return reply
        if attempt < ATTEMPTS - 1:
            sleep(PAUSES[attempt])
    return None
