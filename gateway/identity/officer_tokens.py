"""Officers by signed token: the council's own sign-in says who somebody is, and an app role what for.

App roles, not groups: beyond some 200 groups Entra leaves the claim out, and a group's name is not the application's.
Which role of the issuer's is which of ours, at which councils, stands in the settings, so that an issuer of one council
can give nobody a role at another.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.identity.rejection import KeyRejected
from gateway.identity.users import TokenCheck, TokenIssuer, checked_user
from gateway.model.officer import Officer, Role

ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Given:
    """What an app role gives: a role of ours, at these councils, limited to these services (none: not limited)."""

    role: Role
    controllers: frozenset[str]
    services: frozenset[str] = frozenset()


class OfficerTokens:
    """Reads the tokens of one issuer. `given` is by the issuer's name of a role, `claim` where they stand.

    `pepper` keys the officer's id, which is pseudonymous and stays the same from token to token: it stands in the
    ledger and in cases as an officer's key id does.
    """

    def __init__(
        self,
        issuer: TokenIssuer,
        given: Mapping[str, Given],
        pepper: bytes,
        now: Callable[[], float],
        *,
        claim: str = "roles",
        name_claim: str = "name",
    ) -> None:
        self._issuer = issuer
        self._check = TokenCheck(issuer, now)
        self._given = dict(given)
        self._pepper = pepper
        self._claim = claim
        self._name_claim = name_claim

    def officer(self, token: str) -> Officer | None:
        """The officer, None for a token that is not this issuer's, not valid, or gives no role here.

        The roles of several app roles at different councils must not mix (auditor here and DPO there would make a DPO
        of both), so only one set of councils counts; a token that names two is refused.
        """
        try:
            claims = self._check.claims(token)
            subject = checked_user(claims.get(self._issuer.subject_claim))
        except KeyRejected:
            return None
        named = claims.get(self._claim)
        held = [self._given[each] for each in named if each in self._given] if isinstance(named, list) else []
        if not held or len({(each.controllers, each.services) for each in held}) != 1:
            return None
        who = f"{self._issuer.issuer}\0{subject}".encode()
        digest = hmac.digest(self._pepper, b"ago-token-v1\0" + who, hashlib.sha256).hex()
        shown = claims.get(self._name_claim)
        return Officer(
            id=f"t{digest[:ID_DIGITS]}",
            email=subject,
            name=shown if isinstance(shown, str) and shown.strip() else subject,
            roles=frozenset(each.role for each in held),
            controllers=held[0].controllers,
            expires=datetime.fromtimestamp(claims["exp"], UTC),
            services=held[0].services,
        )
