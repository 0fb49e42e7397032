"""Charts as inline SVG: no script, nothing fetched, each with a title that says in words what it shows."""

import math
from collections.abc import Sequence
from html import escape

from detectors.evaluate.sweep import Curve

COLOURS = ("#005a9c", "#b34700", "#5b3a8c")
"""Ours, then the stock ones: told apart by place and name too, and dark enough on white (over 5 to 1)."""
_BAR, _GAP, _LEFT, _WIDE = 12, 10, 170, 520


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
    """Precision against recall over the thresholds, with the shipped one marked."""
    side, low = 150, 24
    dots = [(low + p.recall * side, 10 + (1 - p.precision) * side) for p in each.points if not math.isnan(p.recall)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
    at = each.at(each.shipped)
    said = f"{each.label}: at {each.shipped:.2f} recall {at.recall:.2f}, precision {at.precision:.2f}"
    parts = [
        f'<rect x="{low}" y="10" width="{side}" height="{side}" fill="none" stroke="#999"/>',
        f'<polyline points="{line}" fill="none" stroke="{COLOURS[0]}" stroke-width="2"/>',
        f'<circle cx="{low + at.recall * side:.1f}" cy="{10 + (1 - at.precision) * side:.1f}" r="4" fill="#b34700"/>',
        f'<text x="{low}" y="{side + 24}">recall</text>',
        f'<text x="12" y="{side + 8}" transform="rotate(-90 12 {side + 8})">precision</text>',
        f'<text x="{low + side}" y="{side + 24}" text-anchor="end">{escape(each.label)}</text>',
    ]
    return _svg(said, side + low + 10, side + 32, parts)


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
