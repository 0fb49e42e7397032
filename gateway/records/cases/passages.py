"""What an officer reads of a conversation: each text once, cut into passages, with what detection found marked.

A conversation resends its history, so the same text stands in many records. Each is shown once, where it first stood.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from detectors.labels import LABELS
from gateway.model.case import Form, Mark, Passage, TextMarks, UnitText

LONGEST: Final = 1500
"""Characters of a passage: about what is read without scrolling."""
_CUT: Final = re.compile(r"\n\s*\n|\n|(?<=[.!?])\s+")
_PSEUDONYM: Final = re.compile(
    rf"(?<![A-Za-z0-9_])({'|'.join(sorted(LABELS, key=len, reverse=True))})_[0-9A-HJKMNP-TV-Z]{{8}}(?![A-Za-z0-9_])"
)
"""A label and 40 bits of a keyed digest in base 32, as replacements are written: PERSON_K7QD2M8X."""


class Found(Protocol):
    """A finding of detection: a span and its label."""

    @property
    def start(self) -> int:
        """Where it begins."""
        ...

    @property
    def end(self) -> int:
        """Where it ends."""
        ...

    @property
    def label(self) -> str:
        """What it is."""
        ...


Marks = Mapping[tuple[int, Form], tuple[Mark, ...]]
"""What stands out, by part and form."""


class Inspector(Protocol):
    """`detectors.suite.Suite`, as far as it is needed here."""

    def inspect(self, text: str, *, allow: str | None = None) -> Sequence[Found]:
        """The findings in a text. `allow` names the controller whose allow-list counts."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as it is shown, with its place in the text (`start`, `end`) and whether it was marked as read."""

    passage: Passage
    start: int
    end: int
    text: str = field(repr=False)
    seen: bool = False


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text of a conversation, once. `ref` is the record where it first stood, `again` how often it stands
    elsewhere."""

    part: int
    form: Form
    ref: str
    role: str
    manifest: str
    text: str = field(repr=False)
    passages: tuple[Shown, ...]
    marks: tuple[Mark, ...]
    again: int = 0


def part_of(text: UnitText, form: Form) -> int | None:
    """The part that holds a text in one form; None where that form has no text to show."""
    if form == "kept":
        return None if text.kept is None else text.part
    return None if text.sent is None else text.sent_part


def words_of(text: UnitText, form: Form) -> str:
    """The text in one form, empty where it has none."""
    return (text.kept if form == "kept" else text.sent) or ""


def once(texts: Iterable[UnitText], form: Form) -> list[tuple[UnitText, int]]:
    """The texts to show in one form, each part once, with how often it stands again."""
    order: dict[int, UnitText] = {}
    again: dict[int, int] = {}
    for each in texts:
        part = part_of(each, form)
        if part is None:
            continue
        again[part] = again[part] + 1 if part in again else 0
        order.setdefault(part, each)
    return [(text, again[part]) for part, text in order.items()]


def spans(text: str) -> list[tuple[int, int]]:
    """The passages of a text: whole where it is short, else cut at the ends of paragraphs, lines or sentences."""
    found: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > LONGEST:
        cuts = [match.end() for match in _CUT.finditer(text, start + LONGEST // 2, start + LONGEST)]
        end = cuts[-1] if cuts else start + LONGEST
        found.append((start, end))
        start = end
    return [*found, (start, len(text))]


def passages(texts: Iterable[UnitText], form: Form) -> list[Passage]:
    """Every passage of a conversation in one form."""
    made: list[Passage] = []
    for each, _ in once(texts, form):
        part, count = part_of(each, form), len(spans(words_of(each, form)))
        made.extend(Passage(part or 0, form, number, count) for number in range(count))
    return made


def show(texts: Iterable[UnitText], form: Form, seen: frozenset[Passage], marks: Marks) -> tuple[ShownText, ...]:
    """A conversation to read, with the marks of every text of it."""
    return tuple(_shown(text, again, form, seen, marks) for text, again in once(texts, form))


def premark(texts: Iterable[UnitText], form: Form, inspector: Inspector, controller: str) -> tuple[TextMarks, ...]:
    """What stands out in a conversation. Raises what detection raises: an unmarked text is not shown as if it were
    clean."""
    return tuple(
        TextMarks(part_of(text, form) or 0, form, marks_in(words_of(text, form), form, inspector, controller))
        for text, _ in once(texts, form)
    )


def marks_in(text: str, form: Form, inspector: Inspector, controller: str) -> tuple[Mark, ...]:
    """What stands out in a text: pseudonyms in what left, and the detector's findings that are none."""
    named = [Mark(*m.span(), m.group(1), "pseudonym") for m in _PSEUDONYM.finditer(text)] if form == "sent" else []
    found = [Mark(each.start, each.end, each.label, "detector") for each in inspector.inspect(text, allow=controller)]
    fresh = [each for each in found if not any(each.start < n.end and n.start < each.end for n in named)]
    return tuple(sorted([*named, *fresh], key=lambda mark: (mark.start, mark.end, mark.label)))


def speaker(text: UnitText) -> str:
    """Who said it, for people: an answer is the assistant's whether it was just given or sent back as history."""
    return "assistant" if text.manifest == "reply" else text.role


def likeness(texts: Iterable[UnitText], form: Form) -> bytes:
    """A digest of what is shown: two conversations with the same one read the same, text by text."""
    whole = hashlib.sha256()
    for each, _ in once(texts, form):
        words = words_of(each, form).encode("utf-8", "surrogatepass")
        said = speaker(each).encode()
        whole.update(len(said).to_bytes(2, "big") + said + hashlib.sha256(words).digest())
    return whole.digest()


def lengths(texts: Iterable[UnitText], form: Form) -> Mapping[int, int]:
    """The length of each text that is shown, by part."""
    return {part_of(each, form) or 0: len(words_of(each, form)) for each, _ in once(texts, form)}


def _shown(text: UnitText, again: int, form: Form, seen: frozenset[Passage], marks: Marks) -> ShownText:
    words, part = words_of(text, form), part_of(text, form) or 0
    cut = spans(words)
    shown = tuple(
        Shown(passage, start, end, words[start:end], passage in seen)
        for number, (start, end) in enumerate(cut)
        for passage in (Passage(part, form, number, len(cut)),)
    )
    return ShownText(part, form, text.ref, speaker(text), text.manifest, words, shown, marks[part, form], again)
