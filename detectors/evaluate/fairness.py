"""Fairness: are people found whatever their name's origin? Invented names of many origins in the same sentences.

Each name stands in each carrier, so origins differ in nothing but the name. What is compared is recall: the share of
mentions that are covered under any label. An origin lies apart when its recall is more than three points from the
mean of all origins.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.evaluate.data import DataError, Document, Span
from detectors.evaluate.runner import Column
from detectors.evaluate.score import LabelScore, score

ORIGINS = Path(__file__).with_name("origins.tsv")
POINTS = 0.03
"""How far from the mean an origin may lie (policy clause 9)."""

CARRIERS = (
    "Please write to {title} {family} about the missed bin collection.",
    "I spoke to {full} on Tuesday and the tenancy ends on the 30th.",
    "{full} has asked for a review of the housing benefit decision.",
    "hi, its {full_lower} here, the boiler has gone again, can sb come out",
    "{given} rang again about the damp in the back bedroom.",
    "The allegation was made by {given}, who attended with a support worker.",
    "Draft a letter confirming the appointment.\n\nKind regards,\n{full}\nHousing Options Officer",
    "ref,name,arrears\n40118,{full},212.40\n",
    "Applicant: {full}\nReason for contact: council tax arrears\n",
    "NOTES OF CASE CONFERENCE: {FULL} DID NOT ATTEND AND SENT NO APOLOGIES.",
    "The joint tenants are {family}, {given} and one other adult.",
    '{{"customer": {{"name": "{full}", "channel": "web"}}, "topic": "parking permit"}}',
    "Summarise this: Cllr {family} thanked officers and said that the resident's case had been closed.",
    "Who is the social worker for {full}'s younger brother, and when is the next visit?",
)
"""Sentences of council writing; `{full}` and the like say where the name stands and how it is written."""

_TITLES = ("Mr", "Mrs", "Ms", "Miss")


@dataclass(frozen=True, slots=True)
class Name:
    """An invented person's name and its origin."""

    origin: str
    given: str
    family: str
    full: str


@dataclass(frozen=True, slots=True)
class Fairness:
    """Recall by origin and by carrier, for one column."""

    column: str
    origins: dict[str, LabelScore]
    carriers: tuple[LabelScore, ...]

    @property
    def mean(self) -> float:
        """The mean over origins, each counting the same."""
        return statistics.fmean(o.recall for o in self.origins.values())

    def within(self, origin: str) -> bool:
        """Whether an origin's recall lies near the mean."""
        return abs(self.origins[origin].recall - self.mean) <= POINTS + 1e-9

    @property
    def apart(self) -> list[str]:
        """Origins that lie further from the mean."""
        return [o for o in self.origins if not self.within(o)]


def names(path: Path = ORIGINS) -> list[Name]:
    """The shipped names. Raises DataError."""
    made: list[Name] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            fields = line.split("\t")
            if len(fields) != 4 or not all(fields):
                raise DataError(f"{path.name}:{number}: needs origin, given name, family name and the whole, with tabs")
            made.append(Name(*fields))
    return made


def documents(people: Sequence[Name]) -> list[Document]:
    """Every name in every carrier. A document's kind is the name's origin; its id says carrier and name."""
    return [
        _carry(carrier, name, f"{index}-{number}", _TITLES[number % len(_TITLES)])
        for number, name in enumerate(people)
        for index, carrier in enumerate(CARRIERS)
    ]


def _carry(carrier: str, name: Name, identity: str, title: str) -> Document:
    """One name in one carrier, with the places where its parts came to stand."""
    marks = {
        "full": name.full,
        "full_lower": name.full.lower(),
        "FULL": name.full.upper(),
        "given": name.given,
        "family": name.family,
    }
    fenced = carrier.format(title=title, **{key: f"\x02{value}\x03" for key, value in marks.items()})
    text: list[str] = []
    spans: list[Span] = []
    start = 0
    for character in fenced:
        if character == "\x02":
            start = len(text)
        elif character == "\x03":
            spans.append(Span(start, len(text), "PERSON"))
        else:
            text.append(character)
    return Document(identity, "".join(text), tuple(spans), name.origin)


def fairness(columns: Sequence[Column], people: Sequence[Name]) -> list[Fairness]:
    """Each column's recall by origin."""
    carried = documents(people)
    results: list[Fairness] = []
    for column in columns:
        found = {d.id: column.detect(d.text) for d in carried}
        total = score(carried, found)
        by_carrier = tuple(
            score([d for d in carried if d.id.startswith(f"{index}-")], found).labels["PERSON"]
            for index in range(len(CARRIERS))
        )
        results.append(Fairness(column.name, dict(total.kinds), by_carrier))
    return results
