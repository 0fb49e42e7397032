"""Charts as inline SVG: no script, nothing fetched, each with a title that says in words what it shows."""

import math
from collections.abc import Sequence
from html import escape

from detectors.evaluate.sweep import Curve

COLOURS = ("#005a9c", "#b34700", "#5b3a8c")
"""Ours, then the stock ones: told apart by place and name too, and dark enough on white (over 5 to 1)."""
_BAR, _GAP, _LEFT, _WIDE = 12, 10, 200, 330


def bars(title: str, rows: Sequence[tuple[str, Sequence[float]]], columns: Sequence[str]) -> str:
    """A group of bars for each row, one bar for each column; values from 0 to 1, NaN for none."""
    group = _BAR * len(columns) + _GAP
    height = group * len(rows) + 40
    parts = [_legend(columns)]
    for mark in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _LEFT + mark * _WIDE
        parts.append(f'<line x1="{x}" x2="{x}" y1="24" y2="{height - 16}" stroke="#ccc"/>')
        parts.append(f'<text x="{x}" y="{height - 2}" text-anchor="middle">{mark:.2f}</text>')
    for index, (label, values) in enumerate(rows):
        top = 28 + index * group
        parts.append(
            f'<text x="{_LEFT - 8}" y="{top + _BAR * len(columns) / 2 + 4}" text-anchor="end">{escape(label)}</text>'
        )
        for place, value in enumerate(values):
            y = top + place * _BAR
            if math.isnan(value):
                parts.append(f'<text x="{_LEFT + 4}" y="{y + 10}">none</text>')
                continue
            said = f"{escape(label)}, {escape(columns[place])}: {value:.3f}"
            parts.append(
                f'<rect x="{_LEFT}" y="{y}" width="{max(1.0, value * _WIDE):.1f}" height="{_BAR - 2}" '
                f'fill="{COLOURS[place % len(COLOURS)]}"><title>{said}</title></rect>'
            )
            parts.append(f'<text x="{_LEFT + value * _WIDE + 4:.1f}" y="{y + 10}">{value:.2f}</text>')
    return _svg(title, _LEFT + _WIDE + 50, height, parts)


def _legend(columns: Sequence[str]) -> str:
    made: list[str] = []
    x = _LEFT
    for place, column in enumerate(columns):
        made.append(f'<rect x="{x}" y="6" width="10" height="10" fill="{COLOURS[place % len(COLOURS)]}"/>')
        made.append(f'<text x="{x + 14}" y="15">{escape(column)}</text>')
        x += 30 + 7 * len(column)
    return "".join(made)


def curve(each: Curve) -> str:
    """Precision against recall over the thresholds, with the shipped one (dot) and the proposed one (ring) marked."""
    side, left, top = 150, 44, 24
    bottom, middle = top + side, top + side / 2

    def place(recall: float, precision: float) -> tuple[float, float]:
        return left + recall * side, top + (1 - precision) * side

    line = " ".join(
        f"{x:.1f},{y:.1f}" for x, y in (place(p.recall, p.precision) for p in each.points if not math.isnan(p.recall))
    )
    now, then = each.at(each.shipped), each.at(each.proposed)
    said = f"{each.label}: at {each.shipped:.2f} as shipped, recall {now.recall:.2f} and precision {now.precision:.2f}"
    if each.proposed != each.shipped:
        said += f"; at {each.proposed:.2f} as proposed, recall {then.recall:.2f} and precision {then.precision:.2f}"
    (x, y), (ring_x, ring_y) = place(now.recall, now.precision), place(then.recall, then.precision)
    parts = [
        f'<text x="{left}" y="14">{escape(each.label)} ({now.gold:,})</text>',
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="#767676"/>',
        f'<line x1="{left}" x2="{left + side}" y1="{middle}" y2="{middle}" stroke="#ccc"/>',
        f'<line x1="{left + side / 2}" x2="{left + side / 2}" y1="{top}" y2="{bottom}" stroke="#ccc"/>',
        f'<polyline points="{line}" fill="none" stroke="{COLOURS[0]}" stroke-width="2"/>',
        f'<circle cx="{ring_x:.1f}" cy="{ring_y:.1f}" r="7" fill="none" stroke="{COLOURS[2]}" stroke-width="2"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COLOURS[1]}"/>',
        f'<text x="{left + side / 2}" y="{bottom + 26}" text-anchor="middle">recall</text>',
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">precision</text>',
    ]
    for mark, words in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
        parts.append(f'<text x="{left + mark * side}" y="{bottom + 13}" text-anchor="middle">{words}</text>')
        parts.append(f'<text x="{left - 5}" y="{bottom - mark * side + 4}" text-anchor="end">{words}</text>')
    return _svg(said, left + side + 14, bottom + 32, parts)


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
