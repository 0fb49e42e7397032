"""Looking for a data subject in plain text, for runs over opened originals: what detection missed is found here.

The forms looked for are those of a search by blind index, so that whatever is found can be indexed under them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from gateway.ledger.blind import Form, wanted_forms
from gateway.ledger.name_forms import (
    INITIAL,
    INITIAL_OF,
    NAME,
    PART,
    PREFIXES,
    SOUND,
    SOUNDS,
    forename_sound,
    joined,
    pieces,
    surname_sound,
)
from gateway.ledger.place_forms import address_forms, long_words
from gateway.model.dates import dates_in
from gateway.model.folding import fold
from gateway.model.search import Subject

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b")
_BETWEEN = r"[\s\-./():_]{0,3}"
_NEAR = 60
"""Characters behind an address in which its postcode may stand."""
_LITERAL = frozenset({"EMAIL", "USERNAME", "IP_ADDRESS"})
_LOOKALIKE = {"0": "[0o]", "1": "[1il]"}
_REACH = 3
"""A surname stands at most this many words behind the forename: middle names, not a sentence."""

Finder = Callable[[str], Iterator[Form]]


def finder(subject: Subject) -> Finder:
    """What finds a subject in a text: a function that gives the forms it stands there in."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for kind, form in wanted_forms(subject):
        wanted[kind].add(form)
    if subject.kind == "PERSON":
        return lambda text: _names(text, wanted)
    if subject.kind == "ADDRESS":
        return lambda text: _addresses(text, wanted)
    if subject.kind == "DATE_OF_BIRTH":
        days = wanted["DATE_OF_BIRTH"]
        return lambda text: ((subject.kind, day.isoformat()) for day in dates_in(text) if day.isoformat() in days)
    patterns = [
        ((kind, form), _pattern(kind, form)) for kind, forms in sorted(wanted.items()) for form in sorted(forms)
    ]

    def values(text: str) -> Iterator[Form]:
        folded = fold(text)
        return (form for form, pattern in patterns if pattern.search(folded))

    return values


def _pattern(kind: str, form: str) -> re.Pattern[str]:
    """A normal form as it may be written, in folded text."""
    if kind in _LITERAL:
        return re.compile(rf"(?<![\w.-]){re.escape(form)}(?![\w-]|\.\w)")
    letters = [_LOOKALIKE.get(c, c) if kind == "VEHICLE_REG" else re.escape(c) for c in form]
    if kind == "PHONE" and form.startswith("0"):
        letters[0] = r"(?:\+?44[\s\-./]{0,2}\(?0?\)?|0)"
    suffix = rf"(?:{_BETWEEN}[a-d])?" if kind == "NINO" else ""
    return re.compile(rf"(?<![^\W_]){_BETWEEN.join(letters)}{suffix}(?![^\W_])")


def _names(text: str, wanted: Mapping[str, set[str]]) -> Iterator[Form]:
    """Names among the words. A likeness (sound, initial, slip) counts only where the words are written as names are;
    the very name also in small letters."""
    words = [(plain, found[0][0].isupper()) for found in _WORD.finditer(text) for plain in (_plain(found[0]),)]
    for at, (word, capital) in enumerate(words):
        if capital:
            for piece in (each for each in pieces(word) if len(each) > 1):
                yield from _if_wanted(wanted, PART, piece)
                if SOUND in wanted:
                    yield from _if_wanted(wanted, SOUND, surname_sound(piece))
        first = joined(word)
        between: list[str] = []
        for gap, (last, other) in enumerate(words[at + 1 : at + 1 + _REACH]):
            both = capital and other
            prefix = capital and last in PREFIXES
            if gap and not both and not prefix:
                break  # in small letters, or across them, two words a little apart are just words
            yield from _if_wanted(wanted, NAME, " ".join([first, *between, joined(last)]))
            between.append(joined(last))
            for surname in pieces(last):
                yield from _if_wanted(wanted, NAME, f"{first} {surname}")
                if both:
                    yield from _likely(wanted, first, surname)
            if not both and not prefix:
                break


def _likely(wanted: Mapping[str, set[str]], first: str, last: str) -> Iterator[Form]:
    """Likenesses of two words that are written as names are."""
    yield from _if_wanted(wanted, INITIAL if len(first) == 1 else INITIAL_OF, f"{first[0]} {last}")
    if len(last) == 1:  # Smith J
        yield from _if_wanted(wanted, INITIAL, f"{last} {first}")
    if SOUNDS in wanted:
        yield from _if_wanted(wanted, SOUNDS, f"{forename_sound(first)} {surname_sound(last)}")


def _if_wanted(wanted: Mapping[str, set[str]], kind: str, form: str) -> Iterator[Form]:
    if form in wanted.get(kind, ()):
        yield kind, form


def _plain(word: str) -> str:
    folded = fold(word)
    if folded.endswith("'s"):
        folded = folded[:-2]
    return folded.replace("'", "")


def _addresses(text: str, wanted: Mapping[str, set[str]]) -> Iterator[Form]:
    """Addresses: house number and street in the folded words, with a postcode that follows soon."""
    folded = fold(text)
    words = list(long_words(folded))
    firsts = {form.split()[0] for forms in wanted.values() for form in forms}
    for at, (word, start) in enumerate(words):
        lettered = word + words[at + 1][0] if at + 1 < len(words) else word
        if word not in firsts and lettered not in firsts:
            continue
        piece = " ".join(each for each, _ in words[at : at + 8])
        postcode = _POSTCODE.search(folded, start, start + len(piece) + _NEAR)
        for kind, form in address_forms(piece, postcode[0] if postcode else ""):
            if form in wanted.get(kind, ()):
                yield kind, form
