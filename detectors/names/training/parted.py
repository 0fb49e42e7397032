"""Tables whose cells come apart in another way: what was typed with bars is pasted with tabs."""

import random
import re
from collections.abc import Sequence

from detectors.names.training.corpus import Example, Marked
from detectors.names.training.vary import rebuilt

_ROWS = re.compile(
    r"^[^\n|;\t]*(?P<delimiter>[|;\t])[^\n]*\n(?:[^\n]*?(?P=delimiter)[^\n]*(?:\n|\Z)){2,}", re.MULTILINE
)
"""Three lines or more with the same delimiter."""
_PADDED = re.compile(r"[ ]*([|;\t])[ ]*")


def parted_anew(example: Example, chance: random.Random) -> Example:
    """The example with the cells of its tables apart in another way, as a spreadsheet or a mail client would."""
    block = _ROWS.search(example.text)
    if block is None:
        return example
    old, new = block["delimiter"], chance.choice(("\t", "\t", "\t", " | ", ";", "   "))
    cuts = [m for m in _PADDED.finditer(example.text, block.start(), block.end()) if m[1] == old]
    if old == new.strip(" ") or any(_cuts(example.spans, cut.start(), cut.end()) for cut in cuts):
        return example
    made = list(example.text)
    for cut in cuts:
        made[cut.start() : cut.end()] = [new, *[""] * (cut.end() - cut.start() - 1)]
    return rebuilt(example, made)


def _cuts(spans: Sequence[Marked], start: int, end: int) -> bool:
    """Whether a delimiter lies in a marked span, so that it is none."""
    return any(span.start < end and start < span.end for span in spans)
