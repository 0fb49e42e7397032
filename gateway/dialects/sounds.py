"""Speech as providers send it: recognised by its beginning, and marked where its format has a place for words.

MP3 gets an ID3v2.4 tag, WAV a LIST/INFO chunk, FLAC a Vorbis comment; the sound itself stays byte for byte. Tags
that come with it are left out, since nobody has read them. Opus, AAC and raw samples are passed on unmarked: their
disclosure is in the response's headers.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from gateway.dialects.pictures import in_riff, riff_chunk
from gateway.dialects.xmp import MADE

TYPES: Final[Mapping[str, str]] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""OpenAI's names of formats, with their media types."""

MAX_TAGS: Final = 100
"""Tags, chunks or blocks that may stand before the sound."""

_UNKNOWN_LENGTH: Final = 0xFFFFFFFF
_WAV_KEPT: Final = frozenset({b"fmt ", b"fact", b"data"})
_FLAC_KEPT: Final = frozenset({0, 3, 5})
"""STREAMINFO, SEEKTABLE, CUESHEET."""
_LOOKED_AT: Final = 64
_FILES: Final = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"\x89PNG", b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"GIF8")


def is_form(data: bytes, form: str) -> bool:
    """Whether `data` is sound of the format called `form`. Raw samples have no beginning of their own: they are what
    begins neither like a text nor like a file."""
    try:
        return _CHECKS[form](data)
    except ValueError:
        return False


def marked(data: bytes, form: str, note: str, ref: str) -> bytes:
    """The sound with our note (a text) and the record's reference in its tag, unchanged where its format has none.
    Raises ValueError where it is not of that format."""
    mark = _MARKS.get(form)
    return data if mark is None else mark(data, note, ref)


def _mp3(data: bytes) -> bool:
    head = int.from_bytes(data[(start := _after_tags(data)) : start + 4], "big")
    version, layer, bitrate, rate = head >> 19 & 3, head >> 17 & 3, head >> 12 & 15, head >> 10 & 3
    return head >> 21 == 0x7FF and version != 1 and layer == 1 and bitrate != 15 and rate != 3


def _after_tags(data: bytes) -> int:
    """Where the sound begins, behind any ID3v2 tags (https://id3.org/id3v2.4.0-structure)."""
    position = 0
    for _ in range(MAX_TAGS):
        if data[position : position + 3] != b"ID3" or len(data) < position + 10:
            break
        size = 0
        for byte in data[position + 6 : position + 10]:
            size = size << 7 | byte & 0x7F
        position += 10 + size + (10 if data[position + 5] & 0x10 else 0)
    return position


def _aac(data: bytes) -> bool:
    return data[:1] == b"\xff" and len(data) > 7 and data[1] & 0xF6 == 0xF0


def _opus(data: bytes) -> bool:
    return data[:4] == b"OggS" and data[28:36] == b"OpusHead"


def _pcm(data: bytes) -> bool:
    if not data or len(data) % 2 or data.startswith(_FILES):
        return False
    start = data[:_LOOKED_AT]
    return not all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)


def _marked_mp3(data: bytes, note: str, ref: str) -> bytes:
    end = len(data) - 128 if data[-128:-125] == b"TAG" else len(data)
    frames = _frame(b"COMM", b"eng\0" + note.encode())
    frames += _frame(b"TXXX", b"DigitalSourceType\0" + MADE.encode())
    frames += _frame(b"TXXX", b"AI-Record\0" + ref.encode())
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames + data[_after_tags(data) : end]


def _frame(name: bytes, body: bytes) -> bytes:
    """An ID3v2.4 frame of text in UTF-8."""
    return name + _synchsafe(len(body) + 1) + b"\0\0" + b"\x03" + body


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _wav_chunks(data: bytes) -> dict[bytes, bytes]:
    """Format, sample count and samples. A length that was not known when the header was written is taken to be the
    rest. Raises ValueError."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("no WAV")
    found: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(data) and b"data" not in found and len(found) < MAX_TAGS:
        name, length = struct.unpack_from("<4sI", data, position)
        rest = len(data) - position - 8
        if length > rest and (name != b"data" or length < _UNKNOWN_LENGTH - 0xFF):
            raise ValueError("a WAV is cut short")
        length = min(length, rest)
        found[name] = data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    if not found.get(b"data") or len(found.get(b"fmt ", b"")) < 16:
        raise ValueError("a WAV without its parts")
    return found


def _marked_wav(data: bytes, note: str, ref: str) -> bytes:
    chunks = _wav_chunks(data)
    told = {b"ICMT": note, b"ISRC": MADE, b"INAM": f"AI record {ref}"}
    said = b"".join(riff_chunk(name, text.encode() + b"\0") for name, text in told.items())
    kept = [riff_chunk(name, body) for name, body in chunks.items() if name in _WAV_KEPT]
    return in_riff(b"WAVE", [*kept[:-1], riff_chunk(b"LIST", b"INFO" + said), kept[-1]])


def _flac_blocks(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Metadata blocks by type, and where the frames begin (RFC 9639 section 8). Raises ValueError."""
    if data[:4] != b"fLaC":
        raise ValueError("no FLAC")
    blocks: list[tuple[int, bytes]] = []
    position, last = 4, False
    while not last and len(blocks) < MAX_TAGS:
        header = data[position : position + 4]
        length = int.from_bytes(header[1:], "big")
        body = data[position + 4 : position + 4 + length]
        if len(header) < 4 or len(body) < length:
            raise ValueError("a FLAC is cut short")
        last = bool(header[0] & 0x80)
        blocks.append((header[0] & 0x7F, body))
        position += 4 + length
    frame = data[position : position + 2]
    if blocks[0][0] != 0 or len(blocks[0][1]) != 34 or len(frame) < 2 or frame[0] != 0xFF or frame[1] & 0xFC != 0xF8:
        raise ValueError("a FLAC without its parts")
    return blocks, position


def _marked_flac(data: bytes, note: str, ref: str) -> bytes:
    blocks, frames = _flac_blocks(data)
    texts = [f"COMMENT={note}", f"DIGITALSOURCETYPE={MADE}", f"AI-RECORD={ref}"]
    said = [struct.pack("<I", len(raw)) + raw for raw in (text.encode() for text in ("", *texts))]
    comment = said[0] + struct.pack("<I", len(texts)) + b"".join(said[1:])
    kept = [(kind, body) for kind, body in blocks if kind in _FLAC_KEPT]
    kept.append((4, comment))
    last = len(kept) - 1
    written = [
        bytes([kind | (0x80 if index == last else 0)]) + len(body).to_bytes(3, "big") + body
        for index, (kind, body) in enumerate(kept)
    ]
    return b"".join([b"fLaC", *written, data[frames:]])


_CHECKS: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "mp3": _mp3,
    "opus": _opus,
    "aac": _aac,
    "flac": lambda data: bool(_flac_blocks(data)),
    "wav": lambda data: bool(_wav_chunks(data)),
    "pcm": _pcm,
}
_MARKS: Final[Mapping[str, Callable[[bytes, str, str], bytes]]] = {
    "mp3": _marked_mp3,
    "flac": _marked_flac,
    "wav": _marked_wav,
}
