"""Who sits behind an app: only what is proved is believed."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from gateway.identity.rejection import KeyRejected
from gateway.identity.users import PinnedProxy, ProxyCheck, TokenCheck, TokenIssuer, checked_user
from gateway.model.call import Credentials

NOW = 1_800_000_000
SECRET = "s" * 40
EC = ECKey.generate_key("P-256", parameters={"kid": "ec"})
RSA = RSAKey.generate_key(2048, parameters={"kid": "rsa"})
JWKS: Any = KeySet([EC, RSA]).as_dict(private=False)
CLAIMS = {
    "iss": "https://sso.swale.example",
    "aud": "ai-gateway",
    "iat": NOW - 10,
    "exp": NOW + 300,
    "email": "jo.bloggs@swale.example",
}


def issuer(**more: Any) -> TokenIssuer:
    base: dict[str, Any] = {
        "issuer": CLAIMS["iss"],
        "audience": CLAIMS["aud"],
        "algorithms": ("ES256",),
        "jwks": JWKS,
    }
    return TokenIssuer("sso", **{**base, **more})


def credentials(peer: str = "10.0.0.5", **headers: str) -> Credentials:
    return Credentials("k", {name.replace("_", "-"): value for name, value in headers.items()}, peer)


def signed(key: Any = EC, alg: str = "ES256", header: dict[str, Any] | None = None, **claims: Any) -> str:
    merged = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": key.kid, **(header or {})} if key.kid else {"alg": alg}, merged, key)


def user(token: str, by: TokenIssuer | None = None) -> str | None:
    return TokenCheck(by or issuer(), lambda: NOW).user(credentials(x_ai_user_token=token))


def test_a_good_token() -> None:
    assert user(signed()) == "jo.bloggs@swale.example"
    assert user(signed(aud=["other", "ai-gateway"])) == "jo.bloggs@swale.example"
    assert user(signed(sub="u-1"), issuer(subject_claim="sub")) == "u-1"
    assert user(signed(RSA, "RS256"), issuer(algorithms=("RS256",))) == "jo.bloggs@swale.example"
    shared = OctKey.import_key(SECRET)
    by = issuer(jwks=None, secret=SECRET, algorithms=("HS256",))
    assert user(signed(shared, "HS256"), by) == "jo.bloggs@swale.example"


def test_an_issuer_that_names_no_audience() -> None:
    shared = OctKey.import_key(SECRET)
    by = issuer(jwks=None, secret=SECRET, algorithms=("HS256",), audience=None)
    assert user(signed(shared, "HS256", aud=None), by) == "jo.bloggs@swale.example"
    for token in (signed(shared, "HS256"), signed(shared, "HS256", aud="other")):
        with pytest.raises(KeyRejected):
            user(token, by)


def test_a_token_cannot_bring_its_own_key() -> None:
    mine = ECKey.generate_key("P-256", parameters={"kid": "mine"})
    for header in ({"jku": "https://evil.example/keys"}, {"jwk": mine.as_dict(private=False)}):
        with pytest.raises(KeyRejected):
            user(signed(mine, header=header))


def test_no_token_is_nobody() -> None:
    assert TokenCheck(issuer(), time.time).user(credentials()) is None
    assert TokenCheck(issuer(), time.time).user(credentials(x_forwarded_email="a@b")) is None


@pytest.mark.parametrize(
    "token",
    [
        lambda: signed(exp=NOW - 31),
        lambda: signed(exp=None),
        lambda: signed(iat=None),
        lambda: signed(iat=NOW + 3600),
        lambda: signed(iat=NOW - 1000),
        lambda: signed(iss="https://evil.example"),
        lambda: signed(iss=None),
        lambda: signed(aud="another-service"),
        lambda: signed(aud=None),
        lambda: signed(nbf=NOW + 3600),
        lambda: signed(email=None),
        lambda: signed(email=""),
        lambda: signed(email=["a@b"]),
        lambda: signed(email="x" * 300),
        lambda: signed(email="a@b\nX-Admin: yes"),
        lambda: signed(exp="soon"),
        lambda: signed(ECKey.generate_key("P-256", parameters={"kid": "ec"})),
        lambda: signed(RSA, "RS256"),
        lambda: signed(OctKey.import_key(str(JWKS)), "HS256"),
        lambda: signed()[:-4] + "AAAA",
        lambda: "eyJhbGciOiJub25lIn0." + signed().split(".")[1] + ".",
        lambda: "not a token",
        lambda: "a.b.c",
        lambda: "x" * 9000,
    ],
)
def test_a_bad_token_is_refused(token: Callable[[], str]) -> None:
    with pytest.raises(KeyRejected) as caught:
        user(token())
    assert "bloggs" not in str(vars(caught.value)) + str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_a_token_or_refused(text: str) -> None:
    if text:
        with pytest.raises(KeyRejected):
            user(text)
    else:
        assert user(text) is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"jwks": None}, "jwks or secret"),
        ({"secret": SECRET}, "jwks or secret"),
        ({"algorithms": ("HS256",)}, "algorithms"),
        ({"algorithms": ("none",)}, "algorithms"),
        ({"audience": None}, "audience"),
        ({"audience": ""}, "audience"),
        ({"algorithms": ()}, "algorithms"),
        ({"jwks": None, "secret": SECRET, "algorithms": ("RS256",)}, "algorithms"),
        ({"jwks": None, "secret": "canary", "algorithms": ("HS256",)}, "at least 32"),
    ],
)
def test_issuers_at_fault_are_named(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        issuer(**more)
    assert "canary" not in str(caught.value)
    assert SECRET not in repr(issuer(jwks=None, secret=SECRET, algorithms=("HS256",)))


PROXY = PinnedProxy("webui", ("10.0.0.0/24", "fd00::/64"), SECRET, "X-OpenWebUI-User-Email")


def believed(peer: str = "10.0.0.5", **headers: str) -> str | None:
    return ProxyCheck(PROXY).user(credentials(peer, **headers))


def test_a_pinned_proxy_is_believed() -> None:
    named = {"x_openwebui_user_email": "jo@swale.example", "x_ai_proxy_secret": SECRET}
    assert believed(**named) == "jo@swale.example"
    assert believed("fd00::7", **named) == "jo@swale.example"
    assert believed("::ffff:10.0.0.9", **named) == "jo@swale.example"
    assert believed(x_ai_proxy_secret=SECRET) is None


@pytest.mark.parametrize(
    ("peer", "secret"),
    [("10.0.1.5", SECRET), ("10.0.0.5", "wrong"), ("10.0.0.5", ""), ("unix", SECRET), ("10.0.0.5", SECRET + "é")],
)
def test_an_impostor_is_refused(peer: str, secret: str) -> None:
    with pytest.raises(KeyRejected):
        believed(peer, x_openwebui_user_email="jo@swale.example", x_ai_proxy_secret=secret)


def test_a_forwarded_address_counts_for_nothing() -> None:
    with pytest.raises(KeyRejected):
        believed(
            "192.0.2.1",
            x_forwarded_for="10.0.0.5",
            x_openwebui_user_email="jo@swale.example",
            x_ai_proxy_secret=SECRET,
        )


@pytest.mark.parametrize(
    "more", [{"networks": ()}, {"networks": ("10.0.0.5/8",)}, {"networks": ("x",)}, {"secret": "short"}]
)
def test_proxies_at_fault(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        PinnedProxy(**{"name": "webui", "networks": ("10.0.0.0/8",), "secret": SECRET, **more})
    assert SECRET not in repr(PROXY)


@given(st.text(max_size=300))
def test_users_are_printable_and_bounded(name: str) -> None:
    try:
        checked = checked_user(name)
    except KeyRejected:
        return
    assert checked == checked_user(checked)
    assert 0 < len(checked) <= 254
    assert "\n" not in checked
