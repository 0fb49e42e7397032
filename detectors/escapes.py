"""Character escapes: HTML entities, percent and backslash escapes, quoted-printable. Each run is decoded as one."""

import html
import re
from collections.abc import Iterator

ESCAPE = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|(?:&#\d{2,3}(?=[^0-9]|$)){2,}"
    r"|(?:%[0-9A-Fa-f]{2})+"
    r"|(?:\\{1,4}u[0-9A-Fa-f]{4})+"
    r"|(?:\\{1,4}x[0-9A-Fa-f]{2})+"
    r"|(?:\\[01][0-7]{2}){3,}"
    r"|(?:=[0-9A-F]{2}){2,}"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}"
)
"""One escape or a run of them. Every alternative is linear."""

_WRITTEN_BREAK = re.compile(
    r"(?<!\\)(?:(?P<slashes>\\{1,4})(?:(?P<line>n|r\\{1,4}n)|(?P<tab>t))|\\{1,4}(?P<sign>[\"'/_*.\-#+!()\[\]{}~>|@&=]))"
)
_QUOTED = re.compile(r"\\\"|[\"']\s?:")
_FORM_VALUE = re.compile(r"(?<![^?&\s\"'])[A-Za-z][\w.\[\]\-]{0,40}=(?P<value>[^\s&\"'<>]*\+[^\s&\"'<>]*)")
_PLUS = re.compile(r"(?<=[\w%,.;:])\+(?=[\w%(])")
_SOFT_BREAK = re.compile(r"(?<=[^=\n])=\r?\n")
_QUOTED_LINES = re.compile(r"(?:^>[^\n]*(?:\n|\Z)){2,}", re.MULTILINE)
_QUOTE_MARK = re.compile(r"^(?:>[ ]?)+", re.MULTILINE)
_SIGN_ALONE = re.compile(r"=([2-7][0-9A-F])(?!=[0-9A-F]{2})")
_BYTES = {bytes([byte]).decode("cp1252", "replace"): byte for byte in range(0x80, 0xA0)}
_HIGH = rf"[\x80-\xbf{re.escape(''.join(_BYTES))}]"
_MISREAD = re.compile(rf"[\xc2-\xc5]{_HIGH}|\xe2(?:\u20ac|\x80){_HIGH}")
"""Letters of European languages, and the quotes and dashes of a word processor."""
_ENOUGH = 2
_BACKSLASHES = re.compile(r"\\+")
_UNIT = re.compile(r"\\u([0-9A-Fa-f]{4})")


def written_breaks(text: str) -> Iterator[tuple[int, int, str]]:
    r"""Line ends, tabs and signs that JSON or Markdown wrote with a backslash: spans and what they stand for.

    `\n` before a small letter may be the rest of a path or of a domain's user ("KCC\npatel"): it is a line end only
    where others in the text surely are, with as many backslashes.
    """
    found = list(_WRITTEN_BREAK.finditer(text))
    sure = [m for m in found if m["sign"] is None and not text[m.end() : m.end() + 1].islower()]
    if len(sure) < _ENOUGH and _QUOTED.search(text) is None:
        sure = []
    level = min((len(m["slashes"]) for m in sure), default=0)
    for match in found:
        if match["sign"] is not None:
            yield *match.span(), match["sign"]
        elif len(match["slashes"]) == level:
            yield *match.span(), "\n" if match["line"] else "\t"


def form_spaces(text: str) -> Iterator[tuple[int, int, str]]:
    """The plus signs that stand for spaces in what a web form sends: "name=Ann+Dunk&town=Deal"."""
    for value in _FORM_VALUE.finditer(text):
        if text[value.start() - 1 : value.start()] in ("?", "&") or text[value.end() : value.end() + 1] == "&":
            yield from ((*plus.span(), " ") for plus in _PLUS.finditer(text, *value.span("value")))


def soft_breaks(text: str) -> Iterator[tuple[int, int, str]]:
    """The line ends that quoted-printable put in for itself (RFC 2045, 6.7), where more than one is written.

    There a sign alone is encoded too: "=3D".
    """
    found = list(_SOFT_BREAK.finditer(text))
    if len(found) >= _ENOUGH:
        yield from ((*match.span(), "") for match in found)
        yield from ((*match.span(), chr(int(match[1], 16))) for match in _SIGN_ALONE.finditer(text))


def misread(text: str) -> Iterator[tuple[int, int, str]]:
    """Letters and signs in UTF-8 that somebody read as Windows' Latin: "JosÃ©", "Â£40", "weâ€™re"."""
    for match in _MISREAD.finditer(text):
        decoded = _utf8(bytes(_BYTES.get(character, ord(character) & 0xFF) for character in match.group()))
        if decoded is not None:
            yield *match.span(), decoded


def quote_marks(text: str) -> Iterator[tuple[int, int, str]]:
    """The marks before the lines of a quoted message (RFC 3676, 4.5): what is quoted was wrapped, numbers too."""
    for block in _QUOTED_LINES.finditer(text):
        yield from ((*mark.span(), "") for mark in _QUOTE_MARK.finditer(text, *block.span()))


def decode_escape(escape: str) -> str | None:
    """What a match of `ESCAPE` stands for; None where it stands for nothing readable."""
    if escape.startswith("&"):
        decoded = html.unescape(escape)
        return decoded if decoded != escape else None
    if escape.startswith("%"):
        return _utf8(bytes.fromhex(escape.replace("%", "")))
    if escape.startswith("="):
        return _utf8(bytes.fromhex(escape.replace("=", "")))
    escape = _BACKSLASHES.sub("\\\\", escape)
    if escape.startswith("\\x"):
        return _utf8(bytes.fromhex(escape.replace("\\x", "")))
    if escape[1].isdigit():
        return _utf8(bytes(int(octal, 8) for octal in escape[1:].split("\\")))
    if escape.startswith("\\u{"):
        point = int(escape[3:-1], 16)
        return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else None
    units = b"".join(int(unit, 16).to_bytes(2, "big") for unit in _UNIT.findall(escape))
    try:
        return units.decode("utf-16-be")
    except UnicodeDecodeError:
        return None


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
