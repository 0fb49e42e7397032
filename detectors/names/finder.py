"""Persons in a text: the model's, with false alarms cut and names completed, and those the writing announces."""

import re
from collections.abc import Iterator, Sequence

from detectors.cache import PartCache
from detectors.names.lexicon import BRANDS, NOT_A_FORENAME, ORGANISATION, PLACE_WORDS, PLACES, STOP
from detectors.names.model import Entity, NameModel
from detectors.names.rules import TOKEN, announced, plausible, trim
from detectors.names.units import recased, units
from detectors.view import Hit, View

_NEXT = re.compile(rf"[ ](?P<word>{TOKEN})(?!\w)")
_BEFORE = re.compile(rf"(?P<word>{TOKEN})[ ]$")
_SURNAME = re.compile(r"(?:O'|Mc|Mac|Fitz|D'|Al-|El-)[A-Z]|[A-Z][a-z]+-[A-Z][a-z]+")
_ARTICLE = re.compile(r"\b(?:the|The|a|A|an|An|this|our|your|in|at|of|via|from the|near)[ ]$")
_HYPHENED = re.compile(r"[A-Z][a-z]+-[a-z]{2,3}")
_AND_SONS = re.compile(r"[ ](?:&|and)[ ](?:sons?|daughters?|bros|brothers|co|partners|company)\b", re.IGNORECASE)
_COLUMN = re.compile(r"\s{2,}|[\n\t|]")
_WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")

ECHO_SCORE = 0.7
_ECHO_FROM = 0.75
_MOST_ECHOES = 200
_SHORT_IN_SMALL_LETTERS = 3
_NEVER_ALONE = STOP | PLACE_WORDS | NOT_A_FORENAME


class NameFinder:
    """Persons by a model and by rules. The model's answers are cached by unit of text: offsets, never text."""

    def __init__(self, model: NameModel, cache_units: int) -> None:
        self.model = model
        self.name = model.name
        self.version = model.version
        self._cache: PartCache[tuple[Entity, ...]] = PartCache(cache_units)

    @property
    def detector(self) -> str:
        """The detector name of the model's findings."""
        return f"names/{self.model.name}"

    def look(self, view: View) -> Iterator[tuple[Hit, str]]:
        """Candidates in a view, each with its detector's name."""
        for hit in announced(view):
            yield hit, "names/announced"
        if view.kind == "number":
            return
        for hit in self._modelled(view):
            yield hit, self.detector

    def warm(self, texts: Sequence[str]) -> None:
        """Read several texts in one go, which is cheaper than one by one; the cache keeps what was found."""
        self._entities([text[start:end] for text in texts for start, end in units(text, 0, len(text))])

    def _modelled(self, view: View) -> Iterator[Hit]:
        spans = units(view.text, view.first, view.last)
        for (start, _), entities in zip(spans, self._entities([view.text[s:e] for s, e in spans]), strict=True):
            for entity in entities:
                hit = _judged(view, entity, start)
                if hit is not None:
                    yield hit

    def _entities(self, texts: Sequence[str]) -> list[tuple[Entity, ...]]:
        """The model's entities of each unit; units with no letters have none."""
        keys = [self._cache.key(self.model.version, text) for text in texts]
        known = {key: value for key in keys if (value := self._cache.get(key)) is not None}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        wanted = [(key, recased(text)) for key, text in missing.items() if any(c.isalpha() for c in text)]
        if wanted:
            for (key, _), found in zip(wanted, self.model.find([text for _, text in wanted]), strict=True):
                known[key] = tuple(found)
        for key in missing:
            self._cache.put(key, known.setdefault(key, ()))
        return [known[key] for key in keys]


def _judged(view: View, entity: Entity, offset: int) -> Hit | None:
    """A person as the model saw it, completed and checked; None for what can't be one."""
    if entity.kind == "other":
        return None
    start, end = offset + entity.start, offset + entity.end
    start += len(view.text[start:end]) - len(view.text[start:end].lstrip())
    column = _COLUMN.search(view.text, start, end)
    end = column.start() if column else end
    trimmed = trim(view.text[start:end])
    if trimmed is None:
        return None
    start, end = start + trimmed[0], start + trimmed[1]
    if view.text[start:end].endswith("'s"):
        end -= 2
    start, end = _completed(view.text, start, _capitalised(view.text, start, end))
    name = view.text[start:end]
    if not name[:1].isalpha() or name.islower() or not plausible(name, lone=True):
        return None
    words = [w.lower() for w in _WORD.findall(name)]
    if name.lower() in BRANDS or all(w in PLACES for w in words):
        return None
    if entity.kind != "person":
        return Hit(start, end, "PERSON", 0.6) if len(words) == 2 and _is_surname(name, words) else None
    if _is_place(view.text, start, end, words) or (len(words) == 1 and _is_common(view.text, start, name)):
        return None
    return Hit(start, end, "PERSON", entity.score if len(words) > 1 else entity.score - 0.1)


def _capitalised(text: str, start: int, end: int) -> int:
    """Where the run of capitalised words (and "van", "de" between them) that begins at `start` ends."""
    stop = start
    for word in re.finditer(r"\S+", text[start:end]):
        if word.group()[0].isupper():
            stop = start + word.end()
        elif word.group() not in _PARTICLES:
            break
    return stop if stop > start else end


_PARTICLES = frozenset(
    (
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "bint",
        "ibn",
        "ter",
        "ten",
        "y",
    )
)


def _is_surname(name: str, words: Sequence[str]) -> bool:
    return _SURNAME.search(name) is not None and not any(w in STOP or w in PLACE_WORDS for w in words)


def _completed(text: str, start: int, end: int) -> tuple[int, int]:
    """The rest of a name that the model cut short: "Siobhan" before "O'Connor"."""
    following = _NEXT.match(text, end)
    if following and _bare(following["word"]) not in STOP | PLACE_WORDS | ORGANISATION | NOT_A_FORENAME:
        end = following.end()
    before = _BEFORE.search(text, max(0, start - 30), start)
    if before and text[before.start() - 1 : before.start()] not in ("'", "-"):
        opens = before.start() == 0 or text[: before.start()].rstrip(" ")[-1:] in ".!?\n:"
        if not opens and _bare(before["word"]) not in STOP | PLACE_WORDS | ORGANISATION | NOT_A_FORENAME:
            start = before.start()
    return start, end


def _is_place(text: str, start: int, end: int, words: Sequence[str]) -> bool:
    """A street, a building or an area named after somebody."""
    if words and words[-1] in PLACE_WORDS:
        return True
    if _AND_SONS.match(text, end):
        return True
    following = re.match(r"(?:'s)?[ ]+([A-Za-z]+)", text[end : end + 24])
    if following and following.group(1)[0].isupper() and following.group(1).lower() in PLACE_WORDS | ORGANISATION:
        return True
    # A house number before it makes it a street; a number that opens a line is a list's.
    return re.search(r"[^\n]\d{0,3}\d[A-Za-z]?[ ]$", text[max(0, start - 7) : start]) is not None


def _is_common(text: str, start: int, name: str) -> bool:
    """A single word that is more likely a thing: after an article, or in capitals like an abbreviation."""
    lowered = name.lower()
    if lowered in PLACE_WORDS | NOT_A_FORENAME | STOP:
        return True
    if (name.isupper() and len(name) <= 4) or _HYPHENED.fullmatch(name):
        return True
    return _ARTICLE.search(text[max(0, start - 9) : start]) is not None


def _bare(word: str) -> str:
    return word.lower().strip(".,'\"").removesuffix("'s")


def _parts(text: str, people: Sequence[tuple[int, int, float]]) -> set[str]:
    """The words of names by which their owners may be mentioned again."""
    parts: set[str] = set()
    for start, end, score in people:
        if score < _ECHO_FROM:
            continue
        for word in _WORD.findall(text[start:end]):
            if word.lower() in _NEVER_ALONE:
                continue
            if len(word) > 2 and word[0].isupper():
                parts.update((word, word.capitalize()))
            elif len(word) > _SHORT_IN_SMALL_LETTERS:  # whoever writes a name small once does so again
                parts.add(word)
        if len(parts) > _MOST_ECHOES:
            break
    return parts


def echoes(text: str, people: Sequence[tuple[int, int, float]]) -> Iterator[Hit]:
    """Further mentions of people by one part of their name: "Bernard" after "Bernard Ducasse"."""
    parts = _parts(text, people)
    if not parts:
        return
    taken = sorted((start, end) for start, end, _ in people)
    index = 0
    for match in _WORD.finditer(text):
        word = match.group().removesuffix("'s")
        if word not in parts and len(word) > 4 and word.endswith("s") and word[:-1] in parts:
            parts.add(word)
        if word not in parts:
            continue
        start, end = match.start(), match.start() + len(word)
        while index < len(taken) and taken[index][1] <= start:
            index += 1
        inside = index < len(taken) and taken[index][0] <= start
        if not inside and not _is_place(text, start, end, [word.lower()]):
            yield Hit(start, end, "PERSON", ECHO_SCORE)
