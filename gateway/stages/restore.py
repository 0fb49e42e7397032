"""Restoring: the pseudonyms of one call put back into its reply, where that is safe.

Only tokens that this very call issued are restored; a token that somebody wrote into the prompt, or that belongs to
another caller, stays as it is. What is decided about a token depends on the text before it and on the few
characters after it, never on how the text was cut into chunks.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from gateway.model.event import Channel
from gateway.model.folding import fold
from gateway.stages.arguments import is_json, walk
from gateway.stages.people import Mention, mention, trim
from gateway.stages.places import Places
from gateway.stages.tokens import DIGITS, Matcher, Partial, normalise

_ATTACHED = re.compile(r"[A-Za-z0-9_\-]*")
_DOTS = ".。．｡"
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,5})(\.?)")
_FILES = frozenset(
    {"pdf", "doc", "docx", "xls", "xlsx", "csv", "txt", "eml", "rtf", "odt", "jpg", "jpeg", "png", "pptx"}
)
"""Extensions of file names ("Smith_tenancy.pdf"); none of them is a top-level domain."""
_LONGEST_ATTACHED = 64
"""A name in the DNS has at most 63 characters (RFC 1035): a longer run is no part of an address."""
_PLURALS = frozenset({"", "s", "S", "es", "ES"})


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What follows a token: does it continue an address, is it glued to another word, does `>` follow at once?"""

    address: bool
    glued: bool
    bracket: bool


@dataclass(repr=False)
class Restorer:
    """What one call's reply needs: the values of its tokens, and what the caller knew already.

    `values` maps each issued token to the value as the caller wrote it. Worked out only when a reply is inspected:
    `known` gives the normalised values found in the request, by label, `request` its whole text, folded.
    """

    controller: str
    values: Mapping[str, str] = field(default_factory=dict)
    known: Callable[[], Mapping[str, Collection[str]]] = dict
    request: Callable[[], str] = str
    client_tools: frozenset[str] = frozenset()
    structured: bool = False
    restored: int = 0
    left: int = 0

    def __post_init__(self) -> None:
        self.matcher = Matcher({name[: -DIGITS - 1] for name in self.values})

    def __repr__(self) -> str:
        """Counts only."""
        return f"Restorer({len(self.values)} tokens)"

    def text(self, channel: Channel = "text") -> "TextRestorer":
        """A restorer for one growing run of prose, or of JSON where the caller asked the answer to be that."""
        return TextRestorer(self, json_text=self.structured and channel == "text")

    def whole(self, text: str) -> str:
        """One whole text restored as prose."""
        restorer = TextRestorer(self, json_text=False)
        return restorer.push(text) + restorer.finish()

    def name(self, name: str) -> str:
        """A function's name: restored only where it is exactly a token."""
        return self.values.get(name, name)

    def arguments(self, function: str, text: str) -> str:
        """A function call's arguments: restored, string by string, for functions that run on the caller's side."""
        if not self.values:
            return text
        if function not in self.client_tools or not is_json(text):
            self.left += self._tokens(text)
            return text
        return walk(text, lambda _key, value, kind: self.whole(value) if kind == "text" else None)

    def _tokens(self, text: str) -> int:
        """How many tokens of this call are in `text`."""
        count, position = 0, 0
        while (position := self.matcher.start(text, position)) >= 0:
            found = self.matcher.match(text, position)
            hit = isinstance(found, tuple) and found[1] in self.values
            count += hit
            position = found[0] if isinstance(found, tuple) and hit else position + 1
        return count

    def knows(self, label: str, text: str, start: int, end: int) -> bool:
        """Was the value at `text[start:end]` in the request, found there or not?"""
        value = text[start:end]
        if label == "PERSON":
            name = mention(text, *trim(text, start, end))
            if any(_within(name, known) for known in self.known().get(label, ())):
                return True
        elif normalise(label, value) in self.known().get(label, ()):
            return True
        folded = " ".join(fold(value).split())
        return bool(folded) and re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", self.request()) is not None


def _within(name: Mention, known: str) -> bool:
    """Is every word of a name in a name of the request?"""
    words = known.split()
    return all(word in words for each in name.words for word in re.findall(r"\w+", each))


class TextRestorer:
    """Restores one run of text as it grows. Holds back a possible token, no more."""

    def __init__(self, restorer: Restorer, *, json_text: bool) -> None:
        self._restorer = restorer
        self._json = json_text
        self._places = Places(json=json_text)
        self._held = ""
        self._last = ""

    def push(self, text: str) -> str:
        """Add text; return what is certain."""
        if not self._restorer.values:
            return text
        self._held += text
        return self._drain(final=False)

    def finish(self) -> str:
        """The run has ended: return what was held."""
        return self._drain(final=True) if self._held else ""

    @property
    def held(self) -> int:
        """How many characters wait."""
        return len(self._held)

    def _drain(self, *, final: bool) -> str:
        text, matcher = self._held, self._restorer.matcher
        out: list[str] = []
        done = search = 0
        while (start := matcher.start(text, search)) >= 0:
            search = start + 1
            before = text[start - 1] if start else self._last
            if before and before.isascii() and before.isalnum():
                continue
            found = matcher.match(text, start)
            if isinstance(found, Partial) and not final:
                return self._hold(text, done, start, out)
            if not isinstance(found, tuple):
                continue
            ahead = _look(text, found[0], final=final)
            if ahead is None:
                return self._hold(text, done, start, out)
            self._emit(text[done:start], out)
            self._emit(self._decide(text[start : found[0]], found[1], ahead), out)
            done = search = found[0]
        return self._hold(text, done, len(text), out)

    def _hold(self, text: str, done: int, start: int, out: list[str]) -> str:
        """Hand out everything before `start`, keep the rest."""
        self._emit(text[done:start], out)
        if start:
            self._last = text[start - 1]
        self._held = text[start:]
        return "".join(out)

    def _emit(self, piece: str, out: list[str]) -> None:
        if piece:
            self._places.feed(piece)
            out.append(piece)

    def _decide(self, written: str, token: str, ahead: _Ahead) -> str:
        """The value, or the token as the model wrote it."""
        value = self._restorer.values.get(token)
        closed = ahead.address or ahead.glued or self._places.closed(alone_in_brackets=ahead.bracket)
        if value is None or closed:
            self._restorer.left += 1
            return written
        self._restorer.restored += 1
        return json.dumps(value, ensure_ascii=False)[1:-1] if self._json else value


def _undecided(after: str) -> bool:
    """Could what follows, where the text so far ends, still become an address or a file name's extension?"""
    if after in {"", ":", ":/", *_DOTS}:
        return True
    found = _EXTENSION.match(after)
    return found is not None and found.end() == len(after)


def _is_file(after: str) -> bool:
    found = _EXTENSION.match(after)
    if found is None or found[1].lower() not in _FILES:
        return False
    follows = after[found.end() : found.end() + 1]
    return not (follows.isalnum() or follows in {"/", ".", ":", "@", "?", "#", "-", "_", "\\"})


def _look(text: str, end: int, *, final: bool) -> _Ahead | None:
    """What follows the token that ends at `end`; None where the text so far doesn't say."""
    size = len(text)
    attached = _ATTACHED.match(text, end, end + _LONGEST_ATTACHED)
    stop = attached.end() if attached else end
    run = text[end:stop]
    glued = bool(run) and run[0].isalnum() and re.split(r"[_\-]", run)[0] not in _PLURALS
    if stop - end >= _LONGEST_ATTACHED:
        return _Ahead(address=False, glued=glued, bracket=False)
    after = text[stop : stop + 8]
    if not final and stop + len(after) == size and _undecided(after):
        return None
    dotted = after[:1] in _DOTS and after[1:2].isalnum() and bool(after[:1])
    address = after[:1] == "@" or after[:3] == "://" or (dotted and not _is_file(after))
    return _Ahead(address=address, glued=glued, bracket=not run and after[:1] == ">")
