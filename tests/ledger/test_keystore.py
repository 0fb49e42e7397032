"""Keys are private files, made once, and never made up where one should have been."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.ledger import sealing
from gateway.ledger.keystore import FileKeyStore, KeyGone, KeyStoreError


def test_keys_are_private_and_stay_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = FileKeyStore(folder).secret("pepper", 32)
    assert FileKeyStore(folder).secret("pepper", 32) == first
    assert len(first) == 32
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert first != FileKeyStore(folder).secret("other", 32)


def test_first_uses_at_once_agree(tmp_path: Path) -> None:
    stores = [FileKeyStore(tmp_path / "keys") for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda store: store.secret("pepper", 32), stores))
    assert len(keys) == 1
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [".lock", "secret.pepper"]


def test_a_folder_or_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    (tmp_path / "keys").chmod(0o755)
    with pytest.raises(KeyStoreError, match="0700"):
        FileKeyStore(tmp_path / "keys")
    (tmp_path / "keys").chmod(0o700)
    FileKeyStore(tmp_path / "keys").secret("pepper", 32)
    (tmp_path / "keys" / "secret.pepper").chmod(0o644)
    with pytest.raises(KeyStoreError, match="0600"):
        FileKeyStore(tmp_path / "keys").secret("pepper", 32)


def test_a_destroyed_wrapping_key_is_gone_for_good(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    key = sealing.new_key()
    wrapped = sealing.wrap(store, "maidstone", "routine", key, b"row")
    assert sealing.unwrap(store, "maidstone", "routine", wrapped, b"row") == key
    (tmp_path / "keys" / "tree.maidstone.routine.v1").unlink()
    with pytest.raises(KeyGone):
        sealing.unwrap(FileKeyStore(tmp_path / "keys"), "maidstone", "routine", wrapped, b"row")


def test_a_half_written_or_wrong_key_is_an_error(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    descriptor = os.open(tmp_path / "keys" / "secret.pepper", os.O_CREAT | os.O_WRONLY, 0o600)
    os.close(descriptor)
    with pytest.raises(KeyStoreError, match="empty"):
        store.secret("pepper", 32)
    store.secret("short", 16)
    with pytest.raises(KeyStoreError, match="16 bytes"):
        store.secret("short", 32)
    for name in ("../up", "UPPER", "a/b", ""):
        with pytest.raises(KeyStoreError):
            store.newest(name, "x y")


def test_sealed_bytes_open_only_in_their_own_place(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    key = sealing.new_key()
    box = sealing.seal_text(key, b"text", b"row 1")
    assert sealing.open_text(key, box, b"row 1") == b"text"
    assert sealing.open_place(key, sealing.seal_place(key, b"/a", b"row 1"), b"row 1") == b"/a"
    with pytest.raises(sealing.Unsealable):
        sealing.open_text(key, box, b"row 2")
    with pytest.raises(sealing.Unsealable):
        sealing.open_text(sealing.new_key(), box, b"row 1")
    with pytest.raises(sealing.Unsealable):
        sealing.open_text(key, b"short", b"row 1")
    wrapped = sealing.wrap(store, "maidstone", "routine", key, b"row 1")
    for odd in (b"", wrapped[:-1], b"\x07" + wrapped[1:], b"\x01" + wrapped[1:]):
        with pytest.raises(sealing.Unsealable):
            sealing.unwrap(store, "maidstone", "routine", odd, b"row 1")
    with pytest.raises(sealing.Unsealable):
        sealing.unwrap(store, "maidstone", "routine", wrapped, b"row 2")
