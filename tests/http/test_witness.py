"""The witness over HTTP: statuses and types of C2SP tlog-witness, bounds, and what it does when its disk fails."""

import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from gateway.http.witness import BURST, Rate, witness_app
from gateway.ledger.checkpoint import Signer, Verifier, split_note
from gateway.ledger.cosignature import Cosignatures, Cosigner
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.merkle import root_of
from gateway.ledger.witness import MAX_BODY, FileState, Witness, encode_request

COSIGNER = Cosigner("swale.example/witness", hashlib.sha256(b"seed").digest())
LEAVES = [hashlib.sha256(bytes([n])).digest() for n in range(8)]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(FileKeyStore(tmp_path / "log"))


@pytest_asyncio.fixture
async def client(signer: Signer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    state = FileState(tmp_path / "state")
    app = witness_app(Witness(COSIGNER, [Verifier(signer.vkey)], state, time.time), state, COSIGNER.vkey)
    transport = httpx.ASGITransport(app=app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://witness.example") as made:
        yield made


def first(signer: Signer, size: int = 3) -> bytes:
    return encode_request(0, [], signer.sign(size, root_of(LEAVES[:size])))


async def test_a_cosignature_comes_back_and_the_checkpoint_can_be_read(
    client: httpx.AsyncClient, signer: Signer
) -> None:
    assert (await client.get(f"/checkpoint/{signer.origin}")).status_code == 404
    reply = await client.post("/add-checkpoint", content=first(signer))
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    text, _ = split_note(signer.sign(3, root_of(LEAVES[:3])))
    assert abs(Cosignatures(COSIGNER.vkey).check(text, reply.text) - time.time()) < 60
    note = (await client.get(f"/checkpoint/{signer.origin}")).text
    assert note.startswith(text)
    assert note.endswith(reply.text)
    assert Verifier(signer.vkey).open(note).size == 3
    again = await client.post("/add-checkpoint", content=first(signer, 4))
    assert (again.status_code, again.text) == (409, "3\n")
    assert again.headers["content-type"].startswith("text/x.tlog.size")
    assert COSIGNER.vkey in (await client.get("/")).text


async def test_what_is_too_large_or_too_often_is_turned_away(client: httpx.AsyncClient, signer: Signer) -> None:
    large = await client.post("/add-checkpoint", content=b"x" * (MAX_BODY + 1))
    assert large.status_code == 413
    statuses = [(await client.post("/add-checkpoint", content=b"")).status_code for _ in range(BURST + 5)]
    assert statuses.count(400) in (BURST - 1, BURST, BURST + 1)
    assert statuses[-1] == 429
    assert (await client.get("/add-checkpoint")).status_code == 405


async def test_a_state_that_can_t_be_read_is_no_reason_to_cosign(
    client: httpx.AsyncClient, signer: Signer, tmp_path: Path
) -> None:
    assert (await client.post("/add-checkpoint", content=first(signer))).status_code == 200
    [path] = (tmp_path / "state" / "logs").glob("*.note")
    path.write_bytes(b"\xff")
    reply = await client.post("/add-checkpoint", content=first(signer))
    assert reply.status_code == 503
    assert "cosigns nothing" in reply.text
    assert (await client.get(f"/checkpoint/{signer.origin}")).status_code == 503


def test_the_rate_is_each_address_s_own_and_comes_back() -> None:
    now = 0.0
    rate = Rate(per_minute=60, burst=2, clock=lambda: now)
    assert [rate.allows("a") for _ in range(3)] == [True, True, False]
    assert rate.allows("b")
    now = 1.0
    assert [rate.allows("a") for _ in range(2)] == [True, False]
    now = 100.0
    assert [rate.allows("a") for _ in range(3)] == [True, True, False]


def test_addresses_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.witness.MAX_PEERS", 3)
    rate = Rate(per_minute=1, burst=1, clock=lambda: 0.0)
    for peer in "abcd":
        assert rate.allows(peer)
    assert len(rate._peers) == 3
    assert rate.allows("a"), "it was the oldest"
    assert not rate.allows("d")
