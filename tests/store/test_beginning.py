"""Several processes that begin at once on a database that nobody has used."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from gateway.store import schema
from gateway.store.engine import LedgerError, make_engine
from gateway.store.open import _check_fingerprint

MANY = 8


def test_the_first_to_write_a_keys_fingerprint_stops_nobody_who_holds_the_same_key(bare_url: str) -> None:
    engine = make_engine(bare_url)
    schema.upgrade(engine)
    for turn in range(5):
        ready, name = Barrier(MANY), f"key {turn}"

        def begin(_: int, ready: Barrier = ready, name: str = name) -> None:
            own = make_engine(bare_url)
            with own.connect():
                ready.wait(20)
            _check_fingerprint(own, name, "same")
            own.dispose()

        with ThreadPoolExecutor(MANY) as pool:
            list(pool.map(begin, range(MANY)))
        with pytest.raises(LedgerError, match="not the one that this ledger was written with"):
            _check_fingerprint(engine, name, "another")
    engine.dispose()
