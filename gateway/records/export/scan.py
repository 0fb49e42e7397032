"""The finished package, searched once more for everything that was withheld from it.

Every file is read as a reader, a program and a spreadsheet would: as it is, with escapes undone, its tags taken out,
its JSON and CSV parsed. Values are compared without case, width, accents, spacing and punctuation. A value is found
where its words stand one after another; one with a digit, or of eight letters and more, also with its own spaces
elsewhere, or in the middle of a word. Digests, and in the proofs salts and signatures, are looked through for long
values only: chance puts short ones there. Elsewhere base64 is read as words, since a path or an address looks like it.
"""

import csv
import html
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from gateway.records.export.redact import PSEUDONYM
from gateway.records.export.values import Withheld

SHORTEST = 4
"""Letters and digits of the shortest value that is looked for: a shorter one stands in every text."""
_GLUED = 8
_GRAM = 5
_LONG = 12
"""A value of this length does not stand in random digits by chance."""
csv.field_size_limit(2**31 - 1)  # a cell holds a whole text
_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"<[^>]*>")
_DIGEST = re.compile(r"(?<![A-Za-z0-9])[0-9a-f]{32,}(?![A-Za-z0-9])")
_OPAQUE = re.compile(r"(?<![A-Za-z0-9+/=])(?:[0-9a-f]{32,}|[A-Za-z0-9+/]{22,}={0,2})(?![A-Za-z0-9+/=])")


@dataclass(frozen=True, slots=True)
class Leak:
    """A withheld value in a file of the package: the file, the line of that file, and the line of the schedule that
    withholds it. Never the value."""

    file: str
    at: str
    line: str

    def __str__(self) -> str:
        return f"{self.file}, {self.at}: holds what is withheld at {self.line}"


class Scanner:
    """Looks for withheld values. `short` counts those too short to look for. What stands at `accepted` lines may stand
    elsewhere; `needed` are those of them of which something was found."""

    def __init__(self, values: Iterable[Withheld], accepted: frozenset[str] = frozenset()) -> None:
        self.short = 0
        self.needed: set[str] = set()
        self._accepted = accepted
        self._words: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._glued: dict[str, list[tuple[str, str]]] = {}
        seen: dict[tuple[str, ...], str] = {}
        for each in values:
            words = tuple(_WORD.findall(plain(each.value)))
            compact = "".join(words)
            if len(compact) < SHORTEST:
                self.short += bool(compact)
            elif words not in seen or each.line in accepted:
                seen[words] = each.line
        for words, line in seen.items():
            compact = "".join(words)
            self._words.setdefault(words[0], []).append((words, line))
            if len(compact) >= _GRAM and (len(compact) >= _GLUED or any(c.isdigit() for c in compact)):
                self._glued.setdefault(compact[:_GRAM], []).append((compact, line))

    def package(self, files: Mapping[str, bytes]) -> list[Leak]:
        """The leaks in a package: contents and names of all its files."""
        found: dict[Leak, None] = {}
        for name, data in sorted(files.items()):
            found.update(dict.fromkeys(Leak("the name of a file", "data/proofs", line) for line in self.find(name)))
            opaque = _OPAQUE if name.startswith("data/proofs/") else _DIGEST
            for at, text, parts in views(name, data):
                lines = self.find(text, opaque)
                if not lines:
                    continue
                near = [Leak(name, place, line) for place, part in parts() for line in self.find(part, opaque) & lines]
                far = lines - {leak.line for leak in near}
                found.update(dict.fromkeys([*near, *(Leak(name, at, line) for line in far)]))
        return list(found)

    def find(self, text: str, random: re.Pattern[str] = _DIGEST) -> set[str]:
        """The lines of the schedule whose values stand in a text and may not, and `a pseudonym` where one is left.
        `random` matches what is no language."""
        found = self._found(text, random)
        self.needed |= found & self._accepted
        return (found - self._accepted) | ({"a pseudonym"} if PSEUDONYM.search(text) else set())

    def _found(self, text: str, random: re.Pattern[str]) -> set[str]:
        found: set[str] = set()
        opaque = random.findall(text)
        words = _WORD.findall(plain(random.sub(" ", text) if opaque else text))
        for index, word in enumerate(words):
            for wanted, line in self._words.get(word, ()):
                if tuple(words[index : index + len(wanted)]) == wanted:
                    found.add(line)
        for run in opaque:
            own = tuple(_WORD.findall(plain(run)))
            found |= {line for wanted, line in self._words.get(own[0], ()) if wanted == own} if own else set()
            found |= self._inside("".join(own), _LONG)
        if self._glued:
            found |= self._glue(words)
        return found

    def _glue(self, words: Sequence[str]) -> set[str]:
        """Values whose words are cut otherwise here: from the start of a word to the end of one, or within one."""
        compact, found, at = "".join(words), set(), 0
        ends = set(accumulate(len(word) for word in words))
        for word in words:
            for value, line in self._glued.get(compact[at : at + _GRAM], ()):
                if at + len(value) in ends and compact.startswith(value, at):
                    found.add(line)
            if len(word) > _GLUED:
                found |= self._inside(word, _GLUED)
            at += len(word)
        return found

    def _inside(self, word: str, least: int) -> set[str]:
        grams = self._glued
        return {
            line
            for index in range(len(word) - least + 1)
            if (gram := word[index : index + _GRAM]) in grams
            for value, line in grams[gram]
            if len(value) >= least and word.startswith(value, index)
        }


def plain(text: str) -> str:
    """Without case, width and accents."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c) and unicodedata.category(c) != "Cf").casefold()


Parts = Callable[[], Iterable[tuple[str, str]]]
View = tuple[str, str, Parts]


def views(name: str, data: bytes) -> Iterator[View]:
    """A file as it can be read: what it is called, its whole text, and what gives its parts with their places."""
    text = data.decode("utf-8", "replace")

    def lines() -> Iterator[tuple[str, str]]:
        return ((f"line {number}", line) for number, line in enumerate(text.split("\n"), 1))

    if name.endswith(".html"):
        yield "as text", html.unescape(_TAG.sub(" ", text)), lambda: ((at, html.unescape(line)) for at, line in lines())
        yield "as code", text, lines
    elif name.endswith(".json"):
        yield _whole(list(_json("in", json.loads(text))))
    elif name.endswith(".jsonl"):
        yield _whole([each for at, line in lines() if line for each in _json(at, json.loads(line))])
    elif name.endswith(".csv"):
        rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        yield _whole([(f"row {number}", "\n".join(row)) for number, row in enumerate(rows, 1)])
    else:
        yield "as text", text, lines


def _whole(parts: list[tuple[str, str]]) -> View:
    return "as text", "\n".join(part for _, part in parts), lambda: parts


def _json(at: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _json(f"{at} {number}" if not isinstance(item, str) else at, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{at}, a key", str(key)
            yield from _json(f"{at}, {key}" if len(key) <= 40 else at, item)
