"""Every value in a package's release and proofs is bound to something: changed and signed anew, it is noticed."""

import copy
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.records.export.checker.main import verify_package
from tests.records.export.conftest import Desk, rows
from tests.records.export.forging import Council, files_of


def changes(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Places in a JSON value with another value for each."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from changes(each, (*at, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from changes(each, (*at, number))
        yield at, [*value, *value[-1:], *([] if value else ["x"])]
        if value:
            yield at, value[:-1]
    elif isinstance(value, bool):
        yield at, not value
    elif isinstance(value, int):
        yield at, value + 1
    elif isinstance(value, str):
        yield at, f"{value}x"
        yield at, ""


def changed(body: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    body = copy.deepcopy(body)
    place = body
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = new
    return body


def variants(name: str, text: str) -> Iterator[tuple[str, str]]:
    """A file's text with one value changed, and which."""
    if name.endswith(".json"):
        body = json.loads(text)
        for at, new in changes(body):
            yield ".".join(map(str, at)), json.dumps(changed(body, at, new), ensure_ascii=False)
    elif name.endswith(".jsonl"):
        lines = text.splitlines()
        for number, line in enumerate(lines):
            for where, new in variants("x.json", line):
                compact = json.dumps(json.loads(new), ensure_ascii=False, separators=(",", ":"))
                yield where, "".join(f"{each}\n" for each in [*lines[:number], compact, *lines[number + 1 :]])
    elif name.endswith(".csv"):
        head, *sheet = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        for number, row in enumerate(sheet):
            for place, cell in enumerate(row):
                file = io.StringIO()
                made = [head, *sheet[:number], [*row[:place], f"{cell}x", *row[place + 1 :]], *sheet[number + 1 :]]
                csv.writer(file, lineterminator="\r\n").writerows(made)
                yield f"{row[0]}: {head[place]}", "\ufeff" + file.getvalue()


STATEMENTS = {
    "place", "law", "exemption in words", "why, or the prejudice", "public interest", "decided by (role)", "decided on",
    "second reader (role)", "confirmed on",
}  # fmt: skip
"""Columns of the schedule that are the council's statements, under its signature: no log could prove them."""


@pytest.mark.timeout(300)
def test_no_value_is_free(desk: Desk, package: Path) -> None:
    council = Council(desk, package)
    accepted = set()
    tried = 0
    for name in files_of(package):
        if not name.startswith(("data/release/", "data/proofs/records", "data/proofs/words", "data/schedule")):
            continue
        before = (package / name).read_bytes()
        for where, text in variants(name, before.decode()):
            if text.encode() == before:
                continue
            (package / name).write_bytes(text.encode())
            council.resign()
            tried += 1
            if not verify_package(str(package), council.signer.vkey).problems:
                accepted.add((name, *where.split(": ")))
        (package / name).write_bytes(before)
    assert tried > 500
    lines = rows(package / "data/schedule-of-redactions.csv")
    [standing] = [line["line"] for line in lines if line["conversation"] == "all"]
    replaced = {line["line"] for line in lines if "replaced by the gateway" in line["why, or the prejudice"]}
    for file, line, column in accepted:
        assert file == "data/schedule-of-redactions.csv"
        # The line on callers has no gap, and the box of what the gateway replaced tells no ground.
        assert column in STATEMENTS or line == standing or (line in replaced and column == "exemption")
