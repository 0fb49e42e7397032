"""Record references: what people quote, unguessable and hard to misread."""

from gateway.ledger.mac import random_bytes

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_reference(prefix: str) -> str:
    """A fresh reference such as `MBC-7F3K-Q2XD`: 40 random bits in Crockford's base 32 behind the prefix."""
    number = int.from_bytes(random_bytes(5))
    letters = "".join(_CROCKFORD[number >> shift & 31] for shift in range(35, -5, -5))
    return f"{prefix}-{letters[:4]}-{letters[4:]}"


def reference_pattern(prefix: str) -> str:
    """A regular expression for the references behind a prefix."""
    return rf"(?<![A-Za-z0-9]){prefix}-[{_CROCKFORD}]{{4}}-[{_CROCKFORD}]{{4}}(?![A-Za-z0-9])"


def normal_reference(text: str) -> str:
    """A reference as typed by a person: case, blanks and the letters O, I, L for 0, 1, 1 are put right."""
    parts = text.strip().upper().replace(" ", "").split("-")
    if len(parts) != 3:
        return text.strip()
    return "-".join([parts[0], *(part.translate(_CONFUSED) for part in parts[1:])])


def reference_pieces(text: str) -> tuple[str, ...]:
    """A piece of a reference as typed: letters, digits and hyphens, and with O, I, L put right as well, since a prefix
    may have them."""
    typed = "".join(c for c in text.upper() if c == "-" or (c.isascii() and c.isalnum()))
    return tuple(dict.fromkeys((typed, typed.translate(_CONFUSED))))
