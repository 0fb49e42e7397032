"""A witness cosigns what goes on from what it saw, and nothing else (C2SP tlog-witness, status by status)."""

import hashlib
import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from gateway.ledger.checkpoint import Signer, Verifier, split_note
from gateway.ledger.cosignature import Cosignatures, Cosigner
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.merkle import consistency_proof, root_of
from gateway.ledger.witness import (
    Answer,
    BadRequestBody,
    FileState,
    StateError,
    Witness,
    decode_request,
    encode_request,
)

LEAVES = [hashlib.sha256(bytes([n % 251, n // 251])).digest() for n in range(64)]
OTHER = [*LEAVES[:5], hashlib.sha256(b"another").digest(), *LEAVES[6:]]
COSIGNER = Cosigner("swale.example/witness", hashlib.sha256(b"seed").digest())
KEY = Cosignatures(COSIGNER.vkey)


class Log:
    """A log that signs whatever it is told to."""

    def __init__(self, folder: Path) -> None:
        self.signer = Signer(FileKeyStore(folder))

    def note(self, size: int, leaves: list[bytes] = LEAVES) -> str:
        return self.signer.sign(size, root_of(leaves[:size]))

    def request(self, old: int, size: int, leaves: list[bytes] = LEAVES) -> bytes:
        proof = [] if old in (0, size) else consistency_proof(old, size, lambda lo, hi: root_of(leaves[lo:hi]))
        return encode_request(old, proof, self.note(size, leaves))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log-keys")


@pytest.fixture
def witness(log: Log, tmp_path: Path) -> Witness:
    return fresh(log, tmp_path)


def fresh(log: Log, folder: Path) -> Witness:
    return Witness(COSIGNER, [Verifier(log.signer.vkey)], FileState(folder / "state"), lambda: 1_760_000_000.9)


def test_the_first_checkpoint_and_those_that_go_on_from_it_are_cosigned(witness: Witness, log: Log) -> None:
    for old, size in ((0, 3), (3, 7), (7, 8), (8, 8), (8, 64)):
        answer = witness.add(log.request(old, size))
        assert (answer.status, answer.outcome) == (200, "cosigned")
        text, _ = split_note(log.note(size))
        assert KEY.check(text, answer.body.rstrip("\n")) == 1_760_000_000
        assert answer.body.endswith("\n")


@pytest.mark.parametrize(("old", "size"), [(0, 7), (2, 7), (4, 7), (0, 3), (1, 2)])
def test_another_old_size_is_told_the_right_one(witness: Witness, log: Log, old: int, size: int) -> None:
    assert witness.add(log.request(0, 3)).status == 200
    answer = witness.add(log.request(old, size))
    assert (answer.status, answer.kind, answer.body) == (409, "text/x.tlog.size", "3\n")


def test_a_rollback_is_refused(witness: Witness, log: Log) -> None:
    """The log was restored from an old backup: it has 4 leaves again, the witness saw 7."""
    assert witness.add(log.request(0, 4)).status == 200
    assert witness.add(log.request(4, 7)).status == 200
    for old in (0, 4):
        assert witness.add(log.request(old, 4)) == Answer(409, "text/x.tlog.size", "7\n", "other_size")
    assert witness.add(log.request(4, 6, OTHER)).status == 409


def test_a_second_history_is_refused_and_kept_as_evidence(witness: Witness, log: Log, tmp_path: Path) -> None:
    assert witness.add(log.request(0, 7)).status == 200
    fork = witness.add(log.request(7, 7, OTHER))
    assert (fork.status, fork.outcome) == (409, "fork")
    longer = witness.add(log.request(7, 20, OTHER))
    assert (longer.status, longer.outcome) == (422, "not_consistent")
    [kept] = [path.read_text() for path in (tmp_path / "state" / "evidence").iterdir()]
    assert log.note(7).splitlines()[4] in kept
    assert log.note(7, OTHER) in kept
    [refused] = [path.read_text() for path in (tmp_path / "state" / "refused").iterdir()]
    assert log.note(20, OTHER) in refused
    assert witness.add(log.request(7, 20)).status == 200, "the true log goes on"


def test_a_bad_proof_with_a_true_checkpoint_is_no_evidence(witness: Witness, log: Log, tmp_path: Path) -> None:
    """Anybody can read a log's checkpoints, and send them with nonsense: that must neither accuse the log nor fill the
    place of what does."""
    assert witness.add(log.request(0, 7)).status == 200
    for size in range(8, 64):
        for number in range(2):
            request = encode_request(7, [hashlib.sha256(bytes([number])).digest()], log.note(size))
            assert witness.add(request).outcome == "not_consistent"
    assert not (tmp_path / "state" / "evidence").exists()
    assert witness.add(log.request(7, 7, OTHER)).outcome == "fork"
    assert len(list((tmp_path / "state" / "evidence").iterdir())) == 1


def test_what_is_not_a_request_of_a_known_log_is_refused(witness: Witness, log: Log, tmp_path: Path) -> None:
    stranger = Log(tmp_path / "stranger")
    assert witness.add(stranger.request(0, 3)).status == 404
    forged = log.note(3).replace("\n3\n", "\n4\n")
    assert witness.add(encode_request(0, [], forged)).status == 403
    assert witness.add(encode_request(0, [], split_note(log.note(3))[0] + "\n")).status == 403
    assert witness.add(encode_request(9, [], log.note(3))).status == 400
    assert witness.add(encode_request(0, [LEAVES[0]], log.note(3))).status == 422
    assert witness.add(b"").status == 400
    assert witness.add(log.request(0, 3)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 1", b"old 01\n\nx", b"old -1\n\nx", b"old 1\nnot base64!\n\nx", b"old 1\nAAAA\n\nx", b"new 1\n\nx",
        b"old 1\n\xff\n\nx", b"old 1 \n\nx", b"old 1\n" + b"x" * 44 + b"\n\n", "old ١\n\nx".encode(),
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx",
    ],
)  # fmt: skip
def test_bodies_that_can_t_be_read(body: bytes) -> None:
    with pytest.raises(BadRequestBody):
        decode_request(body)


def test_a_request_comes_back_as_it_was_written(log: Log) -> None:
    old, proof, note = decode_request(log.request(5, 33))
    assert (old, note) == (5, log.note(33))
    assert proof == consistency_proof(5, 33, lambda lo, hi: root_of(LEAVES[lo:hi]))


def test_a_restarted_witness_remembers(witness: Witness, log: Log, tmp_path: Path) -> None:
    assert witness.add(log.request(0, 7)).status == 200
    again = fresh(log, tmp_path)
    assert again.add(log.request(0, 3)).body == "7\n"
    [note] = FileState(tmp_path / "state").notes()
    assert note.startswith(log.note(7))
    assert KEY.check(split_note(note)[0], note.splitlines()[-1]) == 1_760_000_000


def test_a_witness_that_can_t_read_its_state_cosigns_nothing(witness: Witness, log: Log, tmp_path: Path) -> None:
    assert witness.add(log.request(0, 7)).status == 200
    [path] = (tmp_path / "state" / "logs").glob("*.note")
    path.write_text(path.read_text().replace("\n7\n", "\n1\n"))
    with pytest.raises(StateError):
        witness.add(log.request(1, 8))
    path.write_bytes(b"\xff\xff")
    with pytest.raises(StateError):
        witness.add(log.request(0, 8))


def test_others_signatures_are_not_kept(witness: Witness, log: Log, tmp_path: Path) -> None:
    request = log.request(0, 7) + "\u2014 somebody.example AAAAAAAA\n".encode()
    assert witness.add(request).status == 200
    [note] = FileState(tmp_path / "state").notes()
    assert "somebody" not in note


def test_the_state_is_on_disk_before_the_answer(
    witness: Witness, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of calls: file synced, renamed into place, folder synced; a sync that fails gives no cosignature."""
    said: list[str] = []
    real_sync, real_rename = os.fsync, Path.rename

    def sync(descriptor: int) -> None:
        said.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().suffix)
        real_sync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        said.append("rename")
        return real_rename(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", rename)
    assert witness.add(log.request(0, 3)).status == 200
    assert said == ["sync .new", "rename", "sync "]

    def broken(_descriptor: int) -> None:
        raise OSError("disk")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StateError):
        witness.add(log.request(3, 7))
    monkeypatch.setattr(os, "fsync", real_sync)
    assert witness.add(log.request(3, 7)).status == 200


def _race(folder: Path, old: int, size: int, start: threading.Barrier, results: "multiprocessing.Queue[int]") -> None:
    log = Log(folder / "log-keys")
    witness = fresh(log, folder)
    start.wait()
    results.put(size if witness.add(log.request(old, size)).status == 200 else 0)


def test_of_several_processes_one_goes_first_and_nothing_rolls_back(log: Log, witness: Witness, tmp_path: Path) -> None:
    assert witness.add(log.request(0, 3)).status == 200
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(4), context.Queue()
    sizes = (10, 20, 30, 40)
    processes = [context.Process(target=_race, args=(tmp_path, 3, size, start, results)) for size in sizes]
    for process in processes:
        process.start()
    won = [results.get(timeout=60) for _ in sizes]
    for process in processes:
        process.join()
    [winner] = [size for size in won if size]
    assert witness.add(log.request(0, 5)).body == f"{winner}\n"
