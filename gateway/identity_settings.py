"""Settings of who may speak for whom: people behind app keys, and officers."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from gateway.model.officer import Role
from gateway.strict import Identifier, Strict


class IssuerSettings(Strict):
    """Who may sign the user tokens (JWT) that an app key's calls carry in X-AI-User-Token. `audience` may be left out
    where the secret is shared with an issuer that names none."""

    issuer: str
    audience: str | None = None
    algorithms: tuple[str, ...] = ("RS256",)
    jwks_file: Path | None = None
    secret_env: str | None = None
    secret_file: Path | None = None
    subject_claim: str = "email"
    max_age_s: int = Field(default=900, ge=30, le=86_400)


class ProxySettings(Strict):
    """A proxy that authenticates people for an app key's calls: believed from these addresses, with this secret."""

    networks: tuple[str, ...] = Field(min_length=1)
    secret_env: str | None = None
    secret_file: Path | None = None
    user_header: str = "x-forwarded-email"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.secret_env or self.secret_file):
            raise ValueError("a pinned proxy needs secret_env or secret_file: an address alone proves little")
        return self


class IdentitySettings(Strict):
    """Who may speak for the people behind `app` keys, and how often a key may call."""

    issuers: dict[Identifier, IssuerSettings] = Field(default_factory=dict)
    proxies: dict[Identifier, ProxySettings] = Field(default_factory=dict)
    calls_per_minute: int = Field(default=120, ge=1, le=1_000_000)
    burst: int = Field(default=60, ge=1, le=1_000_000)


class OfficerRoleSettings(Strict):
    """What an app role of a token issuer gives: a role at these councils, for a service manager at these services."""

    role: Role
    controllers: tuple[Identifier, ...] = Field(min_length=1)
    services: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if self.services and self.role is not Role.SERVICE_MANAGER:
            raise ValueError("only a service manager is limited to services: leave services out, or change the role")
        return self


class OfficerIssuerSettings(IssuerSettings):
    """Who may sign officers' tokens. `roles` is by the issuer's own name of an app role (Entra: `IG.Officer`);
    `subject_claim` should be one that never changes and is never given to somebody else (Entra: `oid`)."""

    subject_claim: str = "oid"
    name_claim: str = "name"
    roles_claim: str = "roles"
    roles: dict[str, OfficerRoleSettings] = Field(min_length=1)

    @model_validator(mode="after")
    def _audience(self) -> Self:
        if self.audience is None:
            raise ValueError("a token for officers must say whom it is for: give audience")
        return self


class AdminListen(Strict):
    """A listener of the records API's own, which answers nothing else."""

    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65_535)


class AdminSettings(Strict):
    """The records API, `/records/v1` (docs/records.md)."""

    listen: AdminListen | None = None
    """Where it answers: a port that only officers' machines reach."""
    beside_calls: bool | None = None
    """Answer on the port of the calls instead. Left out: yes in demo mode, no in production, where the tools' network
    would reach it."""
    issuers: dict[Identifier, OfficerIssuerSettings] = Field(default_factory=dict)
    requests_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    """From one address; a burst of a quarter of it is let through."""
