"""What an insider could do who has the database, and what one could do who has the signing key too."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from gateway.ledger.canonical import canonical
from gateway.ledger.checkpoint import Signer
from gateway.ledger.merkle import Frontier, leaf_hash, root_of
from gateway.store import tables
from gateway.store.sequencer import TILE


def change(engine: Engine, statement: Any, *more: Any) -> None:
    """Run statements behind the ledger's back; foreign keys are no hindrance to who owns the database."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.commit()
        for each in (statement, *more):
            connection.execute(each)
        connection.commit()
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = origin")
        connection.commit()


def rows_of(engine: Engine, table: Table, *order: Any) -> Sequence[Any]:
    with engine.connect() as connection:
        return connection.execute(select(table).order_by(*(order or table.primary_key.columns))).all()


def outcome_of(engine: Engine, ref: str) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(select(tables.record.c.outcome).where(tables.record.c.ref == ref)))


def rewrite_history(engine: Engine, signer: Signer, log_file: Path, ref: str, outcome: str) -> None:
    """Change a record's outcome as if it had always been so: its leaf, every chain, the tree, every checkpoint, the log
    outside. What only somebody with the database and the log's own signing key can do."""
    leaf = tables.leaf
    with engine.connect() as connection:
        rows = connection.execute(select(leaf).order_by(leaf.c.replica, leaf.c.replica_seq)).all()
        replica, prev = None, b""
        for row in rows:
            prev = prev if row.replica == replica else b""
            replica = row.replica
            body = orjson.loads(row.body)
            if row.ref == ref and row.kind == "closed":
                body["outcome"] = outcome
            data = canonical({**body, "prev": prev.hex()})
            prev = leaf_hash(data)
            connection.execute(update(leaf).where(leaf.c.id == row.id).values(body=data, hash=prev))
        connection.execute(update(tables.record).where(tables.record.c.ref == ref).values(outcome=outcome))
        _rebuild(connection, signer, log_file)
        connection.commit()


def truncate(engine: Engine, signer: Signer | None, log_file: Path | None, size: int) -> None:
    """Cut the log down to its first leaves, and mend everything that the database says of it. Without a signer only
    checkpoints that exist already are kept; without a log file it is left as it is."""
    leaf, sequenced = tables.leaf, tables.sequenced
    cut = select(sequenced.c.leaf).where(sequenced.c.idx >= size)
    with engine.connect() as connection:
        gone = list(connection.scalars(cut))
        refs = list(connection.scalars(select(leaf.c.ref).where(leaf.c.id.in_(gone), leaf.c.kind == "opened")))
    change(
        engine,
        delete(tables.node).where(tables.node.c.ref.in_(refs)),
        delete(tables.record).where(tables.record.c.ref.in_(refs)),
        delete(sequenced).where(sequenced.c.idx >= size),
        delete(leaf).where(leaf.c.id.in_(gone)),
        delete(tables.checkpoint).where(tables.checkpoint.c.size > size),
    )
    used = {row.kept_id for row in rows_of(engine, tables.node)} | {row.sent_id for row in rows_of(engine, tables.node)}
    change(engine, delete(tables.part).where(tables.part.c.id.not_in([each for each in used if each is not None])))
    with engine.connect() as connection:
        _rebuild(connection, signer, log_file)
        connection.commit()


def _rebuild(connection: Connection, signer: Signer | None, log_file: Path | None) -> None:
    leaf, sequenced, checkpoint = tables.leaf, tables.sequenced, tables.checkpoint
    query = select(leaf.c.hash).join(sequenced, sequenced.c.leaf == leaf.c.id).order_by(sequenced.c.idx)
    hashes = list(connection.scalars(query))
    frontier = Frontier()
    for digest in hashes:
        frontier.append(digest)
    connection.execute(update(tables.tree).values(size=frontier.size, frontier=b"".join(frontier.hashes)))
    connection.execute(delete(tables.tile))
    for number in range(len(hashes) // TILE):
        full = b"".join(hashes[number * TILE : (number + 1) * TILE])
        connection.execute(insert(tables.tile).values(level=0, number=number, hashes=full))
    if signer is None:
        return
    lines = []
    for size in connection.scalars(select(checkpoint.c.size).order_by(checkpoint.c.size)).all():
        root = root_of(hashes[:size])
        note = signer.sign(size, root)
        connection.execute(update(checkpoint).where(checkpoint.c.size == size).values(root=root, note=note))
        lines.append(orjson.dumps({"size": size, "root": root.hex(), "note": note}) + b"\n")
    if log_file is not None:
        log_file.write_bytes(b"".join(lines))
