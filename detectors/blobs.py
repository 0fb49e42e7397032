"""Blobs that hold readable text: base64, base32, hex, binary, character codes and Morse, decoded so that what they
say is inspected too."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MOST_BLOBS = 64
MOST_CHARACTERS = 50_000
"""Longest decoded text that is read, in characters, over all blobs of one text."""
DEPTH = 2
"""Blobs inside blobs are decoded this many levels deep."""
_LEAST = 6
_SHORT = 12
"""A shorter text than this must look like a number or an address: four random bytes in a row can be letters."""

_SIGN = r"[A-Za-z0-9+/_\-]"
_BASE64 = re.compile(
    rf"(?<![A-Za-z0-9+/_=\-])(?={_SIGN}{{10}})(?={_SIGN}{{16}}|[A-Za-z+/_\-]{{0,11}}\d|{_SIGN}{{10,14}}=)"
    rf"{_SIGN}{{10,}}(?:\r?\n{_SIGN}{{16,}})*={{0,2}}(?!{_SIGN})"
)
_BASE32 = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{12,}={0,6}(?![A-Za-z0-9=])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2}(?:[ :]?[0-9A-Fa-f]{2}){7,}(?![0-9A-Za-z])")
_BINARY = re.compile(r"[01](?<!\d.)[01]{7}(?:[ ]?[01]{8}){5,}(?!\d)")
_CODES = re.compile(r"[1-9](?<![\d.,].)(?:(?<=1)[0-2]\d|(?<=[3-9])\d)(?:[ ,]{1,2}(?:[3-9]\d|1[0-2]\d)){6,}(?![\d.])")
_MORSE = re.compile(r"[.\-](?<![\w.\-/].)[.\-]{0,5}(?:(?:[ ]{1,3}|[ ]?/[ ]?)[.\-]{1,6}){4,}(?![\w.\-/])")
_MORSE_LETTERS = {
    ".-": "A", "-...": "B", "-.-.": "C", "-..": "D", ".": "E", "..-.": "F", "--.": "G", "....": "H", "..": "I",
    ".---": "J", "-.-": "K", ".-..": "L", "--": "M", "-.": "N", "---": "O", ".--.": "P", "--.-": "Q", ".-.": "R",
    "...": "S", "-": "T", "..-": "U", "...-": "V", ".--": "W", "-..-": "X", "-.--": "Y", "--..": "Z", "-----": "0",
    ".----": "1", "..---": "2", "...--": "3", "....-": "4", ".....": "5", "-....": "6", "--...": "7", "---..": "8",
    "----.": "9", ".--.-.": "@", ".-.-.-": ".",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blob:
    """`text[start:end]` of the readable text decodes to `decoded`. `step` says how places correspond: 1 and -1 mean
    character by character, from the front or from the back; 0 means only as a whole. `named`: its form is that of a
    person's name."""

    start: int
    end: int
    decoded: str
    step: int = 0
    named: bool = False


def blobs(text: str) -> Iterator[Blob]:
    """Blobs that decode to writing, in order; where several codes fit, the first of the list that gives writing."""
    left = MOST_CHARACTERS
    count = 0
    reached = 0
    found = [(m.start(), -m.end(), rank, m) for rank, (form, _) in enumerate(_CODINGS) for m in form.finditer(text)]
    for start, end, rank, match in sorted(found, key=lambda f: f[:3]):
        if start < reached or count >= MOST_BLOBS or left <= 0:
            continue
        decoded = _CODINGS[rank][1](match.group())
        if decoded is not None:
            reached = -end
            count += 1
            left -= len(decoded)
            yield Blob(start, -end, decoded)


def _from_hex(blob: str) -> str | None:
    compact = re.sub(r"[\s:]", "", blob).removeprefix("0x")
    return _writing(bytes.fromhex(compact)) if len(compact) % 2 == 0 else None


def _from_binary(blob: str) -> str | None:
    compact = blob.replace(" ", "")
    return _writing(int(compact, 2).to_bytes(len(compact) // 8, "big"))


def _from_codes(blob: str) -> str | None:
    codes = [int(code) for code in re.findall(r"\d+", blob)]
    return _writing(bytes(codes)) if min(codes) > 31 and max(codes) < 127 else None


def _from_base64(blob: str) -> str | None:
    padded = re.sub(r"\s", "", blob).rstrip("=")
    padded = padded.replace("-", "+").replace("_", "/") + "=" * (-len(padded) % 4)
    try:
        return _writing(base64.b64decode(padded, validate=True))
    except (binascii.Error, ValueError):
        return None


def _from_base32(blob: str) -> str | None:
    compact = blob.rstrip("=")
    try:
        return _writing(base64.b32decode(compact + "=" * (-len(compact) % 8)))
    except (binascii.Error, ValueError):
        return None


def _from_morse(blob: str) -> str | None:
    words = [[_MORSE_LETTERS.get(sign, "?") for sign in word.split()] for word in re.split(r"/|[ ]{3}", blob)]
    text = " ".join("".join(word) for word in words)
    return None if "?" in text else text


def _writing(raw: bytes) -> str | None:
    """The bytes as text, if that is what they are; random bytes almost never are."""
    if not raw or len(raw) > MOST_CHARACTERS * 4:
        return None
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        return None
    readable = sum(c.isalnum() or c.isspace() or c in ".,;:!?'\"@()/&%+-_={}[]<>#*" for c in text)
    if len(text) < _LEAST or readable < 0.95 * len(text):
        return None
    if len(text) < _SHORT and "@" not in text and sum(c.isdigit() for c in text) < 2:
        return None
    return text[:MOST_CHARACTERS]


_CODINGS: tuple[tuple[re.Pattern[str], Callable[[str], str | None]], ...] = (
    (_BINARY, _from_binary),
    (_CODES, _from_codes),
    (_HEX, _from_hex),
    (_BASE32, _from_base32),
    (_BASE64, _from_base64),
    (_MORSE, _from_morse),
)
