"""How the key store's files lie on the disk: as they are, or sealed under a key that is kept elsewhere.

A sealed file is an envelope: AES-256-GCM under a fresh key, which a `KeyWrapper` (a master key from the environment,
HashiCorp Vault, Azure Key Vault) has wrapped. A stolen disk or backup of the folder then opens nothing by itself.
"""

import json
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.ledger.keyfiles import KeyStoreError
from gateway.ledger.mac import mac, random_bytes

_MAGIC = b"AIGW-ENVELOPE-1\n"
_NONCE = 12


class KeyWrapper(Protocol):
    """Wraps the 32-byte keys of envelopes. Both methods raise KeyStoreError, which never holds key material."""

    @property
    def name(self) -> str:
        """Of what kind it is; stands in the envelope."""
        ...

    def wrap(self, key: bytes) -> bytes:
        """The wrapped form of a key, with what is needed to unwrap it (a key version, say)."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """The inverse of `wrap`."""
        ...


class MasterKey:
    """A wrapper whose key is in this process: 32 bytes or more of secret from the environment or a mounted file."""

    name = "environment"

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise KeyStoreError("the key store's master key is too short: give it at least 32 characters, at random")
        self._key = mac(secret, b"aigw/keystore/master")

    def wrap(self, key: bytes) -> bytes:
        """See `KeyWrapper.wrap`."""
        nonce = random_bytes(_NONCE)
        return nonce + AESGCM(self._key).encrypt(nonce, key, b"envelope")

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyWrapper.unwrap`."""
        try:
            return AESGCM(self._key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], b"envelope")
        except (InvalidTag, ValueError):
            raise KeyStoreError(
                "the key store's files were sealed under another master key: give the one they were made with"
            ) from None


def close(wrapper: KeyWrapper | None, name: str, data: bytes) -> bytes:
    """The bytes to write for the file `name`."""
    if wrapper is None:
        return data
    key, nonce = random_bytes(32), random_bytes(_NONCE)
    head = json.dumps({"wrapper": wrapper.name, "key": wrapper.wrap(key).hex()}).encode()
    return _MAGIC + head + b"\n" + nonce + AESGCM(key).encrypt(nonce, data, name.encode())


def reveal(wrapper: KeyWrapper | None, name: str, data: bytes) -> bytes:
    """What the file `name` holds. A file from before the store was sealed is read as it is. Raises KeyStoreError."""
    if not data.startswith(_MAGIC):
        return data
    head, _, sealed = data[len(_MAGIC) :].partition(b"\n")
    try:
        said = json.loads(head)
        wrapped = bytes.fromhex(said["key"])
    except (ValueError, KeyError, TypeError):
        raise KeyStoreError(f"the key file {name} can't be read: restore it from the key store's backup") from None
    if wrapper is None or wrapper.name != said["wrapper"]:
        raise KeyStoreError(
            f"the key file {name} is sealed by {said['wrapper']}: name that under `keystore: wrap` in the settings"
        )
    try:
        return AESGCM(wrapper.unwrap(wrapped)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
    except (InvalidTag, ValueError):
        raise KeyStoreError(f"the key file {name} was changed: restore it from the key store's backup") from None


def is_sealed(data: bytes) -> bool:
    """Whether a file's bytes are an envelope."""
    return data.startswith(_MAGIC)
