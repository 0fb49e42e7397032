"""Pseudonyms of callers: keyed by controller, and rotated, so that what they link can be ended.

Version 0 is derived from the pepper; later versions have a key of their own in the key store. New calls bear the
newest; a search for somebody tries every version that is left. Once an old version's key is destroyed, nobody can say
any more whose its records were.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence

_FIRST, _LATER = b"agw-actor-v1\0", b"agw-actor-v2\0"


class Pseudonyms:
    """`pepper` keys version 0; `use` names the keys of later versions, the newest last. Safe from any thread."""

    def __init__(self, pepper: bytes, keys: Sequence[bytes] = ()) -> None:
        self._pepper = pepper
        self._keys = tuple(keys)

    def use(self, keys: Sequence[bytes]) -> None:
        """Go on with these keys of later versions."""
        self._keys = tuple(keys)

    def of(self, controller: str, identity: str) -> str:
        """The pseudonymous id for new records of a person at a controller: one whatever key or app the person comes by.

        Keyed per controller, so that two councils' records can't be joined on it. 128 bits in hex.
        """
        if self._keys:
            return _pseudonym(self._keys[-1], _LATER, controller, identity)
        return _pseudonym(self._pepper, _FIRST, controller, identity)

    def every(self, controller: str, identity: str) -> tuple[str, ...]:
        """Every pseudonym under which a person's records may stand, oldest first. Anybody's can be asked for: former
        staff have them too, and a former address has its own."""
        identity = unicodedata.normalize("NFKC", identity).strip()
        first = _pseudonym(self._pepper, _FIRST, controller, identity)
        return (first, *(_pseudonym(key, _LATER, controller, identity) for key in self._keys))


def _pseudonym(key: bytes, period: bytes, controller: str, identity: str) -> str:
    ours = hmac.digest(key, period + controller.encode(), hashlib.sha256)
    return hmac.digest(ours, identity.casefold().encode(), hashlib.sha256).hex()[:32]
