"""Holds and saved searches that are written together with what they belong to, in somebody else's transaction."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from gateway.ledger import leaf
from gateway.ledger.rows import LeafDraft
from gateway.model.disposal import UnreadableHold
from gateway.model.hold import HoldRow
from gateway.model.saved import SavedRow
from gateway.model.search import Filter
from gateway.store.admin import Admin
from gateway.store.holds import Opener, Units, held, hold_hash, insert_hold
from gateway.store.keeping import saved_search
from gateway.store.matters import restricted
from gateway.store.saved import saved_hash

Change = Callable[[Any], object]


class Placing:
    """Prepares rows with the leaves that vouch for them. `opener` opens the filters of holds, `units` finds what fits
    one."""

    def __init__(self, admin: Admin, opener: Opener, units: Units) -> None:
        self._admin = admin
        self._opener = opener
        self._units = units

    def hold(self, row: HoldRow, found: Filter, who: str, at: datetime) -> tuple[Change, LeafDraft]:
        """A hold: the rows to write, and its leaf."""

        def change(connection: Connection) -> None:
            insert_hold(connection, row, found, self._units)

        return change, self._leaf("hold_place", row.id, who, hold_hash(row.values()), at)

    def search(self, row: SavedRow, who: str, at: datetime) -> tuple[Change, LeafDraft]:
        """A saved search: the row to write, and its leaf."""
        values = asdict(row)

        def change(connection: Connection) -> None:
            connection.execute(insert(saved_search).values(**values))

        return change, self._leaf("search_save", row.id, who, saved_hash(values), at)

    def held(self, controller: str, units: Sequence[int]) -> frozenset[int]:
        """Those of `units` that a hold in force keeps; all of them where a hold can't be read. Raises Unavailable."""
        try:
            return frozenset(
                self._admin.read(lambda connection: held(connection, controller, units, self._opener, self._units))
            )
        except UnreadableHold:
            return frozenset(units)

    def restricted(self, controller: str) -> frozenset[int]:
        """The conversations that only a case may find (UK GDPR Art 18, 21). Raises Unavailable."""
        return frozenset(self._admin.read(lambda connection: connection.scalars(restricted(controller)).all()))

    def _leaf(self, act: str, subject: str, who: str, row: bytes, at: datetime) -> LeafDraft:
        body = leaf.admin(at=at, act=act, subject=subject, actor=self._admin.pseudonym(who), row=row)
        return LeafDraft("admin", "", body)
