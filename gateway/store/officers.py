"""Officers: a small table, each change together with an `admin` leaf."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.ledger import leaf
from gateway.ledger.canonical import canonical
from gateway.model.officer import Officer, OfficerRecord, Role
from gateway.store import keeping
from gateway.store.admin import Admin


class DatabaseOfficers:
    """Implements `gateway.model.officer.OfficerStore`."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    def get(self, officer_id: str) -> OfficerRecord | None:
        """See `OfficerStore.get`."""
        query = select(keeping.officer).where(keeping.officer.c.id == officer_id)
        row = self._admin.read(lambda connection: connection.execute(query).first())
        return None if row is None else _record(row)

    def add(self, record: OfficerRecord, who: str) -> None:
        """See `OfficerStore.add`."""
        officer = record.officer
        body = canonical(
            {
                "email": officer.email, "name": officer.name, "roles": sorted(officer.roles),
                "controllers": sorted(officer.controllers), "services": sorted(officer.services),
                "created": leaf.timestamp(record.created), "expires": leaf.timestamp(officer.expires),
                "added_by": record.added_by,
            }
        ).decode()  # fmt: skip
        values = {"id": officer.id, "digest": bytes.fromhex(record.digest), "body": body, "revoked_at": None}

        def change(connection: Connection) -> None:
            connection.execute(insert(keeping.officer).values(**values))

        try:
            self._admin.act("officer_add", officer.id, who, officer_hash(values), change)
        except IntegrityError as error:
            raise ValueError("an officer with this id exists already") from error

    def revoke(self, officer_id: str, at: datetime, who: str) -> bool:
        """See `OfficerStore.revoke`."""
        table = keeping.officer
        row = self._admin.read(
            lambda connection: connection.execute(select(table).where(table.c.id == officer_id)).first()
        )
        if row is None or row.revoked_at is not None:
            return row is not None
        revoked_at = leaf.timestamp(at)
        change = (
            update(table).where(table.c.id == officer_id, table.c.revoked_at.is_(None)).values(revoked_at=revoked_at)
        )
        after = officer_hash({**row._mapping, "revoked_at": revoked_at})
        self._admin.act_once("officer_revoke", officer_id, who, after, change)
        return True

    def list(self) -> Sequence[OfficerRecord]:
        """See `OfficerStore.list`."""
        rows = self._admin.read(lambda connection: connection.execute(select(keeping.officer)).all())
        return sorted((_record(row) for row in rows), key=lambda record: (record.created, record.officer.id))


def officer_hash(row: Any) -> bytes:
    """What the ledger holds of an officer's row. Unguessable, because the digest in it is."""
    values = {"id": row["id"], "digest": row["digest"].hex(), "body": row["body"], "revoked_at": row["revoked_at"]}
    return hashlib.sha256(canonical(values)).digest()


def _record(row: Row[Any]) -> OfficerRecord:
    body = orjson.loads(row.body)
    officer = Officer(
        row.id, body["email"], body["name"], frozenset(map(Role, body["roles"])), frozenset(body["controllers"]),
        datetime.fromisoformat(body["expires"]), frozenset(body["services"]),
    )  # fmt: skip
    revoked = None if row.revoked_at is None else datetime.fromisoformat(row.revoked_at)
    return OfficerRecord(
        officer, row.digest.hex(), datetime.fromisoformat(body["created"]), revoked, body.get("added_by", "")
    )
