"""Secrets that the encoder saw: what a key is cut from, and what is none though it looks like one."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import PRODUCT
from detectors.names import edges

_YIELDING = 0.2
"""How much of what it is sure of beyond doubt a guess keeps, where a pattern that is sure is to win."""
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])", re.IGNORECASE)
"""An identifier of RFC 9562: programs number files and people by them, and only what calls it so makes one a key."""
_UUID_LENGTH = 36
_OPENS = re.compile(r"pass|secret|token|key|credential|pwd|auth|bearer", re.IGNORECASE)
_BEFORE = 40
"""Characters before it in which something may say that it opens a system."""


def yielding(score: float) -> float:
    """A guess's score where patterns find its label too: one that is sure is to win."""
    return 0.5 + (score - 0.5) * _YIELDING if score > 0.5 else score


def within_bare_uuid(text: str, start: int, end: int) -> bool:
    """Whether a span is part of a UUID that nothing calls a key."""
    found = around(_UUID, text, start, end, _UUID_LENGTH)
    if found is None:
        return False
    said = text[max(0, found.start() - _BEFORE) : found.start()].rpartition("\n")[2]
    return _OPENS.search(said) is None


def around(pattern: re.Pattern[str], text: str, start: int, end: int, longest: int) -> re.Match[str] | None:
    """The match, of at most `longest` characters, that a span is or lies in."""
    near = pattern.finditer(text, max(0, start - longest), end + longest)
    return next((found for found in near if found.start() <= start and end <= found.end()), None)


def secret(text: str, start: int, end: int, score: float) -> Iterator[tuple[int, int, str, float]]:
    """A secret, without the user name before it; none for a stock number or the rest of a place-holder's URL."""
    score = yielding(score)
    said = text[max(0, start - _BEFORE) : start]
    end = edges.secret(text, start, end)
    value = text[start:end]
    if value.isdigit() and _COUNTED.search(said):
        return
    figures = re.sub(r"[ \-#*]", "", value)
    alone = not text[max(0, start - 1) : start].replace("_", "x").isalnum()
    if alone and figures.isdigit() and len(figures) <= _FEW and not _opened(text, start, end):
        return
    if not any(c.isalnum() for c in value) or _WITHIN.match(text, start - 1, end):
        return
    if _NAMED_OTHERWISE.search(said) or _SAME.match(value):
        return
    if _TEMPLATED.search(text, max(0, start - _URL_BEFORE), start):
        return
    if _CALLED_USER.search(said) and " " not in value:
        yield start, end, "USERNAME", score
        return
    key = _KEY_AND_WORDS.fullmatch(text, start, end)
    if key is not None:
        end = key.end("key")
    pair = _PAIRED.match(text, start, end)
    if pair is not None:
        yield *pair.span("user"), "USERNAME", score
        start = pair.end()
    yield start, end, "SECRET", score


_WITHIN = re.compile(r"\d-\d")
"""Figures behind a dash behind a figure are the rest of a number: of a sort code, a date."""
_FEW = 8
_WIDE = 120


_SAME = re.compile(r"(?:the[ ])?same[ ](?:as|one)\b", re.IGNORECASE)
"""Who says so tells no secret: "same as always but with the year"."""


def _opened(text: str, start: int, end: int) -> bool:
    """Whether figures stand near a word for what they open: bare ones are a count, a price, a process."""
    near = f"{text[max(0, start - _WIDE) : start]} {text[end : end + _BEFORE]}"
    return _LOCKED.search(_JOINED.sub(" ", near)) is not None


_JOINED = re.compile(r"_|(?<=[a-z])(?=[A-Z])")
"""What words of a key are joined by: `card_reader_pin`, `doorCode`."""


_LOCKED = re.compile(
    r"\b(?:pins?|codes?|pass(?:word|code|phrase|wd)?s?|pw|pwd|otp|2fa|mfa|alarm|safe|doors?|gates?|padlock|keypad|"
    r"key ?safe|lock|locker|unlock\w*|combination|combo|voicemail|security|log-?in|logon|sign[ -]?in|entry|access|"
    r"opened|opens|barrier|till|cvv|cvc|puk|cabinet|shutter|panel|fob|secret|kod|hasło|contraseña|senha|parola|geslo|cod)\b",
    re.IGNORECASE,
)
_NAMED_OTHERWISE = re.compile(
    r"\b(?:signature|etag|hash|digest|checksum|cursor|fingerprint|thumbprint|commit|ssid|sha-?\d*|md5|integrity|nonce|uuid|"
    r"guid|trace[ _]?id|request[ _]?id|correlation[ _]?id|message[ _]?id)[\"']?[ ]?[:=]?[ ]?[\"']?$",
    re.IGNORECASE,
)
"""What says that an opaque value proves or names something, and opens nothing."""
_COUNTED = re.compile(
    rf"(?:{PRODUCT.pattern}|\b(?:cost|error|fault|engineer|product|discount|voucher|area|dialling|tax|budget|nominal|"
    r"analysis)[ ]code)[ ]?(?:no\.?|number|tag|id|:|#)?[ :]{0,2}$",
    re.IGNORECASE,
)
"""Right behind a word that says that a number counts things."""
_TEMPLATED = re.compile(r"://[^\s\"']*[${<][^\s\"'@]*@[^\s\"'@]*$")
"""The rest of a URL whose user and password are place-holders is a host and a path."""
_URL_BEFORE = 160
_CALLED_USER = re.compile(
    r"(?<![a-z])(?:user[ _]?(?:name|id)?|log-?[ ]?in(?:[ ](?:name|id))?|logon)[\"']?(?:[ ]?[:=]|[ ]is)?[ \"']{1,2}$",
    re.IGNORECASE,
)
_KEY_AND_WORDS = re.compile(r"(?P<key>(?=\S*[0-9])(?=\S*[A-Za-z])\S{16,})(?:[ ][a-z]{1,10}){1,5}[.,]?")
"""A key that a machine made, and words behind it that are none of it."""
_PAIRED = re.compile(r"(?P<user>[A-Za-z][\w.\-]{2,30})[ ]/[ ](?=\S)")
