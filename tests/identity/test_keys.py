"""Keys: strong, shown once, and found again only by digest."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.suite import compile_suite
from gateway.identity.keys import KEY_PATTERN, create_key, digest, key_id_of

PEPPER = b"p" * 32
NOW = datetime(2026, 1, 5, tzinfo=UTC)
BASE: dict[str, Any] = {
    "pepper": PEPPER,
    "controller": "swale",
    "kind": "person",
    "owner": "jo.bloggs@swale.example",
    "name": "Jo's assistant",
    "service": "housing",
    "person_class": "officer",
    "purposes": ["drafting", "summarising"],
    "valid_for": timedelta(days=90),
    "now": NOW,
}


def test_a_new_key() -> None:
    shown, record = create_key(**BASE)
    assert re.fullmatch(KEY_PATTERN, shown)
    assert key_id_of(shown) == record.id
    assert record.digest == digest(shown, PEPPER)
    assert record.expires == NOW + timedelta(days=90)
    assert record.purposes == ("drafting", "summarising")
    assert record.revoked is None


def test_the_key_is_nowhere_in_its_record() -> None:
    shown, record = create_key(**BASE)
    secret = shown.rsplit("_", 1)[1]
    stored = str([getattr(record, name) for name in record.__slots__])
    assert secret not in stored
    assert secret[:12] not in stored
    assert "bloggs" not in repr(record)
    assert record.digest not in repr(record)


def test_secrets_are_long_and_never_repeat() -> None:
    keys = {create_key(**BASE)[0] for _ in range(200)}
    assert len(keys) == 200
    assert len({key.split("_")[1] for key in keys}) == 200
    assert all(len(key.split("_")[2]) == 49 for key in keys)
    used = set("".join(key.split("_")[2][:43] for key in keys))
    assert len(used) == 62, "the secret uses its whole alphabet"


def test_the_digest_depends_on_every_part() -> None:
    shown, _ = create_key(**BASE)
    others = {digest(shown[:i] + "_" + shown[i + 1 :], PEPPER) for i in range(len(shown))}
    assert digest(shown, b"q" * 32) not in others
    assert digest(shown, PEPPER) != digest(shown, b"q" * 32)
    with pytest.raises(ValueError, match="at least 32"):
        digest(shown, b"short")


@given(st.integers(0, 200), st.characters())
def test_a_mistyped_key_is_noticed(at: int, by: str) -> None:
    shown, record = create_key(**BASE)
    at %= len(shown)
    changed = shown[:at] + by + shown[at + 1 :]
    assert (key_id_of(changed) == record.id) == (changed == shown)


@given(st.text(max_size=80))
def test_other_strings_are_no_keys(text: str) -> None:
    assert key_id_of(text) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"owner": "  "}, "owner"),
        ({"owner": "x" * 255}, "owner"),
        ({"owner": "jo\nbloggs"}, "owner"),
        ({"purposes": []}, "purposes"),
        ({"purposes": "drafting"}, "purposes"),
        ({"valid_for": timedelta(0)}, "valid_for"),
        ({"proxy": "webui"}, "proxy"),
        ({"kind": "app", "proxy": "webui", "token_issuer": "sso"}, "token_issuer"),
        ({"pepper": b"short"}, "pepper"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        create_key(**{**BASE, **change})


def test_detection_knows_our_own_keys_as_secrets() -> None:
    """Here and not with the detectors, which know no gateway: a key pasted into a prompt must not leave."""
    shown, _ = create_key(**BASE)
    text = f"use {shown} for it"
    assert [(f.label, text[f.start : f.end]) for f in compile_suite().inspect(text)] == [("SECRET", shown)]
