"""Draw out the marks of statements: `python -m detectors.names.training.drawn --help`.

What is found counts from nine tenths of a mark on, and hands differ in where a phrase ends. A model that has not
learnt a text, but has learnt from many hands, says which words beside a mark most of them would take in.
"""

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from detectors.labels import SAID
from detectors.names.classes import number
from detectors.names.decode import words_seen
from detectors.names.encoder import Encoder
from detectors.names.files import SHIPPED
from detectors.names.training.corpus import HEAD, Example, Marked, parse, readable

_BEFORE, _BEHIND = 4, 6
"""How many words at most a mark is drawn out by."""
_SIGNS = ' ,;:.()"“”‘’–—-'
_LEADING = re.compile(
    r"(?:(?:has|had|have|is|are|was|were|her|his|my|their|since|about|takes|he|she|who|being|as|of|for|just|also)\s+)+",
    re.IGNORECASE,
)
"""Words that lead to a statement and are none of it."""


class Word(NamedTuple):
    """`text[start:end]`, and how sure the model is that it is of the label in question."""

    start: int
    end: int
    sure: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Write corpus files again, with the marks of statements drawn out."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--model", type=Path, default=SHIPPED, metavar="FOLDER", help="one that has not learnt them")
    parser.add_argument("--least", type=float, default=0.5, help="the probability from which on a word is taken in")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args(arguments)
    encoder = Encoder(options.model)
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.files:
        before, *parts = HEAD.split(path.read_text(encoding="utf-8"))
        text = [before]
        for kind, marked in zip(parts[::2], parts[1::2], strict=True):
            example = parse(marked.strip("\n"), kind, path.name)
            text.append(f"@@ {kind}\n{written(drawn(encoder, example, options.least))}\n\n")
        (options.out / path.name).write_text("".join(text).rstrip("\n") + "\n", encoding="utf-8")
    return 0


def drawn(encoder: Encoder, example: Example, least: float) -> Example:
    """The example with its statements drawn out; as it is where the suite reads another text than what is written."""
    if readable(example).text != example.text or not any(span.label in SAID for span in example.spans):
        return example
    ((pieces, seen),) = encoder.probabilities([example.text])
    places, labels = words_seen(pieces, seen)
    spans = sorted(example.spans, key=lambda span: span.start)
    made: list[Marked] = []
    for at, span in enumerate(spans):
        if span.label in SAID:
            low = spans[at - 1].end if at else 0
            high = spans[at + 1].start if at + 1 < len(spans) else len(example.text)
            column = labels[:, number(span.label)]
            words = [Word(*place, float(sure)) for place, sure in zip(places, column, strict=True)]
            span = _reached(example.text, span, [w for w in words if low <= w.start and w.end <= high], least)
        made.append(span)
    if any(one.end > other.start for one, other in pairwise(made)):  # neighbours that met half way
        return example
    return replace(example, spans=tuple(made))


def _reached(text: str, span: Marked, words: Sequence[Word], least: float) -> Marked:
    """A mark with the sure words right beside it, if the model is sure of some of its own."""
    inside = [at for at, word in enumerate(words) if word.start < span.end and span.start < word.end]
    if not inside or max(words[at].sure for at in inside) < least:
        return span
    start, end = span.start, span.end
    for word in reversed(words[max(0, inside[0] - _BEFORE) : inside[0]]):
        if word.sure < least or "\n" in text[word.start : start]:
            break
        start = word.start
    for word in words[inside[-1] + 1 : inside[-1] + 1 + _BEHIND]:
        if word.sure < least or "\n" in text[end : word.end]:
            break
        end = word.end
    start += len(text[start : span.start]) - len(text[start : span.start].lstrip(_SIGNS))
    leading = _LEADING.match(text, start, span.start)
    kept = text[span.end : end].rstrip(_SIGNS)
    return Marked(leading.end() if leading else start, span.end + len(kept), span.label)


def written(example: Example) -> str:
    """An example as a corpus file has it."""
    text: list[str] = []
    position = 0
    for span in sorted(example.spans, key=lambda span: span.start):
        words = example.text[span.start : span.end]
        text += (example.text[position : span.start], f"[[{span.label}|{words}]]")
        position = span.end
    return "".join((*text, example.text[position:]))


if __name__ == "__main__":
    raise SystemExit(main())
