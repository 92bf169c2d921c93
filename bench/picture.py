"""Points on two logarithmic axes as SVG, without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 200, 40, 50
COLOURS = ("#1b6ca8", "#c8553d", "#3c8d53", "#8a5fa8", "#b8860b", "#555555", "#c2528b", "#2a9d8f")

Points = Sequence[tuple[float, float]]


def picture(
    title: str, across: str, up: str, series: Mapping[str, Points], *, joined: bool = False
) -> str:
    """One colour a series. A value that is too small for its axis, zero among them, is drawn on the
    edge."""
    points = [point for each in series.values() for point in each]
    x_from, x_to = _range([x for x, _ in points])
    y_from, y_to = _range([y for _, y in points])

    def at(x: float, y: float) -> tuple[float, float]:
        part_x = (math.log10(max(x, 10.0**x_from)) - x_from) / (x_to - x_from)
        part_y = (math.log10(max(y, 10.0**y_from)) - y_from) / (y_to - y_from)
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + part_x * wide, HEIGHT - BOTTOM - part_y * high

    drawn = [_text(LEFT, 24, title, "start", 15)]
    for k in range(x_from, x_to + 1):
        x, _ = at(10.0**k, 0.0)
        drawn += [_line(x, TOP, x, HEIGHT - BOTTOM), _text(x, HEIGHT - BOTTOM + 18, f"{10.0**k:g}")]
    for k in range(y_from, y_to + 1):
        _, y = at(0.0, 10.0**k)
        drawn += [_line(LEFT, y, WIDTH - RIGHT, y), _text(LEFT - 8, y + 4, f"{10.0**k:g}", "end")]
    drawn.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across))
    drawn.append(_text(LEFT, TOP - 4, up, "start", 11))
    for k, (name, each) in enumerate(series.items()):
        colour, y = COLOURS[k % len(COLOURS)], TOP + 14 + 20 * k
        placed = [at(*point) for point in each]
        if joined:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
            drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
        drawn += [_dot(x, y, colour) for x, y in placed]
        drawn += [
            _dot(WIDTH - RIGHT + 20, y - 4, colour),
            _text(WIDTH - RIGHT + 32, y, name, "start"),
        ]
    return "\n".join([_HEAD, *drawn, "</svg>", ""])


_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
    'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
)
DECADES = 6


def _range(values: Sequence[float]) -> tuple[int, int]:
    """Powers of ten around the positive values, at most six of them from the largest down."""
    positive = [value for value in values if value > 0] or [1.0]
    last = math.ceil(math.log10(max(positive)) + 1e-9)
    first = max(math.floor(math.log10(min(positive))), last - DECADES)
    return min(first, last - 1), last


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" fill-opacity="0.75"/>'


def _text(x: float, y: float, said: str, anchor: str = "middle", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(said)}</text>"
    )
