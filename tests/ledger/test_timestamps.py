"""RFC 3161 time stamps: of a real authority, over exactly these bytes, under exactly these roots."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.ledger.timestamps import BadTimeStamp, certificates, request, verify
from gateway.upstream.post import HttpPost
from tests.support.tsa import Authority, time_stamping

DATA = b"a checkpoint"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with time_stamping(tmp_path_factory.mktemp("tsa") / "a") as running:
        yield running


@pytest.fixture(scope="module")
def stamped(authority: Authority) -> tuple[bytes, int]:
    query, nonce = request(DATA)
    reply = HttpPost()(authority.url, query, "application/timestamp-query")
    assert (reply.status, reply.kind) == (200, "application/timestamp-reply")
    return reply.body, nonce


def test_a_stamp_says_when(authority: Authority, stamped: tuple[bytes, int]) -> None:
    reply, nonce = stamped
    roots = certificates(authority.roots_file.read_bytes())
    at = verify(reply, DATA, roots, nonce)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert verify(reply, DATA, roots) == at, "it can be checked again and again"


def test_a_stamp_is_over_these_bytes_only(authority: Authority, stamped: tuple[bytes, int]) -> None:
    roots = certificates(authority.roots_file.read_bytes())
    with pytest.raises(BadTimeStamp, match="does not verify: Mismatch between messages"):
        verify(stamped[0], DATA + b".", roots)
    with pytest.raises(BadTimeStamp, match="Nonce mismatch"):
        verify(stamped[0], DATA, roots, stamped[1] + 1)


def test_another_root_does_not_vouch(stamped: tuple[bytes, int], tmp_path: Path) -> None:
    with time_stamping(tmp_path / "other") as other, pytest.raises(BadTimeStamp, match="does not verify"):
        verify(stamped[0], DATA, certificates(other.roots_file.read_bytes()))


def test_no_byte_of_the_signed_part_can_be_changed(authority: Authority, stamped: tuple[bytes, int]) -> None:
    roots = certificates(authority.roots_file.read_bytes())
    reply = stamped[0]
    first = reply.index(b"\x17\x0d") if b"\x17\x0d" in reply else len(reply) // 2
    for place in [*range(0, len(reply), 97), first, len(reply) - 1]:
        changed = reply[:place] + bytes([reply[place] ^ 1]) + reply[place + 1 :]
        try:
            at = verify(changed, DATA, roots, stamped[1])
        except BadTimeStamp:
            continue
        # Bytes outside the signature (unsigned certificates, lengths that read the same) may differ, the statement not.
        assert at == verify(reply, DATA, roots, stamped[1])


@pytest.mark.parametrize("reply", [b"", b"no DER", b"\x30\x05\x30\x03\x02\x01\x02"])
def test_a_refusal_or_nonsense_is_no_stamp(authority: Authority, reply: bytes) -> None:
    with pytest.raises(BadTimeStamp):
        verify(reply, DATA, certificates(authority.roots_file.read_bytes()))


def test_a_file_without_certificates_is_refused() -> None:
    with pytest.raises(BadTimeStamp):
        certificates(b"nothing here")
