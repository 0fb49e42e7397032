"""Labelled text to learn from: our own marked writing, and open sets that mark persons only.

Our own lies in `corpus/*.txt`. A document begins with a line `@@ kind`; a span is written `[[LABEL|its words]]`.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detectors.labels import LABELS
from detectors.normalise import normalise

_MARK = re.compile(r"\[\[([A-Z_]+)\|((?:(?!\[\[|\]\]).)*?)\]\]", re.DOTALL)
HEAD = re.compile(r"^@@ ?(.*)\n", re.MULTILINE)
"""The line that begins a document, with its kind."""

_TITLE = re.compile(
    r"\(?(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|dame|lady|lord|rev|revd|canon|cllr|councillor|pc|sgt|father|sister|"
    r"uncle|auntie|nan|gran|mme|pan|pani|domnul|doamna|emeritus)\b\.?\)?[ ]+)+",
    re.IGNORECASE,
)
"""A title that was marked with a name is not part of it."""


@dataclass(frozen=True, slots=True)
class Marked:
    """`text[start:end]` is of `label`; `label` may be "?" for what is not known to be a person or not."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Example:
    """One text. `whole`: every label is marked; otherwise only persons are, and nothing is known of the rest."""

    text: str
    spans: tuple[Marked, ...]
    kind: str
    whole: bool = True


class CorpusError(ValueError):
    """A corpus file can't be read; names the file and the mark."""


def ours(folder: Path, *, without: Container[str] = (), only: Container[str] | None = None) -> Iterator[Example]:
    """Every document of `folder/*.txt`, but for some files, or of some files only. Raises CorpusError."""
    for _, example in documents(folder, without=without, only=only):
        yield example


def documents(
    folder: Path, *, without: Container[str] = (), only: Container[str] | None = None
) -> Iterator[tuple[str, Example]]:
    """The same, each with the name of its file."""
    for path in sorted(folder.glob("*.txt")):
        if path.name in without or (only is not None and path.name not in only):
            continue
        parts = HEAD.split(path.read_text(encoding="utf-8"))
        for kind, marked in zip(parts[1::2], parts[2::2], strict=True):
            yield path.name, parse(marked.strip("\n"), kind.strip(), path.name)


def parse(marked: str, kind: str, name: str) -> Example:
    """A document from its marked form."""
    text: list[str] = []
    spans: list[Marked] = []
    length = position = 0
    for match in _MARK.finditer(marked):
        before, label, words = marked[position : match.start()], match[1], match[2]
        if label not in LABELS or not words.strip():
            raise CorpusError(f"{name}: not a mark: [[{label}|...]] in a document of kind {kind!r}")
        text += (before, words)
        length += len(before)
        title = _TITLE.match(words) if label == "PERSON" else None
        skip = title.end() if title and title.end() < len(words) else 0
        spans.append(Marked(length + skip, length + len(words), label))
        length += len(words)
        position = match.end()
    text.append(marked[position:])
    return Example("".join(text), tuple(spans), kind)


def readable(example: Example) -> Example:
    """The example as the suite reads it before the model does: disguises undone, spelled figures written."""
    normal = normalise(example.text)
    if normal.starts is None or normal.ends is None:
        return example
    starts, ends = normal.starts, normal.ends
    spans: list[Marked] = []
    for span in example.spans:
        low, high = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if low < high and normal.text[low:high].strip():
            spans.append(Marked(low, high, span.label))
    return Example(normal.text, tuple(spans), example.kind, example.whole)


_ROLE = re.compile(
    r"^(?:the|a|an|his|her|their|its|our|one|this|that|another|some|local|former|us|uk)\b|"
    r"\b(?:president|minister|secretary|general|commander|spokes\w+|king|officer|leader|deputy)$",
    re.IGNORECASE,
)


def persons_only(path: Path, labels: Iterable[str]) -> Iterator[Example]:
    """Lines of `{"text", "spans"}` in which only persons (called one of `labels`) count.

    A "person" that is a role ("The Prime Minister", "she") is neither a person nor none.
    """
    wanted = frozenset(labels)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            text = record["text"]
            spans = [
                Marked(s["start"], s["end"], "PERSON" if _is_name(text[s["start"] : s["end"]]) else "?")
                for s in record["spans"]
                if s["label"] in wanted
            ]
            kept = _without_overlaps(spans)
            yield Example(text, kept, path.parent.name, whole=False)


def _is_name(words: str) -> bool:
    return any(c.isupper() for c in words) and not _ROLE.search(words)


def _without_overlaps(spans: Iterable[Marked]) -> tuple[Marked, ...]:
    kept: list[Marked] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def judgments(path: Path) -> Iterator[Example]:
    """Judgments of the Text Anonymization Benchmark, cut into their paragraphs: persons are names, codes references."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            spans = [
                Marked(s["start"], s["end"], "PERSON" if s["label"] == "PERSON" else "CASE_REF")
                for s in record["spans"]
                if s["label"] == "PERSON" or (s["label"] == "CODE" and s["identifier_type"] == "DIRECT")
            ]
            yield from _paragraphs(Example(record["text"], _without_overlaps(spans), "tab", whole=False))


def _paragraphs(example: Example, least: int = 500) -> Iterator[Example]:
    start = 0
    text = example.text
    while start < len(text):
        cut = text.find("\n", start + least)
        end = len(text) if cut < 0 else cut + 1
        inside = tuple(
            Marked(s.start - start, s.end - start, s.label) for s in example.spans if s.start >= start and s.end <= end
        )
        yield Example(text[start:end], inside, example.kind, example.whole)
        start = end
