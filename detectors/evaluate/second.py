"""How far two careful readers agree: `python -m detectors.evaluate.second`.

A second reader, a large language model that had the marking guide and the council set's marks before it and neither
the sets' own marks nor anything of the detector's, marked the texts of some sets that ship. Its marks are scored here
as if they were findings: where it and whoever wrote a set differ, no detector can be right by both.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from detectors.config import load_config
from detectors.errors import DetectionError
from detectors.evaluate.data import DataError
from detectors.evaluate.goals import PROMPTS, Goal, Share
from detectors.evaluate.measured import share
from detectors.evaluate.report import table
from detectors.evaluate.runner import OURS, score_of
from detectors.evaluate.score import Score
from detectors.evaluate.sets import DataSet
from detectors.evaluate.shipped import shipped
from detectors.finding import Finding
from detectors.suite import compile_suite

READER = "second reader"
_FOLDER = Path(__file__).with_name("second")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the goals as the second reader reaches them, beside ours."""
    parser = argparse.ArgumentParser(prog="python -m detectors.evaluate.second", description=main.__doc__)
    parser.add_argument("--allow", metavar="COUNCIL", help="a controller whose allow-list counts for ours")
    options = parser.parse_args(arguments)
    try:
        suite = compile_suite(load_config(None))
        names = sorted(file.stem for file in _FOLDER.glob("*.jsonl"))
        scores = [
            {READER: score_of(data, marks(data)), OURS: score_of(data, lambda t: suite.inspect(t, allow=options.allow))}
            for data in shipped(names)
        ]
    except (DetectionError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{len(scores)} sets: {', '.join(names)}\n\n{compared(scores)}\n")
    return 0


def compared(scores: Sequence[dict[str, Score]]) -> str:
    """The goals over all sets together, in Markdown."""
    readers = (READER, OURS)
    return table(
        ("goal", "", *readers),
        [
            (goal.what, goal.wanted, *(share(*_together(goal, [each[name] for each in scores])) for name in readers))
            for goal in PROMPTS
        ],
    )


def _together(goal: Goal, scores: Sequence[Score]) -> Share:
    shares = [goal.share(score) for score in scores]
    return sum(part for part, _ in shares), sum(whole for _, whole in shares)


def marks(data: DataSet) -> Callable[[str], tuple[Finding, ...]]:
    """The second reader's marks of a set's texts, as findings. Raises DataError where they are of other texts."""
    file = _FOLDER / f"{data.name}.jsonl"
    found: dict[str, tuple[Finding, ...]] = {}
    spans = {each["id"]: each["spans"] for each in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    for document in data.documents:
        if document.id not in spans:
            raise DataError(f"{file.name}: the second reader has not read {document.id}")
        found[document.text] = tuple(
            Finding(start, end, label, 1.0, READER, "1") for start, end, label in spans[document.id]
        )
    return found.__getitem__


if __name__ == "__main__":
    raise SystemExit(main())
