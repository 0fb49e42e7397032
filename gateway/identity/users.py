"""Who sits behind an app: a signed token, or a header from a proxy that is pinned by address and secret.

A header alone proves nothing: any program on the network can write `X-Forwarded-Email`. So an app key says
which issuer or which proxy may speak for its users, and nothing else is listened to.
"""

import hmac
import ipaddress
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from gateway.identity.rejection import KeyRejected
from gateway.model.call import Credentials

USER_TOKEN_HEADER: Final = "x-ai-user-token"  # noqa: S105 - a header's name
PROXY_SECRET_HEADER: Final = "x-ai-proxy-secret"  # noqa: S105 - a header's name
MAX_TOKEN_CHARS: Final = 8192
MAX_USER_CHARS: Final = 254
MIN_SECRET_BYTES: Final = 32
ASYMMETRIC: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519"})
SYMMETRIC: Final = frozenset({"HS256", "HS384", "HS512"})


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Who may sign user tokens (JWT, RFC 7519) for the app keys that name it.

    Exactly one of `jwks` (a JSON Web Key Set as parsed JSON) and `secret` (shared, at least 32 bytes). The
    token must carry `iss`, `aud`, `exp`, `iat` and the claim `subject_claim`, and be no older than `max_age_s`.
    `algorithms` is the whole list of those accepted; a public key never verifies an HMAC. `audience` None asks for no
    `aud`: only with a secret, which by itself says for whom the token is, and for an issuer that writes none (Open
    WebUI). A token that has one then counts as meant for somebody else.
    """

    name: str
    issuer: str
    audience: str | None
    algorithms: tuple[str, ...]
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    subject_claim: str = "email"
    max_age_s: int = 900
    leeway_s: int = 30

    def __post_init__(self) -> None:
        """Raise ValueError naming what is wrong, never a value."""
        if (self.jwks is None) == (self.secret is None):
            raise ValueError(f"token issuer {self.name}: give jwks or secret, one of them")
        allowed = SYMMETRIC if self.secret is not None else ASYMMETRIC
        if not self.algorithms or not set(self.algorithms) <= allowed:
            raise ValueError(f"token issuer {self.name}: algorithms must be among {', '.join(sorted(allowed))}")
        if self.secret is not None and len(self.secret.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"token issuer {self.name}: the secret needs at least {MIN_SECRET_BYTES} bytes")
        if not self.issuer or self.audience == "" or (self.audience is None and self.secret is None):
            raise ValueError(f"token issuer {self.name}: issuer and audience must be given")


@dataclass(frozen=True, slots=True)
class PinnedProxy:
    """A proxy that has authenticated its user and names him in `user_header`.

    It is believed only from an address within `networks` (CIDR) and with `secret` in X-AI-Proxy-Secret.
    """

    name: str
    networks: tuple[str, ...]
    secret: str = field(repr=False)
    user_header: str = "x-forwarded-email"

    def __post_init__(self) -> None:
        """Raise ValueError naming what is wrong, never a value."""
        if not self.networks:
            raise ValueError(f"proxy {self.name}: networks must be given")
        for network in self.networks:
            ipaddress.ip_network(network)
        if len(self.secret.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"proxy {self.name}: the secret needs at least {MIN_SECRET_BYTES} bytes")


class TokenCheck:
    """Verifies the user tokens of one issuer."""

    def __init__(self, issuer: TokenIssuer, now: Callable[[], float]) -> None:
        self._issuer = issuer
        self._now = now
        self._key: KeySet | OctKey
        if issuer.secret is not None:
            self._key = OctKey.import_key(issuer.secret)
        else:
            self._key = KeySet.import_key_set(dict(issuer.jwks or {}))  # type: ignore[arg-type]

    def user(self, credentials: Credentials) -> str | None:
        """The user that the token names, None where there is no token. Raises KeyRejected for a bad one."""
        token = credentials.headers.get(USER_TOKEN_HEADER)
        return checked_user(self.claims(token).get(self._issuer.subject_claim)) if token else None

    def claims(self, token: str) -> Mapping[str, Any]:
        """What a valid token says. Raises KeyRejected for one that is forged, of another issuer, or out of date."""
        if len(token) > MAX_TOKEN_CHARS:
            raise KeyRejected("bad_user_token")
        issuer, now = self._issuer, int(self._now())
        wanted: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": issuer.issuer},
            "exp": {"essential": True},
            "iat": {"essential": True},
        }
        if issuer.audience is not None:
            wanted["aud"] = {"essential": True, "value": issuer.audience}
        registry = jwt.JWTClaimsRegistry(now=now, leeway=issuer.leeway_s, **wanted)
        try:
            claims = jwt.decode(token, self._key, algorithms=list(issuer.algorithms)).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            raise KeyRejected("bad_user_token") from None
        if issuer.audience is None and "aud" in claims:
            raise KeyRejected("bad_user_token")
        if claims["iat"] < now - issuer.max_age_s - issuer.leeway_s:
            raise KeyRejected("bad_user_token")
        return claims


class ProxyCheck:
    """Believes one pinned proxy, and nobody who claims to be it."""

    def __init__(self, proxy: PinnedProxy) -> None:
        self._header = proxy.user_header.lower()
        self._secret = proxy.secret.encode()
        self._networks = [ipaddress.ip_network(network) for network in proxy.networks]

    def user(self, credentials: Credentials) -> str | None:
        """The user that the proxy names, None where it names none. Raises KeyRejected for an impostor."""
        named = credentials.headers.get(self._header)
        if not named:
            return None
        shown = credentials.headers.get(PROXY_SECRET_HEADER, "").encode("utf-8", "replace")
        if not (self._pinned(credentials.peer) & hmac.compare_digest(shown, self._secret)):
            raise KeyRejected("unpinned_proxy")
        return checked_user(named)

    def _pinned(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._networks)


def checked_user(value: object) -> str:
    """A user's name as an identity. Raises KeyRejected where it is empty, too long or holds control characters."""
    if not isinstance(value, str):
        raise KeyRejected("bad_user")
    name = unicodedata.normalize("NFKC", value).strip()
    if not name or len(name) > MAX_USER_CHARS or any(unicodedata.category(c)[0] == "C" for c in name):
        raise KeyRejected("bad_user")
    return name
