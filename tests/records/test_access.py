"""The permission table, and what stands in no role's power."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.officer import Officer, Role
from gateway.records.access import MATRIX, Act, Forbidden, Guard, allowed_roles

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
GUARD = Guard(lambda: NOW)


def officer(*roles: Role) -> Officer:
    return Officer("x1", "a@b.example", "A", frozenset(roles), frozenset({"swale"}), NOW + timedelta(days=1))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", Act)
def test_each_role_may_what_the_table_says(role: Role, act: Act) -> None:
    if act in MATRIX[role]:
        GUARD.check(officer(role), act, "swale")
    else:
        with pytest.raises(Forbidden, match="needs the role of") as error:
            GUARD.check(officer(role), act, "swale")
        assert error.value.status == 403
    with pytest.raises(Forbidden, match="this council"):
        GUARD.check(officer(role), act, "maidstone")


def test_who_asks_for_an_opening_and_who_approves_it_are_two_roles() -> None:
    approving = {role for role in Role if Act.APPROVE_OPENING in MATRIX[role]}
    assert approving == {Role.DPO}
    assert Act.OPEN_SEALED not in MATRIX[Role.AUDITOR]
    assert MATRIX[Role.SERVICE_MANAGER] == {Act.STATISTICS}


def test_roles_end() -> None:
    with pytest.raises(Forbidden, match="expired"):
        GUARD.check(replace(officer(Role.DPO), expires=NOW), Act.SEARCH, "swale")


def test_every_act_is_somebodys() -> None:
    for act in Act:
        assert "Data Protection Officer" in allowed_roles(act)
