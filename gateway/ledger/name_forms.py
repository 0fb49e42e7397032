"""People's names as the blind index holds them, and what a search for one looks for.

The index is narrow and the search broad: a name that is found puts a handful of forms into the index (the full name,
its words, initial with surname, how it sounds); a search tries other forenames, spellings one slip away and the other
order of the words, which costs the index nothing and can be improved for records that are already there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase

import jellyfish

from gateway.ledger.forenames import other_forenames
from gateway.model.folding import fold

Form = tuple[str, str]
"""A kind and a normal form."""

NAME, PART, SOUND, SOUNDS = "PERSON", "PERSON.part", "PERSON.sound", "PERSON.sounds"
"""First and last word (or all of them); one word; sound of the last; sound of both."""
INITIAL, INITIAL_OF = "PERSON.initial", "PERSON.initial_of"
"""First letter and last word, where the letter is all that was written, and where the forename was: John Smith may be
J Smith, but is not Jane Smith."""

SHORTEST_SLIP = 5
"""Letters a word must have before another letter, one more or one less counts as a slip: Li is not Lee, Ng not Ong."""
LONGEST_SLIP = 24
_MOST_WORDS = 8
_TITLES = frozenset(
    re.findall(
        r"\w+",
        "mr mrs ms miss mx master sir lord lady dame madam dr doctor prof professor rev revd reverend cllr "
        "councillor pc wpc dc ds dci sgt sergeant judge imam rabbi hon the",
    )
)
_ENDINGS = frozenset(
    re.findall(
        r"\w+",
        "jr jnr junior sr snr senior obe mbe cbe esq qc kc phd md bsc ma",
    )
)
PREFIXES = frozenset(
    re.findall(
        r"\w+",
        "o mac de da do dos das del della di du la le van von der den ter ten al el abu bin ibn bint st",
    )
)
"""Words that begin a surname and are written apart or as one with it."""
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_VOWELS = {**dict.fromkeys("a", "a"), **dict.fromkeys("eiy", "e"), **dict.fromkeys("ou", "o")}


def name_words(value: str) -> tuple[str, ...]:
    """The words of a name in speaking order, folded, without titles and apostrophes; a hyphen stays in its word."""
    folded = fold(value).strip()
    last, comma, first = folded.partition(",")
    behind = _WORD.findall(first)
    if comma and "," not in first and 1 <= len(behind) <= 3 and not _ENDINGS.issuperset(behind):
        folded = f"{first} {last}"
    found = [_possessive(word) for word in _WORD.findall(folded)]
    while len(found) > 1 and found[0] in _TITLES:
        found.pop(0)
    while len(found) > 1 and found[-1] in _ENDINGS:
        found.pop()
    words: list[str] = []
    for index, word in enumerate(found):
        if words and (words[-1] == "mc" or (words[-1] in ("o", "mac") and index > 1)):  # Mc Donald, Mary O Connor
            words[-1] += word.replace("'", "")
        else:
            words.append(word.replace("'", ""))
    if len(words) > 1 and len(words[0]) > 1 and all(len(word) == 1 for word in words[1:]):  # Smith J
        words = [*words[1:], words[0]]
    return tuple(words[:_MOST_WORDS])


def name_forms(value: str) -> Iterator[Form]:
    """What the index holds of a name that was found."""
    words = name_words(value)
    if not words:
        return
    for word in words:
        for piece in pieces(word):
            if len(piece) > 1:
                yield PART, piece
    first, last = joined(words[0]), words[-1]
    for surname in (*pieces(last), *prefixed(words)):
        if len(surname) > 1:
            yield SOUND, surname_sound(surname)
    if len(words) == 1:
        return
    yield from ((PART, surname) for surname in prefixed(words))
    for surname in pieces(last):
        yield from ((NAME, f"{given} {surname}") for given in pieces(words[0]))
        yield INITIAL if len(first) == 1 else INITIAL_OF, f"{first[0]} {surname}"
    yield SOUNDS, f"{forename_sound(first)} {surname_sound(joined(last))}"
    if len(words) > 2:
        yield NAME, " ".join(map(joined, words))


def wanted_names(value: str, fuzzy: bool) -> Iterator[Form]:
    """What a search for a name looks for; any of them is a hit. `fuzzy` adds other forenames, initials, what sounds the
    same, spellings one slip away and the halves of a double name."""
    written = name_words(value)
    words = tuple(joined(word) for word in written)
    if not words:
        return
    if len(words) == 1:
        yield from _wanted_word(words[0], fuzzy)
        return
    if words[0] in PREFIXES:
        for surname in prefixed(words):
            yield PART, surname
            if fuzzy:
                yield SOUND, surname_sound(surname)
    *given, last = words
    yield from ((NAME, name) for name in _written(written))
    for first in given:
        yield NAME, f"{first} {last}"
        yield NAME, f"{last} {first}"
        if len(first) == 1:
            yield INITIAL, f"{first} {last}"
            if fuzzy:
                yield INITIAL_OF, f"{first} {last}"
    if fuzzy:
        for surname in pieces(written[-1]):
            yield from ((NAME, f"{half} {surname}") for first in written[:-1] for half in pieces(first))
        yield from _wanted_pairs(given, last)


def _written(words: Sequence[str]) -> Iterator[str]:
    """A whole name as it may be written: hyphens left out or as blanks, two neighbours as one, a prefix apart."""
    yield " ".join(map(joined, words))
    apart = [piece for word in words for piece in word.split("-") if piece]
    yield " ".join(apart)
    for at in range(len(apart) - 1):
        yield " ".join([*apart[:at], apart[at] + apart[at + 1], *apart[at + 2 :]])
    last = apart[-1]
    for prefix in PREFIXES:
        if last.startswith(prefix) and len(last) - len(prefix) > 2:
            yield " ".join([*apart[:-1], prefix, last.removeprefix(prefix)])


def prefixed(words: Sequence[str]) -> tuple[str, ...]:
    """The surname as one word with the prefixes before it, if there are any: `derberg`, `vanderberg`."""
    found: list[str] = []
    whole = joined(words[-1])
    for word in reversed(words[:-1]):
        if word not in PREFIXES:
            break
        whole = word + whole
        found.append(whole)
    return tuple(found)


def _wanted_word(word: str, fuzzy: bool) -> Iterator[Form]:
    yield PART, word
    if fuzzy:
        for other in (*other_forenames(word), *slips(word)):
            yield PART, other
        if len(word) > 1:
            yield SOUND, surname_sound(word)


def _wanted_pairs(given: Iterable[str], last: str) -> Iterator[Form]:
    for first in given:
        called = sorted({first, *other_forenames(first)})
        for name in called:
            yield NAME, f"{name} {last}"
            yield NAME, f"{last} {name}"
            yield INITIAL, f"{name[0]} {last}"
            yield from ((NAME, f"{name} {slip}") for slip in slips(last))
        yield from ((NAME, f"{slip} {last}") for slip in slips(first))
        yield from ((INITIAL, f"{first[0]} {slip}") for slip in slips(last))
        yield SOUNDS, f"{forename_sound(first)} {surname_sound(last)}"
        yield SOUNDS, f"{forename_sound(last)} {surname_sound(first)}"


def slips(word: str) -> Iterator[str]:
    """Every spelling one slip away: a letter left out, doubled or added, another letter, two neighbours swapped. In a
    short word only the last, since the others make another name of it."""
    if len(word) > LONGEST_SLIP:
        return
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        if len(after) > 1 and after[0] != after[1]:
            yield before + after[1] + after[0] + after[2:]
        if len(word) < SHORTEST_SLIP:
            continue
        for letter in ascii_lowercase:
            yield before + letter + after
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in ascii_lowercase if letter != after[0])


def pieces(word: str) -> tuple[str, ...]:
    """A word, and the halves of a double one: Smith-Jones is found under each."""
    halves = [half for half in word.split("-") if len(half) > 1]
    return (joined(word), *halves) if len(halves) > 1 else (joined(word),)


def joined(word: str) -> str:
    """A word without its hyphens."""
    return word.replace("-", "")


def _possessive(word: str) -> str:
    return word[:-2] if word.endswith("'s") and len(word) > 3 else word


def sound(word: str) -> str:
    """How a word sounds (Metaphone); the word itself where it isn't written in Latin letters."""
    return (jellyfish.metaphone(word) if word.isascii() else "") or word


def surname_sound(word: str) -> str:
    """The same for a surname, of which Metaphone leaves one letter where it is short: Lee is Leigh and not Law."""
    code = sound(word)
    return code if len(code) > 1 else forename_sound(word)


def forename_sound(word: str) -> str:
    """Metaphone forgets vowels, and short forenames have little else: the first one's kind keeps John from Jane."""
    vowel = next((_VOWELS[letter] for letter in word[1:] if letter in _VOWELS), "")
    return f"{sound(word)}{vowel}"
