"""Scans: texts read one after the other, originals in memory only, and what they hold put into the blind index."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select, update

from gateway.ledger import sealing
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.model.errors import GatewayError
from gateway.model.saved import OpenedText, RedactedText, ScanRow
from gateway.model.search import Filter
from gateway.store import tables
from gateway.store.admin import Admin
from gateway.store.bulk import inserts
from gateway.store.finding import units
from gateway.store.keeping import scan_run
from gateway.store.locking import beside
from gateway.store.saved import sealed_hash
from gateway.store.unseal import unseal

Found = Sequence[tuple[bytes, int]]
"""Digests with the part they stand in."""
_REPLY = "reply:"


class ScanMoved(GatewayError):
    """Somebody else has taken this scan further meanwhile."""

    status = 409
    code = "scan_moved"


class DatabaseScans:
    """Implements `gateway.records.scan.ScanStore`, and `RescanStore`. Every method raises Unavailable."""

    def __init__(self, admin: Admin, keystore: KeyStore, *, sqlite: bool) -> None:
        self._admin = admin
        self._keystore = keystore
        self._sqlite = sqlite

    def add(self, row: ScanRow, who: str) -> None:
        """Begin a scan, durably and with its leaf."""
        values = asdict(row)

        def change(connection: Connection) -> None:
            connection.execute(insert(scan_run).values(**values))

        self._admin.act("scan_start", row.id, who, scan_hash(values), change)

    def get(self, controller: str, number: str) -> ScanRow | None:
        """One scan of a controller."""
        query = select(scan_run).where(scan_run.c.id == number, scan_run.c.controller == controller)
        row = self._admin.read(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else ScanRow(**row)

    def opened(self, wanted: Filter, after: int, most: int) -> Sequence[OpenedText]:
        """The next originals of the conversations that fit, by part number, opened. Facts about callers stay shut."""
        part = tables.part
        query = select(part).where(part.c.id > after, *self._scanned(wanted)).order_by(part.c.id).limit(most)
        rows = self._admin.read(lambda connection: connection.execute(query).mappings().all())
        return [OpenedText(row["id"], self._open(dict(row))) for row in rows]

    def left(self, wanted: Filter, after: int) -> int:
        """How many are still to be opened."""
        part = tables.part
        query = select(func.count()).select_from(part).where(part.c.id > after, *self._scanned(wanted))
        return self._admin.read(lambda connection: connection.scalar(query) or 0)

    def redacted(self, refs: Sequence[str]) -> Sequence[RedactedText]:
        """The redacted texts that records were the first to hold, in order, by the part whose index they belong in."""
        node, part = tables.node, tables.part
        query = select(node.c.ref, node.c.kept_id, node.c.role, part.c.text).join(part, part.c.id == node.c.sent_id)
        query = query.where(node.c.ref.in_(refs), part.c.text.is_not(None))
        query = query.order_by(node.c.ref, node.c.role.startswith(_REPLY), node.c.position)
        rows = self._admin.read(lambda connection: connection.execute(query).all())
        return [
            RedactedText(row.ref, row.kept_id, row.role.startswith(_REPLY), row.text.decode("utf-8", "replace"))
            for row in rows
        ]

    def advance(self, before: ScanRow, row: ScanRow, found: Found, who: str) -> None:
        """Take a scan further: its place and counts, and what was found as rows of the blind index, in one transaction
        with a leaf. Raises ScanMoved where it stands elsewhere than `before`."""
        values = asdict(row)
        moved = {name: value for name, value in values.items() if name not in ("wrapped", "box")}

        def change(connection: Connection) -> None:
            beside(connection)  # or a disposal could come between the look at what is there and the rows for it
            mine = update(scan_run).where(
                scan_run.c.id == row.id, scan_run.c.cursor == before.cursor, scan_run.c.finished_at.is_(None)
            )
            if connection.execute(mine.values(**moved)).rowcount != 1:
                raise ScanMoved("Somebody else has taken this scan further. See how it stands, and go on from there.")
            there = _still_there(connection, sorted({part for _, part in found}))
            rows = sorted({(digest, part) for digest, part in found if part in there})
            for statement, bound in inserts(self._sqlite, "blind", ("digest", "part"), rows, " ON CONFLICT DO NOTHING"):
                connection.exec_driver_sql(statement, bound)

        act = "scan_step" if row.finished_at is None else "scan_finish"
        self._admin.act(act, row.id, who, scan_hash(values), change)

    def _scanned(self, wanted: Filter) -> Sequence[ColumnElement[bool]]:
        """Sealed texts of requests and replies."""
        part, node = tables.part, tables.node
        said = exists(select(1).where(node.c.kept_id == part.c.id, node.c.role != "facts").correlate(part))
        return [part.c.box.is_not(None), part.c.conversation.in_(units(wanted, sqlite=self._sqlite)), said]

    def _open(self, part: dict[str, Any]) -> str | None:
        try:
            return unseal(self._keystore, part)
        except (sealing.Unsealable, KeyGone):
            return None


def _still_there(connection: Connection, parts: Sequence[int]) -> set[int]:
    """Those parts whose text was not disposed of since it was read: what is destroyed must not come back indexed."""
    part = tables.part
    there: set[int] = set()
    for start in range(0, len(parts), 500):
        query = select(part.c.id).where(part.c.id.in_(parts[start : start + 500]), part.c.box.is_not(None))
        there.update(connection.scalars(query))
    return there


def scan_hash(row: Any) -> bytes:
    """What the ledger holds of a scan: counts, place, and its box by hash."""
    return sealed_hash(scan_run, row)
