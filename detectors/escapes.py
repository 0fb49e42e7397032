"""Character escapes: HTML entities, percent and backslash escapes, quoted-printable. Each run is decoded as one."""

import html
import re

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

_BACKSLASHES = re.compile(r"\\+")
_UNIT = re.compile(r"\\u([0-9A-Fa-f]{4})")


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
