"""The sets that ship with the project, and what each may be used for.

Nothing may be trained on any of them. What was tuned on a set says nothing of unseen text: `acceptance2` and
`acceptance3` are those whose misses nobody has read. Nine sets that patterns had been tuned on up to version 8 of the
model are training text since (`names/training/corpus/prompts-*.txt`); new ones took their place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detectors.evaluate.data import DataError, read
from detectors.evaluate.sets import OWN, DataSet

_LICENCE = "Apache-2.0, part of this project"


@dataclass(frozen=True, slots=True)
class _Set:
    """`tunes`: thresholds may be proposed from it. `complete`: whatever of ours is in its texts is marked."""

    title: str
    note: str = ""
    tunes: bool = False
    complete: bool = True


SHIPPED = {
    "sample": _Set("Shipped sample", tunes=True),
    "tuning1": _Set(
        "Tuning, first: council prompts of every kind, disguises and traps",
        "Written without sight of the detector's code or training text, to be tuned on: expect less on unseen text. "
        "Never trained on.",
        tunes=True,
    ),
    "tuning2": _Set(
        "Tuning, second: the same by another hand",
        "Written as the first was, to be tuned on. Never trained on.",
        tunes=True,
    ),
    "tuning3": _Set(
        "Tuning, third: the same by a third hand, the odd ones first",
        "Written as the first was, to be tuned on. Never trained on.",
        tunes=True,
    ),
    "stranger": _Set(
        "Stranger: dense council prompts and traps by a stranger",
        "Written without sight of the training text, the code and the other sets that ship. The acceptance set of "
        "version 4 of the model: nothing was tuned on it until version 5 had been measured on it; since then patterns "
        "have been mended with its misses in sight.",
    ),
    "acceptance": _Set(
        "Acceptance: council prompts and traps by another stranger",
        "Written to be as hard as the council set, without sight of the training text, the code and the other sets "
        "that ship. Never trained on. Nothing was tuned on it until version 6 of the model had been measured on it; "
        "since then patterns have been mended with its misses in sight.",
    ),
    "acceptance2": _Set(
        "Second acceptance: council prompts and traps by a third stranger",
        "Written as the acceptance set was; never trained on, nothing was tuned on it and its misses were not read.",
    ),
    "acceptance3": _Set(
        "Third acceptance: council prompts and traps by a fourth stranger",
        "Written as the acceptance set was; never trained on, nothing was tuned on it and its misses were not read.",
    ),
}
"""By name, in the order of the report; each lies beside this file as `NAME.jsonl`."""


def shipped(names: Sequence[str] | None = None) -> list[DataSet]:
    """The sets that ship, or those of `names`. Raises DataError for a name that is none of them."""
    for name in names or ():
        if name not in SHIPPED:
            raise DataError(f"{name}: no set of that name ships: {', '.join(SHIPPED)}")
    return [_loaded(name, SHIPPED[name]) for name in SHIPPED if names is None or name in names]


def _loaded(name: str, about: _Set) -> DataSet:
    file = Path(__file__).with_name(f"{name}.jsonl")
    known = replace(
        OWN, title=about.title, licence=_LICENCE, note=about.note, tunes=about.tunes, complete=about.complete
    )
    return DataSet(name, known, tuple(read(file)), about.tunes, file.name)
