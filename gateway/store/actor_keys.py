"""Versions of the key of callers' pseudonyms: which there are, in the database; the keys, in the key store."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from gateway.ledger.canonical import canonical
from gateway.ledger.keystore import KeyStore
from gateway.ledger.leaf import timestamp
from gateway.ledger.scribe import now
from gateway.model.wording import many
from gateway.store import tables
from gateway.store.admin import Admin
from gateway.store.keeping import actor_key

LAG = timedelta(minutes=1)
"""So long a worker may go on with the version before."""


class StillNeeded(ValueError):
    """A version that can't be destroyed yet; the message says why."""


@dataclass(frozen=True, slots=True)
class ActorKey:
    """A version: in use from `made_at` until the next was made. Times are UTC ISO 8601."""

    version: int
    made_at: str
    destroyed_at: str | None


class ActorKeys:
    """Makes, lists and destroys versions. Every change is durable, and in the ledger, when the method returns."""

    def __init__(self, admin: Admin, keystore: KeyStore) -> None:
        self._admin = admin
        self._keystore = keystore

    def versions(self) -> Sequence[ActorKey]:
        """All versions after the first, oldest first. Raises Unavailable."""
        query = select(actor_key).order_by(actor_key.c.version)
        rows = self._admin.read(lambda connection: connection.execute(query).all())
        return [ActorKey(row.version, row.made_at, row.destroyed_at) for row in rows]

    def keys(self) -> tuple[bytes, ...]:
        """The keys that are left, the newest last. Raises Unavailable, KeyStoreError."""
        left = [each for each in self.versions() if each.destroyed_at is None]
        return tuple(self._keystore.secret(_secret(each.version), 32) for each in left)

    def sweep(self) -> None:
        """Destroy keys that the database says are destroyed, where a crash came between the two."""
        for each in self.versions():
            if each.destroyed_at is not None:
                self._keystore.destroy(_secret(each.version))

    def rotate(self, who: str) -> int:
        """Begin a new version; every worker uses it within seconds. Its number."""
        version = max((each.version for each in self.versions()), default=0) + 1
        self._keystore.secret(_secret(version), 32)
        row = {"name": _name(version), "version": version, "made_at": timestamp(now()), "destroyed_at": None}

        def change(connection: Connection) -> None:
            connection.execute(insert(actor_key).values(**row))

        self._admin.act("pseudonym_rotate", _name(version), who, actor_key_hash(row), change)
        return version

    def destroy(self, version: int, who: str) -> None:
        """Destroy a version's key: nobody can find its records by person any more. Raises StillNeeded."""
        every = self.versions()
        found = next((each for each in every if each.version == version), None)
        if version == 0:
            raise StillNeeded("version 0 is derived from the pepper of the gateway keys and goes when that is replaced")
        if found is None or found.destroyed_at is not None:
            raise StillNeeded(f"there is no version {version} to destroy")
        later = next((each for each in every if each.version == version + 1), None)
        if later is None:
            raise StillNeeded(f"version {version} is in use: rotate first")
        ended = timestamp(datetime.fromisoformat(later.made_at) + LAG)
        left = self._admin.read(lambda connection: _records(connection, found.made_at, ended))
        if left:
            raise StillNeeded(
                f"{many(left, 'record')} of its time could not be found by person any more: "
                "dispose of what is still kept first"
            )
        row = {"name": _name(version), "version": version, "made_at": found.made_at, "destroyed_at": timestamp(now())}
        change = update(actor_key).where(actor_key.c.version == version).values(destroyed_at=row["destroyed_at"])
        self._admin.act(
            "pseudonym_destroy", _name(version), who, actor_key_hash(row),
            lambda connection: connection.execute(change),
        )  # fmt: skip
        self._keystore.destroy(_secret(version))


def actor_key_hash(row: Any) -> bytes:
    """What the ledger holds of a version's row."""
    return hashlib.sha256(canonical({str(each.name): row[each.name] for each in actor_key.columns})).digest()


def _records(connection: Connection, begun: str, ended: str) -> int:
    record = tables.record
    kept = select(func.count()).where(record.c.opened_at >= begun, record.c.opened_at < ended)
    return connection.scalar(kept.where(record.c.disposed_at.is_(None))) or 0


def _name(version: int) -> str:
    return f"v{version}"


def _secret(version: int) -> str:
    return f"actor.v{version}"
