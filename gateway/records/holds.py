"""Legal holds: nothing that one keeps is disposed of, its keys included (FOIA s.77; EIR reg 19; DPA 2018 s.173).

A hold is a search. It keeps the conversations that fit when it is placed, and those that come to fit it for as long as
it is in force: disposal asks again, under the lock in which it destroys. Reason and query are sealed.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from operator import add
from typing import Any, Protocol

from gateway.ledger import sealing
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.leaf import timestamp
from gateway.ledger.sealing import REQUEST_FILE
from gateway.model.hold import Hold, HoldRow, hold_name
from gateway.model.search import Filter, Query
from gateway.records.sealed import query_from_json

PREFIX = "HOLD-"


class HoldStore(Protocol):
    """Where holds are kept."""

    def place(self, row: HoldRow, found: Filter, who: str) -> int:
        """Make a hold durable with its leaf; how many conversations fit now."""
        ...

    def release(self, row: HoldRow, who: str) -> bool:
        """Make a release durable with its leaf; False where the hold is not in force."""
        ...

    def get(self, hold: str) -> HoldRow | None:
        """One hold."""
        ...

    def list(self, controller: str, *, released: bool = False) -> Sequence[tuple[HoldRow, int]]:
        """The holds of a controller with how many conversations each named when it was placed."""
        ...

    def pseudonym(self, who: str) -> str:
        """How rows and leaves name somebody who acted."""
        ...


class Compiler(Protocol):
    """Makes of a query what the store runs."""

    def compile(self, query: Query) -> Filter:
        """See `gateway.records.search.Searcher`."""
        ...


class Holds:
    """Places, lists and releases holds. `who` is the officer; who may is asked before."""

    def __init__(self, store: HoldStore, compiler: Compiler, keystore: KeyStore) -> None:
        self._store = store
        self._compiler = compiler
        self._keystore = keystore

    def prepared(
        self, query: Query, reason: str, who: str, matter: str | None = None, found: Filter | None = None
    ) -> tuple[HoldRow, Filter]:
        """The row of a new hold and its filter (compiled here unless it is given), for whoever writes both in a
        transaction of their own: see `gateway.store.placing`."""
        if not reason.strip():
            raise ValueError("say why the hold is placed: the request's reference and what it is about")
        found = self._compiler.compile(query) if found is None else found
        row = HoldRow(
            id=PREFIX + secrets.token_hex(6).upper(),
            controller=query.controller,
            matter=matter,
            placed_at=timestamp(datetime.now(UTC)),
            placed_by=self._store.pseudonym(who),
        )
        said = {"reason": reason, "release_reason": "", "query": asdict(query), "filter": _stored(found)}
        return self._sealed(row, said), found

    def place(self, query: Query, reason: str, who: str, matter: str | None = None) -> tuple[str, int]:
        """Place a hold: its id, and how many conversations fit now. Raises ValueError, Unavailable."""
        row, found = self.prepared(query, reason, who, matter)
        return row.id, self._store.place(row, found, who)

    def release(self, hold: str, reason: str, who: str) -> bool:
        """Release a hold; False where it is not in force. One that can't be read is released too, and what was sealed
        in it is kept beside the reason. Raises ValueError without a reason, CaseOpen while its case is open,
        Unavailable."""
        if not reason.strip():
            raise ValueError("say why the hold is released")
        row = self._store.get(hold)
        if row is None or row.released_at is not None:
            return False
        said = self._said(row)
        if said is None:
            kept = {"box": (row.box or b"").hex(), "wrapped": (row.wrapped or b"").hex()}
            said = {"reason": "", "query": {}, "unreadable": kept}
        said["release_reason"] = reason
        released = replace(row, released_at=timestamp(datetime.now(UTC)), released_by=self._store.pseudonym(who))
        return self._store.release(self._sealed(released, said), who)

    def list(self, controller: str, *, released: bool = False) -> list[Hold]:
        """The holds of a controller, opened. One whose text went with its case, or can't be read, shows none; one in
        force that looks for what is not known any more shows its text, and can't be read by a disposal either."""
        found = []
        for row, units in self._store.list(controller, released=released):
            opened = self._said(row) if row.box is not None else {}
            said = opened or {}
            query = said.get("query", {})
            shown = ", ".join(f"{name}: {_plain(value)}" for name, value in query.items() if value)
            known = row.released_at is not None or self._known(said)
            found.append(
                Hold(
                    row.id, row.controller, row.matter, row.placed_at, row.released_at, units,
                    str(said.get("reason", "")), shown, str(said.get("release_reason", "")),
                    opened is not None and "unreadable" not in said and known,
                )
            )  # fmt: skip
        return found

    def filter_of(self, row: HoldRow) -> Filter:
        """The filter of a hold, opened, and widened by what its query means today: a pseudonym that the person got
        since, a spelling that is looked for since. Raises Unsealable, KeyGone, ValueError."""
        return self._filter(self._opened(row))

    def _filter(self, said: Mapping[str, Any]) -> Filter:
        return _widened(_read(said["filter"]), self._compiler.compile(query_from_json(said["query"])))

    def _known(self, said: Mapping[str, Any]) -> bool:
        """Whether this version knows everything that a hold looks for, and has the key to look for it."""
        try:
            self._filter(said)
        except (KeyError, KeyGone, TypeError, ValueError):
            return False
        return True

    def _sealed(self, row: HoldRow, said: Mapping[str, Any]) -> HoldRow:
        key, name = sealing.new_key(), _name(row)
        box = sealing.seal_text(key, json.dumps(said).encode(), name)
        wrapped = sealing.wrap(self._keystore, row.controller, REQUEST_FILE, key, name)
        return replace(row, box=box, wrapped=wrapped)

    def _said(self, row: HoldRow) -> dict[str, Any] | None:
        """What is sealed in a hold, None where it can't be read. A key store that does not answer is another matter."""
        try:
            return self._opened(row)
        except (sealing.Unsealable, KeyGone, ValueError):
            return None

    def _opened(self, row: HoldRow) -> dict[str, Any]:
        if row.box is None or row.wrapped is None:
            raise sealing.Unsealable("the text of this hold was disposed of")
        key = sealing.unwrap(self._keystore, row.controller, REQUEST_FILE, row.wrapped, _name(row))
        said: dict[str, Any] = json.loads(sealing.open_text(key, row.box, _name(row)))
        return said


def _name(row: HoldRow) -> bytes:
    return hold_name(row.id, row.controller)


def _stored(found: Filter) -> dict[str, Any]:
    values = asdict(found)
    values["digests"] = [[digest.hex() for digest in group] for group in found.digests]
    return values


def _read(values: Mapping[str, Any]) -> Filter:
    """Raises TypeError for a condition that this program does not know: it must not be left out."""
    given: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in values.items()}
    given["digests"] = tuple(tuple(bytes.fromhex(digest) for digest in group) for group in values["digests"])
    return Filter(**given)


def _widened(then: Filter, now: Filter) -> Filter:
    """What either finds, as far as people and values go."""
    actors = tuple(dict.fromkeys((*then.actors, *now.actors)))
    digests = then.digests
    if len(then.digests) == len(now.digests):
        digests = tuple(tuple(dict.fromkeys(both)) for both in map(add, then.digests, now.digests))
    return replace(then, actors=actors, digests=digests)


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(each.get("value") if isinstance(each, dict) else each) for each in value)
    return ", ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
