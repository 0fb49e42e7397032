"""Sealing content: AES-256-GCM under a data key of its own, wrapped by a leaf of its controller's and class's key tree.

From one random data key come, by HKDF-Expand (RFC 5869), the key that seals the text, the key that seals
its place, and the salt of its commitment. Destroying the wrapped data key therefore destroys all three; destroying the
leaf that wraps it destroys them in every copy of the database too.
"""

import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.ledger.keystore import KeyStore
from gateway.ledger.keytree import slot_of
from gateway.ledger.mac import mac, random_bytes

FLAT, TREE = 1, 2
"""Wrap formats: under the one key of controller and class (before there were trees), and under a leaf of its tree."""
REQUEST_FILE = "request-file"
"""The retention class of what people write into cases, holds and saved searches."""
_NONCE = 12
_WRAPPED = _NONCE + 32 + 16
_SECONDS_A_DAY = 86_400


class Unsealable(Exception):
    """Sealed content that its key does not open: the bytes or the key were changed. Names no content."""


def new_key() -> bytes:
    """A fresh data key."""
    return random_bytes(32)


def salt_of(key: bytes) -> bytes:
    """The salt of the word commitment that belongs to a data key."""
    return _derive(key, b"words")


def seal_text(key: bytes, data: bytes, name: bytes) -> bytes:
    """Seal `data` for the row called `name`: nonce and ciphertext."""
    return _encrypt(_derive(key, b"text"), data, name)


def open_text(key: bytes, box: bytes, name: bytes) -> bytes:
    """The inverse of `seal_text`. Raises Unsealable."""
    return _decrypt(_derive(key, b"text"), box, name)


def seal_place(key: bytes, data: bytes, name: bytes) -> bytes:
    """Seal where a text stood (its address can hold a caller's own words)."""
    return _encrypt(_derive(key, b"place"), data, name)


def open_place(key: bytes, box: bytes, name: bytes) -> bytes:
    """The inverse of `seal_place`. Raises Unsealable."""
    return _decrypt(_derive(key, b"place"), box, name)


def place_salt(key: bytes) -> bytes:
    """The salt of the commitments to a text's places."""
    return _derive(key, b"place-salt")


def today() -> int:
    """The day on which something is sealed now: days since 1970-01-01, UTC."""
    return int(time.time() // _SECONDS_A_DAY)


def unit_slot(unit: int) -> int:
    """The slot of everything that is sealed for a conversation."""
    return slot_of(b"unit/%d" % unit)


def slot_for(name: bytes, unit: int | None = None) -> int:
    """The slot of the row called `name`. A text (`part/NUMBER/CONVERSATION/...`) has that of its conversation, as has
    whatever names its unit, so that they go together. Anything else (`matter/ID`, `hold/ID`, `search/ID`) has that of
    its kind and id, the first two steps of its name."""
    if unit is not None:
        return unit_slot(unit)
    if name.startswith(b"part/"):
        return unit_slot(int(name.split(b"/", 3)[2]))
    return slot_of(b"name/" + b"/".join(name.split(b"/", 2)[:2]))


def wrap(
    keystore: KeyStore,
    controller: str,
    retention_class: str,
    key: bytes,
    name: bytes,
    *,
    unit: int | None = None,
    day: int | None = None,
    version: int | None = None,
) -> bytes:
    """Wrap a data key for the row called `name`: format byte 2, key version (2 bytes), day of sealing (2 bytes), nonce,
    ciphertext. `day` and `version` are others than today and the newest only where something is wrapped anew."""
    version = keystore.newest(controller, retention_class) if version is None else version
    day = today() if day is None else day
    outer = keystore.leaf(controller, retention_class, version, day, slot_for(name, unit))
    head = bytes([TREE]) + version.to_bytes(2, "big") + day.to_bytes(2, "big")
    return head + _encrypt(outer, key, b"wrap" + name)


def unwrap(
    keystore: KeyStore, controller: str, retention_class: str, wrapped: bytes, name: bytes, *, unit: int | None = None
) -> bytes:
    """The inverse of `wrap`. Raises Unsealable, or KeyGone when the wrapping key was destroyed."""
    if len(wrapped) == 3 + _WRAPPED and wrapped[0] == FLAT:
        outer = keystore.unwrapping_key(controller, retention_class, int.from_bytes(wrapped[1:3], "big"))
        return _decrypt(outer, wrapped[3:], b"wrap" + name)
    if len(wrapped) != 5 + _WRAPPED or wrapped[0] != TREE:
        raise Unsealable("the wrapped key is not of a known form")
    version, day = int.from_bytes(wrapped[1:3], "big"), day_of(wrapped)
    outer = keystore.leaf(controller, retention_class, version, day, slot_for(name, unit))
    return _decrypt(outer, wrapped[5:], b"wrap" + name)


def day_of(wrapped: bytes) -> int:
    """The day on which a key was wrapped in format 2."""
    return int.from_bytes(wrapped[3:5], "big")


def _derive(key: bytes, purpose: bytes) -> bytes:
    """HKDF-Expand, one block; the data key is uniformly random, so Extract is not needed (RFC 5869 section 3.3)."""
    return mac(key, b"aigw/1/" + purpose + b"\x01")


def _encrypt(key: bytes, data: bytes, name: bytes) -> bytes:
    nonce = random_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, name)


def _decrypt(key: bytes, box: bytes, name: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], name)
    except (InvalidTag, ValueError) as error:
        raise Unsealable("the sealed bytes do not open with their key") from error
