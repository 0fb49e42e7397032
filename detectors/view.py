"""What a recogniser sees: readable text with the context around it, and the people already found in it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from detectors import tables
from detectors.folding import lower, lowered

Span = tuple[int, int]

_WORD_BREAKS = re.compile(r"(?<=[a-z])(?=[A-Z])|[_/.\[\]#:-]+")
_MAILBOX = re.compile(r"\S*@\S*")
_DOTTED = re.compile(r"^[ \t]*[A-Za-z]\w*(?:\.[A-Za-z]\w*){1,5}(?=[ ]?=)", re.MULTILINE)


def _as_words(key: re.Match[str]) -> str:
    return key.group().replace(".", " ")


_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")

INDIVIDUAL = re.compile(
    r"\b(?:he|she|his|her|hers|him|i|i'm|i've|im|my|"
    r"(?<!give )(?<!show )(?<!tell )(?<!help )(?<!let )(?<!send )me|"
    r"myself|himself|herself|mum|mam|mother|dad|father|son|daughter|"
    r"brother|sister|husband|wife|partner|ex|nan|gran|grandad|aunt|uncle|niece|nephew|cousin|neighbour|tenant|"
    r"claimant|applicant|complainant|client|customer|resident|caller|patient|pupil|child|baby|lad|girl|boy|"
    r"gentleman|lady|carer|lodger|landlord|colleague|employee|witness|suspect|mr|mrs|ms|miss|mx|dr)\b",
    re.IGNORECASE,
)
"""Words by which an English sentence says that it is about somebody in particular."""

GENERAL = re.compile(
    r"\d\s?%|\bper ?cent\b|\b(?:statistics|census|policy|policies|strategy|awareness|training|survey|monitoring|"
    r"guidance|leaflet|campaign|scheme|programme|eligib\w+|community|communities|population|residents with|"
    r"people with|people who|adults with|children with|anyone|everyone|month|week|day|hymn|festival|holiday)\b",
    re.IGNORECASE,
)
"""Words by which it says that it is about people in general."""


_ELLIPTIC = re.compile(
    r"\s*(?:awaiting|diagnosed|has|had|suffers|under|admitted|known|prescribed|takes|taking|uses|registered|lives with|"
    r"recovering|receiving|referred|convicted|arrested|cautioned|charged|released|served|on)\b",
    re.IGNORECASE,
)
"""How a sentence of a note begins that leaves out whom it is about: the one before it says who."""


def tail(text: str, reach: int, end: int | None = None) -> str:
    """The last characters of a text, or before `end`, without half a word: "latest" cut in two is no test."""
    end = len(text) if end is None else end
    low = max(0, end - reach)
    if low and (text[low - 1].isalnum() or text[low - 1] in ".@-'"):
        while low < end and text[low].isalnum():
            low += 1
    return text[low:end]


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate: `text[start:end]` of a view is of `label`, with `score` from 0 to 1 after context is weighed."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model of names thinks possible in a view: patterns of `asked` labels count only where it does.

    `asked` gives each label's group, `faint` the spans of a group, `read` what the model read at all. `sure` is the
    score from which a label's pattern needs nobody to second it.
    """

    asked: Mapping[str, str]
    faint: Mapping[str, Sequence[Span]]
    read: Sequence[Span]
    sure: Mapping[str, float] = field(default_factory=dict)

    def denies(self, hit: Hit) -> bool:
        """Whether the model read this and sees nothing of the kind in it."""
        group = self.asked.get(hit.label)
        if group is None or hit.score >= self.sure.get(hit.label, math.inf):
            return False
        if not any(start <= hit.start and hit.end <= end for start, end in self.read):
            return False
        return not any(start < hit.end and hit.start < end for start, end in self.faint.get(group, ()))

    def moved(self, by: int) -> "Opinion":
        """The same of a text in which everything stands `by` characters further on."""
        faint = {group: [(start + by, end + by) for start, end in spans] for group, spans in self.faint.items()}
        return Opinion(self.asked, faint, [(start + by, end + by) for start, end in self.read], self.sure)


@dataclass(eq=False)
class View:
    """A slice of readable text. Only hits that start in `first <= start < last` count; the rest is context.

    `people` are spans of persons' names already found. `kind` is the part's (text, number or key). `cells` are
    those of the whole text's tables, in which this slice begins at `base`. `looked` counts the candidates weighed.
    `opinion` is the model's, where it has one.
    """

    text: str
    first: int = 0
    last: int = -1
    people: tuple[Span, ...] = ()
    kind: str = "text"
    base: int = 0
    cells: Sequence[tables.Cell] = ()
    looked: int = 0
    opinion: Opinion | None = None

    def __post_init__(self) -> None:
        if self.last < 0:
            self.last = len(self.text)

    def __repr__(self) -> str:
        return f"View({len(self.text)} characters, {self.first} to {self.last})"

    @cached_property
    def spaced(self) -> str:
        """The text with underscores as spaces, so that `claim_ref` is two words, and dotted keys (`bank.sort=`) too;
        offsets stay the same."""
        plain = self.text.replace("_", " ")
        return _DOTTED.sub(_as_words, plain) if "." in plain else plain

    @cached_property
    def small(self) -> str:
        """The text in lower case, with the same offsets."""
        return lower(self.text)

    def header(self, start: int) -> str:
        """The column header over a place; empty outside tables."""
        return tables.header_at(self.cells, self.base + start)

    def cells_under(self, header: re.Pattern[str]) -> Iterator[Span]:
        """The cells of this slice whose column header matches."""
        for cell in self.cells:
            start = cell.start - self.base
            if self.first <= start < self.last and cell.end > cell.start and header.search(cell.header):
                self.looked += 1
                yield start, cell.end - self.base

    def before(self, start: int, reach: int = 48) -> str:
        """What stands before a place: up to `reach` characters, in a table the column header and the cell so far."""
        cell = tables.cell_at(self.cells, self.base + start)
        if cell is None or not cell.header:
            return tail(self.spaced, reach, start)
        return f"{cell.header} : {self.spaced[max(0, start - reach, cell.start - self.base) : start]}"

    def after(self, end: int, reach: int = 32) -> str:
        """Up to `reach` characters that follow."""
        return self.spaced[end : end + reach]

    def sentence(self, start: int, end: int, reach: int = 160) -> Span:
        """The sentence or line around a span, at most `reach` characters to each side."""
        low = max(0, start - reach)
        begin = low
        for match in _SENTENCE_END.finditer(self.text, low, start):
            begin = match.end()
        stop = _SENTENCE_END.search(self.text, end, min(len(self.text), end + reach))
        return begin, stop.start() if stop else min(len(self.text), end + reach)

    def about_somebody(self, start: int, end: int) -> bool:
        """Whether the sentence around a span speaks of an individual rather than of people in general."""
        low, high = self.sentence(start, end)
        if GENERAL.search(self.text, low, high):
            return any(low <= s and e <= high for s, e in self.people) and "%" not in self.text[low:high]
        if _ELLIPTIC.match(self.text, low, high):
            low = self._sentence_before(low)
        if INDIVIDUAL.search(self.text, low, high):
            return True
        return any(low <= s < high for s, _ in self.people)

    def _sentence_before(self, start: int) -> int:
        """Where the sentence before a sentence begins."""
        end = start
        while end > 0 and (self.text[end - 1].isspace() or self.text[end - 1] in ".!?;"):
            end -= 1
        return self.sentence(end, end)[0] if end else start

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches that touch the slice: a label may stand before it. Those of a folded pattern are in lower case."""
        variant = lowered(pattern)
        found = pattern.finditer(self.text) if variant is None else variant.finditer(self.small)
        for match in found:
            if match.start() < self.last and match.end() > self.first:
                self.looked += 1
                yield match


def readable_context(context: str, longest: int = 120) -> str:
    """A part's context as words: key paths and camel case are split, the end kept where it is long. An e-mail
    address is no context: in words, the domain `mail.example` would say that an example follows."""
    words = _WORD_BREAKS.sub(" ", _MAILBOX.sub(" ", context)).strip()
    return words[-longest:]
