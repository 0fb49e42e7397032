"""Base64 and hex blobs that hold readable text: decoded, so that what they say is inspected too."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_BLOBS = 64
MOST_CHARACTERS = 50_000
"""Longest decoded text that is read, in characters, over all blobs of one text."""
DEPTH = 2
"""Blobs inside blobs are decoded this many levels deep."""

_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_=\-])[A-Za-z0-9+/_\-]{16,}(?:\r?\n[A-Za-z0-9+/_\-]{16,})*={0,2}(?![A-Za-z0-9+/_\-])"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2}(?:[ :]?[0-9A-Fa-f]{2}){9,}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Blob:
    """`text[start:end]` of the readable text decodes to `decoded`."""

    start: int
    end: int
    decoded: str


def blobs(text: str) -> Iterator[Blob]:
    """Blobs that decode to writing, in order, hex before base64 where both fit."""
    left = MOST_CHARACTERS
    count = 0
    reached = 0
    matches = sorted([*_HEX.finditer(text), *_BASE64.finditer(text)], key=lambda m: (m.start(), -m.end()))
    for match in matches:
        if match.start() < reached or count >= MOST_BLOBS or left <= 0:
            continue
        decoded = _decode(match.group())
        if decoded is not None:
            reached = match.end()
            count += 1
            left -= len(decoded)
            yield Blob(match.start(), match.end(), decoded)


def _decode(blob: str) -> str | None:
    compact = re.sub(r"[\s:]", "", blob).removeprefix("0x")
    raw: bytes | None = None
    if re.fullmatch("[0-9A-Fa-f]+", compact) and len(compact) % 2 == 0:
        raw = bytes.fromhex(compact)
        if (text := _writing(raw)) is not None:
            return text
    padded = compact.rstrip("=")
    padded = padded.replace("-", "+").replace("_", "/") + "=" * (-len(padded) % 4)
    try:
        raw = base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return _writing(raw)


def _writing(raw: bytes) -> str | None:
    """The bytes as text, if that is what they are; random bytes almost never are."""
    if not raw or len(raw) > MOST_CHARACTERS * 4:
        return None
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        return None
    readable = sum(c.isalnum() or c.isspace() or c in ".,;:!?'\"@()/&%+-_={}[]<>#*" for c in text)
    return text[:MOST_CHARACTERS] if len(text) >= 6 and readable >= 0.95 * len(text) else None
