"""Imitations of our note, or of an officer's check, in what a model writes: replaced, since only a record can say it.

Whole sentences are judged, as they come. Text is held back only while the beginning of a sentence could still
become an imitation, which is a word or two in nearly every sentence.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.model.folding import fold

REPLACEMENT = "[A statement that imitates the council's AI note was removed.]"
_LONGEST = 240
_LONGEST_LEAD = 16

_BOUNDARY = re.compile(r"\n|[.!?…][\"'”’)\]*_`]{0,4}[ \t\u00a0]")
_END = re.compile(r"\n|[.!?…]+[\"'”’)\]*_`]*(?=\s|\Z)")
_LEAD = re.compile(r"[\W_]*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class _Slot:
    """One word of a phrase. `words` empty stands for any word."""

    words: frozenset[str]
    optional: bool = False
    repeated: bool = False

    def takes(self, word: str) -> bool:
        return not self.words or word in self.words

    def may_take(self, beginning: str) -> bool:
        return not self.words or any(word.startswith(beginning) for word in self.words)


def _phrase(*slots: str) -> tuple[_Slot, ...]:
    """Slots as text: alternatives by `|`, then `?` if it may be missing or `*` if it may come any number of times."""
    made = []
    for slot in slots:
        kind = slot[-1]
        words = slot.rstrip("?*")
        made.append(_Slot(frozenset(words.split("|")), optional=kind in "?*", repeated=kind == "*"))
    return tuple(made)


_WHO = ("an|a|the|our|one|your?", "council|duty|case|human|senior|trained|qualified*")
_PERSON = "officer|officers|human|person|manager|colleague"
_VERB = "checked|reviewed|approved|verified|confirmed|validated|signed"
_DONE = ("now|already|also|fully|carefully|personally*", _VERB, "off?", "and?", f"{_VERB}?", "off?")
_THING = "text|reply|answer|response|content|message|output|information|advice"
_PASSIVE = ("has|have|was|is|were", "been?", *_DONE, "by", *_WHO, _PERSON)

CLAIMS = (
    _phrase(*_WHO, _PERSON, "has|have|had?", *_DONE, "this|it|everything"),
    _phrase(*_WHO, _PERSON, "has|have|had?", *_DONE, "this|the", _THING),
    _phrase("this|it|everything", *_PASSIVE),
    _phrase("this|the", _THING, *_PASSIVE),
    _phrase("checked|reviewed|verified", "and?", "checked|reviewed|verified|approved?", "by", *_WHO, "officer|human"),
    _phrase("officer|human", "check|review|approval", "is|was|has|been*", "recorded|complete|completed|done|passed"),
)
"""Whole sentences that claim a check. With more words ("an officer checked this road in May") they are left alone."""

_SUSPECT = frozenset(
    (
        "officer",
        "officers",
        "human",
        "checked",
        "reviewed",
        "approved",
        "verified",
        "check",
        "review",
        "ref",
        "reference",
    )
)


class Phrases:
    """What counts as an imitation: the claims above, and the notes' own sentences. A note's first sentence opens
    a sequence; the sentences that follow it are imitations too while they look like a note's."""

    def __init__(self, notes: Iterable[str]) -> None:
        sentences = [[s for s in re.split(r"(?<=[.!?])\s+", note) if s.strip()] for note in notes]
        self.openers = (*CLAIMS, *(_literal(each[0]) for each in sentences))
        self.sequels = tuple(_literal(sentence) for each in sentences for sentence in each[1:])


def _literal(sentence: str) -> tuple[_Slot, ...]:
    slots: list[_Slot] = []
    for index, piece in enumerate(sentence.split("\0")):
        if index:
            slots += [_Slot(frozenset(), optional=bool(n)) for n in range(3)]
        slots += [_Slot(frozenset({_plain(word)})) for word in _WORD.findall(piece)]
    return tuple(slots)


def _plain(word: str) -> str:
    return fold(unicodedata.normalize("NFKC", word))


def _closure(phrase: tuple[_Slot, ...], positions: Iterable[int]) -> set[int]:
    reached: set[int] = set()
    for position in positions:
        reached.add(position)
        while position < len(phrase) and phrase[position].optional:
            position += 1
            reached.add(position)
    return reached


def _follow(phrase: tuple[_Slot, ...], words: list[str]) -> set[int]:
    """The positions in a phrase after these words; empty where they don't begin it."""
    positions = _closure(phrase, (0,))
    for word in words:
        after = set()
        for position in positions:
            if position < len(phrase) and phrase[position].takes(word):
                after.add(position if phrase[position].repeated else position + 1)
        positions = _closure(phrase, after)
        if not positions:
            break
    return positions


class Imitations:
    """Filters one run of prose as it grows. Raises nothing."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._held = ""
        self._tail = ""
        self._fresh = True
        self._sequence = False

    def push(self, text: str) -> str:
        """Add text; return what is certain."""
        self._held += text
        return self._drain(final=False)

    def finish(self) -> str:
        """The run has ended: return the rest."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> str:
        out: list[str] = []
        while self._held:
            if not self._fresh:
                self._pass(out)
                continue
            end = self._judge(final=final)
            if end is None:
                break
            if end == 0:
                self._fresh = self._sequence = False
                self._tail = ""
                self._pass(out, at_least=min(self._lead(), _LONGEST_LEAD) + 1)
                continue
            lead = self._lead()
            out.append("" if self._sequence else self._held[:lead] + REPLACEMENT)
            self._held = self._held[end:]
            self._sequence = True
        return "".join(out)

    def _lead(self) -> int:
        found = _LEAD.match(self._held)
        return found.end() if found else 0

    def _pass(self, out: list[str], at_least: int = 1) -> None:
        """Hand out up to the beginning of the next sentence, or all."""
        text = self._tail + self._held
        offset = len(self._tail)
        for found in _BOUNDARY.finditer(text):
            end = found.end() - offset
            if end >= at_least:
                out.append(self._held[:end])
                self._held, self._tail, self._fresh = self._held[end:], "", True
                return
        out.append(self._held)
        self._tail = text[-6:]
        self._held = ""

    def _judge(self, *, final: bool) -> int | None:
        """How much of the held text is an imitation; 0 for none; None where more text must come."""
        text, lead = self._held, self._lead()
        if lead > _LONGEST_LEAD:
            return 0
        if lead >= len(text):
            return 0 if final else None
        ended = _END.search(text, lead)
        stop = ended.start() if ended else len(text)
        if ended and not final and ended.end() == len(text) and ended[0] != "\n":
            ended = None  # "3." may go on as "3.5"
        if stop > _LONGEST:
            return 0
        words = [_plain(word) for word in _WORD.findall(_INVISIBLE.sub("", text[lead:stop]))]
        whole = ended is not None or final
        partial = words.pop() if words and not whole and text[-1:].isalnum() else ""
        if self._sequence and not whole:
            return None
        phrases = self._phrases.openers + (self._phrases.sequels if self._sequence else ())
        for phrase in phrases:
            reached = _follow(phrase, words)
            if whole and len(phrase) in reached and words:
                return ended.end() if ended else len(text)
            if not whole and any(p < len(phrase) and phrase[p].may_take(partial) for p in reached):
                return None
            if not whole and len(phrase) in reached and not partial:
                return None
        if self._sequence and _SUSPECT.intersection(words):
            return ended.end() if ended else len(text)
        return 0
