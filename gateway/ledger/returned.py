"""Pictures and sound that came back: sealed as they are, and described in words that may be searched.

One that is too large, or that the controller's schedule does not keep, is on the record by its description alone. Its
SHA-256 proves of a file whether it is the one that came; it is content like the file itself and goes with the record.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

MOST: Final = 12_000_000
"""Characters of base64 that are sealed of one file: 9 MB, more than any picture that is offered today."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A file of a reply: what is said of it, and whether it is itself kept."""

    words: str
    kept: bool


def described(encoded: str, media: str, *, keep: bool) -> Returned:
    """A file given in base64, of the media type that its dialect has checked."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = encoded.encode("utf-8", "surrogatepass")
    sealed = keep and len(encoded) <= MOST
    fate = "kept sealed" if sealed else "too large to be kept" if keep else "not kept, as the retention schedule says"
    digest = hashlib.sha256(data).hexdigest()
    return Returned(f"{media or 'a file'}, {len(data):,} bytes, {fate}, SHA-256 {digest}", sealed)
