"""What officers ask for, sealed: a query names people, and lies in the database."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from gateway.ledger import sealing
from gateway.ledger.keystore import KeyStore
from gateway.model.search import Query, Subject


def seal(keystore: KeyStore, controller: str, name: str, said: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
    """Box, wrapped key and the box's hash."""
    key = sealing.new_key()
    box = sealing.seal_text(key, orjson.dumps(said), name.encode())
    wrapped = sealing.wrap(keystore, controller, sealing.REQUEST_FILE, key, name.encode())
    return box, wrapped, hashlib.sha256(box).digest()


def unseal(keystore: KeyStore, controller: str, name: str, wrapped: bytes, box: bytes) -> dict[str, Any]:
    """The inverse of `seal`. Raises Unsealable, KeyGone."""
    key = sealing.unwrap(keystore, controller, sealing.REQUEST_FILE, wrapped, name.encode())
    return dict(orjson.loads(sealing.open_text(key, box, name.encode())))


def query_as_json(query: Query) -> dict[str, Any]:
    """A query for a box."""
    return asdict(query)


def query_from_json(said: Mapping[str, Any]) -> Query:
    """The inverse."""
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    given["subjects"] = tuple(Subject(**each) for each in said["subjects"])
    return Query(**given)
