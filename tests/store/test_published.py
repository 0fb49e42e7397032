"""The log over HTTP from a process of its own: a stranger fetches it by tiles and checks every byte and proof."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from gateway.ledger.merkle import verify_inclusion
from gateway.store.open import LedgerService
from tests.store.test_sequencer import write
from tests.support import nursery
from tests.support.gateway import free_port
from tests.support.ledger import chat, service, turn
from tests.support.log_client import LogClient, decoded, leaf_hash, mth, path, proof

SIZES = (1, 2, 255, 256, 257, 300, 700)


@contextmanager
def serving(url: str, folder: Path, vkey: str, access: str = "closed") -> Iterator[LogClient]:
    port = free_port()
    words = [url, str(folder), str(port), access]
    with nursery.serving(words, (port, "/log/checkpoint"), "tests.support.log_server"):
        yield LogClient(port, vkey, "auditor")


def filled(url: str, folder: Path) -> tuple[LedgerService, int]:
    """A ledger that grew by steps, so that it has a checkpoint at each of `SIZES`; and its size."""
    ledger = service(url, folder)
    at = 0
    for size in SIZES:
        write(ledger, size - at)
        ledger._sequencer.drain()
        at = size
    return ledger, at


def test_a_stranger_rebuilds_the_whole_log_from_tiles(url: str, tmp_path: Path) -> None:
    ledger, size = filled(url, tmp_path)
    with serving(url, tmp_path, ledger.vkey) as client:
        assert client.checkpoint()[0] == size
        entries = client.entries(size)
        hashes = [leaf_hash(entry) for entry in entries]
        assert mth(hashes) == client.checkpoint()[1]
        root = client.checkpoint()[1]
        for index in range(size):
            assert verify_inclusion(hashes[index], index, size, path(index, hashes), root)
        levels = client.levels(size)
        assert levels[0] == hashes
        assert levels[1] == [mth(hashes[i : i + 256]) for i in range(0, size - size % 256, 256)]
        assert len(levels) == 2
        for smaller in SIZES:  # partial tiles of every size that had a checkpoint are there still
            assert client.levels(smaller)[0] == hashes[:smaller]
        for old in SIZES:
            for new in SIZES[SIZES.index(old) :]:
                said = client.json(f"/log/proof/consistency?from={old}&to={new}")
                assert (said["from"], said["to"]) == (old, new)
                assert decoded(said["proof"]) == proof(old, hashes[:new])
        assert client.json("/log/proof/consistency?from=2")["to"] == size
    ledger.close()


async def test_a_record_s_inclusion_is_proven_by_its_reference(url: str, tmp_path: Path) -> None:
    ledger = service(url, tmp_path)
    write(ledger, 300)
    await ledger.start()
    ref = await turn(ledger, chat("When are bins collected?"), "On Monday.")
    await ledger.stop()
    ledger = service(url, tmp_path)
    with serving(url, tmp_path, ledger.vkey) as client:
        size, root = client.checkpoint()
        entries = client.entries(size)
        hashes = [leaf_hash(entry) for entry in entries]
        said = client.json(f"/log/proof/inclusion?ref={ref.lower()}")
        assert (said["ref"], said["size"], said["waiting"]) == (ref, size, 0)
        assert said["checkpoint"].encode() == client.ok("/log/checkpoint")
        assert [each["kind"] for each in said["leaves"]] == ["opened", "closed"]
        for each in said["leaves"]:
            assert orjson.loads(entries[each["index"]])["ref"] == ref
            assert decoded([each["leaf_hash"]]) == [hashes[each["index"]]]
            assert decoded(each["proof"]) == path(each["index"], hashes)
        assert mth(hashes) == root
        status, body = client.get("/log/proof/inclusion?ref=MBC-0000-0000")
        assert (status, orjson.loads(body)["error"]["code"]) == (404, "record_not_found")
    ledger.close()


@pytest.mark.parametrize("access", ["closed", "public"])
def test_who_may_read_what_and_for_how_long_it_is_kept(tmp_path: Path, access: str) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger, size = filled(url, tmp_path)
    free = ["/log/checkpoint", "/log/tile/0/000", "/log/tile/1/000.p/2", "/log/proof/consistency?from=1"]
    never = ["/log/tile/entries/000", f"/log/tile/entries/002.p/{size - 512}", "/log/proof/inclusion?ref=MBC-0000-0000"]
    with serving(url, tmp_path, ledger.vkey, access) as client:
        client.key = ""
        assert [client.get(each)[0] for each in free] == [200 if access == "public" else 401] * len(free)
        status, body = client.get(never[0])
        assert status == 401
        assert "auditor's key" in orjson.loads(body)["error"]["message"]
        assert client.headers["www-authenticate"].startswith("Bearer")
        assert [client.get(each)[0] for each in never] == [401, 401, 401]
        client.key = "auditor"
        client.ok("/log/tile/0/000")
        shared = "public" if access == "public" else "private"
        assert client.headers["cache-control"] == f"{shared}, max-age=31536000, immutable"
        assert client.headers["content-type"] == "application/octet-stream"
        assert client.headers["content-length"] == "8192"
        client.ok("/log/tile/entries/000")
        assert client.headers["cache-control"] == "private, max-age=31536000, immutable"
        client.ok("/log/checkpoint")
        assert client.headers["content-type"] == "text/plain; charset=utf-8"
        assert client.headers["cache-control"] == "no-cache"
    ledger.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/log/tile/0/003", 404),
        ("/log/tile/0/002", 404),
        ("/log/tile/0/002.p/189", 404),
        ("/log/tile/0/000.p/0", 404),
        ("/log/tile/0/0", 404),
        ("/log/tile/1/000", 404),
        ("/log/tile/2/000.p/1", 404),
        ("/log/tile/64/000", 404),
        ("/log/tile/entries/x000/000", 404),
        ("/log/tile/0/000.p/1", 200),
        ("/log/proof/consistency", 400),
        ("/log/proof/consistency?from=x", 400),
        ("/log/proof/consistency?from=0", 404),
        ("/log/proof/consistency?from=5&to=4", 404),
        ("/log/proof/consistency?from=5&to=701", 404),
        ("/log/proof/consistency?from=5&from=6", 400),
        ("/log/proof/inclusion", 400),
        ("/log/proof/inclusion?" + "a=1&" * 40, 400),
    ],
)
def test_what_the_log_has_not_is_refused(shared_log: LogClient, path: str, status: int) -> None:
    assert shared_log.get(path)[0] == status


@pytest.fixture(scope="module")
def shared_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogClient]:
    folder = tmp_path_factory.mktemp("log")
    url = f"sqlite:///{folder / 'ledger.db'}"
    ledger, _ = filled(url, folder)
    with serving(url, folder, ledger.vkey) as client:
        yield client
    ledger.close()


def test_an_empty_log_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = service(url, tmp_path)
    with serving(url, tmp_path, ledger.vkey) as client:
        status, body = client.get("/log/checkpoint")
        assert (status, orjson.loads(body)["error"]["code"]) == (404, "log_empty")
        assert client.get("/log/tile/0/000.p/1")[0] == 404
    ledger.close()
