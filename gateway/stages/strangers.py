"""Pseudonyms that this call never issued: another caller's, remembered by a provider or pasted into a document.

Such a token could tell one reader whom another one asked about, or lead them to believe that it stands for somebody
of theirs. It is taken out of the reply, whatever becomes of other findings. One that the caller sent stays: they
have it already.
"""

import re
from collections.abc import Callable, Collection

from detectors.labels import LABELS
from gateway.stages.refusal import removed
from gateway.stages.tokens import ALPHABET, DIGITS

_TOKEN = re.compile(
    rf"(?<![A-Za-z0-9_])({'|'.join(sorted(LABELS, key=len, reverse=True))})_[{ALPHABET}]{{{DIGITS}}}(?![A-Za-z0-9_])"
)
_TAIL = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]*\Z")
_LONGEST = max(map(len, LABELS)) + 1 + DIGITS


class Strangers:
    """One call's rule for tokens that it did not issue. `request` gives the request's whole text, folded."""

    def __init__(self, own: Collection[str], request: Callable[[], str]) -> None:
        self._own = own
        self._request = request
        self.masked = 0

    def whole(self, text: str) -> str:
        """A whole text without strangers."""
        return _TOKEN.sub(self._masked, text) if "_" in text else text

    def text(self) -> "StrangerFilter":
        """A filter for one growing run of text."""
        return StrangerFilter(self)

    def _masked(self, found: re.Match[str]) -> str:
        if found[0] in self._own or found[0].casefold() in self._request():
            return found[0]
        self.masked += 1
        return removed(LABELS[found[1]])


class StrangerFilter:
    """Takes strangers out of one run of text as it grows. Holds back what may become a token, no more."""

    def __init__(self, strangers: Strangers) -> None:
        self._strangers = strangers
        self._held = ""
        self._before = ""

    def push(self, text: str) -> str:
        """Add text; return what is certain."""
        if not text:
            return ""
        text = self._held + text
        tail = _TAIL.search(text, max(0, len(text) - _LONGEST - 1))
        starts = len(text) if tail is None or not _may_become(tail[0]) else tail.start()
        if starts == 0 and _glues(self._before):
            starts = len(text)  # the middle of a word is no token's beginning
        return self._out(text[:starts], text[starts:])

    def finish(self) -> str:
        """The run has ended: return what was held."""
        return self._out(self._held, "")

    def _out(self, text: str, held: str) -> str:
        self._held = held
        glue = "_" if _glues(self._before) else ""
        done = self._strangers.whole(glue + text)[len(glue) :]
        self._before = text[-1:] or self._before
        return done


def _glues(character: str) -> bool:
    """Whether what follows this character is the middle of a word."""
    return character == "_" or (character.isascii() and character.isalnum())


def _may_become(run: str) -> bool:
    """Whether a run of capitals and digits at the end of a text may be the beginning of a token, or a whole one."""
    for label in LABELS:
        start = f"{label}_"
        if start.startswith(run):
            return True
        digits = run.removeprefix(start)
        if digits != run and len(digits) <= DIGITS and all(digit in ALPHABET for digit in digits):
            return True
    return False
