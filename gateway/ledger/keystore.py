"""The key store: a folder that only the gateway's user can read, apart from the database.

Holds named secrets (digest key, pseudonym key, checkpoint signing key ...) and, for each controller and retention
class, the key tree whose leaves wrap the data keys of sealed content. Whoever has the database without this folder can
read no sealed content. Disposal takes leaves out of the trees, so a database backup from before it opens nothing that
was disposed of, even beside every key that is left. A backup of the key store undoes that until it expires: it must
expire sooner than those of the database (docs/retention.md).
"""

import contextlib
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from gateway.ledger import keyfiles
from gateway.ledger.keyfiles import KeyStoreError as KeyStoreError
from gateway.ledger.keytree import SLOT_BITS, KeyTree, Node, Range, days_range, descend, leaf_index
from gateway.ledger.keywrap import KeyWrapper, close, is_sealed, reveal

_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,120}$")
_DAY_DEPTH = 64 - SLOT_BITS
_LOOK_S = 0.1
"""How often, at most, a process asks whether the folder changed: so long a worker may still use a destroyed key."""
_SETTLED_NS = 50_000_000
"""A folder changed more recently than this may change again within the clock's tick: it is looked at again."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_DAYS, _UNITS = 64, 4096
"""Keys of days and of units that are kept worked out."""


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

    def newest(self, controller: str, retention_class: str) -> int:
        """The version of the key tree that new content is sealed under; the first is made at first use."""
        ...

    def leaf(self, controller: str, retention_class: str, version: int, day: int, slot: int) -> bytes:
        """The 32-byte key of a leaf. Raises KeyGone; never makes a key."""
        ...

    def unwrapping_key(self, controller: str, retention_class: str, version: int) -> bytes:
        """The flat key of content sealed before there were trees (wrap format 1). Raises KeyGone."""
        ...

    def puncture(self, controller: str, retention_class: str, ranges: Iterable[Range]) -> int:
        """Destroy the leaves of `ranges` in every version, durably; how many versions had any. Again is safe."""
        ...


class FileKeyStore:
    """Keys as files: folder 0700, files 0600, created atomically and synced before use.

    `wrapper` seals the files; `given` are secrets that come from elsewhere (the environment) and are in no file.
    """

    def __init__(
        self, folder: Path, wrapper: KeyWrapper | None = None, given: Mapping[str, bytes] | None = None
    ) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keyfiles.check_private(folder)
        self._wrapper = wrapper
        self._given = dict(given or {})
        self._secrets: dict[str, bytes] = {}
        self._lock = threading.RLock()
        self._forget()
        self._seen = -1
        self._look_at = 0.0

    def secret(self, name: str, nbytes: int) -> bytes:
        """See `KeyStore.secret`. Raises KeyStoreError when the stored secret has another length."""
        key = self._given.get(name) or self._secrets.get(name)
        if key is None:
            key = self._secrets[name] = self._load_or_make(_checked(f"secret.{name}"), nbytes)
        if len(key) != nbytes:
            raise KeyStoreError(f"secret {name} has {len(key)} bytes, {nbytes} were asked for")
        return key

    def destroy(self, name: str) -> bool:
        """See `KeyStore.destroy`. Raises KeyStoreError for a secret that comes from elsewhere."""
        if name in self._given:
            raise KeyStoreError(f"secret {name} comes from outside the key store: destroy it there")
        with keyfiles.locked(self.folder):
            gone = keyfiles.destroy(self.folder / _checked(f"secret.{name}"))
        self._secrets.pop(name, None)
        self._drop()
        return gone

    def newest(self, controller: str, retention_class: str) -> int:
        """See `KeyStore.newest`."""
        with self._lock:
            self._look()
            versions = self._versions.get((controller, retention_class))
            if versions is None:
                versions = self.versions(controller, retention_class)
                if not versions:
                    self._load_or_make(_tree(controller, retention_class, 1), 32, tree=True)
                    versions = self.versions(controller, retention_class)
                self._versions[controller, retention_class] = versions
            return versions[-1]

    def leaf(self, controller: str, retention_class: str, version: int, day: int, slot: int) -> bytes:
        """See `KeyStore.leaf`."""
        with self._lock:
            self._look()
            place = (controller, retention_class, version, day)
            key = self._units.get((*place, slot))
            if key is None:
                key = self._leaf(place, leaf_index(day, slot))
                _remember(self._units, (*place, slot), key, _UNITS)
            return key

    def unwrapping_key(self, controller: str, retention_class: str, version: int) -> bytes:
        """See `KeyStore.unwrapping_key`."""
        name = _flat(controller, retention_class, version)
        with self._lock:
            self._look()
            key = self._flats.get(name) or self._load(name)
            if key is None:
                raise KeyGone(f"the key {name} is not in the key store")
            self._flats[name] = key
            return key

    def versions(self, controller: str, retention_class: str) -> tuple[int, ...]:
        """The versions of a key tree, oldest first."""
        stem = _checked(f"tree.{controller}.{retention_class}.v")
        return tuple(sorted(_numbers(stem, self._names())))

    def flat_versions(self, controller: str, retention_class: str) -> tuple[int, ...]:
        """The versions of the flat keys from before there were trees."""
        stem = _checked(f"kek.{controller}.{retention_class}.v")
        return tuple(sorted(_numbers(stem, self._names())))

    def trees(self) -> Sequence[tuple[str, str, int, int]]:
        """Controller, class, version and number of nodes of every tree."""
        found = []
        for name in sorted(self._names()):
            match = re.fullmatch(r"tree\.([a-z0-9-]+)\.([a-z0-9_-]+)\.v(\d+)", name)
            if match:
                tree = self._read_tree(match[1], match[2], int(match[3]))
                found.append((match[1], match[2], int(match[3]), len(tree.nodes) if tree else 0))
        return found

    def rotate(self, controller: str, retention_class: str, today: int) -> int:
        """Begin a new version; the older ones open what they sealed, but seal nothing from the day after tomorrow on
        (workers in other places notice within moments; a day's grace is for their clocks). The new version."""
        with keyfiles.locked(self.folder):
            versions = self.versions(controller, retention_class)
            version = versions[-1] + 1 if versions else 1
            self._make(_tree(controller, retention_class, version), secrets.token_bytes(32), tree=True)
            for old in versions:
                self._cut(controller, retention_class, old, [days_range(today + 2, 1 << _DAY_DEPTH)])
        self._drop()
        return version

    def puncture(self, controller: str, retention_class: str, ranges: Iterable[Range]) -> int:
        """See `KeyStore.puncture`."""
        wanted = list(ranges)
        with keyfiles.locked(self.folder):
            versions = self.versions(controller, retention_class)
            changed = sum(self._cut(controller, retention_class, version, wanted) for version in versions)
        self._drop()
        return changed

    def destroy_flat(self, controller: str, retention_class: str, version: int) -> bool:
        """Destroy a flat key; False where it is gone already. Whatever still needs it can't be opened any more."""
        with keyfiles.locked(self.folder):
            gone = keyfiles.destroy(self.folder / _flat(controller, retention_class, version))
        self._drop()
        return gone

    def seal_files(self) -> int:
        """Write every file anew in the form that `wrapper` gives it, after that setting was changed or the service's
        key was rotated. How many were written."""
        count = 0
        with keyfiles.locked(self.folder):
            for name in sorted(self._names()):
                data = keyfiles.read(self.folder / name)
                if data is not None and (is_sealed(data) or self._wrapper is not None):
                    keyfiles.replace(self.folder / name, close(self._wrapper, name, reveal(self._wrapper, name, data)))
                    count += 1
        self._drop()
        return count

    def _leaf(self, place: tuple[str, str, int, int], index: int) -> bytes:
        """From the day's node where there is one whole, else from what is left of the day."""
        node = self._day_nodes.get(place)
        if node is None:
            node = self._open_tree(*place[:3]).above(index)
            if node is None:
                raise KeyGone(f"the key of this content was destroyed ({place[0]}, {place[1]}, version {place[2]})")
            if node.depth <= _DAY_DEPTH:
                node = descend(node, index, _DAY_DEPTH)
                _remember(self._day_nodes, place, node, _DAYS)
        return node.leaf(index)

    def _open_tree(self, controller: str, retention_class: str, version: int) -> KeyTree:
        place = (controller, retention_class, version)
        tree = self._trees.get(place) or self._read_tree(*place)
        if tree is None:
            raise KeyGone(f"version {version} of the key for {controller}, {retention_class} is not in the key store")
        self._trees[place] = tree
        return tree

    def _read_tree(self, controller: str, retention_class: str, version: int) -> KeyTree | None:
        name = _tree(controller, retention_class, version)
        data = self._load(name)
        try:
            return None if data is None else KeyTree.from_bytes(data.removeprefix(_HEAD))
        except ValueError:
            raise KeyStoreError(f"the key file {name} can't be read: restore it from the key store's backup") from None

    def _cut(self, controller: str, retention_class: str, version: int, ranges: list[Range]) -> bool:
        tree = self._read_tree(controller, retention_class, version)
        if tree is None or not tree.holds_any(ranges):
            return False
        name = _tree(controller, retention_class, version)
        data = _HEAD + tree.punctured(ranges).to_bytes()
        keyfiles.replace(self.folder / name, close(self._wrapper, name, data))
        return True

    def _load_or_make(self, name: str, nbytes: int, *, tree: bool = False) -> bytes:
        data = self._load(name)
        if data is None:
            with keyfiles.locked(self.folder):
                if not (self.folder / name).exists():
                    self._make(name, secrets.token_bytes(nbytes), tree=tree)
            data = self._load(name)
        if data is None:
            raise KeyStoreError(f"the key file {name} vanished while it was made")
        return data

    def _make(self, name: str, key: bytes, *, tree: bool = False) -> None:
        data = _HEAD + KeyTree.of_root(key).to_bytes() if tree else key
        keyfiles.make(self.folder / name, close(self._wrapper, name, data))

    def _load(self, name: str) -> bytes | None:
        data = keyfiles.read(self.folder / name)
        return None if data is None else reveal(self._wrapper, name, data)

    def _names(self) -> list[str]:
        return [path.name for path in self.folder.iterdir() if not path.name.startswith(".")]

    def _look(self) -> None:
        """Forget every tree and key if the folder was changed: another process may have destroyed some."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_S
        changed = os.stat(self.folder).st_mtime_ns  # noqa: PTH116 - the quickest way, on every call's path
        if changed != self._seen:
            self._forget()
            self._seen = changed if time.time_ns() - changed > _SETTLED_NS else -1

    def _drop(self) -> None:
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._trees: dict[tuple[str, str, int], KeyTree] = {}
        self._day_nodes: dict[tuple[str, str, int, int], Node] = {}
        self._units: dict[tuple[str, str, int, int, int], bytes] = {}
        self._flats: dict[str, bytes] = {}
        self._versions: dict[tuple[str, str], tuple[int, ...]] = {}


_HEAD = b"AIGW-TREE-1\n"


def _remember(cache: dict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    if len(cache) >= most:
        with contextlib.suppress(StopIteration):
            del cache[next(iter(cache))]
    cache[key] = value


def _tree(controller: str, retention_class: str, version: int) -> str:
    return _checked(f"tree.{controller}.{retention_class}.v{version}")


def _flat(controller: str, retention_class: str, version: int) -> str:
    return _checked(f"kek.{controller}.{retention_class}.v{version}")


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise KeyStoreError(f"{name!r} can't be the name of a key")
    return name


def _numbers(stem: str, names: Iterable[str]) -> Iterable[int]:
    for name in names:
        rest = name.removeprefix(stem)
        if name.startswith(stem) and rest.isdigit():
            yield int(rest)
