"""What the checkers that travel are made of, in plain Python, against others' implementations."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.checkpoint import Signer, text_of
from gateway.ledger.cosignature import Cosigner
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.standalone_keys import LAST_SECOND, ORDER, Key, ed25519, opened, printable
from gateway.ledger.standalone_stamps import stamped_at
from gateway.ledger.timestamps import request
from tests.support.tsa import Authority, time_stamping

NOTE = b"a signed checkpoint"


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 95), st.integers(0, 7))
def test_ed25519_in_plain_python_is_ed25519(seed: bytes, message: bytes, place: int, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519(public, message, signature)
    both = bytearray(public + signature)
    both[place] ^= 1 << bit
    assert not ed25519(bytes(both[:32]), message, bytes(both[32:]))
    assert not ed25519(public, message + b".", signature)
    higher = int.from_bytes(signature[32:], "little") + ORDER
    if higher < 2**256:
        assert not ed25519(public, message, signature[:32] + higher.to_bytes(32, "little")), "not the only form of s"


VECTORS = """\
d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a -
e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c 72
92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025 af82
6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
"""
"""Public key, message and signature of RFC 8032 section 7.1, tests 1 to 3."""


def test_the_vectors_of_rfc_8032() -> None:
    words = [bytes.fromhex(word.strip("-")) for word in VECTORS.split()]
    for place in range(0, len(words), 3):
        assert ed25519(*words[place : place + 3])
    assert not ed25519(b"\xff" * 32, b"", bytes(64))


@pytest.mark.parametrize("vkey", ["", "a+b", "x+00000000+AAAA", "x+zz+!!"])
@pytest.mark.parametrize("kind", [1, 4])
def test_what_is_no_key_is_refused(vkey: str, kind: int) -> None:
    with pytest.raises(ValueError, match="key"):
        Key(vkey, kind)


def test_a_log_and_a_witness_are_not_taken_for_each_other(tmp_path: Path) -> None:
    signer, cosigner = Signer(FileKeyStore(tmp_path)), Cosigner("swale.example/witness", bytes(32))
    root = hashlib.sha256(b"root").digest()
    note = signer.sign(7, root)
    assert opened(note, Key(signer.vkey, 1)) == (7, root)
    with pytest.raises(ValueError, match="a log's key, not a witness's"):
        Key(signer.vkey, 4)
    with pytest.raises(ValueError, match="a witness's key, not a log's"):
        Key(cosigner.vkey, 1)
    text, key = text_of(signer.origin, 7, root), Key(cosigner.vkey, 4)
    assert key.cosigned(text, cosigner.cosign(text, 1_760_000_000)) == 1_760_000_000
    assert key.cosigned(text.replace("7", "8"), cosigner.cosign(text, 1_760_000_000)) is None


def test_a_time_that_can_not_be_shown_is_no_cosignature() -> None:
    cosigner = Cosigner("swale.example/witness", bytes(32))
    key = Key(cosigner.vkey, 4)
    assert key.cosigned("x", cosigner.cosign("x", LAST_SECOND)) == LAST_SECOND
    assert key.cosigned("x", cosigner.cosign("x", LAST_SECOND + 1)) is None


def test_lines_stay_lines() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed") == "a\ufffd[2Jb\ufffdc\ufffdd"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with time_stamping(tmp_path_factory.mktemp("tsa") / "a") as running:
        yield running


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    return authority.reply(request(NOTE)[0])


def test_a_stamp_is_over_these_bytes_and_has_a_time(token: bytes) -> None:
    told = datetime.strptime(stamped_at(token, NOTE), "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="over something else"):
        stamped_at(token, NOTE + b".")


def test_any_cut_or_change_of_a_stamp_is_read_the_same_or_refused(token: bytes) -> None:
    told = stamped_at(token, NOTE)
    for end in range(0, len(token), 7):
        with pytest.raises(ValueError, match="time stamp"):
            stamped_at(token[:end], NOTE)
    for place in range(len(token)):
        for bit in (1, 128):
            changed = token[:place] + bytes([token[place] ^ bit]) + token[place + 1 :]
            try:
                at = stamped_at(changed, NOTE)
            except ValueError:
                continue
            # Bytes that it does not read (the signature, certificates), or those of the time itself.
            assert at == told or changed[place - 20 : place + 20].count(b"Z") > 0


@given(st.binary(max_size=300))
def test_nonsense_is_no_stamp(data: bytes) -> None:
    with pytest.raises(ValueError, match="time stamp"):
        stamped_at(data, NOTE)


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x05\x30\x03\x02\x01\x02",
        b"\x30\x80\x30\x03\x02\x01\x00\x00\x00",
        b"\x30\x81\x05\x30\x03\x02\x01\x00",
        b"\x30\x84\xff\xff\xff\xff",
        bytes(65_537),
    ],
)
def test_a_refusal_and_lengths_that_are_no_der_are_no_stamp(data: bytes) -> None:
    with pytest.raises(ValueError, match="time stamp"):
        stamped_at(data, NOTE)
