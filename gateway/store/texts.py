"""The texts of a conversation, for review and export: each that stands in a record of the unit, once for each place.

Opening what is sealed is for `gateway.records.cases.opening` alone, which writes down who opened what before it asks.
"""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.ledger import sealing
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.manifest import GENESIS
from gateway.ledger.words import decode
from gateway.model.case import UnitText
from gateway.model.errors import GatewayError, Unavailable
from gateway.store import tables
from gateway.store.unseal import original
from gateway.store.writer import unavailable

_MANIFESTS: tuple[tuple[Literal["facts", "request", "reply"], str], ...] = (
    ("facts", "facts_root"),
    ("request", "request_root"),
    ("reply", "reply_root"),
)
_BATCH = 256


class Damaged(GatewayError):
    """Content that the ledger names is not there. `ledger verify` says what."""

    status = 500
    code = "record_damaged"


class DatabaseTexts:
    """Implements `gateway.records.cases.ports.Texts`."""

    def __init__(self, engine: Engine, keystore: KeyStore) -> None:
        self._engine = engine
        self._keystore = keystore

    def texts(self, controller: str, unit: int, *, sealed: bool = False) -> tuple[UnitText, ...]:
        """The texts of a conversation of `controller`, oldest record first and in order of place; empty where there is
        no such conversation or its content was destroyed. With `sealed` the originals too.

        Raises Unavailable where the store fails or a key is gone, Damaged where a link or text is missing.
        """
        try:
            with self._engine.connect() as connection:
                return self._texts(connection, controller, unit, sealed)
        except SQLAlchemyError as error:
            raise unavailable() from error

    def _texts(self, connection: Connection, controller: str, unit: int, sealed: bool) -> tuple[UnitText, ...]:
        table = tables.record
        query = select(table).where(
            table.c.unit == unit, table.c.controller == controller, table.c.disposed_at.is_(None)
        )
        records = connection.execute(query.order_by(table.c.opened_at, table.c.ref)).mappings().all()
        nodes = _nodes(connection, [row["ref"] for row in records])
        parts = _parts(connection, nodes)
        seen: set[bytes] = set()
        found: list[UnitText] = []
        for row in records:
            for manifest, column in _MANIFESTS:
                found.extend(self._text(node, manifest, parts, sealed) for node in _chain(row[column], nodes, seen))
        return tuple(found)

    def _text(
        self, node: Any, manifest: Literal["facts", "request", "reply"], parts: Mapping[int, Any], sealed: bool
    ) -> UnitText:
        kept, sent = parts.get(node["kept_id"]), parts.get(node["sent_id"] or 0)
        if kept is None or (node["sent_id"] is not None and sent is None):
            raise _damaged()
        text, salt = self._open(kept) if sealed else (None, None)
        return UnitText(
            part=node["kept_id"], sent_part=node["sent_id"], ref=node["ref"], role=node["role"], manifest=manifest,
            position=node["position"], root=node["root"], sent=None if sent is None else decode(sent["text"]),
            sent_salt=None if sent is None else sent["salt"], sent_root=node["sent_root"], kept_root=node["kept_root"],
            kept=text, kept_salt=salt,
        )  # fmt: skip

    def _open(self, part: Any) -> tuple[str, bytes]:
        try:
            return original(self._keystore, part)
        except (sealing.Unsealable, KeyGone) as error:
            raise Unavailable(
                "This conversation's originals can't be opened with the keys of this gateway. Check the key store, and "
                "run `ai-gateway ledger verify`."
            ) from error


def _chain(root: bytes | None, nodes: Mapping[bytes, Any], seen: set[bytes]) -> list[Any]:
    """The links of a manifest that no earlier one had, in order."""
    fresh: list[Any] = []
    while root is not None and root != GENESIS and root not in seen:
        node = nodes.get(root)
        if node is None:
            raise _damaged()
        seen.add(root)
        fresh.append(node)
        root = node["prev"]
    return fresh[::-1]


def _nodes(connection: Connection, refs: list[str]) -> dict[bytes, Any]:
    table = tables.node
    found: dict[bytes, Any] = {}
    for start in range(0, len(refs), _BATCH):
        query = select(table).where(table.c.ref.in_(refs[start : start + _BATCH]))
        found.update({row["root"]: row for row in connection.execute(query).mappings()})
    return found


def _parts(connection: Connection, nodes: Mapping[bytes, Any]) -> dict[int, Any]:
    table = tables.part
    wanted = sorted({number for node in nodes.values() for number in (node["kept_id"], node["sent_id"]) if number})
    found: dict[int, Any] = {}
    for start in range(0, len(wanted), _BATCH):
        query = select(table).where(table.c.id.in_(wanted[start : start + _BATCH]))
        found.update({row["id"]: row for row in connection.execute(query).mappings()})
    return found


def _damaged() -> Damaged:
    return Damaged("Part of this conversation is missing from the database. Run `ai-gateway ledger verify`.")
