"""What can't be read: pictures, recordings and files, in whatever form a client writes them down.

Providers take far more forms than the API reference names: an address in place of an object, parts of other vendors'
APIs, bare base64. A form that is not recognised here would be forwarded unread, so recognition goes by what the
strings are, and a name that only sounds like a picture is enough.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

READABLE: Final = frozenset({"text", "input_text", "output_text", "refusal", "thinking", "reasoning"})
"""Types of content parts that servers read as words."""
TABLED: Final = frozenset({"image_url", "input_audio", "file"})
"""Types whose unreadable leaves the dialect's own table names."""

_SIGNATURES: Final = (
    ("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("SUkqA", "image/tiff"),
    ("TU0AK", "image/tiff"), ("SUQz", "audio/mpeg"), ("T2dnUw", "audio/ogg"), ("GkXfo", "video/webm"),
    ("UklGR", "file"), ("JVBERi0", "file"), ("UEsDB", "file"), ("0M8R4KGx", "file"), ("H4sIA", "file"),
)  # fmt: skip
"""How files begin, in base64: pictures, sound, video, PDF, ZIP (Word, Excel), older Office, gzip."""
_MP4: Final = re.compile(r"AAAA..Z0eX[A-D]")
_BASE64: Final = re.compile(r"\s*[A-Za-z0-9+/_=\r\n-]{24,}\s*")
_SEALED: Final = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")
_URL: Final = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://\S+\s*")
_NAMES: Final = (
    (re.compile(r"image|picture|photo|screenshot", re.IGNORECASE), "image"),
    (re.compile(r"audio|speech|sound", re.IGNORECASE), "audio"),
    (re.compile(r"video", re.IGNORECASE), "video"),
    (re.compile(r"file|document|pdf|attachment|media|blob", re.IGNORECASE), "file"),
)


def signature(value: str) -> str:
    """The media of a file in bare base64, empty for any other text."""
    start = value[:64].lstrip()
    for beginning, media in _SIGNATURES:
        if start.startswith(beginning):
            return media if _BASE64.fullmatch(value) else ""
    return "video/mp4" if _MP4.match(start) and _BASE64.fullmatch(value) else ""


def is_ciphertext(value: Any) -> bool:
    """Whether a value is what a provider seals for itself (the signature of its reasoning, encrypted reasoning): base64
    of bytes that look drawn at random. It must go back unchanged, and there is nothing in it for us to read."""
    if not isinstance(value, str) or not _SEALED.fullmatch(value):
        return False
    try:
        raw = base64.urlsafe_b64decode(value.replace("+", "-").replace("/", "_") + "=" * (-len(value) % 4))
    except ValueError:
        return False
    sample = raw[:4096]
    printable = sum(32 <= byte < 127 for byte in sample)
    return len(sample) >= 48 and printable < 0.6 * len(sample) and len(set(sample)) >= min(32, len(sample) // 2)


def of_part(part: Mapping[str, Any]) -> str:
    """The media of a content part whose form no table names, empty where it is words alone.

    A server that knows the form reads or fetches what we can't; so a part counts as unreadable by its type's name,
    by a key's name, or by an address in it.
    """
    kind = part.get("type")
    if isinstance(kind, str):
        if kind in READABLE or kind in TABLED:
            return ""
        if media := _named(kind):
            return media
    for key, value in _leaves("", part):
        if value.strip() and (media := _named(key)):
            return media
        if _URL.fullmatch(value):
            return "file"
    return ""


def _named(name: str) -> str:
    return next((media for pattern, media in _NAMES if pattern.search(name)), "")


def _leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """The strings of a value, each with the keys above it. Bodies are bounded in depth before they come here."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{key} {name}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(key, inner)
