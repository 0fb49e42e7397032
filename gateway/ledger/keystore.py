"""The key store: a folder that only the gateway's user can read, apart from the database.

Holds named secrets (digest key, pseudonym key, checkpoint signing key ...) and, for each controller and
retention class, the key that wraps the data keys of sealed content. Whoever has the database without this
folder can read no sealed content; a backup of it must expire sooner than those of the database, or
disposal is undone by a restore (docs/ledger.md).
"""

import contextlib
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Protocol

_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,120}$")
_FIRST_VERSION = 1


class KeyStoreError(Exception):
    """The key store can't be used as it is; the message says what to do. Never holds key material."""


class KeyGone(KeyStoreError):
    """A key that is asked for has been destroyed or was never here."""


class KeyStore(Protocol):
    """Keys by name. Implementations never put key material into messages or logs."""

    def secret(self, name: str, nbytes: int) -> bytes:
        """The named secret, made at first use (atomically: concurrent first uses agree)."""
        ...

    def destroy(self, name: str) -> bool:
        """Destroy a named secret for good, durably; False where there was none. Again is safe."""
        ...

    def wrapping_key(self, controller: str, retention_class: str) -> tuple[int, bytes]:
        """Newest version number and 32-byte key for wrapping, made at first use."""
        ...

    def unwrapping_key(self, controller: str, retention_class: str, version: int) -> bytes:
        """The key of one version. Raises KeyGone; never makes a key."""
        ...


class FileKeyStore:
    """Keys as files: folder 0700, files 0600, created atomically and synced before use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(folder)
        self._cache: dict[str, bytes] = {}

    def secret(self, name: str, nbytes: int) -> bytes:
        """See `KeyStore.secret`. Raises KeyStoreError when the stored secret has another length."""
        key = self._load_or_make(f"secret.{name}", nbytes)
        if len(key) != nbytes:
            raise KeyStoreError(f"secret {name} has {len(key)} bytes, {nbytes} were asked for")
        return key

    def destroy(self, name: str) -> bool:
        """See `KeyStore.destroy`."""
        name = f"secret.{name}"
        self._cache.pop(name, None)
        try:
            (self.folder / name).unlink()
        except FileNotFoundError:
            return False
        _sync_folder(self.folder)
        return True

    def wrapping_key(self, controller: str, retention_class: str) -> tuple[int, bytes]:
        """See `KeyStore.wrapping_key`."""
        name = f"kek.{controller}.{retention_class}.v{_FIRST_VERSION}"
        return _FIRST_VERSION, self._load_or_make(name, 32)

    def unwrapping_key(self, controller: str, retention_class: str, version: int) -> bytes:
        """See `KeyStore.unwrapping_key`."""
        name = f"kek.{controller}.{retention_class}.v{version}"
        key = self._load(name)
        if key is None:
            raise KeyGone(f"the key {name} is not in the key store")
        return key

    def _load_or_make(self, name: str, nbytes: int) -> bytes:
        key = self._load(name)
        return self._make(name, nbytes) if key is None else key

    def _load(self, name: str) -> bytes | None:
        if name in self._cache:
            return self._cache[name]
        if not _NAME.match(name):
            raise KeyStoreError(f"{name!r} can't be the name of a key")
        path = self.folder / name
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            return None
        _check_private(path)
        if not key:
            raise KeyStoreError(f"the key file {name} is empty: restore it from the key store's backup")
        self._cache[name] = key
        return key

    def _make(self, name: str, nbytes: int) -> bytes:
        """Write a private temporary file, then link it to its name: a reader never sees half a key."""
        temporary = self.folder / f".{name}.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(nbytes))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # another worker was first; its key is read below
                os.link(temporary, self.folder / name)
        finally:
            temporary.unlink()
        _sync_folder(self.folder)
        key = self._load(name)
        if key is None:
            raise KeyStoreError(f"the key file {name} vanished while it was made")
        return key


def _check_private(path: Path) -> None:
    """Refuse a key that others on this machine could read."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        wanted = "0700" if path.is_dir() else "0600"
        raise KeyStoreError(f"{path} may be read by other users (mode {mode:04o}): set it to {wanted}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
