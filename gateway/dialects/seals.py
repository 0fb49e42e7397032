"""A provider's own seal on a picture: a C2PA manifest that says that AI made it (C2PA 2.2, IPTC digital source types).

The seal is a signature over the whole file, so a byte of ours would break it. Where it says already what our mark
would say, the picture is left as it came. The signature itself is not checked: whoever looks at the picture does.
A seal that doesn't say so, or with bytes behind the picture, is no reason to leave anything unmarked.
"""

import re
from collections.abc import Iterator
from typing import Final

from gateway.dialects import pictures

_MANIFESTS: Final = b"jumd" + bytes.fromhex("6332706100110010800000aa00389b71")
"""The description of a C2PA manifest store, as the first box of its JUMBF superbox."""
_SAYS: Final = re.compile(
    rb"digitalsourcetype/(?:trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia|algorithmicMedia)(?![A-Za-z])"
)
_HOLDERS: Final = {pictures.PNG: b"caBX", pictures.JPEG: b"\xeb", pictures.WEBP: b"C2PA"}
_APP11_HEAD: Final = 12
"""Marker, length, `JP`, box instance and sequence number; then length and type of the box, repeated in each segment."""


def says_ai(data: bytes) -> bool:
    """Whether a whole picture has a C2PA manifest that says that AI made it. Raises ValueError for anything else."""
    kind, chunks = pictures.read(data)
    if chunks[-1][2] != len(data):
        return False
    held = [data[start:end] for name, start, end in chunks if name == _HOLDERS[kind]]
    return any(box[4:8] == b"jumb" and box[12:32] == _MANIFESTS and _SAYS.search(box) for box in _boxes(held, kind))


def _boxes(held: list[bytes], kind: str) -> Iterator[bytes]:
    """The JUMBF boxes in the chunks in which a format carries its manifests."""
    if kind != pictures.JPEG:
        yield from (each[8:] for each in held)
        return
    boxes: dict[bytes, list[bytes]] = {}
    for each in held:
        if each[4:6] == b"JP":
            pieces = boxes.setdefault(each[6:8], [])
            pieces.append(each[_APP11_HEAD + 8 if pieces else _APP11_HEAD :])
    yield from map(b"".join, boxes.values())
