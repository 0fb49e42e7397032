"""Case and accents removed, so that two spellings of one word meet."""

import unicodedata

_SPECIAL = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "’": "'", "‘": "'", "ʼ": "'"})


def fold(text: str) -> str:
    """Case and accents removed, so that two spellings of one name meet."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().translate(_SPECIAL)
