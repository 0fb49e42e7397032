"""How texts are written into files: characters that a page can't hold, CSV cells that stay text, JSON without loss."""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BLANK = " \u00a0\u200b\u200c\u200d\u2060\ufeff"
"""What a spreadsheet may leave off in front of a formula."""


def showable(text: str) -> str:
    """`text` as a page can hold it: line ends as line feeds, control characters and lone surrogates as U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def cell(value: object) -> str:
    """A CSV cell that no spreadsheet takes for a formula: such text gets an apostrophe in front, as spreadsheets write
    it themselves (OWASP, CSV injection)."""
    text = showable(str(value))
    return f"'{text}" if text.lstrip(_BLANK).startswith(_FORMULA) or text.startswith("'") else text


def sheet(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file (RFC 4180) in UTF-8 with the mark by which spreadsheets know it."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON that people can read; a lone surrogate is escaped, since UTF-8 has no place for it."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def moment(text: str) -> str:
    """A time of the ledger (UTC, ISO 8601) as people read it: `24 November 2026, 04:09 UTC`."""
    if not text:
        return ""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def day(value: date | None) -> str:
    """A date as people read it."""
    return "" if value is None else f"{value.day} {value:%B %Y}"
