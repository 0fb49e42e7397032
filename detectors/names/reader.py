"""What the encoder sees in a text, unit by unit, with the units' answers cached: offsets, never text."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from detectors.cache import PartCache
from detectors.identifiers.base import OF_BODIES, OF_NOBODY, PROCUREMENT
from detectors.labels import LABELS, SAID
from detectors.names import edges
from detectors.names.classes import NUMBERED
from detectors.names.decode import Reading
from detectors.names.encoder import Encoder
from detectors.names.rules import announced, certain, tabled
from detectors.names.tidy import tidied
from detectors.segments import segments
from detectors.view import INDIVIDUAL, Hit, Opinion, View

LONGEST = 1_500
"""About the most characters of a unit: a few windows of the encoder."""
BEFORE = 80
"""How much of what stands before a unit is read with it."""

_SHARE = re.compile(r"\d\s?%|\bper ?cent\b", re.IGNORECASE)
_RIGHT_BEFORE = 20
_SENTENCE_END = re.compile(r"(?<!\bno)[.!?]\s")
_SURE = 0.5
"""What the encoder alone is enough for."""
_CONFIRMED = dict.fromkeys(NUMBERED - {"POSTCODE"}, 0.9)
"""Numbers whose words or check digits say what they are count whatever the encoder thinks; a postcode has neither."""


class Unit(NamedTuple):
    """`text[start:end]` is to be judged; it is read from `begin` on, since what stands before it says much."""

    begin: int
    start: int
    end: int


class Reader:
    """Finds persons and what is said of them. Safe to call from any thread."""

    def __init__(self, model: Encoder, cache_units: int) -> None:
        self.model = model
        self.name = model.name
        self.version = model.version
        self._detector = f"names/{model.name}"
        self._cache: PartCache[Reading] = PartCache(cache_units)

    def look(self, view: View) -> Iterator[tuple[Hit, str]]:
        """Candidates in a view, each with its detector's name. Leaves the model's opinion in the view."""
        if view.kind == "number":
            return
        found = units(view.text, view.first, view.last)
        answers = self._seen([(view.text[u.begin : u.end], u.start - u.begin) for u in found])
        hits: list[Hit] = []
        letters: list[tuple[int, int]] = []
        faint: dict[str, list[tuple[int, int]]] = {}
        for unit, reading in zip(found, answers, strict=True):
            for each in reading.faint:
                spans = faint.setdefault(_group(each.label), [])
                spans.append((unit.begin + each.start, unit.begin + each.end))
            for each in reading.seen:
                if each.label == "PERSON" and each.score >= _SURE:
                    letters.append((unit.begin + each.start, unit.begin + each.end))
                if each.label in LABELS:
                    moved = each._replace(start=unit.begin + each.start, end=unit.begin + each.end)
                    hits.extend(Hit(*candidate) for candidate in tidied(view.text, moved))
        asked = {label: _group(label) for label in self.model.seconded}
        view.opinion = Opinion(asked, faint, tuple((unit.start, unit.end) for unit in found), _CONFIRMED)
        people = [hit for hit in hits if hit.label == "PERSON"]
        named = sorted((hit.start, hit.end) for hit in people if hit.score >= _SURE)
        hits.extend(Hit(*span, "PERSON", _SURE) for span in edges.bridged(view.text, named))
        hits.extend(Hit(*span, "PERSON", _SURE) for span in edges.spelt(view.text, letters))
        for hit in hits:
            if not _is_nobodys(view, hit, people):
                yield hit, self._detector
        for hit in (*certain(view), *(tabled(view) if view.cells else ())):
            yield hit, f"{self._detector}/announced"
        doubtful = [hit for hit in people if hit.score < _SURE]
        if doubtful:
            yield from self._announced(view, doubtful)

    def _announced(self, view: View, doubtful: Sequence[Hit]) -> Iterator[tuple[Hit, str]]:
        """Doubtful persons whom the writing announces: by a title, a form's label, a sign-off."""
        for hit in announced(view):
            if any(hit.start < other.end and other.start < hit.end for other in doubtful):
                yield hit, f"{self._detector}/announced"

    def warm(self, texts: Sequence[str]) -> None:
        """Nothing: the encoder reads window by window, so that reading ahead gains nothing."""

    def _seen(self, texts: Sequence[tuple[str, int]]) -> list[Reading]:
        """What is seen in each text from an offset on."""
        keys = [self._cache.key(text, str(offset)) for text, offset in texts]
        known = {key: value for key in keys if (value := self._cache.get(key)) is not None}
        missing = {key: item for key, item in zip(keys, texts, strict=True) if key not in known}
        if missing:
            answers = self.model.find([text for text, _ in missing.values()])
            for (key, (_, offset)), reading in zip(missing.items(), answers, strict=True):
                known[key] = Reading(*(tuple(s for s in some if s.end > offset) for some in reading))
                self._cache.put(key, known[key])
        return [known[key] for key in keys]


def _group(label: str) -> str:
    """Labels that second one another: which of them it is, a pattern or a word list knows better."""
    if label in NUMBERED:
        return "number"
    return "said" if label in SAID else label


def _is_nobodys(view: View, hit: Hit, people: Sequence[Hit]) -> bool:
    """Whether the sentence names nobody and counts in per cent, or is about buying something, a firm or a paper."""
    if hit.label in SAID:
        return _of_a_share(view, hit, people)
    if hit.label != "CASE_REF":
        return False
    if OF_NOBODY.match(view.text, hit.start, hit.end):
        return True
    low, high = view.sentence(hit.start, hit.end)
    if any(low <= person.start < high for person in people) or INDIVIDUAL.search(view.text, low, high):
        return False
    said = _SENTENCE_END.split(view.before(hit.start, _RIGHT_BEFORE))[-1]
    return bool(PROCUREMENT.search(view.text, low, high) or OF_BODIES.search(said))


def _of_a_share(view: View, hit: Hit, people: Sequence[Hit]) -> bool:
    """Whether the sentence counts in per cent and names nobody: "0.7% Buddhist" is said of no one in particular."""
    low, high = view.sentence(hit.start, hit.end)
    if not _SHARE.search(view.text, low, high):
        return False
    return not any(low <= person.start < high for person in people)


def units(text: str, start: int, end: int) -> list[Unit]:
    """Units that cover what is readable in `text[start:end]`. A growing text keeps all but its last."""
    made: list[Unit] = []
    begin, position = max(0, start - BEFORE), start
    run = last = 0
    for segment in segments(text[start:end]):
        if run and run + len(segment) > LONGEST:
            _add(made, text, begin, position, position + run)
            position, begin, run = position + run, position + run - min(last, BEFORE), 0
        run += len(segment)
        last = len(segment)
    _add(made, text, begin, position, position + run)
    return made


def _add(made: list[Unit], text: str, begin: int, start: int, end: int) -> None:
    if any(c.isalpha() for c in text[start:end]):
        made.append(Unit(begin, start, end))
