"""Rows of what others say of the log: cosignatures and time stamps, with what is needed to ask for more."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.ledger.leaf import timestamp
from gateway.store import proofs, tables
from gateway.store.committer import writing
from gateway.store.keeping import cosignature, time_stamp


class DatabaseAttestations:
    """Implements `gateway.ledger.attesting.Attestations`. Raises SQLAlchemyError where the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self) -> tuple[int, str] | None:
        """See `Attestations.newest`."""
        table = tables.checkpoint
        query = select(table.c.size, table.c.note).order_by(table.c.size.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.size, row.note)

    def cosigned(self, witness: str) -> tuple[int, str]:
        """See `Attestations.cosigned`."""
        query = select(cosignature.c.size, cosignature.c.at).where(cosignature.c.witness == witness)
        with self._engine.connect() as connection:
            row = connection.execute(query.order_by(cosignature.c.size.desc()).limit(1)).first()
        return (0, "") if row is None else (row.size, row.at)

    def consistency(self, old: int, size: int) -> list[bytes]:
        """See `Attestations.consistency`."""
        if old in (0, size):
            return []
        with self._engine.connect() as connection:
            return proofs.consistency(connection, old, size)

    def keep_cosignature(self, size: int, witness: str, at: datetime, line: str) -> None:
        """See `Attestations.keep_cosignature`."""
        values = {"size": size, "witness": witness, "at": timestamp(at), "line": line}
        self._insert(insert(cosignature).values(**values))

    def stamped(self) -> Mapping[str, str]:
        """See `Attestations.stamped`."""
        query = select(time_stamp.c.authority, func.max(time_stamp.c.at)).group_by(time_stamp.c.authority)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def keep_time_stamp(self, size: int, authority: str, at: datetime, token: bytes) -> None:
        """See `Attestations.keep_time_stamp`."""
        values = {"size": size, "authority": authority, "at": timestamp(at), "token": token}
        self._insert(insert(time_stamp).values(**values))

    def _insert(self, statement: object) -> None:
        try:
            with writing(self._engine) as connection:
                connection.execute(statement)  # type: ignore[call-overload]
        except IntegrityError:
            return  # there is one for this size already, and the earlier one says more
