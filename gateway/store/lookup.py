"""What a call asks before it is recorded: earlier traces, manifests and parts."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.ledger.rows import Base, Job, Known, KnownPart, Link, Settlement, Trace
from gateway.store import tables
from gateway.store.writer import Writer, unavailable

_T = TypeVar("_T")
_CHUNK = 400
"""Values in one IN (...) list."""


class DatabaseStorage:
    """Implements `gateway.ledger.rows.Storage` on a database."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="ledger-lookup")

    async def traces(self, digests: Sequence[bytes]) -> Mapping[bytes, Sequence[Trace]]:
        """See `Storage.traces`."""
        return await self._ask(lambda connection: _traces(connection, digests))

    async def known(self, conversation: int, manifests: Sequence[Sequence[Link]]) -> Known:
        """See `Storage.known`."""
        return await self._ask(lambda connection: _known(connection, conversation, manifests))

    async def commit(self, job: Job) -> None:
        """See `Storage.commit`."""
        await self._writer.submit(job)

    async def settle(self, settlement: Settlement) -> None:
        """See `Storage.settle`."""
        await self._writer.submit(settlement)

    def close(self) -> None:
        """Release the threads."""
        self._threads.shutdown(wait=True)

    async def _ask(self, question: Callable[[Connection], _T]) -> _T:
        if not self._writer.healthy:
            raise unavailable()

        def work() -> _T:
            with self._engine.connect() as connection:
                return question(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except SQLAlchemyError as error:
            raise unavailable() from error


def _chunks(values: Iterable[bytes]) -> Iterable[list[bytes]]:
    left = iter(dict.fromkeys(values))
    while chunk := list(islice(left, _CHUNK)):
        yield chunk


def _traces(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, list[Trace]]:
    found: dict[bytes, list[Trace]] = defaultdict(list)
    for chunk in _chunks(digests):
        for row in connection.execute(select(tables.trace).where(tables.trace.c.digest.in_(chunk))):
            found[row.digest].append(Trace(row.purpose, row.conversation, row.ref, row.at))
    return dict(found)


def _known(connection: Connection, conversation: int, manifests: Sequence[Sequence[Link]]) -> Known:
    bases = tuple(_base(connection, links) for links in manifests)
    wanted: list[bytes] = []
    for links, base in zip(manifests, bases, strict=True):
        wanted.extend(link.kept for link in links[base.count if base else 0 :])
    parts: dict[bytes, KnownPart] = {}
    table = tables.part
    for chunk in _chunks(wanted):
        query = select(table).where(table.c.conversation == conversation, table.c.digest.in_(chunk))
        for row in connection.execute(query):
            parts[row.digest] = KnownPart(
                row.id, row.wrapped, row.kept_root, sha256(row.box).digest(), row.sent_digest, row.sent_root
            )
    return Known(bases, parts)


def _base(connection: Connection, links: Sequence[Link]) -> Base | None:
    """The longest manifest on record that ours begins with; the newest positions are asked first."""
    node = tables.node
    for chunk in _chunks(link.chain for link in reversed(links)):
        query = select(node.c.root, node.c.position).where(node.c.digest.in_(chunk))
        row = connection.execute(query.order_by(node.c.position.desc()).limit(1)).first()
        if row is not None:
            return Base(row.root, row.position)
    return None
