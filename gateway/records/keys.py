"""Looking after the wrapping keys: rotation, and the change from the flat keys of before there were trees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.ledger.sealing import today


class Keys(Protocol):
    """What is done with the key store. See `gateway.ledger.keystore.FileKeyStore`."""

    def newest(self, controller: str, retention_class: str) -> int:
        """The version that seals now."""
        ...

    def flat_versions(self, controller: str, retention_class: str) -> tuple[int, ...]:
        """The versions of the flat keys."""
        ...

    def rotate(self, controller: str, retention_class: str, today: int) -> int:
        """Begin a new version."""
        ...

    def destroy_flat(self, controller: str, retention_class: str, version: int) -> bool:
        """Destroy a flat key."""
        ...


class Rewrapping(Protocol):
    """See `gateway.store.rewrapping`."""

    def rewrap(self, controller: str, retention_class: str, version: int) -> tuple[int, int]:
        """How many were wrapped anew, and how many are still under a flat key."""
        ...


Note = Callable[[str, str, str, bytes, Callable[[object], object]], None]
"""`Admin.act`: makes a leaf of what was done."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: the version that seals now, how many keys were wrapped anew under it, and how many stay
    under a flat key because they can't be opened."""

    controller: str
    retention_class: str
    version: int
    rewrapped: int = 0
    stuck: int = 0


class KeyKeeper:
    """Rotates keys. Each act has a leaf, made before the keys change; `who` is the officer."""

    def __init__(self, keys: Keys, rewrapping: Rewrapping, note: Note) -> None:
        self._keys = keys
        self._rewrapping = rewrapping
        self._note = note

    def rotate(self, controller: str, retention_class: str, who: str, *, rewrap: bool = False) -> Rotation:
        """Begin a new version for what is sealed from now on; with `rewrap` also for what is sealed already. Raises
        Unavailable, KeyStoreError."""
        self._note("keystore_rotate", f"{controller} {retention_class}", who, b"", lambda _: None)
        version = self._keys.rotate(controller, retention_class, today())
        if not rewrap:
            return Rotation(controller, retention_class, version)
        done, stuck = self._rewrapping.rewrap(controller, retention_class, version)
        return Rotation(controller, retention_class, version, done, stuck)

    def retire_flat(self, controller: str, retention_class: str, who: str) -> int:
        """Wrap what is under a flat key anew, and destroy that key once nothing needs it; how many still do.

        A backup from before this opens nothing of that class any more: take a new one at once.
        """
        versions = self._keys.flat_versions(controller, retention_class)
        if not versions:
            return 0
        newest = self._keys.newest(controller, retention_class)
        _, stuck = self._rewrapping.rewrap(controller, retention_class, newest)
        if stuck == 0:
            self._note("keystore_retire", f"{controller} {retention_class}", who, b"", lambda _: None)
            for version in versions:
                self._keys.destroy_flat(controller, retention_class, version)
        return stuck
