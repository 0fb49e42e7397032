"""Gateway keys: how they look, how they are made, and the digest that is all we keep of them.

A key reads `agw_<id>_<secret><check>`: 10 characters of public id, 43 of secret (256 random bits in base
62), 6 of CRC-32 check. The fixed prefix and the check let secret scanners find a leaked key, and let us
turn a mistyped one away without asking the store. The check proves nothing: only the digest does.
"""

import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from gateway.identity.rejection import KeyRejected
from gateway.identity.users import checked_user
from gateway.model.caller import NoteMode
from gateway.model.key import KeyRecord as KeyRecord
from gateway.model.key import KeyStore as KeyStore

PREFIX = "agw_"
ID_LENGTH = 10
SECRET_BYTES = 32
SECRET_LENGTH = 43
CHECK_LENGTH = 6
MIN_PEPPER_BYTES = 32

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_KEY = re.compile(
    rf"(?P<prefix>ag[wo]_)(?P<id>[{_ID_ALPHABET}]{{{ID_LENGTH}}})_"
    rf"(?P<secret>[0-9A-Za-z]{{{SECRET_LENGTH}}})(?P<check>[0-9A-Za-z]{{{CHECK_LENGTH}}})",
    re.ASCII,
)
KEY_PATTERN = rf"ag[wo]_[{_ID_ALPHABET}]{{{ID_LENGTH}}}_[0-9A-Za-z]{{{SECRET_LENGTH + CHECK_LENGTH}}}"
"""For secret scanners, our own detection of secrets included. `ago_` keys are those of officers."""


def create_key(
    *,
    pepper: bytes,
    controller: str,
    kind: Literal["person", "app"],
    owner: str,
    name: str,
    service: str,
    person_class: str,
    purposes: Sequence[str],
    valid_for: timedelta,
    now: datetime | None = None,
    note_mode: NoteMode | None = None,
    refusal_as_message: bool = False,
    rate_per_minute: int = 0,
    burst: int = 0,
    token_issuer: str | None = None,
    proxy: str | None = None,
) -> tuple[str, KeyRecord]:
    """A new key, to be shown once, and the record to store. Raises ValueError naming the field at fault."""
    created = now or datetime.now(UTC)
    _check(owner, purposes, valid_for, kind, token_issuer, proxy)
    key_id, shown = new_key(PREFIX)
    record = KeyRecord(
        id=key_id,
        digest=digest(shown, pepper),
        controller=controller,
        kind=kind,
        owner=owner,
        name=name,
        service=service,
        person_class=person_class,
        purposes=tuple(purposes),
        created=created,
        expires=created + valid_for,
        note_mode=note_mode,
        refusal_as_message=refusal_as_message,
        rate_per_minute=rate_per_minute,
        burst=burst,
        token_issuer=token_issuer,
        proxy=proxy,
    )
    return shown, record


def new_key(prefix: str) -> tuple[str, str]:
    """A public id that nobody has, and a key of that kind to be shown once."""
    key_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(ID_LENGTH))
    secret = _base62(int.from_bytes(secrets.token_bytes(SECRET_BYTES)), SECRET_LENGTH)
    return key_id, f"{prefix}{key_id}_{secret}{_checksum(key_id, secret)}"


def _check(
    owner: str,
    purposes: Sequence[str],
    valid_for: timedelta,
    kind: Literal["person", "app"],
    token_issuer: str | None,
    proxy: str | None,
) -> None:
    try:
        checked_user(owner)
    except KeyRejected:
        raise ValueError("owner: a key needs a person who answers for it, in at most 254 characters") from None
    if isinstance(purposes, str) or not purposes or not all(purposes):
        raise ValueError("purposes: a key needs at least one purpose")
    if valid_for <= timedelta(0):
        raise ValueError("valid_for: a key must be valid for some time")
    if kind == "person" and (token_issuer or proxy):
        raise ValueError("token_issuer, proxy: only an app key carries other people")
    if token_issuer and proxy:
        raise ValueError("token_issuer, proxy: an app key has one way to name its user, not two")


def key_id_of(shown: str, prefix: str = PREFIX) -> str | None:
    """The public id in a key, or None where it isn't one of ours (wrong form, wrong kind or mistyped)."""
    match = _KEY.fullmatch(shown)
    if match is None or match["prefix"] != prefix or match["check"] != _checksum(match["id"], match["secret"]):
        return None
    return match["id"]


def digest(shown: str, pepper: bytes) -> str:
    """HMAC-SHA-256 of the whole key under the pepper, in hex. Raises ValueError for a short pepper.

    A fast digest is enough: the secret has 256 random bits, so there is nothing to guess.
    """
    if len(pepper) < MIN_PEPPER_BYTES:
        raise ValueError(f"pepper: at least {MIN_PEPPER_BYTES} bytes are needed")
    return hmac.new(pepper, b"agw-key-v1\0" + shown.encode(), hashlib.sha256).hexdigest()


def _checksum(key_id: str, secret: str) -> str:
    return _base62(binascii.crc32(f"{key_id}_{secret}".encode()), CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits
