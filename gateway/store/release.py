"""Reads for a release: records with leaves, proofs, manifests and texts, holds, what was disposed of.

Implements `gateway.records.export.source.Source`. Sealed originals are opened only where the caller hands an `Opener`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property, partial
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from gateway.ledger import sealing
from gateway.ledger.canonical import parse
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.manifest import GENESIS
from gateway.ledger.merkle import Subtree, consistency_proof, inclusion_proof
from gateway.ledger.words import decode
from gateway.model.case import Form
from gateway.model.release import (
    Attested,
    Disposed,
    Entry,
    HoldOf,
    ManifestName,
    ManifestOf,
    ProvedLeaf,
    RecordOf,
    SignedCheckpoint,
    TextOf,
    UnitOf,
)
from gateway.store import keeping, tables
from gateway.store.engine import is_sqlite
from gateway.store.proofs import subtrees
from gateway.store.unseal import original

Opener = Callable[[Mapping[str, Any]], tuple[str, bytes]]
"""Opens a row of `part`: its original text and the salt of its commitment. Raises Unsealable, KeyGone."""
_CHUNK = 200


def opener(keystore: KeyStore) -> Opener:
    """Opens with a key store. Whoever asks for it has an approval, and records each opening."""

    return partial(original, keystore)


@contextmanager
def release_source(engine: Engine, opening: Opener | None = None) -> Iterator["ReleaseSource"]:
    """One moment of the ledger, for one export."""
    with engine.connect() as connection:
        if is_sqlite(engine):
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        try:
            yield ReleaseSource(connection, opening)
        finally:
            connection.rollback()


class ReleaseSource:
    """See `Source`."""

    def __init__(self, connection: Connection, opening: Opener | None) -> None:
        self._connection = connection
        self._opening = opening
        self._subtree: Subtree = cache(subtrees(connection))  # neighbours share most of their paths

    def checkpoint(self, units: Sequence[int]) -> SignedCheckpoint | None:
        """See `Source.checkpoint`."""
        newest = self._newest
        if newest is None:
            return None
        return SignedCheckpoint(newest.size, newest.root, newest.note, tuple(self._attested(newest.size, units)))

    @cached_property
    def _newest(self) -> Row[Any] | None:
        table = tables.checkpoint
        return self._connection.execute(select(table).order_by(table.c.size.desc()).limit(1)).first()

    def units(self, numbers: Sequence[int]) -> Iterable[UnitOf]:
        """See `Source.units`."""
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            table = tables.record
            query = select(table).where(table.c.unit.in_(chunk)).order_by(table.c.opened_at, table.c.ref)
            by_unit: dict[int, list[Row[Any]]] = {}
            for row in self._connection.execute(query):
                by_unit.setdefault(row.unit, []).append(row)
            refs = [row.ref for rows in by_unit.values() for row in rows]
            leaves, entries = self._leaves(refs), self._entries(refs)
            parts = self._parts([row.conversation for rows in by_unit.values() for row in rows])
            for number in chunk:
                if number in by_unit:
                    yield self._unit(number, by_unit[number], leaves, entries, parts)

    def hold(self, hold: str, units: Sequence[int]) -> HoldOf | None:
        """See `Source.hold`."""
        table, covered = keeping.hold, keeping.hold_unit
        row = self._connection.execute(select(table).where(table.c.id == hold)).first()
        if row is None:
            return None
        found: set[int] = set()
        for start in range(0, len(units), _CHUNK):
            chunk = units[start : start + _CHUNK]
            query = select(covered.c.unit).where(covered.c.hold == hold, covered.c.unit.in_(chunk))
            found |= set(self._connection.scalars(query))
        return HoldOf(row.id, row.controller, row.placed_at, row.placed_by, row.released_at, frozenset(found))

    def disposed(self, units: Sequence[int]) -> Sequence[Disposed]:
        """See `Source.disposed`."""
        record, leaf = tables.record, tables.leaf
        found = []
        for start in range(0, len(units), _CHUNK):
            query = (
                select(record.c.unit, leaf.c.body)
                .join(leaf, leaf.c.ref == record.c.ref)
                .where(record.c.unit.in_(units[start : start + _CHUNK]), leaf.c.kind == "disposed")
            )
            for row in self._connection.execute(query):
                body = parse(row.body)
                found.append(Disposed(body["ref"], row.unit, body["at"], body["run"], body["class"]))
        return sorted(found, key=lambda each: (each.at, each.ref))

    def _unit(
        self,
        number: int,
        rows: Sequence[Row[Any]],
        leaves: Mapping[str, list[ProvedLeaf]],
        entries: Mapping[str, Mapping[bytes, tuple[bytes, Entry]]],
        parts: Mapping[int, Mapping[str, Any]],
    ) -> UnitOf:
        records = tuple(_record(row, leaves.get(row.ref, []), entries.get(row.ref, {})) for row in rows)
        texts: dict[tuple[int, Form], TextOf] = {}
        identities: dict[str, None] = {}
        for record in records:
            for manifest in record.manifests:
                for entry in manifest.entries:
                    self._texts(entry, parts, texts)
                    facts = texts.get((entry.kept_id, "kept"))
                    if manifest.name == "facts" and facts is not None:
                        identities.update(dict.fromkeys(_identity(facts.text)))
        return UnitOf(number, rows[0].controller, records, texts, tuple(identities))

    def _texts(
        self, entry: Entry, parts: Mapping[int, Mapping[str, Any]], texts: dict[tuple[int, Form], TextOf]
    ) -> None:
        kept, sent = parts.get(entry.kept_id), parts.get(entry.sent_id or 0)
        if sent is not None and sent["text"] is not None and (sent["id"], "sent") not in texts:
            texts[sent["id"], "sent"] = TextOf(
                sent["id"], "sent", decode(sent["text"]), sent["salt"] or b"", sent["sent_root"]
            )
        if self._opening is None or kept is None or kept["box"] is None or (kept["id"], "kept") in texts:
            return
        try:
            text, salt = self._opening(kept)
        except (sealing.Unsealable, KeyGone):
            return  # the checks of the export say that an original is missing
        texts[kept["id"], "kept"] = TextOf(kept["id"], "kept", text, salt, kept["kept_root"])

    def _leaves(self, refs: Sequence[str]) -> dict[str, list[ProvedLeaf]]:
        leaf, sequenced = tables.leaf, tables.sequenced
        found: dict[str, list[ProvedLeaf]] = {}
        size = self._newest.size if self._newest is not None else 0
        for start in range(0, len(refs), _CHUNK):
            query = select(leaf.c.ref, leaf.c.kind, leaf.c.body, sequenced.c.idx)
            query = query.join(sequenced, sequenced.c.leaf == leaf.c.id, isouter=True)
            query = query.where(leaf.c.ref.in_(refs[start : start + _CHUNK]))
            for row in self._connection.execute(query.order_by(leaf.c.ref, leaf.c.replica, leaf.c.replica_seq)).all():
                proved = row.idx is not None and row.idx < size
                path = tuple(inclusion_proof(row.idx, size, self._subtree)) if proved else ()
                found.setdefault(row.ref, []).append(ProvedLeaf(row.kind, row.body, row.idx, path))
        order = {"opened": 0, "attempt": 1, "closed": 2}
        return {
            ref: sorted(each, key=lambda one: (order.get(one.kind, 3), one.index or 0)) for ref, each in found.items()
        }

    def _entries(self, refs: Sequence[str]) -> dict[str, dict[bytes, tuple[bytes, Entry]]]:
        """The links that each record added, by root, each with the root before it."""
        node = tables.node
        found: dict[str, dict[bytes, tuple[bytes, Entry]]] = {}
        for start in range(0, len(refs), _CHUNK):
            for row in self._connection.execute(select(node).where(node.c.ref.in_(refs[start : start + _CHUNK]))):
                entry = Entry(
                    row.position, row.role, row.kept_root, row.sent_root, row.box_hash, row.place_root, row.kept_id,
                    row.sent_id,
                )  # fmt: skip
                found.setdefault(row.ref, {})[row.root] = (row.prev, entry)
        return found

    def _parts(self, conversations: Sequence[int | None]) -> dict[int, Mapping[str, Any]]:
        part = tables.part
        wanted = sorted({each for each in conversations if each is not None})
        found: dict[int, Mapping[str, Any]] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = select(part).where(part.c.conversation.in_(wanted[start : start + _CHUNK]))
            found.update((row["id"], dict(row)) for row in self._connection.execute(query).mappings())
        return found

    def _attested(self, size: int, units: Sequence[int]) -> Iterator[Attested]:
        """Each witness's last cosignature; each authority's first time stamp over all leaves of these conversations,
        which says most of them, or else its last."""
        cosigned, stamped, table = keeping.cosignature, keeping.time_stamp, tables.checkpoint
        needed = self._reach(units)
        lines: dict[int, list[str]] = {}
        last = select(cosigned.c.witness, func.max(cosigned.c.size).label("size")).where(cosigned.c.size <= size)
        for row in self._connection.execute(last.group_by(cosigned.c.witness).order_by(cosigned.c.witness)).all():
            one = select(cosigned.c.line).where(cosigned.c.witness == row.witness, cosigned.c.size == row.size)
            lines.setdefault(row.size, []).append(self._connection.scalars(one).one())
        chosen: dict[str, Any] = {}
        for row in self._connection.execute(select(stamped).where(stamped.c.size <= size).order_by(stamped.c.size)):
            if row.authority not in chosen or chosen[row.authority].size < needed:
                chosen[row.authority] = row
        sizes = sorted({*lines, *(row.size for row in chosen.values())})
        for row in self._connection.execute(select(table).where(table.c.size.in_(sizes)).order_by(table.c.size)).all():
            tokens = sorted((each.authority, each.token) for each in chosen.values() if each.size == row.size)
            path = consistency_proof(row.size, size, self._subtree)
            yield Attested(row.size, row.note, tuple(path), tuple(lines.get(row.size, ())), tuple(tokens))

    def _reach(self, units: Sequence[int]) -> int:
        """The size of a tree that holds every leaf of these conversations."""
        leaf, sequenced, record = tables.leaf, tables.sequenced, tables.record
        query = select(func.max(sequenced.c.idx)).join(leaf, sequenced.c.leaf == leaf.c.id)
        query = query.join(record, record.c.ref == leaf.c.ref)
        chunks = (units[start : start + _CHUNK] for start in range(0, len(units), _CHUNK))
        found = [self._connection.scalar(query.where(record.c.unit.in_(chunk))) for chunk in chunks]
        return max((index + 1 for index in found if index is not None), default=0)


def _record(row: Row[Any], leaves: Sequence[ProvedLeaf], entries: Mapping[bytes, tuple[bytes, Entry]]) -> RecordOf:
    manifests = []
    bodies = {leaf.kind: parse(leaf.body) for leaf in leaves}
    names: tuple[tuple[ManifestName, str], ...] = (("facts", "opened"), ("request", "opened"), ("reply", "closed"))
    for name, kind in names:
        fact = bodies.get(kind, {}).get(name)
        if isinstance(fact, Mapping) and not row.disposed_at:
            manifests.append(_manifest(name, fact, entries))
    return RecordOf(row.ref, row.opened_at, tuple(leaves), tuple(manifests), row.disposed_at)


def _manifest(name: ManifestName, fact: Mapping[str, Any], entries: Mapping[bytes, tuple[bytes, Entry]]) -> ManifestOf:
    base, root = bytes.fromhex(fact["base"]), bytes.fromhex(fact["root"])
    found: list[Entry] = []
    at = root
    while at != base and at in entries and at != GENESIS:
        at, entry = entries[at]
        found.append(entry)
    return ManifestOf(name, base, root, fact["count"], tuple(reversed(found)))


def _identity(facts: str) -> list[str]:
    """The caller's identity in a text of facts (`name<tab>value` lines)."""
    lines = (line.partition("\t") for line in facts.splitlines())
    return [value for name, _, value in lines if name == "identity" and value]
