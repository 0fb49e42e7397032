"""Cosignatures: a witness under another administrator says that it saw this checkpoint, and when.

C2SP tlog-cosignature v1 with Ed25519, https://c2sp.org/tlog-cosignature. A witness cosigns a checkpoint only where
it goes on from the last one that it cosigned, so that a log can't show two histories to two people.
"""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.ledger.checkpoint import BadCheckpoint, key_id, signature_bytes, signature_line

_COSIGNATURE = b"\x04"
_LATEST = 253_402_300_799
"""The end of the year 9999: a later time can be neither kept nor shown."""


class Cosigner:
    """A witness's signing key. `name` is public and should be a URL without its scheme, such as `swale.gov.uk/witness`.

    A key belongs to one name: what is signed does not hold the name.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        if not name or any(char.isspace() or char == "+" or not char.isprintable() for char in name):
            raise ValueError("a witness's name has no spaces and no plus sign")
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self._key_id = key_id(name, _COSIGNATURE, public)
        self.vkey = f"{name}+{self._key_id.hex()}+{base64.b64encode(_COSIGNATURE + public).decode()}"

    def cosign(self, text: str, at: int) -> str:
        """The signature line over a checkpoint's text, at a time in seconds since 1970."""
        signature = self._key.sign(_message(text, at))
        return signature_line(self.name, self._key_id, at.to_bytes(8, "big") + signature)


class Cosignatures:
    """Checks a witness's cosignatures with its public key, given as a C2SP verifier key of type 0x04."""

    def __init__(self, vkey: str) -> None:
        try:
            self.name, key_hash, key = vkey.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
            self._key = Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError as error:
            raise BadCheckpoint("the witness key is not of the form name+hash+key") from error
        if raw[:1] == b"\x01":
            raise BadCheckpoint("this is a log's key, not a witness's")
        self.key_id = key_id(self.name, _COSIGNATURE, raw[1:])
        if raw[:1] != _COSIGNATURE or key_hash != self.key_id.hex():
            raise BadCheckpoint("the witness key's own hash does not fit it")

    def owns(self, line: str) -> bool:
        """Whether a signature line claims to be this witness's."""
        return signature_bytes(line, self.name, self.key_id) is not None

    def check(self, text: str, line: str) -> int:
        """When the witness cosigned this checkpoint's text, in seconds since 1970. Raises BadCheckpoint."""
        raw = signature_bytes(line, self.name, self.key_id)
        if raw is None or len(raw) != 72:
            raise BadCheckpoint("not a cosignature of this witness")
        at = int.from_bytes(raw[:8], "big")
        if at > _LATEST:
            raise BadCheckpoint("the time of the cosignature is out of range")
        try:
            self._key.verify(raw[8:], _message(text, at))
        except InvalidSignature as error:
            raise BadCheckpoint("the cosignature is not the witness's over this checkpoint") from error
        return at


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
