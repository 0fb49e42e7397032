"""A reader of the log over HTTP who trusts nothing but a checkpoint's signature: every byte is checked by it.

Written from RFC 6962 and C2SP tlog-tiles alone, with nothing of the gateway's own tree.
"""

import base64
import hashlib
import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.ledger.checkpoint import Verifier


@dataclass
class LogClient:
    """Fetches from a server; keeps the headers of the last response."""

    port: int
    vkey: str
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.key}"} if self.key else {})
            response = connection.getresponse()
            self.headers = {name.lower(): value for name, value in response.getheaders()}
            return response.status, response.read()
        finally:
            connection.close()

    def ok(self, path: str) -> bytes:
        status, body = self.get(path)
        assert status == 200, (path, status, body)
        return body

    def checkpoint(self) -> tuple[int, bytes]:
        found = Verifier(self.vkey).open(self.ok("/log/checkpoint").decode())
        return found.size, found.root

    def json(self, path: str) -> Any:
        return json.loads(self.ok(path))

    def tile(self, level: int | str, number: int, width: int) -> bytes:
        text = f"{number:03d}" if number < 1000 else f"x{number // 1000:03d}/{number % 1000:03d}"
        return self.ok(f"/log/tile/{level}/{text}" + ("" if width == 256 else f".p/{width}"))

    def entries(self, size: int) -> list[bytes]:
        """Every entry, by bundles."""
        found: list[bytes] = []
        for number in range(-(-size // 256)):
            width = min(256, size - number * 256)
            data, at = self.tile("entries", number, width), 0
            before = len(found)
            while at < len(data):
                length = int.from_bytes(data[at : at + 2], "big")
                found.append(data[at + 2 : at + 2 + length])
                at += 2 + length
            assert len(found) == before + width
        return found

    def levels(self, size: int) -> list[list[bytes]]:
        """Every hash that the tiles of this size hold, by level."""
        found = []
        level, count = 0, size
        while count:
            hashes: list[bytes] = []
            for number in range(-(-count // 256)):
                data = self.tile(level, number, min(256, count - number * 256))
                hashes += [data[i : i + 32] for i in range(0, len(data), 32)]
            assert len(hashes) == count
            found.append(hashes)
            level, count = level + 1, count // 256
        return found


def mth(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + mth(hashes[:split]) + mth(hashes[split:])).digest()


def path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1: PATH(m, D[n])."""
    if len(hashes) < 2:
        return []
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if index < split:
        return [*path(index, hashes[:split]), mth(hashes[split:])]
    return [*path(index - split, hashes[split:]), mth(hashes[:split])]


def proof(old: int, hashes: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """RFC 6962 section 2.1.2: SUBPROOF(m, D[n], b)."""
    if old == len(hashes):
        return [] if whole else [mth(hashes)]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if old <= split:
        return [*proof(old, hashes[:split], whole), mth(hashes[split:])]
    return [*proof(old - split, hashes[split:], False), mth(hashes[:split])]


def decoded(values: Sequence[str]) -> list[bytes]:
    return [base64.b64decode(value) for value in values]


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()
