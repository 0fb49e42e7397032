"""A filled database of the first release becomes today's: what is new in it is worked out from its leaves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from gateway.ledger import leaf
from gateway.ledger.canonical import parse
from gateway.ledger.manifest import GENESIS
from gateway.ledger.projection import changes, unit_of
from gateway.model.search import Query
from gateway.store import schema
from gateway.store.engine import make_engine
from tests.support.ledger import CALLER, DECISION, DEPLOYMENT, TOOL, service
from tests.support.searching import Desk, sequenced

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
NEW = ("unit", "model", "disposed_at")
EMPTY = {"base": GENESIS.hex(), "count": 0, "new": 0, "root": GENESIS.hex()}


class Old:
    """Writes what the first release wrote: leaves chained to one replica, pending rows, records without new columns."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.seq = 0
        self.prev = b""
        self.rows: dict[str, dict[str, Any]] = {}

    def write(self, body: Mapping[str, Any]) -> None:
        self.seq += 1
        data, digest = leaf.finish(body, "old", self.seq, self.prev)
        self.prev = digest
        values = {
            "id": self.seq,
            "seq": self.seq,
            "ref": body["ref"],
            "kind": body["kind"],
            "body": data,
            "hash": digest,
        }
        self._run("INSERT INTO leaf VALUES (:id, 'old', :seq, :ref, :kind, :body, :hash)", values)
        self._run("INSERT INTO pending VALUES (:id)", {"id": self.seq})
        row = {name: value for name, value in changes(body).items() if name not in NEW}
        if body["kind"] == "opened":
            marks = ", ".join(f":{name}" for name in row)
            self._run(f"INSERT INTO record ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - names are ours
        else:
            marks = ", ".join(f"{name} = :{name}" for name in row)
            self._run(f"UPDATE record SET {marks} WHERE ref = :ref", {**row, "ref": body["ref"]})  # noqa: S608
        self.rows.setdefault(body["ref"], {}).update(changes(body))

    def call(self, number: int, conversation: int | None, *, retried: bool = False, closed: bool = True) -> str:
        ref, at = f"MBC-{number:04d}-AAAA", AT + timedelta(minutes=number)
        kept = None if conversation is None else EMPTY
        self.write(
            leaf.opened(
                ref=ref, at=at, dialect="openai_chat", caller=CALLER, conversation=conversation, stream=False,
                tool=TOOL, decision=DECISION, findings={"PERSON": 1}, retention_class="routine",
                dispose_after=date(2027, 3, 1),
                facts=kept, request=kept, versions=("suite-1", "policy-1"), hosted=(), limits={},
            )
        )  # fmt: skip
        if retried:
            other = replace(DEPLOYMENT, id="azure-2", model="gpt-4o-mini")
            self.write(leaf.attempt(ref=ref, at=at, deployment=other, number=2, cause="timeout", limits={}))
        if closed:
            self.write(leaf.closed(ref=ref, at=at, outcome="delivered", error="", findings={}, reply=EMPTY, note=True))
        return ref

    def _run(self, statement: str, values: Mapping[str, Any]) -> None:
        self.connection.execute(text(statement), values)


def at_first_release(engine: Engine) -> None:
    config = schema._config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.commit()


async def test_a_filled_database_migrates(bare_url: str, tmp_path: Path) -> None:
    """More records than are worked out in one go, one without a conversation, one retried, one still open."""
    engine = make_engine(bare_url)
    at_first_release(engine)
    with engine.connect() as connection:
        old = Old(connection)
        first = old.call(1, 7_000_000_000_000_000_001)
        second = old.call(2, 7_000_000_000_000_000_001, retried=True)
        alone = old.call(3, None)
        still_open = old.call(4, 5, closed=False)
        for number in range(5, 1_010):
            old.call(number, None, closed=False)
        connection.commit()
    assert schema.state(engine) == "older"
    with pytest.raises(schema.SchemaError, match="start the gateway to migrate"):
        schema.require_current(engine)
    schema.upgrade(engine)
    assert schema.state(engine) == "current"
    with engine.connect() as connection:
        found = {row["ref"]: dict(row) for row in connection.execute(text("SELECT * FROM record")).mappings()}
        bodies = [parse(bytes(body)) for body in connection.scalars(text("SELECT body FROM leaf ORDER BY id"))]
    engine.dispose()
    assert len(bodies) == old.seq
    assert found == old.rows
    assert found[first]["unit"] == found[second]["unit"] == 7_000_000_000_000_000_001
    assert found[alone]["unit"] == unit_of(alone, None)
    assert (found[first]["model"], found[second]["model"]) == ("gpt-4o", "gpt-4o-mini")
    ledger = service(bare_url, tmp_path)
    await ledger.start()
    sequenced(ledger)
    assert ledger.verify().ok, ledger.verify().lines()
    page = Desk(ledger, tmp_path).searcher.search(Query("maidstone"))
    assert page.total == 1_008
    last = Desk(ledger, tmp_path).searcher.search(Query("maidstone"), limit=2_000).hits[-3:]
    assert [hit.refs for hit in last] == [(still_open,), (alone,), (first, second)]
    await ledger.stop()
