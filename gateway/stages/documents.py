"""Files and pictures read: what a model would see of them becomes text that can be inspected.

A document leaves as its text, and only as that: what was inspected is what is sent, so nothing hidden in a file's other
corners goes with it. A picture leaves as the words on it, or, where the tool's entry in the register says `redact`, as
a picture with black boxes over what policy hides. A recording, where a recogniser is set up, leaves as what was heard
in it or, where the register says `heard`, as it is if policy hides nothing of that. What can't be read stays as it is,
with the reason: policy decides, and denies by default.
"""

import base64
import binascii
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol

from gateway.documents.document import Document, Unreadable
from gateway.model.call import Call
from gateway.model.caller import Tool
from gateway.model.dialect import Dialect
from gateway.model.errors import Unavailable
from gateway.model.outgoing import Outgoing
from gateway.model.part import Part
from gateway.telemetry import metrics

KEPT_S = 900.0
"""How long a file's text is remembered, so that a conversation that resends it doesn't pay for reading it again."""
KEPT_CHARACTERS = 8_000_000

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w.=-]+)*;base64,", re.IGNORECASE)
_PAINTED = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
HEARD = "heard_by_machine"
"""The notice of a document that is what was heard in a recording."""
_ITSELF = "This kind of call is about the file itself, so its text can't be sent in its place."
_NAMED = "It is only named by an address; send the file itself."


class Reader(Protocol):
    """What reads files, in processes of its own."""

    async def read(self, data: bytes, media: str, name: str = "") -> Document:
        """The text of a file. Raises Unreadable."""
        ...

    async def cover(self, data: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes:
        """A picture painted anew as PNG or JPEG, black where the boxes are, without metadata. Raises Unreadable."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that leaves as one. `data` are its bytes, `document` the words on it and where they stand."""

    data: bytes = field(repr=False)
    document: Document = field(repr=False)


class Hearer(Protocol):
    """What hears recordings, in processes of its own."""

    async def hear(self, data: bytes, media: str) -> Document:
        """What is said in a recording. Raises Unreadable."""
        ...


class Documents:
    """The files of one worker's calls, and the texts of those that were read lately."""

    def __init__(self, reader: Reader | None, hearer: Hearer | None = None) -> None:
        self._reader = reader
        self._hearer = hearer
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, tuple[float, Document]] = OrderedDict()
        self._size = 0

    async def read(self, call: Call, tool: Tool) -> Call:
        """The call with its files and pictures as text, where they can be read and the tool takes them."""
        if not any(part.kind == "blob" for part in call.parts):
            return call
        parts = list(call.parts)
        edits: dict[str, str] = {}
        pictures: dict[str, Picture] = {}
        heard: dict[str, str] = {}
        notices: set[str] = set()
        for index, part in enumerate(parts):
            if part.kind != "blob":
                continue
            try:
                data, document = await self._document(part, tool)
            except Unreadable as error:
                metrics.document("unreadable", error.code)
                parts[index] = replace(part, why=error.message)
                continue
            painted = bool(document.words) and tool.pictures == "redact"
            itself = HEARD in document.notices and tool.recordings == "heard"
            if not painted and not itself and not call.as_words:
                metrics.document("unreadable", "not_as_words")
                parts[index] = replace(part, why=_ITSELF)
                continue
            metrics.document("read")
            notices |= {notice for notice in document.notices if notice.endswith("_not_read")}
            if painted:
                pictures[part.address] = Picture(data, document)
                text = document.text
            elif itself:
                heard[part.address] = part.text
                notices.add(HEARD)
                text = document.text
            else:
                text = edits[part.address] = _worded(document)
                notices.add("file_sent_as_text")
            parts[index] = replace(part, kind="text", text=text, media=part.media if document.words or itself else "")
        given = tuple(sorted({*call.notices, *notices}))
        return replace(
            call,
            parts=tuple(parts),
            edits={**call.edits, **edits},
            pictures=pictures,
            heard=heard,
            notices=given,
        )

    async def cover(self, outgoing: Outgoing, dialect: Dialect) -> Outgoing:
        """The call with each picture that leaves as one painted anew. Raises Unavailable: an original never leaves."""
        pictures = outgoing.call.pictures
        if not pictures or self._reader is None:
            return outgoing
        edits: dict[str, str] = {}
        for address, picture in pictures.items():
            if not isinstance(picture, Picture):
                raise Unavailable("A picture in this call could not be prepared, so nothing was sent.")
            hidden = outgoing.covered.get(address, ())
            boxes = [w.box for w in picture.document.words if any(w.start < e and s < w.end for s, e in hidden)]
            try:
                painted = await self._reader.cover(picture.data, boxes)
            except Unreadable as error:
                raise Unavailable(
                    "A picture in this call could not be redacted, so nothing was sent. Send what you need as text.",
                    code="picture_not_redacted",
                ) from error
            media = next((media for start, media in _PAINTED.items() if painted.startswith(start)), "image/png")
            edits[address] = f"data:{media};base64,{base64.b64encode(painted).decode()}"
        return replace(outgoing, body=dialect.repaint(outgoing.body, edits))

    async def _document(self, part: Part, tool: Tool) -> tuple[bytes, Document]:
        """The bytes of a part and what they say. Raises Unreadable."""
        picture = part.media.startswith("image")
        if self._reader is None or (tool.pictures if picture else tool.files) == "refuse":
            raise Unreadable("not_taken", "This tool does not take " + ("pictures." if picture else "files."))
        data, media = _bytes_of(part)
        key = hmac.digest(self._key, data, sha256)
        now = time.monotonic()
        known = self._kept.get(key)
        if known is not None and now - known[0] < KEPT_S:
            self._kept.move_to_end(key)
            return data, _taken(known[1], tool)
        document = await self._readable(self._reader, data, media, tool)
        if not document.text.strip():
            raise Unreadable("no_text")
        self._keep(key, document, now)
        return data, _taken(document, tool)

    async def _readable(self, reader: Reader, data: bytes, media: str, tool: Tool) -> Document:
        """What a file says; of a recording, where there is a recogniser and the tool takes them. Raises Unreadable."""
        try:
            return await reader.read(data, media)
        except Unreadable as error:
            if error.code != "audio" or self._hearer is None or tool.recordings == "refuse":
                raise
        return await self._hearer.hear(data, media)

    def _keep(self, key: bytes, document: Document, now: float) -> None:
        old = self._kept.pop(key, None)
        self._size += len(document.text) - (len(old[1].text) if old else 0)
        self._kept[key] = now, document
        while self._kept and (self._size > KEPT_CHARACTERS or now - next(iter(self._kept.values()))[0] > KEPT_S):
            _, (_, gone) = self._kept.popitem(last=False)
            self._size -= len(gone.text)


def _taken(document: Document, tool: Tool) -> Document:
    """The document, where the tool takes its kind: what another tool had heard is remembered. Raises Unreadable."""
    if HEARD in document.notices and tool.recordings == "refuse":
        raise Unreadable("not_taken", "This tool does not take recordings.")
    return document


def _worded(document: Document) -> str:
    """What stands in the place of a file: what it was, and its text."""
    pages = f", {document.pages} pages" if document.pages > 1 else ""
    return f"[Text of an attached file: {document.kind}{pages}]\n{document.text}"


def _bytes_of(part: Part) -> tuple[bytes, str]:
    """The bytes of a blob and what it says they are. Raises Unreadable where it holds none."""
    found = _DATA_URL.match(part.text)
    encoded = part.text[found.end() :] if found else part.text
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("named", _NAMED) from None
    if not data:
        raise Unreadable("named", _NAMED)
    media = (found[1] if found else None) or part.media
    return data, media
