"""Sealing content: AES-256-GCM under a data key of its own, wrapped by the key of its controller and class.

From one random data key come, by HKDF-Expand (RFC 5869), the key that seals the text, the key that seals
its place, and the salt of its commitment. Destroying the wrapped data key therefore destroys all three.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.ledger.keystore import KeyStore
from gateway.ledger.mac import mac, random_bytes

REQUEST_FILE = "request-file"
"""The retention class of what officers write about a request: names, searches, reasons, notes."""
_WRAP_FORMAT = 1
_NONCE = 12


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


def wrap(keystore: KeyStore, controller: str, retention_class: str, key: bytes, name: bytes) -> bytes:
    """Wrap a data key for the row called `name`: format byte, key version (2 bytes), nonce, ciphertext."""
    version, outer = keystore.wrapping_key(controller, retention_class)
    return bytes([_WRAP_FORMAT]) + version.to_bytes(2, "big") + _encrypt(outer, key, b"wrap" + name)


def unwrap(keystore: KeyStore, controller: str, retention_class: str, wrapped: bytes, name: bytes) -> bytes:
    """The inverse of `wrap`. Raises Unsealable, or KeyGone when the wrapping key was destroyed."""
    if len(wrapped) != 3 + _NONCE + 48 or wrapped[0] != _WRAP_FORMAT:
        raise Unsealable("the wrapped key is not of a known form")
    outer = keystore.unwrapping_key(controller, retention_class, int.from_bytes(wrapped[1:3], "big"))
    return _decrypt(outer, wrapped[3:], b"wrap" + name)


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
