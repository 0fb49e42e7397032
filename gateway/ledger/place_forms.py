"""Addresses as the blind index holds them: number and street, however abbreviated, with or without postcode."""

import re
from collections.abc import Iterator

from gateway.model.folding import fold

Form = tuple[str, str]

EXACT, BUILDING, AREA, BARE = "ADDRESS", "ADDRESS.building", "ADDRESS.area", "ADDRESS.bare"
"""As said, flat and all; number and street alone; these with the outward code beside them; these where no postcode is
given."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_SHORT = {
    "rd": "road", "st": "street", "str": "street", "ave": "avenue", "av": "avenue", "ln": "lane", "dr": "drive",
    "cl": "close", "clo": "close", "ct": "court", "crt": "court", "cres": "crescent", "cresc": "crescent",
    "gdns": "gardens", "gdn": "gardens", "garden": "gardens", "gr": "grove", "grv": "grove", "pl": "place",
    "sq": "square",
    "terr": "terrace", "ter": "terrace", "tce": "terrace", "pk": "park", "wy": "way", "hse": "house", "ho": "house",
    "cotts": "cottages", "cott": "cottage", "mt": "mount", "nth": "north", "sth": "south", "gt": "great",
    "lt": "little", "saint": "street",
    "upr": "upper", "lwr": "lower", "bldgs": "buildings", "apt": "flat", "apartment": "flat", "unit": "flat",
    "no": "", "number": "", "the": "",
}  # fmt: skip
"""Saints are streets here: both are written `St`."""
_STREETS = frozenset(
    re.findall(
        r"\w+",
        "road street avenue lane drive close court crescent gardens grove place square terrace park way hill "
        "rise row walk mews green common parade broadway view meadow meadows fields vale wharf quay yard path "
        "mount end gate reach chase dene croft garth holme drove passage approach bank heath orchard",
    )
)
_NUMBER = re.compile(r"\d+[a-z]?")
_POSTCODE = re.compile(r"\b([a-z]{1,2}\d[a-z\d]?)\s*(\d[a-z]{2})\b")
_MOST_WORDS = 10


def postcode_form(value: str) -> str:
    """A postcode's letters and digits; O and I in place of a digit are put right in the inward code."""
    compact = "".join(c for c in fold(value) if c.isalnum())
    if 5 <= len(compact) <= 7:
        compact = compact[:-3] + compact[-3].translate(str.maketrans("oil", "011")) + compact[-2:]
    return compact


def outward(postcode: str) -> str:
    """The outward code of a normal form."""
    return postcode[:-3] if len(postcode) > 4 else postcode


def address_forms(value: str, postcode: str = "") -> Iterator[Form]:
    """What the index holds of an address that was found; `postcode` is one that stands just behind it."""
    flat, building, own = read_address(value)
    if not building:
        return
    yield EXACT, f"{flat}{building}"
    yield BUILDING, building
    near = own or postcode_form(postcode)
    yield (AREA, f"{building} {outward(near)}") if near else (BARE, building)


def wanted_addresses(value: str) -> Iterator[Form]:
    """What a search for an address looks for. With a flat, that flat or the building without any; with a postcode, the
    building in its outward area or without postcode; else the building."""
    flat, building, postcode = read_address(value)
    if not building:
        return
    if flat:
        yield EXACT, f"{flat}{building}"
        yield EXACT, building
    elif postcode:
        yield AREA, f"{building} {outward(postcode)}"
        yield BARE, building
    else:
        yield BUILDING, building


def read_address(value: str) -> tuple[str, str, str]:
    """Flat ("flat 2 " or empty), number and street, postcode (or empty), each in normal form."""
    text = fold(value)
    found = _POSTCODE.search(text)
    postcode = postcode_form(found[0]) if found else ""
    if found:
        text = f"{text[: found.start()]} {text[found.end() :]}"
    words = [word for word, _ in long_words(text)]
    flat = ""
    if "flat" in words[:-1]:
        at = words.index("flat")
        flat = f"flat {words[at + 1]} "
        words = words[:at] + words[at + 2 :]
    return flat, " ".join(_street(_lettered(words))), postcode


def _lettered(words: list[str]) -> list[str]:
    """With the letter of a house number, which may stand apart, at it: 14 A, 14a."""
    for at, word in enumerate(words[:-1]):
        letter = words[at + 1]
        if word.isdecimal() and len(letter) == 1 and letter.isalpha():
            return [*words[:at], word + letter, *words[at + 2 :]]
    return words


def long_words(folded: str) -> Iterator[tuple[str, int]]:
    """The words of a folded text written out, each with its place; words that say nothing are left out."""
    for found in _WORD.finditer(folded):
        plain = found[0].replace("'", "")
        word = _SHORT.get(plain, plain)
        if word:
            yield word, found.start()


def _street(words: list[str]) -> list[str]:
    """From the house number to the street's type, where both are there; without a number from the house's name; else
    all words."""
    start = next((at for at, word in enumerate(words) if _NUMBER.fullmatch(word)), None)
    if start is None:
        end = next((at for at in range(2, min(len(words), 7)) if words[at] in _STREETS), None)
        return words[:_MOST_WORDS] if end is None else words[: end + 1]
    for end in range(start + 1, min(len(words), start + 6)):
        if words[end] in _STREETS:
            if words[end] == "street" and end == start + 1:  # of St Peter's Road, which is no street
                end = next((at for at in range(start + 3, min(len(words), start + 5)) if words[at] in _STREETS), end)
            while end + 1 < len(words) and words[end + 1] in _STREETS:  # Park Road, Meadow View
                end += 1
            return words[start : end + 1]
    return words[start : start + _MOST_WORDS]
