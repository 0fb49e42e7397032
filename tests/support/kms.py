"""A small key management server on this machine: speaks the wire formats of Vault's transit engine and Azure Key Vault.

The keys are real (AES-GCM, RSA-OAEP-256), so what it wrapped opens only with what it keeps.
"""

import base64
import json
import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Kms:
    """The server's state. `failing` answers that many requests with 503 first."""

    def __init__(self) -> None:
        self.url = ""
        self.vault_token, self.client_secret = secrets.token_hex(16), secrets.token_hex(16)
        self.vault_keys = {"council": {1: AESGCM(secrets.token_bytes(32))}}
        self.azure_keys = {"v1": rsa.generate_private_key(65_537, 2048)}
        self.azure_tokens: set[str] = set()
        self.failing = 0
        self.slow = 0.0
        self.seen: list[tuple[str, str]] = []

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request."""
        self.seen.append((method, target))
        if self.failing:
            self.failing -= 1
            return 503, {"errors": ["sealed"]}
        parts = urlsplit(target)
        steps = parts.path.strip("/").split("/")
        if steps[0] == "v1":
            return self._vault(steps[1:], headers, json.loads(body))
        if steps[0] == "keys":
            return self._azure(steps[1:], parse_qs(parts.query), headers, json.loads(body))
        if steps[-1] == "token":
            return self._token(method, steps, parse_qs(parts.query), headers, parse_qs(body.decode()))
        return 404, {}

    def _vault(self, steps: list[str], headers: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if headers["X-Vault-Token"] != self.vault_token:
            return 403, {"errors": ["permission denied"]}
        mount, act, name = steps
        if mount != "transit" or name not in self.vault_keys:
            return 404, {"errors": []}
        keys = self.vault_keys[name]
        if act == "encrypt":
            version, nonce = max(keys), secrets.token_bytes(12)
            sealed = nonce + keys[version].encrypt(nonce, base64.b64decode(body["plaintext"], validate=True), None)
            return 200, {"data": {"ciphertext": f"vault:v{version}:{base64.b64encode(sealed).decode()}"}}
        _, number, text = body["ciphertext"].split(":")
        sealed = base64.b64decode(text, validate=True)
        plain = keys[int(number[1:])].decrypt(sealed[:12], sealed[12:], None)
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}

    def _azure(
        self, steps: list[str], query: dict[str, list[str]], headers: Any, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        if headers["Authorization"].removeprefix("Bearer ") not in self.azure_tokens:
            return 401, {"error": {"code": "Unauthorized"}}
        if query["api-version"] != ["7.4"] or body["alg"] != "RSA-OAEP-256" or steps[0] != "council":
            return 404, {"error": {"code": "KeyNotFound"}}
        value = base64.urlsafe_b64decode(body["value"] + "=" * (-len(body["value"]) % 4))
        if steps[-1] == "wrapkey":
            version = sorted(self.azure_keys)[-1]
            value = self.azure_keys[version].public_key().encrypt(value, OAEP)
        else:
            version = steps[1]
            value = self.azure_keys[version].decrypt(value, OAEP)
        said = base64.urlsafe_b64encode(value).rstrip(b"=").decode()
        return 200, {"kid": f"{self.url}/keys/council/{version}", "value": said}

    def _token(
        self, method: str, steps: list[str], query: dict[str, list[str]], headers: Any, form: dict[str, list[str]]
    ) -> tuple[int, dict[str, Any]]:
        if method == "GET":
            if headers["Metadata"] != "true" or query["resource"] != ["https://vault.azure.net"]:
                return 400, {}
        elif steps[0] != "tenant-1" or form["client_secret"] != [self.client_secret]:
            return 401, {"error": "invalid_client"}
        token = secrets.token_hex(16)
        self.azure_tokens.add(token)
        return 200, {"token_type": "Bearer", "expires_in": 3599 if method == "POST" else "3599", "access_token": token}


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Kms]:
    """A running server."""
    kms = Kms()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            threading.Event().wait(kms.slow)
            status, answer = kms.answer(self.command, self.path, self.headers, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    kms.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kms
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
