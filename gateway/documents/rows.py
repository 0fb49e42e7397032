"""Lines of a picture from the pieces in which they were found: a gap between two words may end a piece, not a line."""

from dataclasses import dataclass
from typing import Final, NamedTuple

Box = tuple[int, int, int, int]
Quad = tuple[float, float, float, float, float]
"""The middle of the left edge (x, y), the middle of the right edge (x, y), the height; in pixels."""
_CLEAR: Final = 0.75
_NEAR: Final = 1.2
_ASKEW: Final = 0.5
"""In heights of a piece: a wider gap is that of a table's column; two pieces further apart stand on two lines."""
_MOST_PIECES: Final = 1_500


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a picture. `words` are places in `text` and the pixels they stand at; `score` is 0 to 1."""

    text: str
    words: tuple[tuple[int, int, Box], ...]
    score: float

    @property
    def clear(self) -> bool:
        """Whether the text can be relied on."""
        return self.score >= _CLEAR


class Piece(NamedTuple):
    """A line or a part of one, as it was found."""

    line: Line
    quad: Quad


def joined(pieces: list[Piece]) -> list[Line]:
    """Pieces on one line as one, from the top: words apart by a space, columns by a tab."""
    if len(pieces) > _MOST_PIECES:
        return [piece.line for piece in pieces]
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: one.quad[0]):
        row = next((row for row in rows if _follows(row[-1].quad, piece.quad)), None)
        if row is None:
            rows.append([piece])
        else:
            row.append(piece)
    rows.sort(key=lambda row: row[0].quad[1])
    return [_row(row) for row in rows]


def _follows(before: Quad, after: Quad) -> bool:
    """Whether a piece stands to the right of another, level with it. Text that runs downwards stands alone."""
    height = min(before[4], after[4])
    level = abs(before[3] - after[1]) < _ASKEW * height
    lying = all(quad[2] - quad[0] >= 0.6 * quad[4] for quad in (before, after))
    return level and lying and after[0] >= before[2] - height


def _row(row: list[Piece]) -> Line:
    text, words, weighed = "", [], 0.0
    for number, (line, quad) in enumerate(row):
        if number:
            text += " " if quad[0] - row[number - 1].quad[2] < _NEAR * quad[4] else "\t"
        words += [(len(text) + start, len(text) + end, box) for start, end, box in line.words]
        weighed += line.score * len(line.text)
        text += line.text
    return Line(text, tuple(words), weighed / max(1, sum(len(piece.line.text) for piece in row)))
