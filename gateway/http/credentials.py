"""Credentials from a request's headers."""

from collections.abc import Mapping
from typing import Final

from starlette.types import Scope

from gateway.model.call import Credentials

_KEYS: Final = ("authorization", "api-key", "x-api-key")
"""How the OpenAI, Azure OpenAI and Anthropic SDKs send a key."""
_PRIVATE: Final = frozenset({*_KEYS, "cookie", "proxy-authorization"})


def credentials(scope: Scope, headers: Mapping[str, str]) -> Credentials:
    """The secret, the other headers, and the address of the connected socket.

    Two different secrets in one request are none: which of them counts would be anybody's guess.
    """
    found = {secret for name in _KEYS if (secret := _secret(name, headers.get(name)))}
    client = scope.get("client")
    return Credentials(
        secret=found.pop() if len(found) == 1 else None,
        headers={name: value for name, value in headers.items() if name not in _PRIVATE},
        peer=client[0] if client else "",
    )


def _secret(name: str, value: str | None) -> str:
    if not value:
        return ""
    if name != "authorization":
        return value.strip()
    scheme, _, secret = value.strip().partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""
