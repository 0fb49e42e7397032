"""Bytes to characters, and texts in the narrow sense: plain text, CSV, JSON, XML, Markdown."""

import codecs
import html
import json
import re
from typing import Final

from gateway.documents.gathering import Gathering

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_CONTROL: Final = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_SAMPLE: Final = 65_536


def decoded(data: bytes) -> str | None:
    """The characters of a text in any usual encoding, None where the bytes are no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _plausible(data[len(mark) :].decode(encoding, "replace"))
    if (wide := _wide(data)) is not None:
        return wide
    try:
        return _plausible(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        # A text that was cut in the middle of a character is still UTF-8.
        if error.start >= len(data) - 3 and not data.isascii() and error.start > 0:
            return _plausible(data[: error.start].decode("utf-8") + "\ufffd")
    return _plausible(data.decode("cp1252", "replace"))


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark shows itself by zero bytes at every other place."""
    sample = data[:_SAMPLE]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    half = len(sample) // 2
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = sample[offset::2].count(0), sample[1 - offset :: 2].count(0)
        if zeros > 0.6 * half and others < 0.05 * half:
            return _plausible(data.decode(encoding, "replace"))
    return None


def _plausible(text: str) -> str | None:
    """The text, None where control characters or undecodable bytes say that it is something else."""
    odd = len(_CONTROL.findall(text)) + text.count("\ufffd")
    return text if odd <= 1 + len(text) // 200 else None


def read(text: str, gathering: Gathering) -> str:
    """Plain text as it is; escapes of JSON and entities of XML are undone, since a model reads through them."""
    head = text.lstrip()[:200]
    if head[:1] in ("{", "["):
        text = _json(text)
    elif head.startswith("<"):
        text = html.unescape(text)
    gathering.add(text)
    return "text"


def _json(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return text  # only looks like JSON: read as it stands
