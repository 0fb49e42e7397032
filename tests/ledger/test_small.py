"""The small pieces: MAC and random bytes, numbers, references, retention, replacements."""

import hmac
import os
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.identifiers import Numbers, conversation_name
from gateway.ledger.mac import mac, random_bytes
from gateway.ledger.reference import new_reference, normal_reference
from gateway.ledger.retention import RetentionClass, RetentionSchedule, UnknownClass
from gateway.ledger.tokens import Redactor, Unaligned, aligned, replacements

ROUTINE = RetentionClass("routine", 30, "created", "x")
SHORT = RetentionClass("short", 3, "created", "x")


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_the_mac_is_hmac_sha_256(key: bytes, message: bytes) -> None:
    assert mac(key, message) == hmac.digest(key, message, "sha256")


def test_random_bytes_are_never_handed_out_twice() -> None:
    drawn = [random_bytes(12) for _ in range(5000)]
    assert len(set(drawn)) == 5000
    assert len(random_bytes(10_000)) == 10_000


def test_a_forked_child_draws_its_own_bytes() -> None:
    random_bytes(1)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child
        os.write(writer, random_bytes(32))
        os._exit(0)
    os.close(writer)
    theirs = os.read(reader, 32)
    os.close(reader)
    os.waitpid(child, 0)
    assert theirs != random_bytes(32)


def test_numbers_are_new_and_fit_63_bits() -> None:
    numbers = Numbers()
    drawn = [numbers.new() for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert drawn == sorted(drawn)
    assert 0 < max(drawn) < 2**63
    assert Numbers().new() != numbers.new()
    assert conversation_name(255) == "00000000000000ff"


def test_references_read_well_and_are_forgiving() -> None:
    ref = new_reference("TWBC")
    assert re.fullmatch(r"TWBC-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", ref)
    assert len({new_reference("MBC") for _ in range(1000)}) == 1000
    assert normal_reference(" mbc-7f3k-q2xd ") == "MBC-7F3K-Q2XD"
    assert normal_reference("MBC-OI3K-l2XD") == "MBC-013K-12XD"
    assert normal_reference("no reference") == "no reference"


def test_a_schedule_dates_disposal_and_knows_its_classes() -> None:
    schedule = RetentionSchedule({"short": SHORT, "routine": ROUTINE})
    assert schedule.dispose_after("short", datetime(2026, 12, 30, tzinfo=UTC)) == date(2027, 1, 2)
    assert schedule.fallback == "routine"
    assert RetentionSchedule({"short": SHORT, "long": RetentionClass("long", 9, "created", "x")}).fallback == "short"
    with pytest.raises(UnknownClass):
        schedule.dispose_after("odd", datetime.now(UTC))
    for bad in ({}, {"a": ROUTINE}, {"A b": RetentionClass("A b", 1, "created", "x")}):
        with pytest.raises(ValueError):
            RetentionSchedule(bad)


@given(st.lists(st.sampled_from(["Dear", "John", "Smith", "rent", ",", "is", "late"]), max_size=40))
def test_what_was_replaced_is_put_back_into_the_reply(words: list[str]) -> None:
    kept = " ".join(words)
    sent = kept.replace("John", "PERSON_AB12CD34")
    for redact in (aligned([(kept, sent)]), Redactor([("John", "PERSON_AB12CD34")] if "John" in words else [])):
        said = redact("We told john and John Smith, not Johnson.")
        if said is None:
            assert kept.count("John") > 1, "two values close together can't be told apart, so nothing is claimed"
            continue
        assert "Johnson" in said
        if "John" in words:
            assert not re.search(r"\bjohn\b", said, re.IGNORECASE)


def test_replacements_are_found_in_order() -> None:
    kept = "Mr Smith of ME15 6JQ, born 1 May 1970, wrote. Mr Smith waits."
    sent = "Mr PERSON_1 of ME15, born 50-59, wrote. Mr PERSON_1 waits."
    found = dict(replacements(kept, sent))
    assert found["Smith"] == "PERSON_1"
    assert aligned([(kept, sent)])("Dear Mr Smith") == "Dear Mr PERSON_1"
    assert replacements("same", "same") == []


def test_texts_that_can_t_be_compared_are_not_called_redacted() -> None:
    with pytest.raises(Unaligned):
        replacements("a b " * 200, "c d " * 200)
    assert aligned([("a b " * 200, "c d " * 200)])("anything") is None
    assert aligned([("Ann Bob left", "P_1 P_2 left")])("anything") is None


def test_days_count_from_the_end_of_the_financial_year() -> None:
    year = RetentionClass("year", 1, "financial_year_end", "x")
    schedule = RetentionSchedule({"year": year})
    for made, kept in (
        (datetime(2026, 3, 31, 23, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 4, 1, tzinfo=UTC), date(2027, 4, 1)),
        (datetime(2026, 11, 26, tzinfo=UTC), date(2027, 4, 1)),
    ):
        assert schedule.dispose_after("year", made) == kept


def test_a_schedule_has_a_version_and_no_record_falls_back_to_a_request_file() -> None:
    cases = RetentionClass("request-file", 1, "case_closed", "x")
    schedule = RetentionSchedule({"request-file": cases, "short": SHORT})
    assert schedule.fallback == "short"
    longer = RetentionClass("short", 4, "created", "x")
    assert schedule.version != RetentionSchedule({"request-file": cases, "short": longer}).version
