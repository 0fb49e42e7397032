"""Checkpoints are C2SP signed notes that somebody else's tool can read."""

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoint import BadCheckpoint, Signer, Verifier
from gateway.ledger.keystore import FileKeyStore

ROOT = hashlib.sha256(b"root").digest()


class Fixed:
    """A key store of one known key."""

    def secret(self, name: str, nbytes: int) -> bytes:
        return hashlib.sha256(name.encode()).digest()[:nbytes]

    def destroy(self, name: str) -> bool:
        raise NotImplementedError

    def newest(self, controller: str, retention_class: str) -> int:
        raise NotImplementedError

    def leaf(self, controller: str, retention_class: str, version: int, day: int, slot: int) -> bytes:
        raise NotImplementedError

    def puncture(self, controller: str, retention_class: str, ranges: object) -> int:
        raise NotImplementedError

    def unwrapping_key(self, controller: str, retention_class: str, version: int) -> bytes:
        raise NotImplementedError


SIGNER = Signer(Fixed())
NOTE = SIGNER.sign(42, ROOT)


def test_a_note_says_size_and_root_and_is_signed() -> None:
    checkpoint = Verifier(SIGNER.vkey).open(NOTE)
    assert (checkpoint.size, checkpoint.root, checkpoint.origin) == (42, ROOT, SIGNER.origin)


def test_the_signature_is_plain_ed25519_over_the_text() -> None:
    """Checked without our own code, as the specification says."""
    text, signature_line = NOTE.split("\n\n")
    name, key_hash, key = SIGNER.vkey.split("+", 2)
    public = base64.b64decode(key)
    assert public[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() == key_hash
    raw = base64.b64decode(signature_line.split(" ")[2])
    assert raw[:4].hex() == key_hash
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], (text + "\n").encode())
    assert text.split("\n") == [name, "42", base64.b64encode(ROOT).decode()]


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(0, 7))
def test_no_bit_of_a_note_can_be_changed(place: int, bit: int) -> None:
    data = bytearray(NOTE.encode())
    data[place] ^= 1 << bit
    with pytest.raises((BadCheckpoint, UnicodeDecodeError)):
        Verifier(SIGNER.vkey).open(data.decode())


@pytest.mark.parametrize("note", ["", "\n\n", "a\nb\nc\n\n", NOTE[:-1], NOTE.split("\n\n")[0]])
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(BadCheckpoint):
        Verifier(SIGNER.vkey).open(note)


def test_another_log_s_key_opens_nothing(tmp_path: Path) -> None:
    other = Signer(FileKeyStore(tmp_path / "keys"))
    with pytest.raises(BadCheckpoint):
        Verifier(other.vkey).open(NOTE)
    for vkey in ("", "a+b", SIGNER.vkey[:-4], SIGNER.vkey.replace("+", "-", 1)):
        with pytest.raises(BadCheckpoint):
            Verifier(vkey)
