"""Pseudonyms: `PERSON_K7QD2M8X`, a label and 40 bits of a keyed digest of the normalised value.

Nothing is stored: the same value under the same key gives the same token in every part, turn and worker. The
key is derived (HKDF, RFC 5869) for one controller, one caller and one tool, so that a provider can't link a person
across callers. Digests are written in Crockford's base 32, which has no I, L, O or U: what a model confuses
(O and 0, I or l and 1) reads back as what was meant.
"""

import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.model.dates import parse_date
from gateway.model.folding import fold

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS = 8
"""Base 32 digits in a token: 40 bits. Two of 10,000 values in one call collide once in 22,000 such calls."""

Digest = Callable[[bytes, bytes], bytes]

_DIGIT = {c: c for c in ALPHABET} | {c.lower(): c for c in ALPHABET}
_DIGIT |= dict.fromkeys("Oo", "0") | dict.fromkeys("IiLl", "1")

_LETTER = {c: c.upper() for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_LETTER |= dict.fromkeys("Oo0", "O") | dict.fromkeys("IiLl1", "I")

_SEPARATOR = re.compile(
    r"(?:\\?[_\- \u00a0\u00ad\u2010-\u2015\u200b-\u200d\u2060*`]"
    r"|&(?:\#(?:95|45|160|32|8209|x5f|x2d|xa0|x20)|lowbar|underbar|hyphen|dash|nbsp);){1,4}",
    re.IGNORECASE,
)
_HALF_SEPARATOR = re.compile(r"(?:\\|&[#a-zA-Z0-9]{0,8})\Z")

_COUNTRY_CODE = re.compile(r"^(?:\+|00)44(?:\(0\))?0?")
_WORDS = re.compile(r"\w+")

_KEEP_PUNCTUATION = frozenset({"EMAIL", "USERNAME", "IP_ADDRESS"})
_BY_WORDS = frozenset(
    {
        "ADDRESS",
        "HEALTH",
        "ETHNICITY",
        "RELIGION",
        "SEXUAL_ORIENTATION",
        "UNION",
        "POLITICAL",
        "BIOMETRIC",
        "CRIMINAL",
        "CHILD",
        "CONFIDENTIAL",
        "LEGAL_PRIVILEGE",
        "HIDDEN_TEXT",
        "AGE",
    }
)


class Partial:
    """A match that the text ends in the middle of."""


PARTIAL = Partial()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """The digest that tokens are cut from."""
    return hmac.digest(key, message, sha256)


@lru_cache(maxsize=4096)
def scope_key(key: bytes, controller: str, actor: str, tool: str) -> bytes:
    """The 32-byte key of one controller, caller and tool. Each name is length-prefixed, so none can imitate two."""
    info = b"council-ai-gateway pseudonym v1"
    for name in (controller, actor, tool):
        encoded = name.encode()
        info += len(encoded).to_bytes(4, "big") + encoded
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key)


def token(key: bytes, label: str, normalised: str, digest: Digest = hmac_sha256) -> str:
    """The token of a normalised value under a scope key."""
    number = int.from_bytes(digest(key, f"{label}\0{normalised}".encode("utf-8", "surrogatepass"))[:5], "big")
    return f"{label}_" + "".join(ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))


def normalise(label: str, value: str) -> str:
    """What makes two spellings one value: case, width, spacing and punctuation, by the kind of value.

    Names are compared without accents; UK telephone numbers without country code; dates by day. A value with
    nothing but punctuation stands for itself.
    """
    plain = unicodedata.normalize("NFKC", value).casefold().strip()
    if label == "PERSON":
        result = " ".join(_WORDS.findall(fold(value)))
    elif label in _KEEP_PUNCTUATION:
        result = "".join(plain.split())
    elif label == "PHONE":
        compact = "".join(c for c in plain if c.isalnum() or c in "+()")
        result = "".join(c for c in _COUNTRY_CODE.sub("0", compact) if c.isalnum())
        if len(result) == 10 and result[0] != "0" and result.isdecimal():
            result = f"0{result}"  # a number in JSON has lost its zero
    elif label == "DATE_OF_BIRTH":
        day = parse_date(plain)
        result = day.isoformat() if day else " ".join(_WORDS.findall(plain))
    elif label in _BY_WORDS:
        result = " ".join(_WORDS.findall(plain))
    else:
        result = "".join(c for c in plain if c.isalnum())
    return result or plain


class Matcher:
    """Finds tokens of some labels in a reply, also those that a model has bent.

    Tolerated: case, a space, hyphen or nothing for the underscore, markdown's backslash before it, HTML
    entities for it, look-alike digits. Emphasis, quotes and possessives stand outside the token and stay.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        names = sorted(set(labels), key=lambda name: (-len(name), name))
        self._labels = [(name, [None if c == "_" else _LETTER[c] for c in name]) for name in names]
        first = {c for name in names for c, meant in _LETTER.items() if meant == _LETTER[name[0]]}
        self._start = re.compile(f"[{''.join(sorted(first))}]") if names else None

    def start(self, text: str, position: int) -> int:
        """The next place at or after `position` where a token might begin, -1 where there is none."""
        found = self._start.search(text, position) if self._start else None
        return found.start() if found else -1

    def match(self, text: str, position: int) -> tuple[int, str] | Partial | None:
        """The token that begins at `position`: its end and its canonical spelling; PARTIAL where the text ends
        before that is known."""
        partial = False
        for name, letters in self._labels:
            found = _match(text, position, letters)
            if isinstance(found, tuple):
                return found[0], f"{name}_{found[1]}"
            partial = partial or found is PARTIAL
        return PARTIAL if partial else None


def _match(text: str, position: int, letters: list[str | None]) -> tuple[int, str] | Partial | None:
    """One label, then a separator, then the digits."""
    size = len(text)
    for letter in letters:
        if letter is None:
            after = _separator(text, position)
            if after is None:
                return PARTIAL
            position = after
            continue
        if position >= size:
            return PARTIAL
        if _LETTER.get(text[position]) != letter:
            return None
        position += 1
    after = _separator(text, position)
    if after is None:
        return PARTIAL
    digits = ""
    for character in text[after : after + DIGITS]:
        digit = _DIGIT.get(character)
        if digit is None:
            return None
        digits += digit
    return (after + DIGITS, digits) if len(digits) == DIGITS else PARTIAL


def _separator(text: str, position: int) -> int | None:
    """Where the separator at `position` ends (perhaps at once); None where the text ends within it."""
    found = _SEPARATOR.match(text, position)
    end = found.end() if found else position
    if end >= len(text) or _HALF_SEPARATOR.match(text, end):
        return None
    return end
