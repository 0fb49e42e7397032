"""Cells of delimited tables in a text, with their column header: CSV, TSV, semicolons and Markdown pipes."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"^[ \t]*\|?[ \t]*\"?[A-Za-z][\w .#&()/'-]{0,40}\"?[ \t]*(?P<delimiter>[,;|\t])", re.MULTILINE)
_RULE = re.compile(r"^[\s|:+-]+$")
MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Cell:
    """`text[start:end]` is one cell under `header` (words, lower case)."""

    start: int
    end: int
    header: str


def cells(text: str) -> list[Cell]:
    """The cells under a header row, in order. A row belongs while it has the header's number of delimiters."""
    found: list[Cell] = _inserted(text)
    reached = 0
    for match in _HEADER.finditer(text):
        if match.start() < reached:
            continue
        rows, reached = _table(text, match.start(), match["delimiter"])
        found.extend(rows)
        if len(found) > MOST_ROWS * 4:
            break
    return sorted(found, key=lambda cell: cell.start)


_INSERT = re.compile(r"\binsert\s+into\s+[\w.\"`\[\]]+\s*\((?P<columns>[^()]{1,2000})\)\s*values\s*", re.IGNORECASE)
_VALUES = re.compile(r"\(((?:'(?:[^']|'')*'(?!')|[^'()])*)\)\s*(?P<more>,?)\s*")
_VALUE = re.compile(r"\s*(?:'(?P<quoted>(?:[^']|'')*)'(?!')|(?P<bare>[^',]*))\s*(?:,|$)")


def _inserted(text: str) -> list[Cell]:
    """The values of SQL INSERT statements under the names of their columns."""
    found: list[Cell] = []
    for statement in _INSERT.finditer(text):
        names = [re.sub(r"[_\W]+", " ", name).strip().lower() for name in statement["columns"].split(",")]
        position = statement.end()
        for _ in range(MOST_ROWS):
            row = _VALUES.match(text, position)
            if row is None:
                break
            place = row.start(1)
            for name in names:
                value = _VALUE.match(text, place, row.end(1))
                if value is None:
                    break
                start, end = value.span("quoted" if value["quoted"] is not None else "bare")
                found.append(Cell(start, end, name))
                place = value.end()
            position = row.end()
            if not row["more"]:
                break
    return found


def cell_at(known: Sequence[Cell], place: int) -> Cell | None:
    """The cell that a place is in."""
    if not known:
        return None
    index = bisect_right(known, place, key=lambda cell: cell.start) - 1
    return known[index] if index >= 0 and place < known[index].end else None


def header_at(known: Sequence[Cell], place: int) -> str:
    """The header over a place; empty where it is in no cell."""
    cell = cell_at(known, place)
    return cell.header if cell else ""


def _table(text: str, start: int, delimiter: str) -> tuple[list[Cell], int]:
    """The cells of the table whose header row starts at `start`, and where it ends."""
    line_end = _line_end(text, start)
    names = [name for name, _, _ in _split(text, start, line_end, delimiter)]
    if len(names) < 2 or not all(_is_name(name) for name in names):
        return [], line_end
    headers = [re.sub(r"[_\s./#-]+", " ", name).strip().lower() for name in names]
    found: list[Cell] = []
    position = line_end + 1
    for _ in range(MOST_ROWS):
        if position >= len(text):
            break
        line_end = _line_end(text, position)
        if not _RULE.match(text[position:line_end]):
            row = _split(text, position, line_end, delimiter)
            if len(row) != len(headers):
                break
            found.extend(Cell(s, e, headers[i]) for i, (_, s, e) in enumerate(row))
        position = line_end + 1
    return found, position


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _is_name(name: str) -> bool:
    """Column names are short and start with a letter; a sentence with a comma in it is not a header row."""
    if name.count("(") != name.count(")"):
        return False
    return bool(name) and name[0].isalpha() and len(name) <= 40 and name.count(" ") <= 3


def _split(text: str, start: int, end: int, delimiter: str) -> list[tuple[str, int, int]]:
    """The fields of one row: their text without quotes or padding, and their span."""
    fields: list[tuple[str, int, int]] = []
    position = start
    quoted = False
    for index in range(start, end + 1):
        if index < end and text[index] == '"':
            quoted = not quoted
        if index == end or (text[index] == delimiter and not quoted):
            low, high = position, index
            while low < high and text[low] in ' \t"':
                low += 1
            while high > low and text[high - 1] in ' \t"\r':
                high -= 1
            fields.append((text[low:high], low, high))
            position = index + 1
    if delimiter == "|":
        if fields and not fields[0][0]:
            fields = fields[1:]
        if fields and not fields[-1][0]:
            fields = fields[:-1]
    return fields
