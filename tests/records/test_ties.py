"""What a second person is to the first, from what is stored of officers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.identity.officers import create_officer
from gateway.model.officer import Officer, OfficerRecord, Role, Tie
from gateway.records.ties import Ties

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


class Officers:
    """Implements `OfficerStore` in memory."""

    def __init__(self) -> None:
        self.records: dict[str, OfficerRecord] = {}

    def appoint(self, email: str, by: Officer | None = None) -> Officer:
        _, record = create_officer(
            pepper=b"p" * 32, email=email, name="", roles=[Role.DPO], controllers=["swale"],
            valid_for=timedelta(days=1), added_by="" if by is None else by.id, now=NOW,
        )  # fmt: skip
        self.add(record, "test")
        return record.officer

    def get(self, officer_id: str) -> OfficerRecord | None:
        return self.records.get(officer_id)

    def add(self, record: OfficerRecord, who: str) -> None:
        self.records[record.officer.id] = record

    def revoke(self, officer_id: str, at: datetime, who: str) -> bool:
        self.records[officer_id] = replace(self.records[officer_id], revoked=at)
        return True

    def list(self) -> Sequence[OfficerRecord]:
        return list(self.records.values())


@pytest.fixture
def officers() -> Officers:
    return Officers()


def test_an_officer_is_tied_to_those_they_appointed_and_to_those_these_appointed(officers: Officers) -> None:
    ties = Ties(officers)
    first = officers.appoint("ann@swale.example")
    second = officers.appoint("bea@swale.example", first)
    third = officers.appoint("cat@swale.example", second)
    other = officers.appoint("dee@swale.example")
    assert ties.between(first.id, second) is Tie.APPOINTED
    assert ties.between(first.id, third) is Tie.APPOINTED
    assert ties.between(first.id, other) is Tie.NONE
    assert ties.between(second.id, first) is Tie.NONE  # a Data Protection Officer agrees with those they appointed
    assert ties.between(other.id, third) is Tie.NONE


def test_a_revoked_officer_in_between_unties_nothing(officers: Officers) -> None:
    first = officers.appoint("ann@swale.example")
    second = officers.appoint("bea@swale.example", first)
    third = officers.appoint("cat@swale.example", second)
    officers.revoke(second.id, NOW, "test")
    assert Ties(officers).between(first.id, third) is Tie.APPOINTED


def test_a_person_with_two_keys_is_one_person(officers: Officers) -> None:
    ties = Ties(officers)
    old = officers.appoint("ann@swale.example")
    new = officers.appoint(" Ann@Swale.example")
    appointed = officers.appoint("bea@swale.example", old)
    assert ties.between(old.id, new) is Tie.SAME
    assert ties.between(new.id, new) is Tie.SAME
    assert ties.between(new.id, appointed) is Tie.APPOINTED


def test_an_officer_by_sign_in_is_known_by_id_alone(officers: Officers) -> None:
    ties = Ties(officers)
    signed = replace(officers.appoint("x@swale.example"), id="t0123456789abcdef", email="1f0c-object-id")
    appointed = officers.appoint("bea@swale.example", signed)
    assert ties.between(signed.id, signed) is Tie.SAME
    assert ties.between(signed.id, appointed) is Tie.APPOINTED
    assert ties.between("t1111111111111111", signed) is Tie.NONE


def test_appointments_in_a_circle_end(officers: Officers) -> None:
    """No door writes such a thing; a database that was tampered with must not stop the gateway."""
    one, two = officers.appoint("ann@swale.example"), officers.appoint("bea@swale.example")
    for record, by in ((officers.records[one.id], two), (officers.records[two.id], one)):
        officers.add(replace(record, added_by=by.id), "test")
    assert Ties(officers).between("absent", one) is Tie.NONE
