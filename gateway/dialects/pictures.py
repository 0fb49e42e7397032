"""Pictures as providers send them: recognised by their whole structure, and marked without touching a pixel.

PNG (W3C, third edition), JPEG (ITU-T T.81 with XMP in APP1) and WebP (RFC 9649) are sequences of chunks. Those that
are needed to show the picture are kept byte for byte; texts, comments and camera data are left out, since nobody has
read them; ours is put in. A picture under a provider's seal (`seals`) is not marked.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Final

PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
WEBP: Final = "image/webp"

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"hIST",
     b"pHYs", b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT", b"caBX"}
)  # fmt: skip
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0\0\0\0\0"
"""Keyword, no compression, no language, no translated keyword."""
_XMP_APP1: Final = b"http://ns.adobe.com/xap/1.0/\0"
_APP1_ROOM: Final = 65_533
_JPEG_KEPT: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xE0, 0xEB, 0xEE}) | frozenset(range(0xC0, 0xD0)) - {0xC8}
"""Tables, frames, JFIF, C2PA (APP11), Adobe's colour transform (APP14); a colour profile (APP2) is told by its name."""
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_FILL: Final = re.compile(rb"\xff*")
_SCAN_END: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next marker that is no part of a scan: neither a stuffed byte nor a restart."""
_WEBP_KEPT: Final = frozenset({b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L", b"C2PA"})
_XMP_FLAG: Final = 0x04
_EXIF_FLAG: Final = 0x08
_ALPHA_FLAG: Final = 0x10

MAX_CHUNKS: Final = 20_000
"""Of one picture: a picture of many more is meant to keep its reader busy."""

Chunk = tuple[bytes, int, int]
"""Name of a chunk, and where it stands: its header included, padding too."""


def kind_of(data: bytes) -> str:
    """The media type of a whole picture. Raises ValueError for anything else."""
    return read(data)[0]


def marked(data: bytes, packet: bytes) -> bytes:
    """The picture with the XMP packet as the only text in it. Raises ValueError where it is no whole picture, or the
    packet is too long for its format."""
    kind, chunks = read(data)
    if kind == PNG:
        return _marked_png(data, chunks, packet)
    return _marked_jpeg(data, chunks, packet) if kind == JPEG else _marked_webp(data, chunks, packet)


def read(data: bytes) -> tuple[str, list[Chunk]]:
    """The media type of a whole picture, and its chunks. Raises ValueError for anything else."""
    if data.startswith(_PNG):
        return PNG, _whole_png(_all(_png(data)))
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG, _whole_jpeg(_all(_jpeg(data)))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP, _whole_webp(data, _all(_riff(data)))
    raise ValueError("neither PNG, JPEG nor WebP")


def _all(chunks: Iterator[Chunk]) -> list[Chunk]:
    found = list(islice(chunks, MAX_CHUNKS + 1))
    if not 0 < len(found) <= MAX_CHUNKS:
        raise ValueError("no chunks, or too many")
    return found


def _png(data: bytes) -> Iterator[Chunk]:
    position, name = len(_PNG), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", _at(data, position, 8))
        end = position + 12 + length
        body = memoryview(data)[position + 4 : end - 4]
        if end > len(data) or zlib.crc32(body) != int.from_bytes(data[end - 4 : end], "big"):
            raise ValueError("a PNG chunk is broken")
        yield name, position, end
        position = end


def _whole_png(chunks: list[Chunk]) -> list[Chunk]:
    names = [name for name, _, _ in chunks]
    if names[0] != b"IHDR" or chunks[0][2] - chunks[0][1] != 25 or b"IDAT" not in names:
        raise ValueError("a PNG without its parts")
    if any(name[0] < 0x60 and name not in _PNG_KEPT for name in names):
        raise ValueError("a PNG with an unknown chunk that it needs")
    return chunks


def _marked_png(data: bytes, chunks: list[Chunk], packet: bytes) -> bytes:
    body = b"iTXt" + _XMP_KEYWORD + packet
    mark = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    kept = [data[start:end] for name, start, end in chunks if name in _PNG_KEPT]
    return b"".join([_PNG, kept[0], mark, *kept[1:]])


def _jpeg(data: bytes) -> Iterator[Chunk]:
    """The segments after SOI, each scan with its data, up to EOI. Fill bytes before a marker are no part of one."""
    position = 2
    while True:
        fill = _FILL.match(data, position)
        position = max(position, fill.end() - 1) if fill else position
        sync, marker = _at(data, position, 2)
        if sync != 0xFF or marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            raise ValueError("a JPEG segment is broken")
        if marker == 0xD9:
            yield bytes([marker]), position, position + 2
            return
        length = int.from_bytes(_at(data, position + 2, 2), "big")
        end = position + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("a JPEG segment is cut short")
        if marker == 0xDA:
            found = _SCAN_END.search(data, end)
            if found is None:
                raise ValueError("a JPEG without its end")
            end = found.start()
        yield bytes([marker]), position, end
        position = end


def _whole_jpeg(chunks: list[Chunk]) -> list[Chunk]:
    markers = [name[0] for name, _, _ in chunks]
    if 0xDA not in markers or _FRAMES.isdisjoint(markers):
        raise ValueError("a JPEG without a picture")
    return chunks


def _marked_jpeg(data: bytes, chunks: list[Chunk], packet: bytes) -> bytes:
    body = _XMP_APP1 + packet
    if len(body) > _APP1_ROOM:
        raise ValueError("the packet is too long for a JPEG")
    mark = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    first: list[bytes] = [b"\xff\xd8"]
    rest: list[bytes] = []
    for name, start, end in chunks:
        profile = name == b"\xe2" and data[start + 4 : start + 16] == b"ICC_PROFILE\0"
        if name[0] in _JPEG_KEPT or name in (b"\xda", b"\xd9") or profile:
            (first if name == b"\xe0" and not rest else rest).append(data[start:end])  # JFIF comes right after SOI
    return b"".join([*first, mark, *rest])


def _riff(data: bytes) -> Iterator[Chunk]:
    """The chunks of a RIFF file. Raises ValueError where it is cut short."""
    position, stop = 12, 8 + int.from_bytes(data[4:8], "little")
    if stop > len(data):
        raise ValueError("a RIFF file is cut short")
    while position < stop:
        name, length = struct.unpack_from("<4sI", _at(data, position, 8))
        end = position + 8 + length + length % 2
        if end - length % 2 > stop:
            raise ValueError("a RIFF chunk is cut short")
        yield name, position, min(end, stop)
        position = end


def _whole_webp(data: bytes, chunks: list[Chunk]) -> list[Chunk]:
    names = [name for name, _, _ in chunks]
    if not {b"VP8 ", b"VP8L", b"ANMF"} & set(names) or names[0] not in (b"VP8X", b"VP8 ", b"VP8L"):
        raise ValueError("a WebP without a picture")
    _extent(data, chunks)
    return chunks


def _extent(data: bytes, chunks: list[Chunk]) -> tuple[int, int, int]:
    """Flags, width and height (pixels) of a WebP, whichever of its three forms it has."""
    name, start, end = chunks[0]
    body = data[start + 8 : min(end, start + 8 + 10)]
    if name == b"VP8X" and len(body) == 10:
        return body[0], 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8 " and len(body) == 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return 0, width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return _ALPHA_FLAG if bits >> 28 & 1 else 0, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise ValueError("a WebP whose header can't be read")


def _marked_webp(data: bytes, chunks: list[Chunk], packet: bytes) -> bytes:
    flags, width, height = _extent(data, chunks)
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    header = bytes([flags & ~_EXIF_FLAG | _XMP_FLAG, 0, 0, 0]) + size
    kept = [_padded(data[start:end]) for name, start, end in chunks if name in _WEBP_KEPT and name != b"VP8X"]
    return in_riff(b"WEBP", [riff_chunk(b"VP8X", header), *kept, riff_chunk(b"XMP ", packet)])


def riff_chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a RIFF file, padded."""
    return _padded(name + struct.pack("<I", len(body)) + body)


def _padded(chunk: bytes) -> bytes:
    """A chunk of an even number of bytes."""
    return chunk + b"\0" * (len(chunk) % 2)


def in_riff(form: bytes, chunks: list[bytes]) -> bytes:
    """A RIFF file of these chunks."""
    return b"".join([b"RIFF", struct.pack("<I", 4 + sum(map(len, chunks))), form, *chunks])


def _at(data: bytes, position: int, size: int) -> bytes:
    """`size` bytes, or ValueError where the file ends before."""
    piece = data[position : position + size]
    if len(piece) < size:
        raise ValueError("the file is cut short")
    return piece
