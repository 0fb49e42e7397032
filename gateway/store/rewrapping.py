"""Wrapping data keys anew: from the flat keys of before there were trees, or under a newer version of a tree.

Only the wrapping changes: the sealed bytes, and so every hash in the ledger, stay as they are.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, bindparam, func, select, update

from gateway.ledger import sealing
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.manifest import part_name
from gateway.ledger.scribe import journal_name
from gateway.ledger.sealing import FLAT, REQUEST_FILE, TREE
from gateway.store import keeping, tables
from gateway.store.committer import writing
from gateway.store.destruction import case_tables, day_number, sealed_name, sealed_on
from gateway.store.locking import alone
from gateway.telemetry.logs import get_logger

log = get_logger(__name__)
BATCH = 200


class Rewrapper:
    """Wraps the data keys of one controller and class under a version of its tree, batch by batch."""

    def __init__(self, engine: Engine, keystore: KeyStore) -> None:
        self._engine = engine
        self._keystore = keystore

    def rewrap(self, controller: str, retention_class: str, version: int) -> tuple[int, int]:
        """How many keys were wrapped anew, and how many are still under a flat key: those that could not be opened.
        Can be stopped and run again."""
        done, after = 0, -1
        while True:
            with writing(self._engine) as connection:
                alone(connection)
                rows = self._parts(connection, controller, retention_class, after)
                done += self._parts_anew(connection, rows, version)
            if not rows:
                break
            after = rows[-1].id
        done += self._journals(controller, retention_class, version)
        for table in _tables(retention_class):
            done += self._cases(table, controller, retention_class, version)
        with self._engine.connect() as connection:
            return done, self._flat(connection, controller, retention_class)

    def _parts(self, connection: Connection, controller: str, retention_class: str, after: int) -> Sequence[Row[Any]]:
        part = tables.part
        names = ("id", "conversation", "controller", "retention_class", "wrapped")
        query = select(*(part.c[name] for name in names)).where(
            part.c.controller == controller,
            part.c.retention_class == retention_class,
            part.c.wrapped.is_not(None),
            part.c.id > after,
        )
        return connection.execute(query.order_by(part.c.id).limit(BATCH)).all()

    def _parts_anew(self, connection: Connection, rows: Sequence[Row[Any]], version: int) -> int:
        changes = []
        for row in rows:
            name = part_name(row.id, row.conversation, row.controller, row.retention_class)
            day = partial(_first_day, connection, row.conversation, row.retention_class)
            wrapped = self._anew((row.controller, row.retention_class), row.wrapped, name, version, day)
            if wrapped is not None:
                changes.append({"number": row.id, "fresh": wrapped})
        if changes:
            part = tables.part
            statement = update(part).where(part.c.id == bindparam("number")).values(wrapped=bindparam("fresh"))
            connection.execute(statement, changes)
        return len(changes)

    def _journals(self, controller: str, retention_class: str, version: int) -> int:
        """The keys of journals: of calls that run now, or whose worker died."""
        journal, record = tables.journal, tables.record
        query = select(journal.c.ref, journal.c.box, record).join(record, record.c.ref == journal.c.ref)
        query = query.where(
            journal.c.seq == 0, record.c.controller == controller, record.c.retention_class == retention_class
        )
        done = 0
        with writing(self._engine) as connection:
            for row in connection.execute(query).all():
                name, day = journal_name(row.ref, 0), partial(_first_day, connection, row.unit, retention_class)
                wrapped = self._anew((controller, retention_class), row.box, name, version, day, unit=row.unit)
                if wrapped is not None:
                    mine = (journal.c.ref == row.ref) & (journal.c.seq == 0)
                    connection.execute(update(journal).where(mine).values(box=wrapped))
                    done += 1
        return done

    def _cases(self, table: Table, controller: str, retention_class: str, version: int) -> int:
        """The keys of cases, holds, saved searches and scans."""
        done = 0
        with writing(self._engine) as connection:
            alone(connection)
            query = select(table).where(table.c.controller == controller, table.c.wrapped.is_not(None))
            for row in connection.execute(query).all():
                name, day = sealed_name(table, row), partial(_last_day, table, row)
                wrapped = self._anew((controller, retention_class), row.wrapped, name, version, day)
                if wrapped is not None:
                    connection.execute(update(table).where(table.c.id == row.id).values(wrapped=wrapped))
                    done += 1
        return done

    def _anew(
        self,
        place: tuple[str, str],
        wrapped: bytes,
        name: bytes,
        version: int,
        first_day: Callable[[], int],
        *,
        unit: int | None = None,
    ) -> bytes | None:
        """The key wrapped anew, on the day on which it was (a flat key's on `first_day`); None where it is under that
        version already, or can't be opened."""
        if wrapped[0] == TREE and int.from_bytes(wrapped[1:3], "big") == version:
            return None
        try:
            key = sealing.unwrap(self._keystore, *place, wrapped, name, unit=unit)
            day = sealing.day_of(wrapped) if wrapped[0] == TREE else first_day()
            return sealing.wrap(self._keystore, *place, key, name, unit=unit, day=day, version=version)
        except (sealing.Unsealable, KeyGone) as error:
            log.error("ledger_key_not_rewrapped", kind=type(error).__name__)
            return None

    def _flat(self, connection: Connection, controller: str, retention_class: str) -> int:
        part, journal, record = tables.part, tables.journal, tables.record
        parts = (
            select(func.count())
            .select_from(part)
            .where(
                part.c.controller == controller,
                part.c.retention_class == retention_class,
                func.substr(part.c.wrapped, 1, 1) == bytes([FLAT]),
            )
        )
        journals = select(func.count()).select_from(journal.join(record, record.c.ref == journal.c.ref)).where(
            journal.c.seq == 0,
            record.c.controller == controller,
            record.c.retention_class == retention_class,
            func.substr(journal.c.box, 1, 1) == bytes([FLAT]),
        )  # fmt: skip
        found = (connection.scalar(parts) or 0) + (connection.scalar(journals) or 0)
        for table in _tables(retention_class):
            flat = (table.c.controller == controller) & (func.substr(table.c.wrapped, 1, 1) == bytes([FLAT]))
            found += connection.scalar(select(func.count()).select_from(table).where(flat)) or 0
        return found


def _tables(retention_class: str) -> list[Table]:
    """Cases, and what is sealed as theirs, are of the one class of request files."""
    return [keeping.matter, *case_tables()] if retention_class == REQUEST_FILE else []


def _last_day(table: Table, row: Row[Any]) -> int:
    """The last day on which such a row can have been sealed."""
    return sealed_on(table, row)[-1]


def _first_day(connection: Connection, unit: int, retention_class: str) -> int:
    """The day on which a conversation began in this class: one of those that its disposal takes."""
    record = tables.record
    mine = (record.c.unit == unit) & (record.c.retention_class == retention_class)
    first = connection.scalar(select(func.min(record.c.opened_at)).where(mine))
    return day_number(first) if first is not None else sealing.today()
