"""`{"id", "text"}` lines in, `{"id", "findings"}` lines out: so that anyone can score detection on their own data."""

import json
from collections.abc import Iterable, Iterator

from detectors.evaluate.data import DataError
from detectors.suite import Suite


class LineError(DataError):
    """A line of input can't be read. The message gives its number and what is wrong, never its text."""


def detect_lines(lines: Iterable[str], suite: Suite, *, allow: str | None = None) -> Iterator[str]:
    """One line of findings for each line of text, in order, without line ends. Blank lines are skipped.

    `allow` is a controller whose allow-list counts. Raises LineError with the number of a line that can't be read.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        identity, text = _record(line, number)
        findings = [
            {"start": f.start, "end": f.end, "label": f.label, "score": round(f.score, 3), "detector": f.detector}
            for f in suite.inspect(text, allow=allow)
        ]
        yield json.dumps({"id": identity, "findings": findings}, ensure_ascii=False)


def _record(line: str, number: int) -> tuple[object, str]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise LineError(f"line {number}: not JSON (at character {getattr(error, 'pos', 0) + 1})") from None
    if not isinstance(record, dict):
        raise LineError(f'line {number}: not an object: write {{"id": ..., "text": "..."}}')
    if "id" not in record:
        raise LineError(f'line {number}: has no "id"')
    if not isinstance(record.get("text"), str):
        raise LineError(f'line {number}: has no "text", or it is not a string')
    return record["id"], record["text"]
