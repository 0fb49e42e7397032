"""Words with signs around them, as chat tools, wikis and web pages set them: what is marked, and as many others."""

import random
import re
from collections.abc import Sequence
from itertools import accumulate

from detectors.names.training.corpus import Example, Marked

_STYLES = (
    ("**", "**"),
    ("_", "_"),
    ("*", "*"),
    ("`", "`"),
    ("[", "]"),
    ("[", "]"),
    ("(", ")"),
    ('"', '"'),
    ("'", "'"),
    ("«", "»"),
    ("<", ">"),
    ("{", "}"),
    ("{{", "}}"),
    ("", "[1]"),
    ("", "*"),
    ("", "’s"),
    (": ", ""),
    ("@", ""),
    ("<b>", "</b>"),
    ("<td>", "</td>"),
    ('<td class="x">', "</td>"),
    ('<span class="hl">', "</span>"),
    ('<span style="color:#1F497D">', "</span>"),
    ('<a href="#">', "</a>"),
    ('<mark data-id="7">', "</mark>"),
)
_WORD = re.compile(r"[^\W\d_]{3,}(?: [^\W\d_]{3,})?")
_CHOSEN = 0.6


def marked_up(example: Example, chance: random.Random) -> Example:
    """The example with one style of signs around most of what is marked and around as many other words.

    Around others too, or the signs would say that there is somebody between them.
    """
    opening, closing = chance.choice(_STYLES)
    own = [(span.start, span.end) for span in example.spans if chance.random() < _CHOSEN]
    free = [m.span() for m in _WORD.finditer(example.text) if not _touches(m.span(), example.spans)]
    others = chance.sample(free, k=min(len(free), 1 + round(len(own) * chance.random() * 1.5)))
    starts, ends = {start for start, _ in own + others}, {end for _, end in own + others}
    before = [
        (closing if place in ends else "") + (opening if place in starts else "")
        for place in range(len(example.text) + 1)
    ]
    shift = list(accumulate(map(len, before)))
    text = "".join(sign + letter for sign, letter in zip(before, (*example.text, ""), strict=True))
    spans = tuple(
        Marked(span.start + shift[span.start], span.end + shift[span.end - 1], span.label) for span in example.spans
    )
    return Example(text, spans, example.kind, example.whole)


def _touches(place: tuple[int, int], spans: Sequence[Marked]) -> bool:
    return any(span.start <= place[1] and place[0] <= span.end for span in spans)
