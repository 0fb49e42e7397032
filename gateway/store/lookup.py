"""What a call asks before it is recorded: earlier traces, manifests and parts."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.ledger.rows import Base, Job, Known, KnownPart, Link, Settlement, Trace
from gateway.store.bulk import row_of
from gateway.store.engine import is_sqlite
from gateway.store.writer import Writer, unavailable

_T = TypeVar("_T")
SIZES = (1, 4, 16, 64, 256)
"""Lengths of an IN (...) list."""


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


def _select(connection: Connection, what: str, values: Iterable[bytes], *others: object) -> Iterator[Sequence[Any]]:
    """Rows of `what`, a query that ends in IN, for all `values`; `others` are its parameters before the list."""
    sqlite = is_sqlite(connection.engine)
    left = iter(dict.fromkeys(values))
    while chunk := list(islice(left, SIZES[-1])):
        size = next(size for size in SIZES if size >= len(chunk))
        padded = chunk + chunk[-1:] * (size - len(chunk))  # few sizes, so that few statements are prepared
        yield connection.exec_driver_sql(_with_list(what, size, sqlite), (*others, *padded)).all()


@cache
def _with_list(what: str, size: int, sqlite: bool) -> str:
    return (what if sqlite else what.replace("?", "%s")) + " " + row_of(size, sqlite=sqlite)


_TRACES = "SELECT digest, purpose, conversation, ref, at FROM trace WHERE digest IN"
_PARTS = (
    "SELECT digest, id, wrapped, kept_root, box, sent_digest, sent_root FROM part WHERE conversation = ? AND digest IN"
)
_NODES = "SELECT root, position FROM node WHERE digest IN"


def _traces(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, list[Trace]]:
    found: dict[bytes, list[Trace]] = defaultdict(list)
    for rows in _select(connection, _TRACES, digests):
        for digest, purpose, conversation, ref, at in rows:
            found[digest].append(Trace(purpose, conversation, ref, at))
    return dict(found)


def _known(connection: Connection, conversation: int, manifests: Sequence[Sequence[Link]]) -> Known:
    bases = tuple(_base(connection, links) for links in manifests)
    wanted: list[bytes] = []
    for links, base in zip(manifests, bases, strict=True):
        wanted.extend(link.kept for link in links[base.count if base else 0 :])
    parts: dict[bytes, KnownPart] = {}
    for rows in _select(connection, _PARTS, wanted, conversation):
        for digest, number, wrapped, kept_root, box, sent_digest, sent_root in rows:
            parts[digest] = KnownPart(number, wrapped, kept_root, sha256(box).digest(), sent_digest, sent_root)
    return Known(bases, parts)


def _base(connection: Connection, links: Sequence[Link]) -> Base | None:
    """The longest manifest on record that ours begins with; the newest positions are asked first."""
    for rows in _select(connection, _NODES, (link.chain for link in reversed(links))):
        if rows:
            return max((Base(root, position) for root, position in rows), key=lambda base: base.count)
    return None
