"""A body in multipart/form-data (RFC 7578), read into the same kind of object as a JSON body.

A field is a text; a file is `{"filename", "content_type", "data"}` with its bytes in base64; a name that ends in `[]`,
and one that several files share, is a list. What goes on to a provider is written anew from this object, so that no
second reader can find in the bytes what was not inspected.
"""

import base64
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.model.errors import BadRequest

MAX_PARTS: Final = 128
"""Fields and files of one body."""
MAX_FILES: Final = 20
"""Files of one body: OpenAI takes 16 pictures and a mask."""
MAX_FIELD_BYTES: Final = 1024 * 1024
"""Of one text field. A file may be as large as the body."""
MAX_NAME: Final = 200
"""Characters of a field's name, and of a file's."""
MAX_HEADERS: Final = 8
MAX_HEADER_BYTES: Final = 2048

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary"})

logging.getLogger("python_multipart.multipart").disabled = True  # it writes down bytes that it did not expect


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether a request says that its body is a form."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data"


def parsed(raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """The form in `raw`. Raises BadRequest; neither names nor values are repeated in the message."""
    boundary = parse_options_header(headers.get("content-type", ""))[1].get(b"boundary", b"").decode("latin-1")
    if not _BOUNDARY.fullmatch(boundary):
        raise _bad("its Content-Type has no usable boundary")
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary, reader.callbacks(), max_header_count=MAX_HEADERS, max_header_size=MAX_HEADER_BYTES
        )
        parser.write(raw)
    except FormParserError:
        raise _bad("it is not of the form that its Content-Type says") from None
    if not reader.complete:
        raise _bad("it is cut short")
    return reader.body


@dataclass(slots=True, repr=False)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)


@dataclass(slots=True, repr=False)
class _Reader:
    """Collects the parts of one body as the parser meets them."""

    body: dict[str, Any] = field(default_factory=dict)
    complete: bool = False
    _part: _Part = field(default_factory=_Part)
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _parts: int = 0
    _files: int = 0

    def callbacks(self) -> Any:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_part_data": lambda data, start, end: self._part.pieces.append(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadRequest(f"The form has more than {MAX_PARTS} fields.", code="too_many_values", status=413)
        self._part = _Part()

    def _header_end(self) -> None:
        name = self._header.decode("latin-1").lower()
        if name in self._part.headers:
            raise _bad("a field has the same header twice")
        self._part.headers[name] = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _end(self) -> None:
        headers, data = self._part.headers, b"".join(self._part.pieces)
        kind, options = parse_options_header(headers.get("content-disposition", ""))
        if kind != b"form-data" or b"name" not in options:
            raise _bad("a field has no name")
        if headers.get("content-transfer-encoding", "").strip().lower() not in _PLAIN:
            raise _bad("a field has a transfer encoding, which forms no longer have")
        name = _text(options[b"name"], MAX_NAME)
        if b"filename" in options:
            self._files += 1
            if self._files > MAX_FILES:
                raise BadRequest(f"The form has more than {MAX_FILES} files.", code="too_many_files", status=413)
            content_type = headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
            filename = _text(options[b"filename"], MAX_NAME)
            encoded = base64.b64encode(data).decode("ascii")
            self._add(name, {"filename": filename, "content_type": content_type, "data": encoded})
        else:
            self._add(name, _text(data, MAX_FIELD_BYTES))

    def _add(self, name: str, value: Any) -> None:
        if name.endswith("[]"):
            self.body.setdefault(name, []).append(value)
        elif name not in self.body:
            self.body[name] = value
        elif isinstance(value, dict) and not isinstance(self.body[name], str):
            earlier = self.body[name]
            self.body[name] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            raise _bad("a field is given twice", code="duplicate_key")

    def _finish(self) -> None:
        self.complete = True


def _text(data: bytes, most: int) -> str:
    if len(data) > most:
        raise BadRequest("A field of the form, or a name in it, is too long.", code="request_too_large", status=413)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad("a field is not UTF-8") from None


def _bad(problem: str, code: str = "invalid_form") -> BadRequest:
    return BadRequest(f"The form can't be read: {problem}.", code=code)
