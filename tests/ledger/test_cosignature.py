"""Cosignatures are what C2SP tlog-cosignature says, checked with the specification's own example."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoint import BadCheckpoint, text_of
from gateway.ledger.cosignature import Cosignatures, Cosigner
from tests.ledger.test_checkpoint import SIGNER

TEXT = text_of("council-ai-gateway/0123456789abcdef", 42, hashlib.sha256(b"root").digest())
COSIGNER = Cosigner("swale.example/witness", hashlib.sha256(b"seed").digest())
LINE = COSIGNER.cosign(TEXT, 1_760_000_000)


def test_a_cosignature_says_when_and_is_checked_by_the_public_key() -> None:
    assert Cosignatures(COSIGNER.vkey).check(TEXT, LINE.rstrip("\n")) == 1_760_000_000


def test_the_signed_bytes_are_those_of_the_specification() -> None:
    """Checked without our own code: key id with 0x04, big-endian time, two header lines before the checkpoint."""
    name, key_hash, key = COSIGNER.vkey.split("+", 2)
    public = base64.b64decode(key)
    assert public[0] == 4
    assert hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() == key_hash
    dash, named, encoded = LINE.rstrip("\n").split(" ")
    raw = base64.b64decode(encoded)
    assert (dash, named, raw[:4].hex(), len(raw)) == ("\u2014", name, key_hash, 4 + 8 + 64)
    assert int.from_bytes(raw[4:12], "big") == 1_760_000_000
    message = f"cosignature/v1\ntime 1760000000\n{TEXT}".encode()
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[12:], message)


@given(st.integers(0, len(LINE) - 2), st.integers(0, 6))
def test_no_bit_of_a_cosignature_can_be_changed(place: int, bit: int) -> None:
    changed = LINE[:place] + chr(ord(LINE[place]) ^ (1 << bit)) + LINE[place + 1 :]
    with pytest.raises(BadCheckpoint):
        Cosignatures(COSIGNER.vkey).check(TEXT, changed.rstrip("\n"))


@given(st.integers(0, len(TEXT) - 1))
def test_no_character_of_the_checkpoint_can_be_changed(place: int) -> None:
    changed = TEXT[:place] + chr(ord(TEXT[place]) ^ 1) + TEXT[place + 1 :]
    with pytest.raises(BadCheckpoint):
        Cosignatures(COSIGNER.vkey).check(changed, LINE.rstrip("\n"))


def test_a_time_that_can_not_be_kept_is_no_cosignature() -> None:
    """A witness that signs the year 33658 must not stop the check of the ledger."""
    last = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    assert Cosignatures(COSIGNER.vkey).check(TEXT, COSIGNER.cosign(TEXT, last).rstrip("\n")) == last
    for at in (last + 1, 10**12):
        with pytest.raises(BadCheckpoint, match="out of range"):
            Cosignatures(COSIGNER.vkey).check(TEXT, COSIGNER.cosign(TEXT, at).rstrip("\n"))


def test_a_log_s_key_is_no_witness_key_and_the_other_way_round() -> None:
    with pytest.raises(BadCheckpoint, match="a log's key, not a witness's"):
        Cosignatures(SIGNER.vkey)
    for vkey in (
        "",
        "a+b",
        COSIGNER.vkey[:-4],
        COSIGNER.vkey.replace("+", "-", 1),
        COSIGNER.vkey.replace("swale", "kent"),
    ):
        with pytest.raises(BadCheckpoint):
            Cosignatures(vkey)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_a_name_that_a_note_can_t_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        Cosigner(name, bytes(32))
