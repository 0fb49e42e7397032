"""Checkpoints: the tree's size and root, signed (C2SP tlog-checkpoint as a C2SP signed-note, Ed25519).

See https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note. A checkpoint says: at this size the log had this
root. Whoever holds an old one can tell when the log was rewritten behind it.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.ledger.keystore import KeyStore

_ED25519 = b"\x01"
_DASH = "\u2014"


class BadCheckpoint(ValueError):
    """A checkpoint that can't be read or whose signature is not of the expected key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint states."""

    origin: str
    size: int
    root: bytes


class Verifier:
    """Checks signatures with a public key, given as a C2SP verifier key `name+hash+key`."""

    def __init__(self, vkey: str) -> None:
        try:
            self.name, key_hash, key = vkey.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
            self._key = Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError as error:
            raise BadCheckpoint("the verifier key is not of the form name+hash+key") from error
        self.key_id = key_id(self.name, _ED25519, raw[1:])
        if raw[:1] != _ED25519 or key_hash != self.key_id.hex():
            raise BadCheckpoint("the verifier key's own hash does not fit it")

    def open(self, note: str) -> Checkpoint:
        """The checkpoint in a signed note. Raises BadCheckpoint unless this key signed it."""
        text, signatures = split_note(note)
        lines = text.split("\n")
        if len(lines) < 4 or not signatures.endswith("\n") or not lines[1].isdigit():
            raise BadCheckpoint("not a checkpoint")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error as error:
            raise BadCheckpoint("the root is not base64") from error
        if len(root) != 32 or str(int(lines[1])) != lines[1] or lines[0] != self.name:
            raise BadCheckpoint("not a checkpoint of this log")
        self._check(text, signatures)
        return Checkpoint(lines[0], int(lines[1]), root)

    def owns(self, line: str) -> bool:
        """Whether a signature line claims to be this key's."""
        return signature_bytes(line, self.name, self.key_id) is not None

    def _check(self, text: str, signatures: str) -> None:
        for line in signatures.splitlines():
            raw = signature_bytes(line, self.name, self.key_id)
            if raw is None:
                continue
            try:
                self._key.verify(raw, text.encode())
            except InvalidSignature:
                continue
            return
        raise BadCheckpoint("the checkpoint is not signed by the log's key")


class Signer:
    """Signs checkpoints with the key store's Ed25519 key; the log's name comes from that key."""

    def __init__(self, keystore: KeyStore) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(keystore.secret("checkpoint-ed25519", 32))
        public = self._key.public_key().public_bytes_raw()
        self.origin = f"council-ai-gateway/{hashlib.sha256(public).hexdigest()[:16]}"
        self._key_id = key_id(self.origin, _ED25519, public)
        self.vkey = f"{self.origin}+{self._key_id.hex()}+{base64.b64encode(_ED25519 + public).decode()}"

    def sign(self, size: int, root: bytes) -> str:
        """The signed note for a tree of `size` leaves with `root`."""
        return self.note(text_of(self.origin, size, root))

    def note(self, text: str) -> str:
        """A signed note over lines of text. What is no checkpoint must not begin with the origin."""
        return f"{text}\n{signature_line(self.origin, self._key_id, self._key.sign(text.encode()))}"


def text_of(origin: str, size: int, root: bytes) -> str:
    """What a checkpoint's signatures are over."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def split_note(note: str) -> tuple[str, str]:
    """A note's text and its signature lines."""
    text, _, signatures = note.partition("\n\n")
    return text + "\n", signatures


def signature_line(name: str, identity: bytes, signature: bytes) -> str:
    """A note's signature line."""
    return f"{_DASH} {name} {base64.b64encode(identity + signature).decode()}\n"


def signature_bytes(line: str, name: str, identity: bytes) -> bytes | None:
    """The signature in a line of this name and key id; None in any other line."""
    dash, _, rest = line.removesuffix("\n").partition(" ")
    named, _, encoded = rest.partition(" ")
    if dash != _DASH or named != name:
        return None
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw[4:] if raw[:4] == identity and base64.b64encode(raw).decode() == encoded else None


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """The four bytes by which a signature line names its key; `kind` is the signature type's byte."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]
