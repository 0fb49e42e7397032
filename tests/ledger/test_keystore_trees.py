"""Keys that are destroyed are gone from the folder, from every process, and stay gone."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.ledger import keyfiles, sealing
from gateway.ledger.keystore import FileKeyStore, KeyGone, KeyStoreError
from gateway.ledger.keytree import days_range, leaf_index
from gateway.ledger.keywrap import MasterKey

WHERE = ("maidstone", "routine")
DAY = 20_000


def sealed(store: FileKeyStore, unit: int, day: int = DAY) -> tuple[bytes, bytes]:
    key = sealing.new_key()
    return key, sealing.wrap(store, *WHERE, key, b"part/1/%d/x" % unit, day=day)


def opened(store: FileKeyStore, wrapped: bytes, unit: int) -> bytes:
    return sealing.unwrap(store, *WHERE, wrapped, b"part/1/%d/x" % unit)


def leaf_of(unit: int, day: int = DAY) -> list[tuple[int, int]]:
    index = leaf_index(day, sealing.unit_slot(unit))
    return [(index, index + 1)]


@pytest.mark.parametrize("wrapper", [None, MasterKey(b"m" * 32)], ids=["plain", "sealed"])
def test_one_unit_goes_and_the_others_stay(tmp_path: Path, wrapper: MasterKey | None) -> None:
    store = FileKeyStore(tmp_path / "keys", wrapper)
    keys = {unit: sealed(store, unit) for unit in range(20)}
    assert store.puncture(*WHERE, leaf_of(7)) == 1
    assert store.puncture(*WHERE, leaf_of(7)) == 0
    for reader in (store, FileKeyStore(tmp_path / "keys", wrapper)):
        for unit, (key, wrapped) in keys.items():
            if unit == 7:
                with pytest.raises(KeyGone, match="destroyed"):
                    opened(reader, wrapped, unit)
            else:
                assert opened(reader, wrapped, unit) == key
    with pytest.raises(KeyGone):
        sealed(store, 7)
    assert opened(store, sealed(store, 7, DAY + 1)[1], 7)


def test_another_process_notices(tmp_path: Path) -> None:
    store, other = FileKeyStore(tmp_path / "keys"), FileKeyStore(tmp_path / "keys")
    key, wrapped = sealed(store, 1)
    assert opened(other, wrapped, 1) == key
    store.puncture(*WHERE, leaf_of(1))
    time.sleep(0.15)
    with pytest.raises(KeyGone):
        opened(other, wrapped, 1)
    assert store.rotate(*WHERE, DAY) == 2
    time.sleep(0.15)
    assert other.newest(*WHERE) == 2


def test_a_new_version_seals_and_the_old_one_opens(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    key, wrapped = sealed(store, 1)
    store.rotate(*WHERE, DAY)
    again = sealed(store, 1)
    assert (wrapped[1:3], again[1][1:3]) == (b"\x00\x01", b"\x00\x02")
    assert opened(store, wrapped, 1) == key
    assert opened(store, again[1], 1) == again[0]
    with pytest.raises(KeyGone):  # the old version seals nothing from the day after tomorrow on
        store.leaf(*WHERE, 1, DAY + 2, 0)
    store.puncture(*WHERE, leaf_of(1))
    for each in (wrapped, again[1]):
        with pytest.raises(KeyGone):
            opened(store, each, 1)


def test_the_old_bytes_of_a_changed_file_are_overwritten(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    sealed(store, 1)
    path = tmp_path / "keys" / "tree.maidstone.routine.v1"
    before = path.read_bytes()
    with path.open("rb") as still_open:  # the blocks of the old file, which has no name any more
        store.puncture(*WHERE, [days_range(0, 10)])
        old = still_open.read()
    assert len(old) == len(before)
    assert before[-32:] not in old
    assert sorted(each.name for each in path.parent.iterdir()) == [".lock", path.name]


@pytest.mark.parametrize("step", ["_temporary", "rename", "_wipe"])
def test_a_crash_while_a_key_is_destroyed_loses_nothing_else(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends just before the step; the next change clears up behind it."""
    store = FileKeyStore(tmp_path / "keys")
    keys = {unit: sealed(store, unit) for unit in (1, 2)}
    program = f"""
import os, signal, sys
from pathlib import Path
from gateway.ledger import keyfiles
from gateway.ledger.keystore import FileKeyStore
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
setattr(keyfiles if {step!r} != "rename" else Path, {step!r}, die)
FileKeyStore(Path({str(tmp_path / "keys")!r})).puncture("maidstone", "routine", {leaf_of(1)!r})
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, env={**os.environ})
    assert done.returncode == -signal.SIGKILL
    again = FileKeyStore(tmp_path / "keys")
    assert opened(again, keys[2][1], 2) == keys[2][0]
    if step == "_wipe":  # the change itself was made
        with pytest.raises(KeyGone):
            opened(again, keys[1][1], 1)
    assert any(path.name.startswith((".gone.", ".new.")) for path in (tmp_path / "keys").iterdir())
    again.puncture(*WHERE, leaf_of(1))
    again.puncture(*WHERE, leaf_of(3))
    assert not any(path.name.startswith((".gone.", ".new.")) for path in (tmp_path / "keys").iterdir())
    assert opened(again, keys[2][1], 2) == keys[2][0]
    with pytest.raises(KeyGone):
        opened(again, keys[1][1], 1)


def _puncture(folder: Path, unit: int) -> None:
    FileKeyStore(folder).puncture(*WHERE, leaf_of(unit))


def test_two_processes_destroy_at_once(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    keys = {unit: sealed(store, unit) for unit in range(8)}
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_puncture, args=(tmp_path / "keys", unit)) for unit in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    again = FileKeyStore(tmp_path / "keys")
    for unit in range(6):
        with pytest.raises(KeyGone):
            opened(again, keys[unit][1], unit)
    assert all(opened(again, keys[unit][1], unit) == keys[unit][0] for unit in (6, 7))


def test_content_from_before_there_were_trees_still_opens(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    with keyfiles.locked(tmp_path / "keys"):
        keyfiles.make(tmp_path / "keys" / "kek.maidstone.routine.v1", b"k" * 32)
    key = sealing.new_key()
    wrapped = b"\x01\x00\x01" + sealing._encrypt(b"k" * 32, key, b"wraprow")
    assert sealing.unwrap(store, *WHERE, wrapped, b"row") == key
    assert store.flat_versions(*WHERE) == (1,)
    assert store.destroy_flat(*WHERE, 1)
    assert not store.destroy_flat(*WHERE, 1)
    with pytest.raises(KeyGone):
        sealing.unwrap(store, *WHERE, wrapped, b"row")


def test_files_are_sealed_under_the_master_key_and_read_from_before(tmp_path: Path) -> None:
    plain = FileKeyStore(tmp_path / "keys")
    secret, (key, wrapped) = plain.secret("pepper", 32), sealed(plain, 1)
    master = MasterKey(b"a long secret from the environment, 40 b")
    store = FileKeyStore(tmp_path / "keys", master)
    assert (store.secret("pepper", 32), opened(store, wrapped, 1)) == (secret, key)
    assert store.seal_files() == 2
    assert secret not in (tmp_path / "keys" / "secret.pepper").read_bytes()
    again = FileKeyStore(tmp_path / "keys", master)
    assert (again.secret("pepper", 32), opened(again, wrapped, 1)) == (secret, key)
    with pytest.raises(KeyStoreError, match="another master key"):
        FileKeyStore(tmp_path / "keys", MasterKey(b"x" * 32)).secret("pepper", 32)
    with pytest.raises(KeyStoreError, match="keystore: wrap"):
        FileKeyStore(tmp_path / "keys").secret("pepper", 32)
    damaged = (tmp_path / "keys" / "secret.pepper").read_bytes()
    (tmp_path / "keys" / "secret.pepper").write_bytes(damaged[:-1] + bytes([damaged[-1] ^ 1]))
    with pytest.raises(KeyStoreError, match="was changed"):
        FileKeyStore(tmp_path / "keys", master).secret("pepper", 32)


def test_secrets_may_come_from_elsewhere(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys", given={"pepper": b"p" * 32})
    assert store.secret("pepper", 32) == b"p" * 32
    assert not (tmp_path / "keys" / "secret.pepper").exists()
    assert [each[:3] for each in store.trees()] == []
    store.newest(*WHERE)
    assert store.trees() == [("maidstone", "routine", 1, 1)]
