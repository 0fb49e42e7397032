"""Officers by signed token: roles only as the settings give them, and never more than one set of councils."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from gateway.identity.officer_tokens import Given, OfficerTokens
from gateway.identity.officers import OfficerIdentity
from gateway.identity.users import TokenIssuer
from gateway.model.errors import Unauthenticated
from gateway.model.officer import OfficerRecord, Role

KEY = RSAKey.generate_key(2048)
PEPPER = b"p" * 32
ISSUER = "https://login.example/tenant/v2.0"
GIVEN = {
    "IG.Officer": Given(Role.IG_OFFICER, frozenset({"swale"})),
    "Audit.Read": Given(Role.AUDITOR, frozenset({"swale"})),
    "DPO.Maidstone": Given(Role.DPO, frozenset({"maidstone"})),
    "Managers.Housing": Given(Role.SERVICE_MANAGER, frozenset({"swale"}), frozenset({"housing"})),
}


class Nobody:
    def get(self, officer_id: str) -> OfficerRecord | None:
        return None

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not needed")


def identity() -> OfficerIdentity:
    issuer = TokenIssuer(
        "entra", ISSUER, "api://records", ("RS256",), jwks={"keys": [KEY.as_dict(private=False)]}, subject_claim="oid"
    )
    tokens = OfficerTokens(issuer, GIVEN, PEPPER, time.time)
    return OfficerIdentity(Nobody(), PEPPER, now=lambda: datetime.now(UTC), clock=lambda: 0.0, tokens=[tokens])


def token(key: Any = KEY, header: dict[str, str] | None = None, **claims: object) -> str:
    now = int(time.time())
    usual = {
        "iss": ISSUER, "aud": "api://records", "iat": now, "exp": now + 600, "oid": "7f-3a", "name": "Jo Reed",
        "roles": ["IG.Officer"],
    }  # fmt: skip
    said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(header or {"alg": "RS256"}, said, key)


def test_an_app_role_is_a_role_of_ours() -> None:
    officer = identity().authenticate(token(roles=["IG.Officer", "Audit.Read", "Something.Else"]), "192.0.2.1")
    assert officer.roles == {Role.IG_OFFICER, Role.AUDITOR}
    assert officer.controllers == {"swale"}
    assert officer.name == "Jo Reed"
    assert officer.expires.timestamp() == pytest.approx(time.time() + 600, abs=5)
    again = identity().authenticate(token(), "192.0.2.1")
    other = identity().authenticate(token(oid="8c-11"), "192.0.2.1")
    assert again.id == officer.id != other.id
    assert "7f-3a" not in officer.id
    assert "Jo Reed" not in repr(officer)


def test_a_service_manager_keeps_to_the_own_services() -> None:
    officer = identity().authenticate(token(roles=["Managers.Housing"]), "192.0.2.1")
    assert officer.roles == {Role.SERVICE_MANAGER}
    assert officer.services == {"housing"}


@pytest.mark.parametrize(
    "shown",
    [
        token(roles=[]),
        token(roles=None),
        token(roles="IG.Officer"),
        token(roles=["ig.officer"]),
        token(roles=["IG.Officer", "DPO.Maidstone"]),  # would make a DPO of swale and an IG officer of maidstone
        token(roles=["IG.Officer", "Managers.Housing"]),
        token(iss="https://login.example/other"),
        token(aud="api://else"),
        token(aud=None),
        token(exp=int(time.time()) - 120),
        token(iat=int(time.time()) - 7200),
        token(oid=None),
        token(oid="a\x00b"),
        token(RSAKey.generate_key(2048)),
        token(OctKey.import_key("s" * 40), {"alg": "HS256"}),
        token()[:-4] + "AAAA",
        "..",
        "a.b.c",
    ],
)
def test_other_tokens_open_nothing_and_say_the_same(shown: str) -> None:
    with pytest.raises(Unauthenticated, match="valid officer's key") as error:
        identity().authenticate(shown, "192.0.2.1")
    assert error.value.code == "invalid_officer_key"
