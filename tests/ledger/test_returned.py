import base64
import hashlib

import pytest

from gateway.ledger import returned

DATA = b"\x89PNG and more"
ENCODED = base64.b64encode(DATA).decode()
DIGEST = hashlib.sha256(DATA).hexdigest()


def test_a_file_is_kept_and_described() -> None:
    file = returned.described(ENCODED, "image/png", keep=True)
    assert file.kept
    assert file.words == f"image/png, 13 bytes, kept sealed, SHA-256 {DIGEST}"


def test_a_schedule_may_keep_none() -> None:
    file = returned.described(ENCODED, "image/png", keep=False)
    assert not file.kept
    assert file.words == f"image/png, 13 bytes, not kept, as the retention schedule says, SHA-256 {DIGEST}"


def test_one_that_is_too_large_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returned, "MOST", len(ENCODED) - 1)
    file = returned.described(ENCODED, "", keep=True)
    assert not file.kept
    assert file.words == f"a file, 13 bytes, too large to be kept, SHA-256 {DIGEST}"


def test_what_is_no_base64_is_a_file_all_the_same() -> None:
    assert hashlib.sha256(b"\xed\xa0\x80").hexdigest() in returned.described("\ud800", "audio/mpeg", keep=True).words
