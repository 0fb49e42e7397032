"""Gateway keys and suspended tools: small tables, each change together with an `admin` leaf."""

import asyncio
import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, Row, Update, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gateway.ledger import leaf
from gateway.ledger.canonical import canonical
from gateway.ledger.rows import Job, LeafDraft
from gateway.ledger.scribe import now
from gateway.model.key import KeyRecord
from gateway.store import tables
from gateway.store.committer import Committer
from gateway.store.writer import unavailable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Suspension:
    """A tool that nobody may call until it is resumed. `who` and `reason` are for administrators only."""

    tool: str
    at: str
    who: str
    reason: str


class Meanwhile(Exception):
    """What was to be written is not as it was when it was read: somebody else was quicker. Nothing was written."""


class Admin:
    """Suspensions, and gateway keys by `keys`. Every change is durable, and in the ledger, when the method returns."""

    def __init__(
        self, engine: Engine, committer: Committer, secret: Callable[[], bytes], on_commit: Callable[[], object]
    ) -> None:
        self._engine = engine
        self._committer = committer
        self._secret = secret
        self._on_commit = on_commit
        self._lock = threading.Lock()
        self.keys = DatabaseKeys(self)

    def suspend(self, tool: str, who: str, reason: str) -> None:
        """Stop new calls to a tool on every worker; a second suspension replaces who and why."""
        table = tables.suspension
        values = {"at": leaf.timestamp(now()), "who": who, "reason": reason, "salt": os.urandom(16)}

        def change(connection: Connection) -> None:
            connection.execute(delete(table).where(table.c.tool == tool))
            connection.execute(insert(table).values(tool=tool, **values))

        self.act("suspend", tool, who, suspension_hash({"tool": tool, **values}), change)

    def resume(self, tool: str, who: str) -> bool:
        """Let a suspended tool be called again; False where it was not suspended."""
        if tool not in self.suspended():
            return False
        table = tables.suspension
        self.act(
            "resume", tool, who, b"", lambda connection: connection.execute(delete(table).where(table.c.tool == tool))
        )
        return True

    def suspended(self) -> frozenset[str]:
        """The ids of the tools that are suspended now. Raises Unavailable."""
        return frozenset(each.tool for each in self.suspensions())

    def suspensions(self) -> Sequence[Suspension]:
        """The suspensions in force, with who and why."""
        table = tables.suspension
        rows = self.read(lambda connection: connection.execute(select(table).order_by(table.c.at)).all())
        return [Suspension(row.tool, row.at, row.who, row.reason) for row in rows]

    def pseudonym(self, who: str) -> str:
        """How leaves name somebody who acted; empty for nobody."""
        return hmac.digest(self._secret(), b"admin" + who.encode(), "sha256")[:16].hex() if who else ""

    def act(
        self,
        act: str,
        subject: str,
        who: str,
        row: bytes,
        change: Callable[[Connection], object],
        *,
        sequence: bool = True,
    ) -> None:
        """Make `change` and its leaf durable together. Without `sequence` the leaf waits for somebody else to have it
        sequenced. Raises Unavailable; IntegrityError is passed on."""
        body = leaf.admin(at=now(), act=act, subject=subject, actor=self.pseudonym(who), row=row)
        self.record([LeafDraft("admin", "", body)], change, sequence=sequence)

    def record(
        self,
        leaves: Sequence[LeafDraft],
        change: Callable[[Connection], object],
        check: Callable[[Connection], object] | None = None,
        *,
        sequence: bool = True,
    ) -> None:
        """Make leaves and `change` durable together, after `check` in the same transaction. Raises as `act`, and what
        `check` raises."""
        try:
            with self._lock:
                self._committer.commit([Job(leaves=list(leaves))], change, check)
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise unavailable() from error
        if sequence:
            self._on_commit()

    def act_once(self, act: str, subject: str, who: str, row: bytes, change: Update) -> bool:
        """As `act`, where `change` still finds its row; False, and nothing is written, where somebody else was first:
        a leaf of a change that did not happen would look like a row that was tampered with."""

        def once(connection: Connection) -> None:
            if connection.execute(change).rowcount != 1:
                raise Meanwhile

        try:
            self.act(act, subject, who, row, once)
        except Meanwhile:
            return False
        return True

    def read(self, question: Callable[[Connection], _T]) -> _T:
        """Ask the database. Raises Unavailable."""
        try:
            with self._engine.connect() as connection:
                return question(connection)
        except SQLAlchemyError as error:
            raise unavailable() from error


class DatabaseKeys:
    """Implements `gateway.model.key.KeyStore`."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    async def get(self, key_id: str) -> KeyRecord | None:
        """See `KeyStore.get`."""
        table = tables.gateway_key
        query = select(table).where(table.c.id == key_id)
        row = await asyncio.to_thread(self._admin.read, lambda connection: connection.execute(query).first())
        return None if row is None else _record(row)

    async def add(self, record: KeyRecord, who: str = "") -> None:
        """See `KeyStore.add`."""
        values = {
            "id": record.id, "controller": record.controller, "digest": bytes.fromhex(record.digest),
            "body": _body(record), "revoked_at": None if record.revoked is None else leaf.timestamp(record.revoked),
        }  # fmt: skip
        statement = insert(tables.gateway_key).values(**values)

        def change(connection: Connection) -> None:
            connection.execute(statement)

        try:
            await asyncio.to_thread(self._admin.act, "key_add", record.id, who, key_hash(values), change)
        except IntegrityError as error:
            raise ValueError("a key with this id exists already") from error

    async def revoke(self, key_id: str, at: datetime, who: str = "") -> bool:
        """See `KeyStore.revoke`."""
        return await asyncio.to_thread(self._revoke, key_id, leaf.timestamp(at), who)

    async def list(self, controller: str | None = None) -> Sequence[KeyRecord]:
        """See `KeyStore.list`."""
        table = tables.gateway_key
        query = select(table) if controller is None else select(table).where(table.c.controller == controller)
        rows = await asyncio.to_thread(self._admin.read, lambda connection: connection.execute(query).all())
        return sorted((_record(row) for row in rows), key=lambda record: (record.created, record.id))

    def _revoke(self, key_id: str, at: str, who: str) -> bool:
        table = tables.gateway_key
        query = select(table).where(table.c.id == key_id)
        row = self._admin.read(lambda connection: connection.execute(query).first())
        if row is None or row.revoked_at is not None:
            return row is not None
        change = update(table).where(table.c.id == key_id, table.c.revoked_at.is_(None)).values(revoked_at=at)
        revoked = {**row._mapping, "revoked_at": at}
        self._admin.act_once("key_revoke", key_id, who, key_hash(revoked), change)
        return True


def key_hash(row: Any) -> bytes:
    """What the ledger holds of a key's row. Unguessable, because the digest in it is."""
    values = {"id": row["id"], "controller": row["controller"], "digest": row["digest"].hex(), "body": row["body"]}
    return hashlib.sha256(canonical({**values, "revoked_at": row["revoked_at"]})).digest()


def suspension_hash(row: Any) -> bytes:
    """What the ledger holds of a suspension's row; salted, so that who and why can't be guessed from it."""
    values = {name: row[name] for name in ("tool", "at", "who", "reason")}
    return hashlib.sha256(canonical({**values, "salt": row["salt"].hex()})).digest()


_PLAIN = (
    "kind", "owner", "name", "service", "person_class", "note_mode", "refusal_as_message", "rate_per_minute", "burst",
    "token_issuer", "proxy",
)  # fmt: skip


def _body(record: KeyRecord) -> str:
    values = {name: getattr(record, name) for name in _PLAIN}
    times = {"created": leaf.timestamp(record.created), "expires": leaf.timestamp(record.expires)}
    return canonical({**values, **times, "purposes": list(record.purposes)}).decode()


def _record(row: Row[Any]) -> KeyRecord:
    body = orjson.loads(row.body)
    record = KeyRecord(
        id=row.id,
        digest=row.digest.hex(),
        controller=row.controller,
        purposes=tuple(body["purposes"]),
        created=datetime.fromisoformat(body["created"]),
        expires=datetime.fromisoformat(body["expires"]),
        **{name: body[name] for name in _PLAIN},
    )
    return record if row.revoked_at is None else replace(record, revoked=datetime.fromisoformat(row.revoked_at))
