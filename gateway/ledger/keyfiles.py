"""Private files of the key store: made whole, replaced whole, and overwritten when they are destroyed.

Overwriting reaches the blocks of a file on a plain disk. A copy-on-write file system, a snapshot, a solid-state disk's
spare blocks or a backup may hold the old bytes for longer: docs/retention.md says what that means.
"""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_GONE, _NEW = ".gone.", ".new."


class KeyStoreError(Exception):
    """The key store can't be used as it is; the message says what to do. Never holds key material."""


def check_private(path: Path) -> None:
    """Refuse what others on this machine could read. Raises KeyStoreError."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        wanted = "0700" if path.is_dir() else "0600"
        raise KeyStoreError(f"{path} may be read by other users (mode {mode:04o}): set it to {wanted}")


def read(path: Path) -> bytes | None:
    """A private file's bytes, or None. Raises KeyStoreError where others can read it or it is empty."""
    try:
        data = path.read_bytes()
        check_private(path)
    except FileNotFoundError:
        return None
    if not data:
        raise KeyStoreError(f"the key file {path.name} is empty: restore it from the key store's backup")
    return data


def make(path: Path, data: bytes) -> None:
    """Write a new file, unless there is one: a reader never sees half of it. For whoever holds the lock."""
    temporary = _temporary(path, data)
    try:
        with contextlib.suppress(FileExistsError):  # another worker was first; its key is the one
            os.link(temporary, path)
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def replace(path: Path, data: bytes) -> None:
    """Put other bytes in a file's place, durably, and destroy those that were there. For whoever holds the lock."""
    gone = _set_aside(path)
    temporary = _temporary(path, data)
    temporary.rename(path)
    sync_folder(path.parent)
    _wipe(gone)


def destroy(path: Path) -> bool:
    """Overwrite and remove a file; False where there is none. For whoever holds the lock."""
    if not path.exists():
        return False
    gone = _set_aside(path)
    path.unlink()
    sync_folder(path.parent)
    _wipe(gone)
    return True


def finish(folder: Path) -> None:
    """Destroy what a crash left set aside or half made. For whoever holds the lock."""
    for prefix in (_GONE, _NEW):
        for left in folder.glob(f"{prefix}*"):
            current = folder / left.name.removeprefix(prefix).rpartition(".")[0]
            if current.exists() and current.samefile(left):
                left.unlink()  # the crash came before or after the change: these bytes are in use
            else:
                _wipe(left)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keys are made, changed and destroyed by one process at a time."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        finish(folder)
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _temporary(path: Path, data: bytes) -> Path:
    temporary = path.parent / f"{_NEW}{path.name}.{secrets.token_hex(4)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _set_aside(path: Path) -> Path:
    """A second name for a file's bytes, so that they can still be overwritten once the first is another's."""
    gone = path.parent / f"{_GONE}{path.name}.{secrets.token_hex(4)}"
    os.link(path, gone)
    return gone


def _wipe(path: Path) -> None:
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        file.write(secrets.token_bytes(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)
