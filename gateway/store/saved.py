"""Saved searches as rows, each with its leaf."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select

from gateway.ledger.canonical import canonical
from gateway.model.saved import Gone, SavedRow
from gateway.store import tables
from gateway.store.admin import Admin
from gateway.store.keeping import saved_search

_AT_ONCE = 500


class DatabaseSaved:
    """Implements `gateway.records.saved.SavedStore`. Every method raises Unavailable."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    def tree_size(self) -> int:
        """How many leaves the tree has now."""
        return self._admin.read(lambda connection: connection.scalar(select(tables.tree.c.size)) or 0)

    def get(self, controller: str, number: str) -> SavedRow | None:
        """One saved search of a controller."""
        query = select(saved_search).where(saved_search.c.id == number, saved_search.c.controller == controller)
        row = self._admin.read(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else SavedRow(**row)

    def list(self, controller: str, matter: str | None = None) -> Sequence[SavedRow]:
        """A controller's saved searches, or a case's, oldest first."""
        query = select(saved_search).where(saved_search.c.controller == controller).order_by(saved_search.c.at)
        if matter is not None:
            query = query.where(saved_search.c.matter == matter)
        rows = self._admin.read(lambda connection: connection.execute(query).mappings().all())
        return [SavedRow(**row) for row in rows]

    def disposed(self, units: Iterable[int]) -> Mapping[int, Gone]:
        """Those of the conversations that `disposed` leaves speak of."""
        wanted = list(units)

        def read(connection: Connection) -> dict[int, Gone]:
            found: dict[int, Gone] = {}
            for start in range(0, len(wanted), _AT_ONCE):
                found |= _disposed(connection, wanted[start : start + _AT_ONCE])
            return found

        return self._admin.read(read)


def saved_hash(row: Any) -> bytes:
    """What the ledger holds of a saved search. Its box counts by hash, so that it may go when its case goes."""
    return sealed_hash(saved_search, row)


def sealed_hash(table: Any, row: Any) -> bytes:
    """The hash of a row with a box: by the box's hash, worked out anew where the box is still there."""
    values = {str(each.name): row[each.name] for each in table.columns if each.name not in ("wrapped", "box")}
    if row["box"] is not None:
        values["box_hash"] = hashlib.sha256(row["box"]).digest()
    return hashlib.sha256(canonical({name: _written(value) for name, value in values.items()})).digest()


def _written(value: Any) -> str | None:
    """A value for canonical JSON, which holds no 63-bit number exactly."""
    return None if value is None else value.hex() if isinstance(value, bytes) else str(value)


def _disposed(connection: Connection, units: Sequence[int]) -> dict[int, Gone]:
    record, leaf = tables.record, tables.leaf
    query = select(record.c.unit, leaf.c.body).join(leaf, (leaf.c.ref == record.c.ref) & (leaf.c.kind == "disposed"))
    found: dict[int, Gone] = {}
    for unit, body in connection.execute(query.where(record.c.unit.in_(units))):
        said = orjson.loads(body)
        found[unit] = Gone(unit, str(said.get("run", "")), str(said.get("at", "")))
    return found
