"""Endpoints that take forms, and replies that are no JSON.

A body that holds a file (`{"filename", "content_type", "data"}`, the bytes in base64) is written as
multipart/form-data (RFC 7578), any other as JSON. A file's own name stays here: it names a person more often than
not, and servers go by its ending.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from gateway.model.file import is_file
from gateway.upstream import wire

FORMS: Final = frozenset(
    {"openai_image_edits", "openai_image_variations", "openai_transcriptions", "openai_translations"}
)
"""Dialects whose endpoints take a form."""
TRANSCRIPTS: Final = frozenset({"openai_transcriptions", "openai_translations"})

Wanted = Literal["json", "text", "bytes"]

_ENDINGS: Final[Mapping[str, str]] = {
    "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "audio/mpeg": "mp3",
    "audio/mp3": "mp3", "audio/mp4": "m4a", "audio/x-m4a": "m4a", "audio/m4a": "m4a", "audio/wav": "wav",
    "audio/x-wav": "wav", "audio/wave": "wav", "audio/flac": "flac", "audio/x-flac": "flac", "audio/ogg": "ogg",
    "audio/opus": "ogg", "audio/webm": "webm", "audio/aac": "aac", "video/mp4": "mp4", "video/webm": "webm",
    "video/mpeg": "mpeg",
}  # fmt: skip
_KNOWN_ENDINGS: Final = frozenset({*_ENDINGS.values(), "jpeg", "mpga", "oga"})
_TYPES: Final = frozenset({*_ENDINGS, "application/octet-stream"})


def encoded(dialect: str, body: Mapping[str, Any]) -> tuple[bytes, str]:
    """The bytes of a body and their content type. Raises ValueError where a file's data is not base64."""
    if dialect not in FORMS or not any(is_file(each) for value in body.values() for each in _listed(value)):
        return wire.encode(body), "application/json"
    boundary = secrets.token_hex(16)
    parts = [_part(name, value, boundary) for name, value in _fields(body)]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def wanted(dialect: str, body: Mapping[str, Any]) -> Wanted:
    """What the reply to a body must be."""
    if dialect == "openai_speech":
        return "bytes"
    return "text" if dialect in TRANSCRIPTS and body.get("response_format") in ("text", "srt", "vtt") else "json"


def decoded(data: bytes, content_type: str, expected: Wanted) -> dict[str, Any] | None:
    """A reply as an object: JSON as it is, a text as `text`, sound as `data` (base64), both with `content_type`. None
    where it is something else, a web page above all."""
    if expected == "json" or content_type == "application/json":
        return wire.decode_object(data)
    if content_type in ("text/html", "application/xhtml+xml"):
        return None
    if expected == "bytes":
        return {"content_type": content_type, "data": base64.b64encode(data).decode("ascii")}
    try:
        return {"content_type": "text/plain", "text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return None


def _fields(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        for each in _listed(value):
            if each is not None:
                yield name, each


def _part(name: str, value: Any, boundary: str) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
    if not is_file(value):
        return f"{head}\r\n\r\n{_spelled(value)}\r\n".encode("utf-8", "replace")
    kind = value["content_type"] if value["content_type"] in _TYPES else "application/octet-stream"
    head += f'; filename="file{_ending(value)}"\r\nContent-Type: {kind}\r\n\r\n'
    try:
        data = base64.b64decode(value["data"], validate=True)
    except binascii.Error:
        raise ValueError("a file's data is not base64") from None
    return head.encode("utf-8", "replace") + data + b"\r\n"


def _ending(file: Mapping[str, Any]) -> str:
    """The ending of a file's name where it is one of a closed list, else that of its type."""
    own = file["filename"].rpartition(".")[2].strip().lower()
    ending = own if own in _KNOWN_ENDINGS else _ENDINGS.get(file["content_type"], "")
    return f".{ending}" if ending else ""


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quoted(name: str) -> str:
    """A field's name between quotes, as browsers write it (HTML, multipart/form-data encoding algorithm)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
