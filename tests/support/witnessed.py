"""A witness without a network: the real one behind the request that a gateway would have sent."""

import hashlib
import time
from pathlib import Path

from gateway.ledger.attesting import Reply, WitnessAddress, cosign
from gateway.ledger.checkpoint import Verifier
from gateway.ledger.cosignature import Cosignatures, Cosigner
from gateway.ledger.witness import FileState, Witness
from gateway.store.open import LedgerService


class Neighbour:
    """Another council's witness of `ledger`. Implements `gateway.ledger.attesting.Post`."""

    def __init__(self, folder: Path, vkey: str, name: str = "swale.example/witness") -> None:
        self.cosigner = Cosigner(name, hashlib.sha256(name.encode()).digest())
        self.state = FileState(folder / "neighbour")
        self.witness = Witness(self.cosigner, [Verifier(vkey)], self.state, time.time)
        self.vkey = self.cosigner.vkey
        self.key = Cosignatures(self.vkey)
        self.address = WitnessAddress("http://neighbour.example/", self.key)
        self.replies: list[Reply] = []

    def __call__(self, url: str, body: bytes, kind: str) -> Reply:
        assert url == "http://neighbour.example/add-checkpoint"
        assert kind.startswith("text/plain")
        answer = self.witness.add(body)
        self.replies.append(Reply(answer.status, answer.kind, answer.body.encode()))
        return self.replies[-1]

    def cosign(self, ledger: LedgerService) -> str:
        return cosign(ledger.attestations, self.address, self, lambda _seconds: None)
