"""Reading records: from their rows, leaves and redacted texts. Sealed content is not opened here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, Select, func, select

from gateway.ledger.identifiers import conversation_name
from gateway.ledger.leaf import timestamp
from gateway.ledger.manifest import GENESIS
from gateway.ledger.merkle import verify_inclusion
from gateway.ledger.reference import normal_reference
from gateway.ledger.view import Disclosure, LeafView, RecordRow, RecordView, TextView
from gateway.model.knob import Limited, Limits
from gateway.model.search import Filter
from gateway.store import tables
from gateway.store.engine import is_sqlite
from gateway.store.finding import facts, people, units_with_digests
from gateway.store.proofs import inclusion
from gateway.store.reading import reading
from gateway.store.search import excerpt, matching_refs

MAX_TEXTS = 2000
"""Texts of one record that are shown; a longer conversation is reached by its other records."""


class DatabaseReader:
    """Implements `gateway.ledger.view.Reader`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def show(self, ref: str) -> RecordView | None:
        """See `Reader.show`."""
        table = tables.record
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.ref == normal_reference(ref))).first()
            if row is None:
                return None
            leaves = _leaves(connection, row.ref)
            return RecordView(
                row=_row(row),
                tool_name=row.tool_name,
                deployment=row.deployment,
                attempts=row.attempts,
                effect=row.effect,
                clause=row.clause,
                policy=row.policy,
                error=row.error or "",
                closed_at=row.closed_at,
                reply_findings=_counts(row.reply_findings),
                note_delivered=bool(row.note),
                retention_class=row.retention_class,
                dispose_after=row.dispose_after,
                leaves=leaves,
                request=_texts(connection, row.request_root, row.ref),
                reply=_texts(connection, row.reply_root, row.ref),
                conversation_refs=_neighbours(connection, row.conversation),
                inclusion=_inclusion(connection, leaves),
                hosted=_hosted(leaves),
                limits=_limits(leaves),
                disposed_at=row.disposed_at,
            )

    def search(
        self,
        query: str = "",
        *,
        controller: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        outcome: str | None = None,
        tool: str | None = None,
        service: str | None = None,
        label: str | None = None,
        limit: int = 50,
        within: Filter | None = None,
    ) -> Sequence[RecordRow]:
        """See `Reader.search`."""
        table = tables.record
        wanted: Select[Any] = select(table)
        exact = {
            "controller": controller,
            "outcome": outcome,
            "tool": tool,
            "service": service,
        }
        for name, value in exact.items():
            if value is not None:
                wanted = wanted.where(table.c[name] == value)
        if since is not None:
            wanted = wanted.where(table.c.opened_at >= timestamp(since))
        if until is not None:
            wanted = wanted.where(table.c.opened_at < timestamp(until))
        if label is not None:
            wanted = wanted.where(table.c.findings.contains(f'"{label}":', autoescape=True))
        if within is not None:
            wanted = wanted.where(*facts(within, table), *people(within, table))
            for digests in within.digests:
                found_in = units_with_digests(digests, sqlite=is_sqlite(self._engine))
                wanted = wanted.where(table.c.unit.in_(found_in))
        with reading(self._engine) as connection:
            if query.strip():
                found = matching_refs(connection, query)
                if found is None:
                    return []
                wanted = wanted.where(table.c.ref.in_(found))
            rows = connection.execute(wanted.order_by(table.c.opened_at.desc(), table.c.ref).limit(limit)).all()
            if not query.strip():
                return [_row(row) for row in rows]
            return [replace(_row(row), excerpt=excerpt(connection, row.ref, query)) for row in rows]

    def disclosure(self, ref: str) -> Disclosure | None:
        """See `Reader.disclosure`."""
        table = tables.record
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.ref == normal_reference(ref))).first()
        if row is None or row.reply_root is None or row.reply_root == GENESIS:
            return None
        return Disclosure(
            row.ref, row.controller, row.tool, row.tool_name, row.opened_at, row.outcome or "open", bool(row.note)
        )

    def open_of(self, replica: str) -> int:
        """Records without an outcome that a worker opened."""
        record, leaf = tables.record, tables.leaf
        query = select(func.count()).select_from(record.join(leaf, leaf.c.ref == record.c.ref))
        query = query.where(record.c.outcome.is_(None), leaf.c.kind == "opened", leaf.c.replica == replica)
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0


def _row(row: Row[Any]) -> RecordRow:
    return RecordRow(
        ref=row.ref,
        controller=row.controller,
        opened_at=row.opened_at,
        outcome=row.outcome,
        service=row.service,
        person_class=row.person_class,
        actor=row.actor,
        tool=row.tool,
        rule=row.rule,
        findings=_counts(row.findings),
        conversation=None if row.conversation is None else conversation_name(row.conversation),
    )


def _counts(text: str | None) -> Mapping[str, int]:
    return {} if text is None else dict(orjson.loads(text))


def _leaves(connection: Connection, ref: str) -> tuple[LeafView, ...]:
    leaf, sequenced = tables.leaf, tables.sequenced
    query = select(leaf, sequenced.c.idx).join(sequenced, sequenced.c.leaf == leaf.c.id, isouter=True)
    rows = connection.execute(query.where(leaf.c.ref == ref).order_by(leaf.c.replica, leaf.c.replica_seq)).all()
    views = [
        LeafView(row.kind, str(_body(row.body).get("at", "")), row.idx, row.hash.hex(), _body(row.body)) for row in rows
    ]
    return tuple(sorted(views, key=lambda view: (view.at, view.kind != "opened")))


def _hosted(leaves: Sequence[LeafView]) -> tuple[str, ...]:
    """The features asked for; none in a leaf from before they were recorded."""
    asked = [view.body.get("hosted") for view in leaves if view.kind == "opened"]
    return tuple(str(name) for each in asked if isinstance(each, list) for name in each)


def _limits(leaves: Sequence[LeafView]) -> Limits:
    """The parameters of the last attempt; none in a leaf from before they were recorded."""
    told = [view.body.get("limits") for view in leaves]
    last = next((each for each in reversed(told) if isinstance(each, Mapping)), {})
    return {
        str(name): Limited(each.get("asked"), each.get("sent"))
        for name, each in last.items()
        if isinstance(each, Mapping)
    }


def _body(data: bytes) -> Mapping[str, object]:
    try:
        return dict(orjson.loads(data))
    except ValueError:  # a changed byte; `ledger verify` says which
        return {}


def _texts(connection: Connection, root: bytes | None, ref: str) -> tuple[TextView, ...]:
    """The redacted texts of a manifest, in order: walk back from its last link."""
    node = tables.node
    if root is None or root == GENESIS:
        return ()
    start = select(node.c.root, node.c.prev, node.c.position, node.c.ref, node.c.role, node.c.sent_id).where(
        node.c.root == root
    )
    chain = start.cte("chain", recursive=True)
    before = select(node.c.root, node.c.prev, node.c.position, node.c.ref, node.c.role, node.c.sent_id)
    chain = chain.union_all(before.where(node.c.root == chain.c.prev))
    part = tables.part
    query = select(chain.c.role, chain.c.ref, part.c.text).join(part, part.c.id == chain.c.sent_id, isouter=True)
    rows = connection.execute(query.order_by(chain.c.position.desc()).limit(MAX_TEXTS)).all()
    return tuple(TextView(row.role, _decoded(row.text), row.ref == ref) for row in reversed(rows))


def _decoded(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")


def _neighbours(connection: Connection, conversation: int | None) -> tuple[str, ...]:
    if conversation is None:
        return ()
    table = tables.record
    query = select(table.c.ref).where(table.c.conversation == conversation).order_by(table.c.opened_at, table.c.ref)
    return tuple(connection.scalars(query))


def _inclusion(connection: Connection, leaves: Sequence[LeafView]) -> str:
    """How far the leaves are proved, in words."""
    table = tables.checkpoint
    newest = connection.execute(select(table).order_by(table.c.size.desc()).limit(1)).first()
    waiting = sum(view.index is None or newest is None or view.index >= newest.size for view in leaves)
    if newest is None or waiting == len(leaves):
        return "durable; waits for the next checkpoint"
    for view in leaves:
        if view.index is None or view.index >= newest.size:
            continue
        proof = inclusion(connection, view.index, newest.size)
        if not verify_inclusion(bytes.fromhex(view.hash), view.index, newest.size, proof, newest.root):
            return (
                f"NOT PROVED: leaf {view.index} is not under checkpoint {newest.size}; run `ai-gateway ledger verify`"
            )
    proved = f"proved by the checkpoint of size {newest.size}"
    return proved if not waiting else f"{proved}; {waiting} newer leaf waits for the next one"
