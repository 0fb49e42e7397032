"""Key management services that wrap the key store: HashiCorp Vault (transit engine) and Azure Key Vault.

They are asked when a key file is read or written: at start-up, at a first use, when keys are destroyed; never for a
call. A service that can't be reached therefore stops a start or a disposal, not the calls of a running worker.
"""

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from gateway.ledger.keyfiles import KeyStoreError

TIMEOUT_S = 10.0
TRIES = 3
_AGAIN = frozenset({429, 500, 502, 503, 504})
_AZURE_VERSION = "7.4"
_AZURE_SCOPE = "https://vault.azure.net/.default"
_LIMIT = 1 << 20


class Rest:
    """JSON over HTTPS with a timeout and a few tries. Plain HTTP is for this machine and its metadata."""

    def __init__(self, base: str, what: str, *, ca_file: Path | None = None, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(base)
        here = parts.hostname in ("127.0.0.1", "localhost", "::1", "169.254.169.254")
        if parts.scheme not in ("http", "https") or not parts.hostname or (parts.scheme == "http" and not here):
            raise KeyStoreError(f"{what}: the address must be https://HOST")
        self.host = parts.hostname
        self._what = what
        self._parts = parts
        self._timeout = timeout_s
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None

    def post(self, path: str, body: Mapping[str, Any] | str, headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON answer. Raises KeyStoreError with the service's status, never with what was sent or received."""
        return self._ask("POST", path, body, headers)

    def get(self, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """The same without a body."""
        return self._ask("GET", path, None, headers)

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | str | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        kind = "application/x-www-form-urlencoded" if isinstance(body, str) else "application/json"
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        for number in range(1, TRIES + 1):
            try:
                status, answer = self._once(method, path, data, {"Content-Type": kind, **headers})
            except (OSError, http.client.HTTPException) as error:
                if number == TRIES:
                    raise KeyStoreError(f"{self._what} can't be reached ({type(error).__name__})") from None
            else:
                if status < 300:
                    return _object(answer, self._what)
                if status not in _AGAIN or number == TRIES:
                    raise KeyStoreError(f"{self._what} answered {status}: {_advice(status)}")
            time.sleep(0.2 * number)
        raise AssertionError

    def _once(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        port, base = self._parts.port, self._parts.path.rstrip("/")
        connection = (
            http.client.HTTPSConnection(self.host, port, timeout=self._timeout, context=self._tls)
            if self._tls is not None
            else http.client.HTTPConnection(self.host, port, timeout=self._timeout)
        )
        try:
            connection.request(method, base + path, body=data, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(_LIMIT)
        finally:
            connection.close()


class VaultTransit:
    """HashiCorp Vault or OpenBao: `POST /v1/MOUNT/encrypt/KEY` and `decrypt/KEY` (transit secrets engine API)."""

    name = "vault"

    def __init__(
        self, rest: Rest, key: str, token: Callable[[], str], *, mount: str = "transit", namespace: str = ""
    ) -> None:
        self._rest = rest
        self._place = f"/v1/{quote(mount)}/%s/{quote(key, safe='')}"
        self._token = token
        self._namespace = namespace

    def wrap(self, key: bytes) -> bytes:
        """See `KeyWrapper.wrap`. The ciphertext names the version of Vault's key."""
        data = self._post("encrypt", {"plaintext": base64.b64encode(key).decode()})
        return _text(data, "ciphertext", "Vault").encode()

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyWrapper.unwrap`."""
        data = self._post("decrypt", {"ciphertext": wrapped.decode()})
        return _bytes(_text(data, "plaintext", "Vault"), "Vault")

    def _post(self, act: str, body: Mapping[str, str]) -> Mapping[str, Any]:
        headers = {"X-Vault-Token": self._token(), "X-Vault-Request": "true"}
        if self._namespace:
            headers["X-Vault-Namespace"] = self._namespace
        data = self._rest.post(self._place % act, body, headers).get("data")
        if not isinstance(data, dict):
            raise KeyStoreError("Vault's answer is not that of its transit engine")
        return data


class AzureKeyVault:
    """Azure Key Vault: `POST /keys/NAME/VERSION/wrapKey` and `unwrapKey` (REST API 7.4), RSA-OAEP-256 by default."""

    name = "azure"

    def __init__(self, rest: Rest, key: str, token: Callable[[], str], *, algorithm: str = "RSA-OAEP-256") -> None:
        self._rest = rest
        self._key = key
        self._token = token
        self._algorithm = algorithm

    def wrap(self, key: bytes) -> bytes:
        """See `KeyWrapper.wrap`. Azure says which version of the key it used; that is kept with what it gave."""
        answer = self._post(f"/keys/{quote(self._key)}/wrapkey", key)
        version = _text(answer, "kid", "Azure Key Vault").rstrip("/").rpartition("/")[2]
        return f"{version}:{_text(answer, 'value', 'Azure Key Vault')}".encode()

    def unwrap(self, wrapped: bytes) -> bytes:
        """See `KeyWrapper.unwrap`."""
        version, _, value = wrapped.decode().partition(":")
        answer = self._post(f"/keys/{quote(self._key)}/{quote(version)}/unwrapkey", _bytes(value, "the key file"))
        return _bytes(_text(answer, "value", "Azure Key Vault"), "Azure Key Vault")

    def _post(self, path: str, value: bytes) -> dict[str, Any]:
        body = {"alg": self._algorithm, "value": _base64url(value)}
        return self._rest.post(
            f"{path}?api-version={_AZURE_VERSION}", body, {"Authorization": f"Bearer {self._token()}"}
        )


class AzureClient:
    """Tokens for Azure Key Vault by client credentials (Microsoft identity platform), kept until they run out."""

    def __init__(self, rest: Rest, tenant: str, client_id: str, secret: Callable[[], str]) -> None:
        self._rest = rest
        self._path = f"/{quote(tenant)}/oauth2/v2.0/token"
        self._client = client_id
        self._secret = secret
        self._held = ("", 0.0)

    def __call__(self) -> str:
        """A token that is good for a minute at least."""
        token, until = self._held
        if time.monotonic() < until:
            return token
        form = {
            "grant_type": "client_credentials", "client_id": self._client, "client_secret": self._secret(),
            "scope": _AZURE_SCOPE,
        }  # fmt: skip
        return self._keep(self._rest.post(self._path, urlencode(form), {}))

    def _keep(self, answer: Mapping[str, Any]) -> str:
        token = _text(answer, "access_token", "Azure's token service")
        self._held = (token, time.monotonic() + float(answer.get("expires_in", 0)) - 60)
        return token


class AzureIdentity(AzureClient):
    """Tokens by the managed identity of the virtual machine (instance metadata service)."""

    def __init__(self, rest: Rest) -> None:
        super().__init__(rest, "", "", str)

    def __call__(self) -> str:
        """See `AzureClient`."""
        token, until = self._held
        if time.monotonic() < until:
            return token
        asked = urlencode({"api-version": "2018-02-01", "resource": "https://vault.azure.net"})
        answer = self._rest.get(f"/metadata/identity/oauth2/token?{asked}", {"Metadata": "true"})
        return self._keep({**answer, "expires_in": float(answer.get("expires_in", 0))})


def _advice(status: int) -> str:
    if status in (401, 403):
        return "its token is not valid or may not use this key"
    return "there is no such key or path" if status == 404 else "see its own log"


def _object(answer: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise KeyStoreError(f"{what} gave no JSON object")
    return found


def _text(answer: Mapping[str, Any], name: str, what: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise KeyStoreError(f"{what} gave no {name}")
    return value


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str, what: str) -> bytes:
    try:
        plain = text.replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        raise KeyStoreError(f"{what} gave what is not base64") from None
