"""One document, many variants: other people, other numbers, other streets, other case, the mistakes of scanners.

Each pass over the corpus sees a document differently; what is marked stays marked.
"""

import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from detectors.names.classes import IDENTIFIERS
from detectors.names.training.corpus import Example, Marked
from detectors.names.training.disguise import disguised
from detectors.names.training.people import People

_TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_TITLE = re.compile(
    r"(?:\b(?:mr|mrs|ms|miss|mx|dr|prof|cllr|rev|revd|sir|lady|sgt|pc|dc|sister|justice|judge|councillor)\.? )$", re.I
)
_LINKS = frozenset(
    "van von der den de del della di da dos du la le el al bin bint ibn ter ten y and st the jr senior junior".split()
)
_NUMBERS = frozenset((*IDENTIFIERS, "PHONE", "CASE_REF", "POSTCODE"))
_KINDS_OF_STREET = (
    "Road Rd Street St Lane Ln Avenue Ave Close Drive Way Crescent Court Place Square Terrace Gardens Gdns Grove Hill Green "
    "Row Mews Walk Rise Parade Vale Bank View House Lodge Cottages Heights"
).split()
_SCANNED = {
    "O": "0",
    "0": "O",
    "o": "0",
    "l": "1",
    "1": "l",
    "I": "l",
    "i": "1",
    "m": "rn",
    "S": "5",
    "s": "5",
    "5": "S",
    "e": "c",
    "B": "8",
    "8": "B",
    "Z": "2",
    "g": "9",
    "h": "b",
    "t": "f",
}
"""What scanners take for what."""
_SWAP = 0.75
_DIGITS = re.compile(r"[0-9]+")


@dataclass(slots=True)
class Variant:
    """Makes variants of examples."""

    people: People
    chance: random.Random
    noise: float = 0.1
    """The share of our own documents that get a scanner's or a hurried hand's mistakes; half as many are disguised."""

    def of(self, example: Example) -> Example:
        """A variant; of a set that marks only persons, only the case and the persons change."""
        draw = self.chance.random
        made = example
        if draw() < (_SWAP if example.whole else 0.25):
            made = self._others(made)
        if example.whole:
            if draw() < 0.8:
                made = _replaced(made, self._number)
            if draw() < 0.4:
                made = _replaced(made, self._street)
            if draw() < 0.7:
                made = _replaced(made, self._made_up)
            if draw() < self.noise:
                made = self._scanned(made) if draw() < 0.5 else self._mistyped(made)
            elif draw() < self.noise / 2:
                return rebuilt(made, disguised(made, self.chance))
        return self.cased(made)

    def _others(self, example: Example) -> Example:
        """Other people: each word of a name becomes one other word throughout the document."""
        names: dict[str, str] = {}
        every = [s for s in example.spans if s.label == "PERSON"]
        for span in sorted(every, key=lambda s: -(s.end - s.start)):
            titled = _TITLE.search(example.text[max(0, span.start - 12) : span.start]) is not None
            words = _TOKEN.findall(example.text[span.start : span.end])
            comma = "," in example.text[span.start : span.end]
            for index, word in enumerate(words):
                key = word.lower()
                if key in names or key in _LINKS or len(word) == 1:
                    continue
                last = len(words) > 1 and (index == 0 if comma else index == len(words) - 1)
                surname = last or (len(words) == 1 and titled)
                names[key] = self.people.surname() if surname else self.people.forename()

        def other(text: str, span: Marked) -> str | None:
            if span.label == "PERSON":
                return _TOKEN.sub(lambda m: self._like(m.group(), names), text)
            return None

        return _replaced(example, other)

    def _like(self, word: str, names: dict[str, str]) -> str:
        new = names.get(word.lower())
        if new is None:
            if len(word) == 1 and word.isupper():
                return self.chance.choice(string.ascii_uppercase)
            return word
        if word.isupper() and len(word) > 1:
            return new.upper()
        if word.islower():
            return new.lower()
        return new

    def _number(self, text: str, span: Marked) -> str | None:
        """Another number of the same form."""
        if span.label not in _NUMBERS:
            return None
        pick = self.chance.choice
        keep = 5 if span.label == "PHONE" else 0
        return "".join(
            pick(string.digits) if c.isdigit() and i >= keep else pick(string.ascii_uppercase) if c.isupper() else c
            for i, c in enumerate(text)
        )

    def _made_up(self, text: str, span: Marked) -> str | None:
        """Another secret, account, mail address, birth date or age of the same form."""
        draw = self.chance.random()
        if span.label == "SECRET" and draw < 0.6 and not any(c.isspace() for c in text):
            return self._like_secret(text)
        if span.label == "USERNAME" and draw < 0.6 and " " not in text:
            return self._like_account(text)
        if span.label == "EMAIL" and draw < 0.6 and text.count("@") == 1:
            local, _, domain = text.partition("@")
            return f"{self._like_account(local)}@{domain}"
        if span.label in ("DATE_OF_BIRTH", "AGE") and draw < 0.6:
            return _DIGITS.sub(lambda m: self._like_count(m.group()), text)
        return None

    def _like_secret(self, text: str) -> str | None:
        """Other characters of the same kinds, where there is no word in it that a person made up."""
        mixed = any(c.isdigit() for c in text) and (len(text) >= 12 or text.isdigit())
        if not mixed or "://" in text:
            return None
        pick = self.chance.choice
        head = max(text.rfind(c, 0, 9) for c in "-_.") + 1  # what says whose key it is stays
        return text[:head] + "".join(
            pick(string.digits)
            if c in string.digits
            else pick(string.ascii_uppercase)
            if c in string.ascii_uppercase
            else pick(string.ascii_lowercase)
            if c in string.ascii_lowercase
            else c
            for c in text[head:]
        )

    def _like_account(self, text: str) -> str:
        """Other names and numbers between the same signs."""

        def other(match: re.Match[str]) -> str:
            word = match.group()
            if len(word) < 3:
                return self.chance.choice(string.ascii_lowercase) + word[1:] if word.islower() else word
            name = self.people.surname() if self.chance.random() < 0.5 else self.people.forename()
            name = "".join(c for c in name.lower() if c.isascii() and c.isalpha())
            return (name.upper() if word.isupper() else name.title() if word[0].isupper() else name) or word

        made = re.sub(r"[A-Za-z]+", other, text)
        return re.sub(r"\d", lambda _: self.chance.choice(string.digits), made)

    def _like_count(self, digits: str) -> str:
        """A year for four digits, a number that can be a day or a month for two, an age for two."""
        if len(digits) == 4:
            return str(self.chance.randint(1926, 2022))
        if len(digits) > 2:
            return digits
        size = 12 if int(digits) <= 12 else 28 if int(digits) <= 28 else 95
        low = 1 if size == 12 else 13 if size == 28 else 29
        return str(self.chance.randint(low, size)).zfill(len(digits))

    def _street(self, text: str, span: Marked) -> str | None:
        if span.label != "ADDRESS" or not any(c.isdigit() for c in text) or "\n" in text:
            return None
        pick, draw = self.chance.choice, self.chance.random
        names = [self.people.surname() if draw() < 0.7 else self.people.forename() for _ in range(1 + (draw() < 0.3))]
        street = " ".join([*names, pick(_KINDS_OF_STREET)])
        number = f"{self.chance.randint(1, 250)}{pick(['', '', '', 'A', 'b', 'C'])}"
        made = f"{number} {street}"
        if draw() < 0.2:
            made = f"{pick(['Flat', 'Flat', 'Apartment', 'Apt', 'Unit', 'Room'])} {self.chance.randint(1, 60)}, {made}"
        return made.upper() if text.isupper() else made.lower() if text.islower() else made

    def _scanned(self, example: Example) -> Example:
        """What a bad scan makes of it: a character taken for another, a gap inside a word."""
        rate = self.chance.choice([0.01, 0.03, 0.08])

        def scanned(char: str) -> str:
            draw = self.chance.random()
            if draw < rate and char in _SCANNED:
                return _SCANNED[char]
            return f"{char} " if char.isalpha() and draw > 1 - rate / 8 else char

        return _retyped(example, scanned)

    def _mistyped(self, example: Example) -> Example:
        """What a hurried hand makes of it: letters left out or doubled; numbers stay."""
        rate = self.chance.choice([0.01, 0.03])

        def typed(char: str) -> str:
            draw = self.chance.random()
            return char if draw >= rate or not char.islower() else "" if draw < 0.6 * rate else char * 2

        return _retyped(example, typed)

    def cased(self, example: Example) -> Example:
        """Sometimes all small, all capitals, or the names alone small."""
        draw = self.chance.random()
        if draw < 0.08:
            return _same_length(example, str.lower)
        if draw < 0.12 and example.whole:
            return _same_length(example, str.upper)
        if draw < 0.17:
            return _replaced(example, lambda text, span: text.lower() if span.label == "PERSON" else None)
        if draw < 0.19:
            return _replaced(example, lambda text, span: text.upper() if span.label == "PERSON" else None)
        return example


def _retyped(example: Example, typed: Callable[[str], str]) -> Example:
    """The example with every character typed anew and every span moved to its new place; no span is left empty."""
    return rebuilt(example, [typed(char) for char in example.text])


def rebuilt(example: Example, made: list[str]) -> Example:
    """The example with other words for each of its characters; what would leave a span empty is not done there."""
    for span in example.spans:
        if not "".join(made[span.start : span.end]).strip():
            made[span.start : span.end] = example.text[span.start : span.end]
    places = [0, *accumulate(map(len, made))]
    spans = tuple(Marked(places[s.start], places[s.end], s.label) for s in example.spans)
    return Example("".join(made), spans, example.kind, example.whole)


def _same_length(example: Example, change: Callable[[str], str]) -> Example:
    text = change(example.text)
    if len(text) != len(example.text):
        return example
    return Example(text, example.spans, example.kind, example.whole)


def _replaced(example: Example, new: Callable[[str, Marked], str | None]) -> Example:
    """The example with some spans' words replaced and every span moved to its new place."""
    text: list[str] = []
    spans: list[Marked] = []
    length = position = 0
    for span in sorted(example.spans, key=lambda s: s.start):
        before, old = example.text[position : span.start], example.text[span.start : span.end]
        words = new(old, span) or old
        text += (before, words)
        length += len(before)
        spans.append(Marked(length, length + len(words), span.label))
        length += len(words)
        position = span.end
    text.append(example.text[position:])
    return Example("".join(text), tuple(spans), example.kind, example.whole)
