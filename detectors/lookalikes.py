"""Characters that look like others: full-width, mathematical, Cyrillic and Greek look-alikes, foreign digits.

Everything here replaces one character by one, so that offsets stay as they are.
"""

import re
import unicodedata

Span = tuple[int, int]

_CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТХУаеѕіјорсухһԁԛԝӏ", "ABESIJKMHOPCTXYaesijopcyxhdqwl", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιανυ", "ABEZHIKMNOPTYXoiavu", strict=True))
_HOMOGLYPHS = {**_CYRILLIC, **_GREEK}

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_PUNCTUATION = {
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2018\u2019\u02bc\u2032\uff07\u0060\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\uff02", '"'),
    "\u2028": "\n",
    "\u2029": "\n",
    "\u0085": "\n",
}


def _styled() -> dict[str, str]:
    """Styled forms of ASCII letters, digits and signs that decompose to exactly one ASCII character."""
    blocks = ((0xFF01, 0xFF5F), (0x1D400, 0x1D800), (0x24B6, 0x24EA), (0x1F130, 0x1F14A), (0x1F150, 0x1F16A))
    styled: dict[str, str] = {}
    for first, last in blocks:
        for point in range(first, last):
            folded = unicodedata.normalize("NFKC", chr(point))
            if len(folded) == 1 and folded.isascii() and folded.isprintable():
                styled[chr(point)] = folded
    for offset in range(26):
        for first in (0x1F150, 0x1F170):  # negative circled and squared letters have no decomposition
            styled[chr(first + offset)] = chr(65 + offset)
    return styled


_STYLED = _styled()
_TABLE = str.maketrans({**_STYLED, **_PUNCTUATION, **dict.fromkeys(map(chr, range(0xD800, 0xE000)), "\ufffd")})
# A lone surrogate can't be encoded, so that no library could read the text; it stands for nothing readable anyway.
_STYLED_RUN = re.compile("[\uff01-\uff5e\u24b6-\u24e9\U0001d400-\U0001d7ff\U0001f130-\U0001f189]+")
_MIXED = re.compile("[A-Za-z0-9\u0370-\u03ff\u0400-\u052f]+")
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_EASTERN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""The writing of China, Japan and Korea, whose commas and brackets are full-width by right."""
_DIGIT = re.compile(r"[^\W_a-zA-Z0-9]")


def plain(text: str) -> tuple[str, tuple[tuple[Span, bool], ...]]:
    """The text with look-alikes replaced, and where letters or digits were concealed (True: by itself suspicious)."""
    altered: list[tuple[Span, bool]] = [(m.span(), False) for m in _STYLED_RUN.finditer(text) if _conceals(text, m)]
    replaced = text.translate(_TABLE)
    if _FOREIGN.search(replaced):
        replaced, mixed = _unmix(replaced)
        altered.extend(mixed)
    replaced = _DIGIT.sub(_ascii_digit, replaced)
    return replaced, tuple(sorted(altered))


def compose(text: str) -> str:
    """A letter and its combining marks as one character, where there is one."""
    return unicodedata.normalize("NFC", text)


def _conceals(text: str, match: re.Match[str]) -> bool:
    """Whether a run of styled characters is more than the punctuation of an eastern sentence."""
    if any(_STYLED[c].isalnum() for c in match.group() if c in _STYLED):
        return True
    around = text[max(0, match.start() - 1) : match.start()] + text[match.end() : match.end() + 1]
    return _EASTERN.search(around) is None


def _ascii_digit(match: re.Match[str]) -> str:
    character = match.group()
    value = unicodedata.digit(character, None)  # superscript and circled digits too
    return character if value is None else str(value)


def _among_latin(text: str, match: re.Match[str]) -> bool:
    """A few capitals of the other alphabet right behind a Latin word or number: the end of a plate or a postcode."""
    before = text[max(0, match.start() - 2) : match.start()]
    behind = len(before) == 2 and before[0].isascii() and before[0].isalnum() and before[1] in " -"
    return behind and match.group().isupper() and len(match.group()) <= 3


def _unmix(text: str) -> tuple[str, list[tuple[Span, bool]]]:
    """Words of two alphabets, where every foreign letter looks like a Latin one, become Latin words."""
    pieces: list[str] = []
    altered: list[tuple[Span, bool]] = []
    position = 0
    for match in _MIXED.finditer(text):
        word = match.group()
        if not _FOREIGN.search(word):
            continue
        if not re.search("[A-Za-z0-9]", word) and not _among_latin(text, match):
            continue
        if any(c not in _HOMOGLYPHS for c in word if not c.isascii()):
            continue
        pieces.append(text[position : match.start()])
        pieces.append("".join(_HOMOGLYPHS.get(c, c) for c in word))
        position = match.end()
        letters = sum(c.isascii() and c.isalpha() for c in word)
        altered.append((match.span(), len(word) >= 4 and letters >= 2))
    pieces.append(text[position:])
    return "".join(pieces), altered
