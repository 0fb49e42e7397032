"""Officers' keys: shown once, compared whole, ended by date or revocation, and never told apart when they fail."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.identity.keys import create_key
from gateway.identity.officers import PREFIX, OfficerIdentity, create_officer
from gateway.ledger.leaf import timestamp
from gateway.model.errors import TooManyRequests, Unauthenticated
from gateway.model.officer import Role
from gateway.store.officers import DatabaseOfficers
from gateway.store.open import LedgerService

PEPPER = b"p" * 32
WHEN = datetime(2026, 11, 26, 9, tzinfo=UTC)


def made(store: DatabaseOfficers) -> tuple[str, str]:
    shown, record = create_officer(
        pepper=PEPPER, email="jo@swale.example", name="Jo", roles=[Role.DPO, Role.AUDITOR], controllers=["swale"],
        valid_for=timedelta(days=30), now=WHEN,
    )  # fmt: skip
    store.add(record, "root")
    assert store.get(record.officer.id) == record
    return shown, record.officer.id


def identity(store: DatabaseOfficers, at: datetime = WHEN) -> OfficerIdentity:
    return OfficerIdentity(store, PEPPER, now=lambda: at, clock=lambda: 0.0)


def test_the_right_key_opens(ledger: LedgerService) -> None:
    store = DatabaseOfficers(ledger.admin)
    shown, officer_id = made(store)
    assert shown.startswith(PREFIX)
    officer = identity(store).authenticate(shown, "192.0.2.1")
    assert (officer.id, officer.roles, officer.email) == (
        officer_id,
        frozenset({Role.DPO, Role.AUDITOR}),
        "jo@swale.example",
    )
    assert "jo@swale" not in repr(officer)
    assert ledger.verify().ok


def test_every_failure_says_the_same(ledger: LedgerService) -> None:
    store = DatabaseOfficers(ledger.admin)
    shown, officer_id = made(store)
    late = identity(store, WHEN + timedelta(days=30))
    said = set()
    other = "y" if shown.endswith("x") else "x"  # a key may end in either
    for who, key in ((identity(store), shown[:-1] + other), (identity(store), "nonsense"), (late, shown)):
        with pytest.raises(Unauthenticated) as error:
            who.authenticate(key, "192.0.2.1")
        said.add((error.value.message, error.value.code))
    assert store.revoke(officer_id, WHEN, "root")
    with pytest.raises(Unauthenticated) as error:
        identity(store).authenticate(shown, "192.0.2.1")
    assert said == {(error.value.message, error.value.code)}
    assert store.revoke(officer_id, WHEN + timedelta(days=1), "root")
    assert not store.revoke("absent", WHEN, "root")
    assert [each.revoked for each in store.list()] == [WHEN]


def test_guessing_is_slowed_down_and_the_right_key_is_not(ledger: LedgerService) -> None:
    store = DatabaseOfficers(ledger.admin)
    shown, _ = made(store)
    who = identity(store)
    for _ in range(12):
        with pytest.raises(Unauthenticated):
            who.authenticate("ago_wrong", "192.0.2.1")
    with pytest.raises(TooManyRequests):
        who.authenticate("ago_wrong", "192.0.2.1")
    assert who.authenticate(shown, "192.0.2.1").name == "Jo"


def test_a_changed_or_added_officer_is_found_by_verify(ledger: LedgerService) -> None:
    made(DatabaseOfficers(ledger.admin))
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE officer SET body = replace(body, 'auditor', 'investigator')")
    assert [each for each in ledger.verify().lines() if "officer" in each and "not as its newest admin leaf" in each]


async def test_two_revocations_at_once_are_one(ledger: LedgerService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has read that the other has not been; the first stands, and no leaf speaks of the second."""
    store = DatabaseOfficers(ledger.admin)
    _, officer_id = made(store)
    key = create_key(
        pepper=PEPPER, controller="swale", kind="person", owner="jo@swale.example", name="x", service="housing",
        person_class="officer", purposes=["drafting"], valid_for=timedelta(days=1),
    )[1]  # fmt: skip
    await ledger.admin.keys.add(key)
    read, others = ledger.admin.read, list[Callable[[], object]]()

    def between(question: Callable[[Connection], Any]) -> Any:
        found = read(question)
        if others:
            others.pop()()
        return found

    monkeypatch.setattr(ledger.admin, "read", between)
    others.append(lambda: store.revoke(officer_id, WHEN, "first"))
    assert store.revoke(officer_id, WHEN + timedelta(days=1), "second")
    others.append(lambda: ledger.admin.keys._revoke(key.id, timestamp(WHEN), "first"))
    assert await ledger.admin.keys.revoke(key.id, WHEN + timedelta(days=1), "second")
    monkeypatch.undo()
    assert [each.revoked for each in store.list()] == [WHEN]
    assert [each.revoked for each in await ledger.admin.keys.list()] == [WHEN]
    assert ledger.verify().lines()[0] == "The ledger is whole."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"email": ""}, "email"),
        ({"roles": []}, "roles"),
        ({"controllers": []}, "controllers"),
        ({"services": ["housing"]}, "services: only a service manager"),
        ({"valid_for": timedelta(days=401)}, "valid_for"),
    ],
)
def test_an_officer_is_described_whole(change: dict[str, object], message: str) -> None:
    usual = {"email": "a@b.example", "name": "", "roles": [Role.DPO], "controllers": ["swale"]}
    with pytest.raises(ValueError, match=message):
        create_officer(pepper=PEPPER, **{"valid_for": timedelta(days=1), **usual, **change})  # type: ignore[arg-type]
